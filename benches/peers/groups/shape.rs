//! Byte streams of other shapes than equal calls on two cores.

use std::time::Duration;

use rdv_benches::stream;

use crate::driver::Contestant;
use crate::duplex::{Duplex, UnixPair, each, in_memory, in_the_kernel, pair_apart};
use crate::table::Unit;

use super::{Case, Group};

/// How many streams are a crowd: four times as many threads as small machines have cores.
const STREAMS: usize = 4;

pub(super) fn groups() -> Vec<Group> {
    let group = |name, title, capacity| Group::new(name, title, Unit::MegabytesPerSecond, cases(capacity));
    vec![
        group("shape/4KiB", "bytes between two threads in other shapes, capacity 4 KiB", 4 << 10),
        group("shape/64KiB", "bytes between two threads in other shapes, capacity 64 KiB", 64 << 10),
    ]
}

fn cases(capacity: usize) -> Vec<Case> {
    let written = |write: usize, read: usize| {
        Case::in_turns(format!("{write} B written, {read} B read"), write, move || {
            let mut contestants = Vec::new();
            in_memory!(D => contestants.push(uneven::<D>(capacity, [write, read])));
            in_the_kernel!(D => contestants.push(uneven::<D>(capacity, [write, read])));
            contestants
        })
    };
    let echo = Case::in_turns("echo of 256 B, 8 ahead", 2 * 256, move || {
        let mut contestants = Vec::new();
        in_memory!(D => contestants.push(echo::<D>(capacity)));
        // Not pipes: one of a single page takes no more, once it was filled, until it is empty, and both sides may be writing.
        each!(D => contestants.push(echo::<D>(capacity)); UnixPair);
        contestants
    });
    let ask = Case::in_turns("64 B asked, 4096 B answered", 64 + 4096, move || {
        let mut contestants = Vec::new();
        in_memory!(D => contestants.push(ask::<D>(capacity)));
        in_the_kernel!(D => contestants.push(ask::<D>(capacity)));
        contestants
    });
    let crowd = Case::in_turns("four streams of 256 B", 256, move || {
        let mut contestants = Vec::new();
        in_memory!(D => contestants.push(crowd::<D>(capacity)));
        in_the_kernel!(D => contestants.push(crowd::<D>(capacity)));
        contestants
    });
    vec![written(1, 4096), written(64, 4096), written(4096, 64), echo, ask, crowd]
}

/// Does `work` with two ends.
fn contestant<D: Duplex>(
    capacity: usize,
    work: impl Fn(&mut D::End, &mut D::End, u64) -> Duration + 'static,
) -> Contestant {
    let (mut here, mut there) = pair_apart::<D>(capacity);
    Contestant::new(D::NAME, D::KIND, move |units| work(&mut here.0, &mut there.0, units))
}

fn uneven<D: Duplex>(capacity: usize, sizes: [usize; 2]) -> Contestant {
    contestant::<D>(capacity, move |here, there, writes| stream::uneven(there, here, sizes, writes))
}

fn echo<D: Duplex>(capacity: usize) -> Contestant {
    contestant::<D>(capacity, |here, there, chunks| stream::echo(here, there, 256, 8, chunks))
}

fn ask<D: Duplex>(capacity: usize) -> Contestant {
    contestant::<D>(capacity, |here, there, requests| stream::ask(here, there, [64, 4096], requests))
}

fn crowd<D: Duplex>(capacity: usize) -> Contestant {
    let mut pairs: Vec<_> = (0..STREAMS).map(|_| pair_apart::<D>(capacity)).collect();
    Contestant::new(D::NAME, D::KIND, move |chunks| {
        let mut ends: Vec<_> = pairs.iter_mut().map(|(here, there)| (&mut here.0, &mut there.0)).collect();
        stream::crowd(&mut ends, 256, chunks)
    })
}
