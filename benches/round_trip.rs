//! One byte there and back.

use std::io::{Read, Write};
use std::time::Duration;

use crate::gate::race;

/// How long `rounds` round trips of one byte take between this thread, at `here`, and another, at `there`.
///
/// # Panics
/// If writing or reading fails.
pub fn ping_pong(here: &mut (impl Read + Write), there: &mut (impl Read + Write + Send), rounds: u64) -> Duration {
    let answer = || {
        take(there);
        give(there);
    };
    race([answer], rounds, || {
        for _ in 0..rounds {
            give(here);
            take(here);
        }
    })
}

fn give(end: &mut impl Write) {
    end.write_all(&[1]).expect("the other side is there");
}

fn take(end: &mut impl Read) {
    end.read_exact(&mut [0]).expect("the other side is there");
}
