//! The watchdog of the tests, tested: a child process hangs, and its last words say where.

#![cfg(not(any(loom, shuttle)))]

mod support;

use std::process::{Command, Output};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Set in the child that shall hang.
const HANG: &str = "RDV_TEST_HANG";

/// Runs one test of this binary in a process of its own.
fn run(test: &str) -> Output {
    let me = std::env::current_exe().expect("this binary");
    Command::new(me).args([test, "--exact", "--nocapture"]).env(HANG, "1").output().expect("a child process")
}

fn should_hang() -> bool {
    std::env::var_os(HANG).is_some()
}

#[inline(never)]
fn waits_for_a_word_that_never_comes() {
    let (_keeps_it_open, never) = mpsc::channel::<()>();
    let _ = never.recv();
}

/// Hangs in two threads, but only in the child.
#[test]
fn hangs() {
    if should_hang() {
        support::within(Duration::from_millis(100), || {
            support::watchdog::doing(&"waiting for a word");
            let helper = thread::Builder::new().name("the-helper".into()).spawn(waits_for_a_word_that_never_comes);
            helper.expect("a thread").join().expect("it never ends");
        });
    }
}

#[test]
fn a_hanging_test_is_killed_with_a_message_that_says_where_each_thread_is() {
    let child = run("hangs");
    let message = String::from_utf8_lossy(&child.stderr);
    assert_eq!(child.status.code(), Some(support::watchdog::KILLED), "{message}");
    assert!(message.contains("hangs still runs after 100ms"), "{message}");
    assert!(message.contains("hangs was at this:\n\"waiting for a word\""), "{message}");
    if cfg!(target_os = "linux") {
        let (_, helper) = message.split_once("\"the-helper\"").expect(&message);
        let (own_trace, _) = helper.split_once("\n\n").expect(&message);
        assert!(own_trace.contains("waits_for_a_word_that_never_comes"), "{message}");
        assert!(message.contains("JoinHandle"), "the test waits for its helper: {message}");
        assert!(!message.contains("no answer"), "{message}");
    }
}

#[test]
fn what_a_body_returns_is_passed_on() {
    assert_eq!(support::within(support::LIMIT, || 7), 7);
}

#[test]
#[should_panic(expected = "its own words")]
fn what_a_body_panics_with_is_passed_on() {
    support::within(support::LIMIT, || panic!("its own words"));
}
