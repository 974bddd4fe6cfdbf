//! One byte there and back.

use std::hint::black_box;
use std::io::{Read, Write};
use std::time::Duration;

use crate::gate::race;

/// How long `rounds` round trips of one byte take between this thread, at `here`, and another, at `there`.
///
/// # Panics
/// If writing or reading fails.
pub fn ping_pong(here: &mut (impl Read + Write), there: &mut (impl Read + Write + Send), rounds: u64) -> Duration {
    let answer = || {
        let byte = take(there);
        give(there, byte);
    };
    race([answer], rounds, || {
        for _ in 0..rounds {
            give(here, 1);
            take(here);
        }
    })
}

fn give(end: &mut impl Write, byte: u8) {
    end.write_all(&[byte]).expect("the other side is there");
}

/// What is read is used: else a compiler that sees all of it does without reading the memory that it came in.
fn take(end: &mut impl Read) -> u8 {
    let mut byte = [0];
    end.read_exact(&mut byte).expect("the other side is there");
    black_box(byte)[0]
}
