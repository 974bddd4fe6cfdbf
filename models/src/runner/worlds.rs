//! The worlds: where their workers are, and how they are built.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::job::World;

use super::process::{self, Leashed};
use super::progress::Ui;

/// The profile that the models run in.
const PROFILE: &str = "models";

/// Compiler flags, in the two ways in which cargo takes them.
const FLAGS: &str = "RUSTFLAGS";
const ENCODED_FLAGS: &str = "CARGO_ENCODED_RUSTFLAGS";

/// The worker of each world.
#[derive(Debug)]
pub(super) struct Worlds(BTreeMap<World, PathBuf>);

impl Worlds {
    /// Builds the workers of these worlds, one after the other: cargo keeps all processors busy by itself.
    pub(super) fn build(worlds: &BTreeSet<World>, ui: &Ui) -> Result<Self, String> {
        let mut workers = BTreeMap::new();
        for &world in worlds {
            let worker = if world == process::OWN_WORLD { own_binary()? } else { build(world, ui)? };
            workers.insert(world, worker);
        }
        Ok(Self(workers))
    }

    /// The worker of the world.
    pub(super) fn worker(&self, world: World) -> Option<&Path> {
        self.0.get(&world).map(PathBuf::as_path)
    }
}

fn own_binary() -> Result<PathBuf, String> {
    std::env::current_exe().map_err(|error| format!("where is this binary? {error}"))
}

/// The folder of the workspace.
pub(super) fn root() -> Result<PathBuf, String> {
    let package =
        std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    let root = package.parent().filter(|root| root.join("Cargo.toml").is_file());
    root.map(Path::to_owned).ok_or_else(|| format!("{} is in no workspace", package.display()))
}

/// The folder for everything that is built.
pub(super) fn target() -> Result<PathBuf, String> {
    Ok(std::env::var_os("CARGO_TARGET_DIR").map_or(root()?.join("target"), PathBuf::from))
}

/// Builds the worker of a world in a target folder of its own, so that the worlds don't evict each other.
fn build(world: World, ui: &Ui) -> Result<PathBuf, String> {
    let started = Instant::now();
    let target = target()?.join(world.to_string());
    let mut child = Leashed::start(command(world, &target)?, "")?;
    let bar = ui.building(world);
    let mut said = Vec::new();
    for line in child.error_lines() {
        if let Some(package) = line.trim_start().strip_prefix("Compiling ") {
            bar.compiling(package);
        }
        said.push(line);
    }
    let (built, status) = child.wait();
    bar.done();
    if !built {
        return Err(format!("the {world} world does not build ({status}):\n{}", said.join("\n")));
    }
    ui.say(&format!("built the {world} world in {:.1} s", started.elapsed().as_secs_f64()));
    Ok(target.join(PROFILE).join(format!("worker{}", std::env::consts::EXE_SUFFIX)))
}

fn command(world: World, target: &Path) -> Result<Command, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(own_binary()?);
    command.arg(super::GUARD).arg(cargo).current_dir(root()?);
    command.args(["build", "--profile", PROFILE, "--package", "rdv-models", "--bin", "worker", "--target-dir"]);
    command.arg(target);
    // What the caller sets is kept; what cargo prefers to it, and would silently drop our flag, is not.
    let flags = std::env::var(FLAGS).unwrap_or_default();
    command.env(FLAGS, format!("{flags} --cfg {world}").trim()).env_remove(ENCODED_FLAGS);
    Ok(command)
}
