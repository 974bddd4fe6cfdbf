//! The two directions of an end, which know nothing of each other.

use std::io::{ErrorKind, Read, Write};

use rdv::buffer::spsc::Spsc;

use crate::rule;
use crate::scenario::{Cx, Level, Run, Scenario};

use super::channel::{answer, ends};
use super::support::JOINED;

/// The suite.
pub const SCENARIOS: &[Scenario] = &[Scenario {
    runs: &[Run::loom_bounded(2, 2, Level::Quick), Run::loom_bounded(2, 4, Level::Default), Run::loom(3, Level::Quick)],
    ..Scenario::new(
        "channel/independent",
        &["CHAN-1", "CHAN-2", "CHAN-7", "CHAN-5"],
        "One end's reader waits while its writer asks for the reply (1), waits as well (2), or disconnects (3).",
        independent,
    )
}];

fn independent(cx: &Cx) -> String {
    match cx.size() {
        1 => question(cx),
        2 => both_wait(cx),
        _ => disconnect_beside(cx),
    }
    String::new()
}

/// A reader that waits; beside it, the question is written, read at the other end, and answered.
fn question(cx: &Cx) {
    let (here, mut there) = ends::<Spsc<u8>>(1);
    let (mut reader, mut writer) = here.split();
    let reading = cx.spawn("reader", move || {
        let mut target = [0; 2];
        let read = answer(reader.read(&mut target));
        rule!("CHAN-1", (read, target[0]) == (Ok(1), 8), "{read:?} read, {target:?}");
        reader
    });
    let asking = cx.spawn("writer and peer", move || {
        let asked = answer(writer.write(&[7]));
        let mut target = [0; 2];
        let heard = answer(there.read(&mut target));
        let said = answer(there.write(&[8]));
        rule!(
            "CHAN-1",
            (asked, heard, said) == (Ok(1), Ok(1), Ok(1)),
            "asked {asked:?}, heard {heard:?}, said {said:?}"
        );
        rule!("RING-1", target[0] == 7, "heard {target:?}");
        (there, writer)
    });
    let _reader = reading.join().expect(JOINED);
    let (there, _writer) = asking.join().expect(JOINED);
    rule!("CHAN-3", !there.is_disconnected(), "disconnected though nobody hung up");
}

/// Both halves of an end wait; the peer takes a byte, and then gives one.
fn both_wait(cx: &Cx) {
    let (mut here, mut there) = ends::<Spsc<u8>>(1);
    rule!("CHAN-2", answer(here.try_write(&[7])) == Ok(1), "an empty channel takes a byte");
    let (mut reader, mut writer) = here.split();
    let reading = cx.spawn("reader", move || {
        let mut target = [0; 2];
        let read = answer(reader.read(&mut target));
        rule!("CHAN-1", (read, target[0]) == (Ok(1), 8), "{read:?} read, {target:?}");
        reader
    });
    let writing = cx.spawn("writer", move || {
        let written = answer(writer.write(&[9]));
        rule!("CHAN-1", written == Ok(1), "{written:?} written");
        writer
    });
    let peer = cx.spawn("peer", move || {
        let (taken, given) = (answer(there.try_read(&mut [0])), answer(there.try_write(&[8])));
        rule!("CHAN-1", (taken, given) == (Ok(1), Ok(1)), "{taken:?} taken, {given:?} given");
        there
    });
    let _halves = (reading.join().expect(JOINED), writing.join().expect(JOINED));
    let mut there = peer.join().expect(JOINED);
    let mut target = [0; 2];
    let read = answer(there.try_read(&mut target));
    rule!("RING-1", (read, target[0]) == (Ok(1), 9), "{read:?} read, {target:?}");
}

/// The writing half disconnects the end, and looks at once, while the reading half waits.
fn disconnect_beside(cx: &Cx) {
    let (here, _there) = ends::<Spsc<u8>>(1);
    let (mut reader, writer) = here.split();
    let reading = cx.spawn("reader", move || {
        let read = answer(reader.read(&mut [0]));
        rule!("CHAN-7", read == Err(ErrorKind::NotConnected), "{read:?} after one's own disconnect");
        reader
    });
    let leaving = cx.spawn("writer", move || {
        writer.disconnector().disconnect();
        rule!("CHAN-7", writer.is_disconnected(), "not disconnected, as a read is still on its way out");
        writer
    });
    let _halves = (reading.join().expect(JOINED), leaving.join().expect(JOINED));
}
