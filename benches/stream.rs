//! Bytes on their way, chunk by chunk.

use std::hint::black_box;
use std::io::{Read, Write};
use std::time::Duration;

use rdv::buffer::{Consumer, Hold, Producer, Ring};

use crate::gate::race;

/// Moves `source` through a ring into `target`, of the same length, in turns: what fits in, and out again.
///
/// # Panics
/// If the ring is not empty, or an end of it gone.
#[inline]
pub fn in_turns<H: Hold<Ring: Ring<u8>>>(
    producer: &mut Producer<u8, H>,
    consumer: &mut Consumer<u8, H>,
    source: &[u8],
    target: &mut [u8],
) {
    let mut moved = 0;
    while moved < source.len() {
        let pushed = producer.push_slice(&source[moved..]).expect("an empty ring takes bytes").count;
        let popped = consumer.pop_slice(&mut target[moved..]).expect("they are there").count;
        assert_eq!(pushed, popped);
        moved += popped;
    }
}

/// How long it takes `chunks` chunks of `chunk` bytes to get from a thread that writes them into this one, which reads.
///
/// # Panics
/// If writing or reading fails, or the stream ends before.
pub fn across(writer: &mut (impl Write + Send), reader: &mut impl Read, chunk: usize, chunks: u64) -> Duration {
    let (source, mut target) = (vec![1; chunk], vec![0; chunk]);
    let write = || writer.write_all(black_box(&source)).expect("the reader is there");
    race([write], chunks, || drain(reader, &mut target, chunk as u64 * chunks))
}

/// Reads exactly `bytes` bytes, as many at a time as are there and `target` holds.
fn drain(reader: &mut impl Read, target: &mut [u8], bytes: u64) {
    let mut left = bytes;
    while left > 0 {
        let count = reader.read(target).expect("the writer is there");
        assert_ne!(count, 0, "end-of-stream {left} bytes early");
        black_box(&target[..count]);
        left -= count as u64;
    }
}
