//! The examples run as they stand, and say what they should.

#![cfg(not(any(loom, shuttle)))]

mod support;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::{LIMIT, within};

/// Where this test was built; the examples are built there, too, so that nothing is built twice.
fn target() -> PathBuf {
    let me = std::env::current_exe().expect("this binary");
    me.ancestors().nth(3).map(Path::to_owned).expect("<target>/<profile>/deps/<binary>")
}

/// What the example of that name prints.
fn output(name: &'static str) -> String {
    output_with(name, &[])
}

/// The same, with arguments.
fn output_with(name: &'static str, arguments: &'static [&'static str]) -> String {
    within(LIMIT, move || {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
        let mut command = Command::new(cargo);
        command.current_dir(env!("CARGO_MANIFEST_DIR")).args(["run", "--quiet", "--example", name, "--target-dir"]);
        command.arg(target()).args((!cfg!(debug_assertions)).then_some("--release")).arg("--").args(arguments);
        let output = command.output().expect("cargo runs");
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    })
}

#[test]
fn echo_threads() {
    let lines = "hello from client 0\nhello from client 1\nhello from client 2\nechoed 60 bytes on 3 connections\n";
    assert_eq!(output("echo_threads"), lines);
}

#[test]
fn echo_events() {
    let output = output("echo_events");
    let hellos = "hello from client 0\nhello from client 1\nhello from client 2\n";
    let rest = output.strip_prefix(hellos).unwrap_or_else(|| panic!("{output}"));
    assert!(rest.starts_with("ran ") && rest.ends_with(" events on one thread\n"), "{rest}");
}

#[test]
fn echo_mixed() {
    let client = |number| format!("client {number}: 1000 messages there and back\n");
    assert_eq!(output("echo_mixed"), (0..4).map(client).collect::<String>());
}

#[test]
fn chat_room() {
    let lines = "ada: hello\nbob: hello\ncyd: hello\nall heard the same, in the same order: true\n";
    assert_eq!(output("chat_room"), lines);
}

#[test]
fn soak() {
    let output = output_with("soak", &["2"]);
    assert!(output.starts_with("2 s, ") && output.ends_with("it adds up\n"), "{output}");
}

#[test]
fn no_example_is_left_out() {
    let examples = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")).expect("the examples");
    let names = examples.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"));
    let mut names: Vec<_> = names.collect();
    names.sort();
    assert_eq!(names, ["chat_room.rs", "echo_events.rs", "echo_mixed.rs", "echo_threads.rs", "soak"]);
}
