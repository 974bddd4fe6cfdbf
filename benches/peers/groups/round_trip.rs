//! One byte there and back, blocking.

use std::hint::spin_loop;
use std::io::{Read, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rdv_benches::cores::floating;
use rdv_benches::{CAPACITY, round_trip};

use crate::driver::Contestant;
use crate::duplex::bare::{CacheLine, Futex};
use crate::duplex::{Duplex, in_memory, in_the_kernel, pair_apart};
use crate::table::Unit;

use super::{Case, Group};

/// Long enough for whoever waits to be asleep.
const PAUSE: Duration = Duration::from_micros(200);

pub(super) fn groups() -> Vec<Group> {
    let hot = Case::in_turns("hot", 1, || {
        let mut contestants = Vec::new();
        in_memory!(D => contestants.push(hot::<D>()));
        in_the_kernel!(D => contestants.push(hot::<D>()));
        contestants.push(hot::<CacheLine>());
        contestants
    });
    let asleep = Case::in_turns("both asleep", 1, || {
        let mut contestants = Vec::new();
        in_memory!(D => contestants.push(asleep::<D>()));
        in_the_kernel!(D => contestants.push(asleep::<D>()));
        contestants.push(asleep::<Futex>());
        contestants
    });
    let placed = Case::in_turns("hot, placed by the system", 1, || {
        let mut contestants = Vec::new();
        in_memory!(D => contestants.push(placed::<D>()));
        in_the_kernel!(D => contestants.push(placed::<D>()));
        contestants
    });
    let title = "round trip of one byte between two threads that block";
    vec![Group::new("round-trip", title, Unit::Nanoseconds, vec![hot, placed, asleep])]
}

fn hot<D: Duplex>() -> Contestant {
    let (mut here, mut there) = pair_apart::<D>(CAPACITY);
    Contestant::new(D::NAME, D::KIND, move |rounds| round_trip::ping_pong(&mut here.0, &mut there.0, rounds))
}

/// The system may place both threads on one core. The one that answers is new in each round, so it chooses anew.
fn placed<D: Duplex>() -> Contestant {
    let (mut here, mut there) = pair_apart::<D>(CAPACITY);
    Contestant::new(D::NAME, D::KIND, move |rounds| {
        floating(|| round_trip::ping_pong(&mut here.0, &mut there.0, rounds))
    })
}

fn asleep<D: Duplex>() -> Contestant {
    let (mut here, mut there) = pair_apart::<D>(CAPACITY);
    Contestant::new(D::NAME, D::KIND, move |rounds| asleep_rounds(&mut here.0, &mut there.0, rounds))
}

/// The sum of two ways, each of which ends at a reader that has slept for long: either side pauses before it writes. Pauses do not count.
fn asleep_rounds(here: &mut (impl Read + Write), there: &mut (impl Read + Write + Send), rounds: u64) -> Duration {
    let start = Instant::now();
    let now = || start.elapsed().as_nanos() as u64;
    let (written, ways) = (AtomicU64::new(0), AtomicU64::new(0));
    let write = |end: &mut dyn Write| {
        let pause = now() + PAUSE.as_nanos() as u64;
        // Awake, so that only the reader's wake-up is measured.
        while now() < pause {
            spin_loop();
        }
        // The byte carries it to the reader.
        written.store(now(), Ordering::Release);
        end.write_all(&[1]).expect("the other side is there");
    };
    let read = |end: &mut dyn Read| {
        end.read_exact(&mut [0]).expect("the other side is there");
        ways.fetch_add(now() - written.load(Ordering::Acquire), Ordering::Relaxed);
    };
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..rounds {
                read(there);
                write(there);
            }
        });
        for _ in 0..rounds {
            write(here);
            read(here);
        }
    });
    Duration::from_nanos(ways.into_inner())
}
