//! A connected pair, made and dropped on one thread.

use std::io::{Read, Write};
use std::time::Instant;

use bytes::Bytes;
use crossbeam_channel::unbounded;
use rdv_benches::CAPACITY;

use crate::driver::{Contestant, Kind};
use crate::duplex::{Duplex, in_memory, in_the_kernel};
use crate::table::Unit;

use super::{Case, Group};

pub(super) fn groups() -> Vec<Group> {
    let unused = Case::in_turns("unused", 1, || {
        let mut contestants = Vec::new();
        in_memory!(D => contestants.push(contestant(D::NAME, D::KIND, || drop(D::pair(CAPACITY)))));
        in_the_kernel!(D => contestants.push(contestant(D::NAME, D::KIND, || drop(D::pair(CAPACITY)))));
        contestants.push(contestant("two crossbeam channels", Kind::Blocking, || {
            drop((unbounded::<Bytes>(), unbounded::<Bytes>()));
        }));
        contestants
    });
    let used = Case::in_turns("a byte each way", 1, || {
        let mut contestants = Vec::new();
        in_memory!(D => contestants.push(contestant(D::NAME, D::KIND, used::<D>)));
        in_the_kernel!(D => contestants.push(contestant(D::NAME, D::KIND, used::<D>)));
        contestants
    });
    let title = "a pair of 64 KiB each way, made and dropped";
    vec![Group::new("pair", title, Unit::Nanoseconds, vec![unused, used])]
}

fn contestant(name: &str, kind: Kind, once: impl Fn() + 'static) -> Contestant {
    Contestant::new(name, kind, move |pairs| {
        let start = Instant::now();
        for _ in 0..pairs {
            once();
        }
        start.elapsed()
    })
}

fn used<D: Duplex>() {
    let (mut here, mut there) = D::pair(CAPACITY);
    here.write_all(&[1]).expect("the peer is there");
    there.read_exact(&mut [0]).expect("it was written");
    there.write_all(&[1]).expect("the peer is there");
    here.read_exact(&mut [0]).expect("it was written");
}
