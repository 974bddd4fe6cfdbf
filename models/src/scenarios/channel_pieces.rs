//! Transfers larger than a piece: each side goes on while the other does, so one call moves more than a ring holds.

use std::io::{Read, Write};

use rdv::buffer::spsc::Spsc;
use rdv::channel::Channel;

use crate::rule;
use crate::scenario::{Cx, Level, Run, Scenario};

use super::channel::{answer, ends};
use super::support::{JOINED, is_prefix};

/// The suite.
pub const SCENARIOS: &[Scenario] = &[Scenario {
    choices: &[2],
    witnesses: &["no more than the ring holds", "more than the ring holds"],
    runs: &[Run::loom_bounded(2, 3, Level::Quick)],
    ..Scenario::new(
        "channel/pieces",
        &["CHAN-2", "RING-1"],
        "A call that moves piece by piece meets what the other side does meanwhile: all in order, nothing twice.",
        pieces,
    )
}];

/// How many bytes a ring holds.
const CAPACITY: usize = 2;

/// Choice 0: one call writes, or reads, as many bytes more than a ring holds as the size says; the peer takes, or
/// gives, so many one by one.
fn pieces(cx: &Cx) -> String {
    let (more, reads) = (cx.size(), cx.choice(0) == 1);
    let (mut here, mut there) = ends::<Spsc<u8>>(CAPACITY);
    here.set_piece(1);
    let (count, put, mut taken, mut reader) = if reads {
        let filled = answer(there.try_write(&[0, 1]));
        rule!("CHAN-2", filled == Ok(CAPACITY), "{filled:?} written to an empty ring");
        reading(cx, here, there, more)
    } else {
        writing(cx, here, there, more)
    };
    rule!("CHAN-2", (CAPACITY..=CAPACITY + more).contains(&count), "one call moved {count}");
    let mut rest = [9; CAPACITY];
    let left = answer(reader.try_read(&mut rest)).unwrap_or(0);
    taken.extend(&rest[..left]);
    rule!("RING-1", is_prefix(&taken) && taken.len() == put, "{put} written, read {taken:?}");
    cx.witness(if count > CAPACITY { "more than the ring holds" } else { "no more than the ring holds" });
    format!("{} {count}", if reads { "read" } else { "written" })
}

/// How many bytes the call moved, how many were written in all, which ones were read so far, and the end that reads.
type Moved = (usize, usize, Vec<u8>, Channel);

fn writing(cx: &Cx, mut here: Channel, mut there: Channel, more: usize) -> Moved {
    let writer = cx.spawn("writer", move || {
        let bytes: Vec<u8> = (0..(CAPACITY + more) as u8).collect();
        (answer(here.write(&bytes)), here)
    });
    let peer = cx.spawn("peer", move || {
        let mut taken = Vec::new();
        for _ in 0..more {
            let mut target = [9];
            let read = answer(there.try_read(&mut target)).unwrap_or(0);
            taken.extend(&target[..read]);
        }
        (taken, there)
    });
    let (written, _here) = writer.join().expect(JOINED);
    let (taken, there) = peer.join().expect(JOINED);
    let count = written.unwrap_or(0);
    (count, count, taken, there)
}

fn reading(cx: &Cx, mut here: Channel, mut there: Channel, more: usize) -> Moved {
    let reader = cx.spawn("reader", move || {
        let mut target = vec![9; CAPACITY + more];
        let count = answer(here.read(&mut target)).unwrap_or(0);
        target.truncate(count);
        (target, here)
    });
    let peer = cx.spawn("peer", move || {
        let mut put = CAPACITY;
        for _ in 0..more {
            put += answer(there.try_write(&[put as u8])).unwrap_or(0);
        }
        (put, there)
    });
    let (taken, here) = reader.join().expect(JOINED);
    let (put, _there) = peer.join().expect(JOINED);
    (taken.len(), put, taken, here)
}
