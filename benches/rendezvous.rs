//! Meetings, and what they hand out.

use std::io::{Read, Write};
use std::time::Duration;

use rdv::buffer::Ring;
use rdv::channel::pair_with;

use crate::gate::race;

/// How long `meetings` meetings take between this thread, which accepts, and one thread for each of `connects`, which
/// connect in equal parts; what either side gets is dropped at once.
pub fn meet<A, C>(mut accept: impl FnMut() -> A, connects: &mut [impl FnMut() -> C + Send], meetings: u64) -> Duration {
    let connectors = connects.iter_mut().map(|connect| || drop(connect()));
    race(connectors, meetings, || {
        for _ in 0..meetings {
            drop(accept());
        }
    })
}

/// Makes a pair of connected channels and drops it.
///
/// # Panics
/// If the capacity cannot be had.
#[inline]
pub fn pair<V: Ring<u8>>(capacity: usize) {
    drop(pair_with::<V>(capacity).expect("a modest capacity"));
}

/// As [`pair`], with a byte sent each way, so that both buffers come to be.
///
/// # Panics
/// If the capacity cannot be had.
#[inline]
pub fn pair_used<V: Ring<u8>>(capacity: usize) {
    let (mut here, mut there) = pair_with::<V>(capacity).expect("a modest capacity");
    here.write_all(&[1]).expect("the peer is there");
    there.write_all(&[1]).expect("the peer is there");
    here.read_exact(&mut [0]).expect("it was written");
    there.read_exact(&mut [0]).expect("it was written");
}
