//! Channels that somebody ends: under an operation that waits, from both ends at once, half by half.

use std::io::{ErrorKind, Read, Write};

use rdv::buffer::Ring;
use rdv::buffer::mirrored::Mirrored;
use rdv::buffer::mpmc::Mpmc;
use rdv::buffer::spsc::Spsc;
use rdv::channel::{Channel, ChannelReader, ChannelWriter, End, Endpoint, Entry, Ledger, connect};
use rdv::sync::Arc;

use super::channel::{answer, check_zero, ends};
use super::support::{Ghost, JOINED, audited_only, audited_within};
use crate::rule;
use crate::scenario::{Cx, Level, Run, Scenario};

/// The suite.
pub const SCENARIOS: &[Scenario] = &[
    cut::<Spsc<u8>>("channel/cut"),
    audited_only(cut::<Mirrored>("channel-mirrored/cut")),
    audited_within(cut::<Mpmc<u8>>("channel-mpmc/cut"), 3),
    Scenario {
        runs: &[Run::loom_bounded(2, 1, Level::Quick), Run::loom_bounded(2, 4, Level::Default)],
        ..Scenario::new(
            "channel/both-hang-up",
            &["CHAN-5", "CHAN-6", "CHAN-7", "CHAN-8", "ALL-3", "RING-4"],
            "Both ends go at once, bytes unread on both sides: nobody waits, nothing is left.",
            both_hang_up,
        )
    },
    Scenario {
        hang: "CHAN-8",
        choices: &[2],
        runs: &[Run::loom(2, Level::Quick), Run::loom_bounded(3, 4, Level::Quick)],
        ..Scenario::new(
            "channel/halves",
            &["CHAN-8", "CHAN-4", "CHAN-1", "ALL-3"],
            "Halves are dropped in different threads: each ends its own direction, and wakes whoever waits there.",
            halves,
        )
    },
    Scenario {
        choices: &[2],
        ..Scenario::new(
            "channel/ledger",
            &["CHAN-6", "RDV-10"],
            "Both ends hang up at once, by choice after a read: the broker of each is told once.",
            ledger,
        )
    },
];

/// What stands for a broker: it counts how often it is told.
#[derive(Default)]
struct Counting(Ghost);

impl Ledger for Counting {
    fn strike(&self, _entry: u64) {
        self.0.count();
    }
}

/// By choice the other end reads what was sent before it goes.
fn ledger(cx: &Cx) -> String {
    let told = [Arc::new(Counting::default()), Arc::new(Counting::default())];
    let entry = |ledger: &Arc<Counting>| Some(Entry { ledger: ledger.clone(), number: 0 });
    let ends = [End::new(Endpoint::default(), entry(&told[0])), End::new(Endpoint::default(), entry(&told[1]))];
    let (mut here, mut there) = connect::<Spsc<u8>>(1, ends).expect("a small channel can be had");
    let reads = cx.choice(0) == 1;
    rule!("CHAN-2", answer(here.try_write(&[7])) == Ok(1), "an empty channel takes a byte");
    let sender = cx.spawn("sender", move || {
        here.disconnect();
        here
    });
    let of_other = told[1].clone();
    let other = cx.spawn("other", move || {
        let early = there.is_disconnected() || of_other.0.get() > 0;
        rule!("CHAN-6", !early, "disconnected, or its broker told, before the byte was read");
        let read = reads.then(|| answer(there.try_read(&mut [0; 2])));
        there.disconnect();
        (read, there)
    });
    let here = sender.join().expect(JOINED);
    let (read, there) = other.join().expect(JOINED);
    drop((here, there));
    let told = told.map(|ledger| ledger.0.get());
    rule!("CHAN-6", told == [1, 1], "read {read:?}: the brokers were told {told:?} times");
    format!("{read:?}")
}

const fn cut<V: Ring<u8> + 'static>(name: &'static str) -> Scenario {
    Scenario {
        hang: "CHAN-5",
        choices: &[2, 2],
        witnesses: &["told while it waited"],
        runs: const { &[Run::loom_bounded(2, 2, Level::Quick), Run::loom_bounded(2, 4, Level::Default)] },
        ..Scenario::new(
            name,
            &["CHAN-5", "CHAN-4", "CHAN-7", "CHAN-3"],
            "A reader or a writer that waits is told when its own end is disconnected, or the other, or the other is dropped.",
            cutting::<V>,
        )
    }
}

/// Choice 0: a reader waits, or a writer. Choice 1: its own end is disconnected (at size 2: twice), or the other (at size 2: dropped).
fn cutting<V: Ring<u8> + 'static>(cx: &Cx) -> String {
    let (more, reads, own) = (cx.size() > 1, cx.choice(0) == 0, cx.choice(1) == 0);
    let (mut here, there) = ends::<V>(1);
    if !reads {
        rule!("CHAN-2", answer(here.try_write(&[0])) == Ok(1), "an empty channel takes a byte");
    }
    let disconnector = here.disconnector();
    let ending = cx.spawn("third", move || {
        if own {
            disconnector.disconnect();
            if more {
                disconnector.disconnect();
            }
            Some(there)
        } else if more {
            None
        } else {
            there.disconnect();
            Some(there)
        }
    });
    let waiting = {
        let cx = cx.clone();
        cx.clone().spawn(if reads { "reader" } else { "writer" }, move || {
            let result = answer(if reads { here.read(&mut [0; 2]) } else { here.write(&[1, 2]) });
            let due = match (own, reads) {
                (true, _) => Err(ErrorKind::NotConnected),
                (false, true) => Ok(0),
                (false, false) => Err(ErrorKind::BrokenPipe),
            };
            let rule = if own { "CHAN-7" } else { "CHAN-4" };
            assert!(result == due, "{rule}: {result:?}, {due:?} is due");
            rule!("CHAN-3", here.is_disconnected(), "told so, but not disconnected");
            check_zero(&mut here);
            cx.witness("told while it waited");
            here
        })
    };
    let there = ending.join().expect(JOINED);
    let here = waiting.join().expect(JOINED);
    if let Some(mut there) = there {
        check_other_end(&mut there, reads, own);
    }
    drop(here);
    String::new()
}

/// What the end that nobody waited at has to say afterwards.
fn check_other_end<V: Ring<u8>>(there: &mut Channel<V>, empty: bool, peer_left: bool) {
    if peer_left {
        rule!("CHAN-3", there.is_disconnected() == empty, "disconnected before all is read, or not after it");
        let read = answer(there.read(&mut [0; 2]));
        rule!("CHAN-3", empty || read == Ok(1), "{read:?} read, one byte was written before");
        let read = answer(there.read(&mut [0; 2]));
        rule!("CHAN-4", read == Ok(0), "{read:?} instead of the end");
        rule!("CHAN-4", answer(there.write(&[1])) == Err(ErrorKind::BrokenPipe), "the peer is gone");
    } else {
        let (read, written) = (answer(there.read(&mut [0; 2])), answer(there.write(&[1])));
        let own = (read, written) == (Err(ErrorKind::NotConnected), Err(ErrorKind::NotConnected));
        rule!("CHAN-7", own, "after one's own disconnect: read {read:?}, write {written:?}");
    }
    rule!("CHAN-3", there.is_disconnected(), "not disconnected at the end");
}

/// By a disconnect; at size 2 by a drop.
fn both_hang_up(cx: &Cx) -> String {
    let drops = cx.size() > 1;
    let (mut here, mut there) = ends::<Spsc<u8>>(2);
    for end in [&mut here, &mut there] {
        rule!("CHAN-2", answer(end.try_write(&[1])) == Ok(1), "an empty channel takes a byte");
    }
    let actors = [("here", here), ("there", there)].map(|(name, end)| {
        cx.spawn(name, move || {
            if drops {
                return None;
            }
            end.disconnect();
            rule!("CHAN-7", end.is_disconnected(), "not disconnected after one's own disconnect");
            Some(end)
        })
    });
    let ends = actors.map(|actor| actor.join().expect(JOINED));
    for mut end in ends.into_iter().flatten() {
        let (read, written) = (answer(end.read(&mut [0])), answer(end.write(&[2])));
        let own = (read, written) == (Err(ErrorKind::NotConnected), Err(ErrorKind::NotConnected));
        rule!("CHAN-7", own, "after one's own disconnect: read {read:?}, write {written:?}");
        check_zero(&mut end);
    }
    String::new()
}

/// Choice 0: the reading half is dropped under the peer's writer, or the writing half under the peer's reader. At size 2 the peer
/// waits, at size 1 it only tries; at size 3 both halves are dropped at once, the peer comes later.
fn halves(cx: &Cx) -> String {
    let waits = cx.size() > 1;
    let (here, there) = ends::<Spsc<u8>>(1);
    let (reader, writer) = here.split();
    if cx.size() > 2 {
        both_halves(cx, reader, writer, there);
    } else if cx.choice(0) == 0 {
        reading_half(cx, reader, writer, there, waits);
    } else {
        writing_half(cx, reader, writer, there, waits);
    }
    String::new()
}

/// Both halves are dropped at once; the peer comes later.
fn both_halves(cx: &Cx, reader: ChannelReader, mut writer: ChannelWriter, mut there: Channel) {
    let first = cx.spawn("reading half", move || drop(reader));
    let second = cx.spawn("writing half", move || {
        let written = answer(writer.write(&[3]));
        rule!("CHAN-8", written == Ok(1), "{written:?} written, though only the other half is dropped");
    });
    first.join().expect(JOINED);
    second.join().expect(JOINED);
    let (read, target) = read_once(&mut there);
    rule!("CHAN-8", (read, target) == (Ok(1), 3), "{read:?} read, {target}");
    let (read, written) = (read_once(&mut there).0, answer(there.write(&[1])));
    rule!("CHAN-8", read == Ok(0), "{read:?} instead of the end");
    rule!("CHAN-8", written == Err(ErrorKind::BrokenPipe), "{written:?} instead of a broken pipe");
    rule!("CHAN-8", there.is_disconnected(), "not disconnected without either half of the peer");
}

/// The reading half is dropped under the peer's writer.
fn reading_half(cx: &Cx, reader: ChannelReader, writer: ChannelWriter, mut there: Channel, waits: bool) {
    rule!("CHAN-2", answer(there.try_write(&[0])) == Ok(1), "an empty channel takes a byte");
    let dropping = cx.spawn("reading half", move || {
        drop(reader);
        writer
    });
    let waiting = cx.spawn("peer", move || {
        let written = answer(if waits { there.write(&[1]) } else { there.try_write(&[1]) });
        let due = written == Err(ErrorKind::BrokenPipe) || !waits && written == Err(ErrorKind::WouldBlock);
        rule!("CHAN-8", due, "{written:?} instead of a broken pipe");
        there
    });
    let mut writer = dropping.join().expect(JOINED);
    let mut there = waiting.join().expect(JOINED);
    rule!("CHAN-8", answer(there.write(&[1])) == Err(ErrorKind::BrokenPipe), "a broken pipe does not last");
    let live = !there.is_disconnected() && !writer.is_disconnected() && answer(writer.write(&[3])) == Ok(1);
    rule!("CHAN-8", live && read_once(&mut there) == (Ok(1), 3), "the other direction ended too");
    drop(writer);
    rule!("CHAN-8", there.is_disconnected(), "not disconnected without either half of the peer");
}

/// The writing half is dropped under the peer's reader.
fn writing_half(cx: &Cx, mut reader: ChannelReader, writer: ChannelWriter, mut there: Channel, waits: bool) {
    let dropping = cx.spawn("writing half", move || {
        drop(writer);
        reader
    });
    let waiting = cx.spawn("peer", move || {
        let read = if waits { read_once(&mut there).0 } else { answer(there.try_read(&mut [0])) };
        let due = read == Ok(0) || !waits && read == Err(ErrorKind::WouldBlock);
        rule!("CHAN-8", due, "{read:?} instead of the end");
        there
    });
    reader = dropping.join().expect(JOINED);
    let mut there = waiting.join().expect(JOINED);
    rule!("CHAN-8", read_once(&mut there).0 == Ok(0), "the end does not last");
    let live = !there.is_disconnected() && !reader.is_disconnected() && answer(there.write(&[4])) == Ok(1);
    let mut target = [0];
    rule!(
        "CHAN-8",
        live && answer(reader.read(&mut target)) == Ok(1) && target == [4],
        "the other direction ended too"
    );
    drop(reader);
    rule!("CHAN-8", there.is_disconnected(), "not disconnected without either half of the peer");
}

fn read_once<V: Ring<u8>>(end: &mut Channel<V>) -> (Result<usize, ErrorKind>, u8) {
    let mut target = [0];
    (answer(end.read(&mut target)), target[0])
}
