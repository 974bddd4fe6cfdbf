//! Bytes on their way, chunk by chunk.

use std::hint::black_box;
use std::io::{Read, Write};
use std::thread;
use std::time::{Duration, Instant};

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
    uneven(writer, reader, [chunk, chunk], chunks)
}

/// As [`across`], where the reader's buffer is of another size than what is written at once.
///
/// # Panics
/// If writing or reading fails, or the stream ends before.
pub fn uneven(writer: &mut (impl Write + Send), reader: &mut impl Read, sizes: [usize; 2], writes: u64) -> Duration {
    let (source, mut target) = (vec![1; sizes[0]], vec![0; sizes[1]]);
    let write = || writer.write_all(black_box(&source)).expect("the reader is there");
    race([write], writes, || drain(reader, &mut target, sizes[0] as u64 * writes))
}

/// How long it takes this thread to write `chunks` chunks, with a pause before each, to another that reads them.
///
/// # Panics
/// If writing or reading fails, or the stream ends before.
pub fn paced<E: Read + Write + Send>(
    here: &mut E,
    there: &mut E,
    chunk: usize,
    pause: Duration,
    chunks: u64,
) -> Duration {
    let (source, mut target) = (vec![1; chunk], vec![0; chunk]);
    let read = || drain(there, &mut target, chunk as u64);
    race([read], chunks, || {
        for _ in 0..chunks {
            thread::sleep(pause);
            here.write_all(black_box(&source)).expect("the reader is there");
        }
    })
}

/// How long it takes this thread to send `chunks` chunks and have them sent back by another, `ahead` of them under way.
///
/// # Panics
/// If writing or reading fails, or a stream ends before.
pub fn echo<E: Read + Write + Send>(here: &mut E, there: &mut E, chunk: usize, ahead: u64, chunks: u64) -> Duration {
    let (source, mut target, mut between) = (vec![1; chunk], vec![0; chunk], vec![0; chunk]);
    let answer = || {
        there.read_exact(black_box(&mut between)).expect("the other side is there");
        there.write_all(black_box(&between)).expect("the other side is there");
    };
    race([answer], chunks, || {
        let ask = |end: &mut E| end.write_all(black_box(&source)).expect("the other side is there");
        let ahead = ahead.min(chunks);
        (0..ahead).for_each(|_| ask(here));
        for answered in 0..chunks {
            here.read_exact(black_box(&mut target)).expect("the other side is there");
            if answered + ahead < chunks {
                ask(here);
            }
        }
    })
}

/// How long `requests` take that are answered by another thread, each before the next one.
///
/// # Panics
/// If writing or reading fails, or a stream ends before.
pub fn ask<E: Read + Write + Send>(here: &mut E, there: &mut E, sizes: [usize; 2], requests: u64) -> Duration {
    let [(request, mut asked), (answer, mut answered)] = sizes.map(|size| (vec![1; size], vec![0; size]));
    let serve = || {
        there.read_exact(black_box(&mut asked)).expect("the other side is there");
        there.write_all(black_box(&answer)).expect("the other side is there");
    };
    race([serve], requests, || {
        for _ in 0..requests {
            here.write_all(black_box(&request)).expect("the other side is there");
            here.read_exact(black_box(&mut answered)).expect("the other side is there");
        }
    })
}

/// How long several streams at once take to move `chunks` chunks in all, two threads each; with what it takes to start those.
///
/// # Panics
/// If writing or reading fails, or a stream ends before.
pub fn crowd<E: Read + Write + Send>(pairs: &mut [(&mut E, &mut E)], chunk: usize, chunks: u64) -> Duration {
    let streams = pairs.len();
    let each = chunks.div_ceil(streams as u64);
    let work = pairs.iter_mut().flat_map(|(writer, reader)| {
        let write = move || {
            let source = vec![1; chunk];
            (0..each).for_each(|_| writer.write_all(black_box(&source)).expect("the reader is there"));
        };
        let read = move || drain(reader, &mut vec![0; chunk], chunk as u64 * each);
        [Box::new(write) as Box<dyn FnMut() + Send>, Box::new(read)]
    });
    let start = Instant::now();
    race(work, 2 * streams as u64, || ());
    start.elapsed()
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
