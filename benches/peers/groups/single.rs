//! Both ends on one thread: what the operations cost while no cache line travels and nobody waits.

use std::hint::black_box;
use std::io::{Read, Write};
use std::time::Instant;

use rdv_benches::in_words;

use crate::driver::{Contestant, Kind};
use crate::duplex::{Duplex, in_memory};
use crate::options::Sizes;
use crate::table::Unit;

use super::stream::copies;
use super::{Case, Group};

pub(super) fn groups(sizes: &Sizes) -> Vec<Group> {
    let group = |&capacity: &usize| {
        let cases = sizes.chunks.iter().filter(|chunk| **chunk <= capacity).map(|chunk| case(capacity, *chunk));
        let title = format!("both ends on one thread, capacity {}, by bytes per call", in_words(capacity, " "));
        let name = format!("single-thread/{}", in_words(capacity, ""));
        Group::new(name, title, Unit::MegabytesPerSecond, cases.collect()).by_size()
    };
    sizes.capacities.iter().map(group).collect()
}

fn case(capacity: usize, chunk: usize) -> Case {
    Case::in_turns(chunk.to_string(), chunk, move || {
        let mut contestants = Vec::new();
        in_memory!(D => contestants.push(contestant::<D>(capacity, chunk)));
        contestants.push(copies(chunk));
        contestants.push(copies_around(capacity, chunk));
        contestants
    })
}

fn contestant<D: Duplex>(capacity: usize, chunk: usize) -> Contestant {
    let (mut here, mut there) = D::pair(capacity);
    let (source, mut target) = (vec![1; chunk], vec![0; chunk]);
    Contestant::new(D::NAME, D::KIND, move |chunks| {
        let start = Instant::now();
        for _ in 0..chunks {
            here.write_all(black_box(&source)).expect("there is room");
            there.read_exact(black_box(&mut target)).expect("it was written");
        }
        start.elapsed()
    })
}

/// As [`copies`], but what lies between goes round a block of the capacity, as it has to in a ring.
fn copies_around(capacity: usize, chunk: usize) -> Contestant {
    let (source, mut between, mut target) = (vec![1_u8; chunk], vec![0; capacity], vec![0; chunk]);
    let mut at = 0;
    Contestant::new("two memcpys, round a ring", Kind::Limit, move |chunks| {
        let start = Instant::now();
        for _ in 0..chunks {
            black_box(&mut between[at..at + chunk]).copy_from_slice(black_box(&source));
            black_box(&mut target[..]).copy_from_slice(black_box(&between[at..at + chunk]));
            at = if at + 2 * chunk <= capacity { at + chunk } else { 0 };
        }
        start.elapsed()
    })
}
