//! Byte streams between two threads.

use std::hint::black_box;
use std::time::Instant;

use rdv_benches::{CHUNKS, stream};

use crate::driver::{Contestant, Kind};
use crate::duplex::{Duplex, in_memory, in_the_kernel, pair_apart};
use crate::table::Unit;

use super::{Case, Group};

pub(super) fn groups() -> Vec<Group> {
    let group = |name, title, capacity| Group {
        name,
        title,
        unit: Unit::MegabytesPerSecond,
        sizes: true,
        cases: CHUNKS.map(|chunk| case(capacity, chunk)).into(),
    };
    vec![
        group("stream/4KiB", "byte stream between two threads, capacity 4 KiB, by bytes per call", 4 << 10),
        group("stream/64KiB", "byte stream between two threads, capacity 64 KiB, by bytes per call", 64 << 10),
    ]
}

fn case(capacity: usize, chunk: usize) -> Case {
    Case::in_turns(chunk.to_string(), chunk, move || {
        let mut contestants = Vec::new();
        in_memory!(D => contestants.push(contestant::<D>(capacity, chunk)));
        in_the_kernel!(D => contestants.push(contestant::<D>(capacity, chunk)));
        contestants.push(copies(chunk));
        contestants
    })
}

fn contestant<D: Duplex>(capacity: usize, chunk: usize) -> Contestant {
    let (mut here, mut there) = pair_apart::<D>(capacity);
    Contestant::new(D::NAME, D::KIND, move |chunks| stream::across(&mut there.0, &mut here.0, chunk, chunks))
}

/// In and out again on one thread, without a stream between: the copying by itself.
pub(super) fn copies(chunk: usize) -> Contestant {
    let (source, mut between, mut target) = (vec![1_u8; chunk], vec![0; chunk], vec![0; chunk]);
    Contestant::new("two memcpys on one core", Kind::Limit, move |chunks| {
        let start = Instant::now();
        for _ in 0..chunks {
            black_box(&mut between[..]).copy_from_slice(black_box(&source));
            black_box(&mut target[..]).copy_from_slice(black_box(&between));
        }
        start.elapsed()
    })
}
