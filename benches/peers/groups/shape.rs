//! Byte streams of other shapes than equal calls on two cores.

use std::time::Duration;

use rdv_benches::apart::Apart;
use rdv_benches::stream;

use crate::driver::Contestant;
use crate::duplex::{Duplex, in_memory, in_the_kernel, pair_apart};
use crate::table::Unit;

use super::{Case, Group};

/// How many streams are a crowd: four times as many threads as small machines have cores.
const STREAMS: usize = 4;

pub(super) fn groups() -> Vec<Group> {
    let group = |name, title, capacity| Group {
        name,
        title,
        unit: Unit::MegabytesPerSecond,
        sizes: false,
        cases: cases(capacity),
    };
    vec![
        group("shape/4KiB", "bytes between two threads in other shapes, capacity 4 KiB", 4 << 10),
        group("shape/64KiB", "bytes between two threads in other shapes, capacity 64 KiB", 64 << 10),
    ]
}

/// A column whose contestants do `work` with two ends, per so many bytes.
macro_rules! case {
    ($name:literal, $size:expr, $capacity:expr, $work:expr) => {{
        let capacity = $capacity;
        Case::in_turns($name, $size, move || {
            let mut contestants = Vec::new();
            in_memory!(D => contestants.push(contestant::<D>(capacity, $work)));
            in_the_kernel!(D => contestants.push(contestant::<D>(capacity, $work)));
            contestants
        })
    }};
}

fn cases(capacity: usize) -> Vec<Case> {
    vec![
        case!("1 B written, 4 KiB read", 1, capacity, |there, here, n| stream::uneven(there, here, [1, 4 << 10], n)),
        case!("64 B written, 4 KiB read", 64, capacity, |there, here, n| stream::uneven(there, here, [64, 4 << 10], n)),
        case!("4 KiB written, 64 B read", 4 << 10, capacity, |there, here, n| stream::uneven(
            there,
            here,
            [4 << 10, 64],
            n
        )),
        case!("echo of 256 B, 8 ahead", 512, capacity, |there, here, n| stream::echo(here, there, 256, 8, n)),
        case!("64 B asked, 4 KiB answered", (4 << 10) + 64, capacity, |there, here, n| stream::ask(
            here,
            there,
            [64, 4 << 10],
            n
        )),
        crowd(capacity),
    ]
}

fn contestant<D: Duplex>(
    capacity: usize,
    work: impl Fn(&mut D::End, &mut D::End, u64) -> Duration + 'static,
) -> Contestant {
    let (mut here, mut there) = pair_apart::<D>(capacity);
    Contestant::new(D::NAME, D::KIND, move |units| work(&mut there.0, &mut here.0, units))
}

fn crowd(capacity: usize) -> Case {
    const CHUNK: usize = 256;
    fn contestant<D: Duplex>(capacity: usize) -> Contestant {
        let mut pairs: Vec<_> = (0..STREAMS).map(|_| Apart(D::pair(capacity))).collect();
        Contestant::new(D::NAME, D::KIND, move |chunks| {
            let mut ends: Vec<_> = pairs.iter_mut().map(|Apart((here, there))| (here, there)).collect();
            stream::crowd(&mut ends, CHUNK, chunks)
        })
    }
    Case::in_turns("four streams of 256 B", CHUNK, move || {
        let mut contestants = Vec::new();
        in_memory!(D => contestants.push(contestant::<D>(capacity)));
        in_the_kernel!(D => contestants.push(contestant::<D>(capacity)));
        contestants
    })
}
