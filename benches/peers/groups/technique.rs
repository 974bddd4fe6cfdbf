//! What each technique is worth: the same work with it and without.
//!
//! Where the library has no way to be told, a small ring under a channel of ours stands in for it, see
//! [`technique`](crate::duplex::technique).

use std::hint::black_box;
use std::time::{Duration, Instant};

use rdv::EventPump;
use rdv::buffer::mirrored::Mirrored;
use rdv::buffer::spsc::Spsc;
use rdv_benches::{CAPACITY, rendezvous, round_trip, stream};

use crate::driver::{Contestant, Kind};
use crate::duplex::technique::{ASKING, ASKING_AHEAD, LOOKS_AT_ONCE, MARKS, PADDING, PRIVATE_INDICES, Small};
use crate::duplex::{Duplex, Rdv, RdvSpin, Rtrb, pair_apart};
use crate::table::Unit;

use super::{Case, Group};

const SMALL: usize = 4 << 10;
const CHUNK: usize = 16;
/// Runs over the end of a ring of 4 KiB every fourth time.
const UNEVEN: usize = 1000;
/// As many events as are posted before they run.
const EVENTS: u64 = 64;

pub(super) fn groups() -> Vec<Group> {
    let cases = vec![
        case(
            "private indices",
            streamed::<Rdv<Small<PRIVATE_INDICES, false>>>,
            streamed::<Rdv<Small<PRIVATE_INDICES, true>>>,
        ),
        case("padding", streamed::<Rdv<Small<PADDING, false>>>, streamed::<Rdv<Small<PADDING, true>>>),
        case("lingering", streamed::<Rdv<Spsc<u8>>>, streamed::<RdvSpin>),
        case("lines ahead", streamed::<Rdv<Small<ASKING_AHEAD, false>>>, streamed::<Rdv<Small<ASKING_AHEAD, true>>>),
        case("marks of sleepers", streamed::<Rdv<Small<MARKS, false>>>, streamed::<Rdv<Small<MARKS, true>>>),
        case("a look before sleep", there_and_back::<Rtrb>, there_and_back::<Rtrb<false>>),
        case(
            "looks at once",
            there_and_back::<Rdv<Small<LOOKS_AT_ONCE, false>>>,
            there_and_back::<Rdv<Small<LOOKS_AT_ONCE, true>>>,
        ),
        case(
            "lines asked for",
            there_and_back::<Rdv<Small<ASKING, false>>>,
            there_and_back::<Rdv<Small<ASKING, true>>>,
        ),
        case("mirrored memory", here::<Rdv<Mirrored>>, here::<Rdv<Spsc<u8>>>),
        case("a store unlocks", locked, locked_by_std),
        case("inline events", events::<4>, events::<6>),
        case("lazy buffers", unused, used),
    ];
    let title = "a unit of work with a technique and without";
    vec![Group::new("technique", title, Unit::Nanoseconds, cases)]
}

fn case<W, O>(name: &str, with: fn() -> W, without: fn() -> O) -> Case
where
    W: FnMut(u64) -> Duration + 'static,
    O: FnMut(u64) -> Duration + 'static,
{
    Case::in_turns(name, 1, move || {
        vec![Contestant::new("with", Kind::Ours, with()), Contestant::new("without", Kind::Without, without())]
    })
}

/// A small chunk from one thread to another.
fn streamed<D: Duplex>() -> impl FnMut(u64) -> Duration {
    let (mut here, mut there) = pair_apart::<D>(SMALL);
    move |chunks| stream::across(&mut there.0, &mut here.0, CHUNK, chunks)
}

/// A byte to another thread and back.
fn there_and_back<D: Duplex>() -> impl FnMut(u64) -> Duration {
    let (mut here, mut there) = pair_apart::<D>(SMALL);
    move |rounds| round_trip::ping_pong(&mut here.0, &mut there.0, rounds)
}

/// A chunk written and read by one thread.
fn here<D: Duplex>() -> impl FnMut(u64) -> Duration {
    use std::io::{Read, Write};
    let (mut here, mut there) = D::pair(SMALL);
    let (source, mut target) = ([1; UNEVEN], [0; UNEVEN]);
    move |chunks| {
        let start = Instant::now();
        for _ in 0..chunks {
            here.write_all(black_box(&source)).expect("there is room");
            there.read_exact(black_box(&mut target)).expect("it was written");
        }
        start.elapsed()
    }
}

/// A closure of so many words posted and run, on one thread.
fn events<const WORDS: usize>() -> impl FnMut(u64) -> Duration {
    let mut pump = EventPump::new();
    let handle = pump.handle();
    move |events| {
        let start = Instant::now();
        for _ in 0..events.div_ceil(EVENTS) {
            for event in 0..EVENTS {
                let words = [event; WORDS];
                let event = move || {
                    black_box(words);
                };
                handle.post(event).expect("the pump was not stopped");
            }
            black_box(pump.run_until_idle());
        }
        start.elapsed()
    }
}

/// A pair made and dropped, for which no buffer is made.
fn unused() -> impl FnMut(u64) -> Duration {
    |pairs| timed(pairs, || rendezvous::pair::<Spsc<u8>>(CAPACITY))
}

/// One that has sent a byte each way, for which both buffers are made.
fn used() -> impl FnMut(u64) -> Duration {
    |pairs| timed(pairs, || rendezvous::pair_used::<Spsc<u8>>(CAPACITY))
}

/// Our lock taken and given up.
fn locked() -> impl FnMut(u64) -> Duration {
    let count = rdv::sync::Mutex::new(0_u64);
    move |times| timed(times, || *count.lock() += 1)
}

/// The standard library's.
fn locked_by_std() -> impl FnMut(u64) -> Duration {
    let count = std::sync::Mutex::new(0_u64);
    move |times| timed(times, || *count.lock().expect("nobody panics") += 1)
}

fn timed(times: u64, once: impl Fn()) -> Duration {
    let start = Instant::now();
    (0..times).for_each(|_| once());
    start.elapsed()
}
