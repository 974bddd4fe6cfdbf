//! `cargo models`: the command that model-checks `rdv`.

fn main() -> std::process::ExitCode {
    rdv_models::runner::main()
}
