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

/// What workers are built from.
#[derive(Clone, Debug)]
pub(super) struct Sources {
    /// The folder of a workspace.
    pub(super) root: PathBuf,
    /// What the worker is called there. Copies of the workspace share a target folder, so each calls its own differently.
    pub(super) worker: String,
    /// What people are told about it, if it is not the workspace itself.
    pub(super) about: String,
    /// Settings of cargo for this build only.
    pub(super) config: Vec<String>,
}

impl Sources {
    /// The workspace.
    pub(super) fn own() -> Result<Self, String> {
        Ok(Self { root: root()?, worker: "worker".to_owned(), about: String::new(), config: Vec::new() })
    }
}

/// A binary that explores, the workspace that it was built from, and the seeded fault that is switched on in it, if it was built with some.
#[derive(Clone, Debug)]
pub(super) struct Worker {
    pub(super) root: PathBuf,
    pub(super) binary: PathBuf,
    pub(super) fault: Option<String>,
}

/// The worker of each world.
#[derive(Clone, Debug)]
pub(super) struct Worlds(BTreeMap<World, Worker>);

impl Worlds {
    /// Builds the workers of these worlds, one after the other: cargo keeps all processors busy by itself.
    pub(super) fn build(sources: &Sources, worlds: &BTreeSet<World>, ui: &Ui) -> Result<Self, String> {
        let mut workers = BTreeMap::new();
        for &world in worlds {
            let binary = if world == process::OWN_WORLD { own_binary()? } else { build(sources, world, ui)? };
            workers.insert(world, Worker { root: sources.root.clone(), binary, fault: None });
        }
        Ok(Self(workers))
    }

    /// The same workers, with that fault switched on.
    pub(super) fn with_fault(&self, id: &str) -> Self {
        let mut worlds = self.clone();
        worlds.0.values_mut().for_each(|worker| worker.fault = Some(id.to_owned()));
        worlds
    }

    /// The worker of the world.
    pub(super) fn worker(&self, world: World) -> Option<&Worker> {
        self.0.get(&world)
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

/// The folder for what is built for that world: its own, so that the worlds don't evict each other.
pub(super) fn target_of(world: World) -> Result<PathBuf, String> {
    let target = target()?;
    Ok(if world == process::OWN_WORLD { target } else { target.join(world.to_string()) })
}

/// Builds the worker of a world.
fn build(sources: &Sources, world: World, ui: &Ui) -> Result<PathBuf, String> {
    let started = Instant::now();
    let target = target_of(world)?;
    let mut child = Leashed::start(command(sources, world, &target)?, "")?;
    let what = format!("the {world} world{}", sources.about);
    let bar = ui.building(&what);
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
        return Err(format!("{what} does not build ({status}):\n{}", said.join("\n")));
    }
    ui.say(&format!("built {what} in {:.1} s", started.elapsed().as_secs_f64()));
    Ok(target.join(PROFILE).join(format!("{}{}", sources.worker, std::env::consts::EXE_SUFFIX)))
}

fn command(sources: &Sources, world: World, target: &Path) -> Result<Command, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(own_binary()?);
    command.arg(super::GUARD).arg(cargo).current_dir(&sources.root);
    command.args(["build", "--profile", PROFILE, "--package", "rdv-models", "--bin", &sources.worker]);
    command.args(sources.config.iter().flat_map(|setting| ["--config", setting]));
    configure(&mut command, world, target);
    Ok(command)
}

/// Makes a command of cargo build for that world, in that folder.
pub(super) fn configure(command: &mut Command, world: World, target: &Path) {
    command.arg("--target-dir").arg(target);
    if world != process::OWN_WORLD {
        // What the caller sets is kept; what cargo prefers to it, and would silently drop our flag, is not.
        let flags = std::env::var(FLAGS).unwrap_or_default();
        command.env(FLAGS, format!("{flags} --cfg {world}").trim()).env_remove(ENCODED_FLAGS);
    }
}
