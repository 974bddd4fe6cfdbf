//! Bytes through one channel.

use std::io::{Read, Write};

use rdv::channel;

use crate::support::asleep::blocking;
use crate::support::streams::{assert_same, payload, rest};
use crate::support::world::{join, pair, spawn};
use crate::support::{eventually, repeated};

#[test]
fn a_reader_thread_and_a_writer_thread_on_one_end() {
    const LENGTH: usize = 200_000;
    repeated(|| {
        let (near, far) = pair(1000);
        let (mut reader, mut writer) = near.split();
        let (mut far_reader, mut far_writer) = far.split();
        let threads = [
            spawn("near writer", move || writer.write_all(&payload(LENGTH, 1)).expect("the far end reads")),
            spawn("far writer", move || far_writer.write_all(&payload(LENGTH, 2)).expect("the near end reads")),
            spawn("near reader", move || assert_same(&rest(&mut reader), &payload(LENGTH, 2))),
            spawn("far reader", move || assert_same(&rest(&mut far_reader), &payload(LENGTH, 1))),
        ];
        threads.into_iter().for_each(join);
    });
}

#[test]
fn one_byte_more_than_the_capacity_to_a_slow_reader() {
    repeated(|| {
        for capacity in [1, 2, 3, 64, 1000] {
            let bytes = payload(capacity + 1, 3);
            let (mut near, mut far) = pair(capacity);
            let sent = bytes.clone();
            let writing = blocking("writer", move || near.write_all(&sent).expect("the far end reads"));
            let mut first = [0];
            far.read_exact(&mut first).expect("the buffer is full");
            assert_eq!(first[0], bytes[0]);
            eventually("one byte of room is enough", || !writing.is_blocked());
            assert_same(&rest(&mut far), &bytes[1..]);
            writing.join();
        }
    });
}

#[test]
fn payloads_far_over_the_capacity() {
    repeated(|| {
        for capacity in [1, 2, 3] {
            let bytes = payload(20_000, capacity as u64);
            let (mut near, mut far) = pair(capacity);
            let sent = bytes.clone();
            let writing = spawn("writer", move || near.write_all(&sent).expect("the far end reads"));
            assert_same(&rest(&mut far), &bytes);
            join(writing);
        }
    });
}

#[test]
fn chunks_of_every_length_with_every_small_capacity() {
    const TOTAL: usize = 3000;
    repeated(|| {
        for capacity in 1..=9 {
            for chunk in [1, 2, 5, 8, 13] {
                let (mut near, mut far) = channel::pair(capacity).expect("a small capacity");
                let writing = spawn("writer", move || {
                    payload(TOTAL, 4).chunks(chunk).for_each(|part| near.write_all(part).expect("the far end reads"));
                });
                let mut got = Vec::new();
                let mut part = vec![0; chunk.div_ceil(2)];
                while let count @ 1.. = far.read(&mut part).expect("the near end writes") {
                    got.extend_from_slice(&part[..count]);
                }
                assert_same(&got, &payload(TOTAL, 4));
                join(writing);
            }
        }
    });
}
