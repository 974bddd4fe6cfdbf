//! Byte streams between two threads.

use std::hint::black_box;
use std::time::Instant;

use rdv_benches::{in_words, stream};

use crate::driver::{Contestant, Kind};
use crate::duplex::{Duplex, in_memory, in_the_kernel, pair_apart};
use crate::options::Sizes;
use crate::table::Unit;

use super::{Case, Group};

pub(super) fn groups(sizes: &Sizes) -> Vec<Group> {
    let group = |&capacity: &usize| {
        let cases = sizes.chunks.iter().map(|chunk| case(capacity, *chunk));
        let title = format!("byte stream between two threads, capacity {}, by bytes per call", in_words(capacity, " "));
        let name = format!("stream/{}", in_words(capacity, ""));
        Group::new(name, title, Unit::MegabytesPerSecond, cases.collect()).by_size()
    };
    sizes.capacities.iter().map(group).collect()
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
