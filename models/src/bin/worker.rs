//! One exploration, in the world that it was compiled for; started by `cargo models`.

fn main() -> std::process::ExitCode {
    rdv_models::worker::main()
}
