//! Channels: bytes in order, each direction by itself, and the end after the last byte.
//!
//! What happens to operations that wait while somebody disconnects is in `channel_cut`.

use std::io::{BufRead, ErrorKind, Read, Write};

use rdv::buffer::Ring;
use rdv::buffer::locked::Locked;
use rdv::buffer::mirrored::Mirrored;
use rdv::buffer::mpmc::Mpmc;
use rdv::buffer::spsc::Spsc;
use rdv::channel::{Channel, ChannelReader, pair_with};
use rdv::sync::Arc;

use super::support::{Ghost, JOINED, audited_only, audited_within, is_prefix};
use crate::rule;
use crate::scenario::{Cx, Level, Run, Scenario};

/// The suite.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        runs: &[Run::loom_bounded(2, 3, Level::Quick), Run::loom_bounded(2, 4, Level::Default)],
        ..Scenario::new(
            "channel/stream",
            &["CHAN-2", "RING-1", "RING-5"],
            "A blocking writer and a blocking reader: every byte arrives in order, a call moves at least one.",
            stream,
        )
    },
    bye::<Spsc<u8>>("channel/bye"),
    bye::<Locked<u8>>("channel-locked/bye"),
    audited_only(bye::<Mirrored>("channel-mirrored/bye")),
    audited_within(bye::<Mpmc<u8>>("channel-mpmc/bye"), 3),
    Scenario {
        choices: &[3],
        witnesses: &["gone", "still there"],
        ..Scenario::new(
            "channel/consequences",
            &["CHAN-4", "CHAN-3", "CHAN-7"],
            "Whoever has seen one consequence of a disconnect sees all of them.",
            consequences,
        )
    },
    Scenario {
        choices: &[2, 2],
        witnesses: &["written before", "written in part", "refused"],
        runs: &[Run::loom_bounded(2, 2, Level::Default)],
        ..Scenario::new(
            "channel/last-write",
            &["CHAN-5", "CHAN-3", "CHAN-7"],
            "A write races its own end's disconnect: all that it says was written can be read before the end, nothing otherwise.",
            last_write,
        )
    },
];

/// Two connected ends.
pub(super) fn ends<V: Ring<u8>>(capacity: usize) -> (Channel<V>, Channel<V>) {
    pair_with::<V>(capacity).expect("a small channel can be had")
}

/// What an operation came to: bytes moved, or why not.
pub(super) fn answer(result: std::io::Result<usize>) -> Result<usize, ErrorKind> {
    result.map_err(|error| error.kind())
}

/// Zero bytes are moved at once, in every state.
pub(super) fn check_zero<V: Ring<u8>>(end: &mut Channel<V>) {
    let (read, written) = (answer(end.read(&mut [])), answer(end.write(&[])));
    rule!("CHAN-2", (read, written) == (Ok(0), Ok(0)), "zero-length read {read:?}, write {written:?}");
}

/// As many bytes as the size says, through a channel of capacity 1.
fn stream(cx: &Cx) -> String {
    let size = cx.size();
    let (mut here, mut there) = ends::<Spsc<u8>>(1);
    let writing = cx.spawn("writer", move || {
        let mut next = 0;
        while next < size {
            let bytes: Vec<u8> = (next..size).map(|byte| byte as u8).collect();
            let written = answer(here.write(&bytes));
            rule!("CHAN-2", matches!(written, Ok(count) if (1..=bytes.len()).contains(&count)), "{written:?} written");
            next += written.unwrap_or(0);
        }
        here
    });
    let reading = cx.spawn("reader", move || {
        let mut taken = Vec::new();
        while taken.len() < size {
            let mut target = [9; 2];
            let read = answer(there.read(&mut target));
            rule!("CHAN-2", matches!(read, Ok(1 | 2)), "{read:?} read");
            taken.extend(&target[..read.unwrap_or(0)]);
        }
        (there, taken)
    });
    let mut here = writing.join().expect(JOINED);
    let (mut there, taken) = reading.join().expect(JOINED);
    rule!("RING-1", is_prefix(&taken), "read {taken:?}");
    check_zero(&mut here);
    rule!("CHAN-2", answer(there.try_read(&mut [0])) == Err(ErrorKind::WouldBlock), "nothing is left, nobody left");
    rule!("CHAN-3", !here.is_disconnected() && !there.is_disconnected(), "disconnected though nobody hung up");
    String::new()
}

const fn bye<V: Ring<u8> + 'static>(name: &'static str) -> Scenario {
    Scenario {
        hang: "CHAN-5",
        choices: &[2, 2],
        witnesses: &["hung up with bytes unread", "told with the last byte"],
        runs: const { &[Run::loom_bounded(2, 4, Level::Default)] },
        ..Scenario::new(
            name,
            &["CHAN-3", "CHAN-4", "CHAN-8", "CHAN-5"],
            "Hang up after bye: the peer reads everything, is connected until then, disconnected right after, and reads the end.",
            farewell::<V>,
        )
    }
}

/// One byte is inside, one less than the size says are written; then the end is disconnected (from size 2 on, dropped), or only its
/// writing half is dropped. The peer tries to take a byte (from size 2 on, all and the end, asking before each).
fn farewell<V: Ring<u8> + 'static>(cx: &Cx) -> String {
    let (size, half, in_place) = (cx.size(), cx.choice(0) == 1, cx.choice(1) == 1);
    let (mut here, mut there) = ends::<V>(2);
    rule!("CHAN-2", answer(here.try_write(&[0])) == Ok(1), "an empty channel takes a byte");
    let left = Arc::new(Ghost::new());
    let leaving = {
        let left = left.clone();
        cx.spawn("writer", move || {
            for byte in 1..size as u8 {
                let written = answer(here.write(&[byte]));
                rule!("CHAN-2", written == Ok(1), "{written:?} written");
            }
            let kept = hang_up(here, half, size > 1);
            left.count();
            kept
        })
    };
    let reading = {
        let cx = cx.clone();
        cx.clone().spawn("reader", move || {
            let mut taken = Vec::new();
            for attempt in 0..if size > 1 { size + 1 } else { 1 } {
                let connected = taken.len() < size || half;
                let asked = size > 1 && connected && there.is_disconnected();
                rule!("CHAN-3", !asked, "disconnected with {taken:?} read of {size}");
                if left.is_set() && connected {
                    cx.witness("hung up with bytes unread");
                }
                if attempt == 0 {
                    read_one(&mut there, in_place, &mut taken);
                } else {
                    try_one(&mut there, &mut taken);
                }
                let due = taken.len() == size && !half && left.is_set();
                rule!(
                    "CHAN-3",
                    !due || there.is_disconnected(),
                    "connected after the last byte of a peer that hung up"
                );
                if due && attempt + 1 == size {
                    cx.witness("told with the last byte");
                }
            }
            (there, taken)
        })
    };
    let _kept = leaving.join().expect(JOINED);
    let (mut there, mut taken) = reading.join().expect(JOINED);
    taken.extend(read_to_end(&mut there));
    rule!("CHAN-3", is_prefix(&taken) && taken.len() == size, "{taken:?} read of {size} bytes");
    let (reply, due) = (answer(there.try_write(&[1])), if half { Ok(1) } else { Err(ErrorKind::BrokenPipe) });
    rule!("CHAN-4", reply == due, "{reply:?} written to a peer that left, {due:?} is due");
    rule!("CHAN-8", there.is_disconnected() != half, "disconnected: {}", there.is_disconnected());
    check_zero(&mut there);
    String::new()
}

/// Disconnects or drops the end, or drops its writing half. Returns what is left.
fn hang_up<V: Ring<u8>>(end: Channel<V>, half: bool, drops: bool) -> (Option<Channel<V>>, Option<ChannelReader<V>>) {
    if half {
        return (None, Some(end.split().0));
    }
    if drops {
        return (None, None);
    }
    end.disconnect();
    rule!("CHAN-7", end.is_disconnected(), "not disconnected after one's own disconnect");
    (Some(end), None)
}

/// Takes one byte if there is one.
fn try_one<V: Ring<u8>>(end: &mut Channel<V>, taken: &mut Vec<u8>) {
    let mut target = [9];
    match answer(end.try_read(&mut target)) {
        Ok(count) => taken.extend(&target[..count]),
        Err(why) => rule!("CHAN-4", why == ErrorKind::WouldBlock, "{why} instead of the end"),
    }
}

/// Takes one byte, or none at the end.
fn read_one<V: Ring<u8>>(end: &mut Channel<V>, in_place: bool, taken: &mut Vec<u8>) {
    if in_place {
        let shown = end.fill_buf().map(|shown| shown.first().copied());
        let shown = shown.unwrap_or_else(|error| panic!("CHAN-4: {error} instead of the end"));
        end.consume(usize::from(shown.is_some()));
        taken.extend(shown);
        return;
    }
    let mut target = [9];
    match answer(end.read(&mut target)) {
        Ok(count) => taken.extend(&target[..count]),
        Err(why) => panic!("CHAN-4: {why} instead of the end"),
    }
}

/// Choice 0: the other end looks by writing, by reading or by asking; then all the rest must fit.
fn consequences(cx: &Cx) -> String {
    let look = cx.choice(0);
    let (mut here, mut there) = ends::<Spsc<u8>>(1);
    rule!("CHAN-2", answer(here.try_write(&[5])) == Ok(1), "an empty channel takes a byte");
    let disconnector = here.disconnector();
    let leaving = cx.spawn("leaver", move || disconnector.disconnect());
    let looking = cx.spawn("peer", move || {
        if look > 0 {
            let read = answer(there.try_read(&mut [0; 2]));
            rule!("CHAN-3", read == Ok(1), "{read:?} read, one byte was written before");
        }
        let gone = match look {
            0 => answer(there.try_write(&[6])) == Err(ErrorKind::BrokenPipe),
            1 => answer(there.try_read(&mut [0; 2])) == Ok(0),
            _ => there.is_disconnected(),
        };
        if gone {
            if look == 0 {
                // Not asked whether it is disconnected: asking waits for a disconnect that is under way.
                let read = answer(there.try_read(&mut [0; 2]));
                rule!("CHAN-3", read == Ok(1), "{read:?} read, a byte is left");
            }
            let (read, written) = (answer(there.try_read(&mut [0])), answer(there.try_write(&[6])));
            rule!("CHAN-4", read == Ok(0), "{read:?} read from a peer that is gone");
            rule!("CHAN-4", written == Err(ErrorKind::BrokenPipe), "{written:?} written to a peer that is gone");
            rule!("CHAN-3", there.is_disconnected(), "not disconnected, though the peer is gone and all is read");
            check_zero(&mut there);
        }
        (there, gone)
    });
    leaving.join().expect(JOINED);
    let (_there, gone) = looking.join().expect(JOINED);
    let (read, written) = (answer(here.try_read(&mut [0])), answer(here.try_write(&[0])));
    let own = (read, written) == (Err(ErrorKind::NotConnected), Err(ErrorKind::NotConnected));
    rule!("CHAN-7", own && here.is_disconnected(), "after one's own disconnect: read {read:?}, write {written:?}");
    cx.witness(if gone { "gone" } else { "still there" });
    format!("gone: {gone}")
}

/// Two bytes in one write, at once or piece by piece, against a disconnect of the same end, once or twice. At size 2 the peer reads meanwhile, at size 1 afterwards.
fn last_write(cx: &Cx) -> String {
    let twice = cx.choice(0) == 1;
    let (mut here, mut there) = ends::<Spsc<u8>>(2);
    if cx.choice(1) == 1 {
        here.set_piece(1);
        there.set_piece(1);
    }
    let mut later = Some(there);
    let disconnector = here.disconnector();
    let ending = cx.spawn("third", move || {
        disconnector.disconnect();
        if twice {
            disconnector.clone().disconnect();
        }
    });
    let writing = cx.spawn("writer", move || {
        let written = answer(here.write(&[0, 1]));
        (here, written)
    });
    let reading = later.take_if(|_| cx.size() > 1).map(|mut there| {
        cx.spawn("reader", move || {
            let taken = read_to_end(&mut there);
            (there, taken)
        })
    });
    ending.join().expect(JOINED);
    let (mut here, written) = writing.join().expect(JOINED);
    let meanwhile = reading.map(|reading| reading.join().expect(JOINED));
    let (there, taken) = meanwhile.unwrap_or_else(|| {
        let mut there = later.take().expect("nobody reads meanwhile");
        let taken = read_to_end(&mut there);
        (there, taken)
    });
    let due: &[u8] = match written {
        Ok(count) => &[0, 1][..count],
        Err(why) => {
            rule!("CHAN-7", why == ErrorKind::NotConnected, "{why} for a write after one's own disconnect");
            &[]
        }
    };
    rule!("CHAN-5", taken == due, "{written:?} written, {taken:?} read before the end");
    let late = answer(here.try_write(&[2]));
    rule!("CHAN-7", late == Err(ErrorKind::NotConnected) && here.is_disconnected(), "{late:?} after the disconnect");
    rule!("CHAN-3", there.is_disconnected(), "the peer is not disconnected, though all is read");
    cx.witness(match written {
        Ok(2) => "written before",
        Ok(_) => "written in part",
        Err(_) => "refused",
    });
    format!("written {written:?}")
}

/// Everything up to the end; and the end again.
fn read_to_end<V: Ring<u8>>(end: &mut Channel<V>) -> Vec<u8> {
    let mut taken = Vec::new();
    loop {
        let before = taken.len();
        read_one(end, false, &mut taken);
        if taken.len() == before {
            break;
        }
    }
    let again = answer(end.read(&mut [0]));
    rule!("CHAN-4", again == Ok(0), "{again:?} after the end");
    taken
}
