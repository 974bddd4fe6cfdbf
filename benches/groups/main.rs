//! The criterion groups, and tables of what they measured. What each measures is said in the package's library.

mod buffer;
mod event;
mod message;
mod rendezvous;
mod round_trip;
mod summary;

use std::time::{Duration, SystemTime};

use criterion::Criterion;

fn main() {
    let start = SystemTime::now();
    let mut criterion = criterion();
    buffer::measure(&mut criterion);
    round_trip::measure(&mut criterion);
    rendezvous::measure(&mut criterion);
    event::measure(&mut criterion);
    message::measure(&mut criterion);
    criterion.final_summary();
    summary::print(start);
}

/// Short and many rather than long and few: some 170 benchmarks in a few minutes. The command line has the last word.
fn criterion() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(20)
        .nresamples(10_000)
        .configure_from_args()
}
