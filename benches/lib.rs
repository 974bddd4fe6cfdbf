//! What the benchmarks of rdv measure: the work, without a harness. The bench target `groups` hands it to criterion.
//!
//! `cargo bench` runs everything and prints a table per group at the end; `cargo bench -- two-threads` runs what has
//! that in its name, `cargo bench -- 'spsc/64$'` one variant at one chunk size, `cargo bench -- --test` everything once,
//! without measuring. Criterion's report is `target/criterion/report/index.html`. All of it takes some five minutes on two
//! cores, besides the build; `--measurement-time` and `--sample-size` make it longer and steadier.
//!
//! | group | one iteration | unit |
//! |---|---|---|
//! | `buffer/same-thread/<capacity>` | a chunk pushed into a bare ring and popped again, [`stream::in_turns`] | MB/s |
//! | `buffer/two-threads/<capacity>` | a chunk written into a channel by one thread, read by another, [`stream::across`] | MB/s |
//! | `round-trip` | one byte to another thread and back, [`round_trip::ping_pong`] | ns |
//! | `rendezvous` | an accept and a connect that meet, both ends dropped, [`rendezvous::meet`]; a pair made and dropped | ns |
//!
//! A name ends with the variant and, in `buffer`, the chunk size in bytes: `buffer/two-threads/4KiB/spsc/64`. Everything
//! goes over the public face, but for `same-thread`, which has the ring by itself.
//!
//! # What the figures are
//! * MB/s is 10⁶ bytes per second, each byte counted once. A chunk is the length of the slice in every single call, on both
//!   sides. One larger than the capacity goes through in pieces, as large as fit.
//! * The tables show medians of criterion's samples. Throughput is not asserted anywhere.
//! * Threads are started before the clock and let go together; they are not pinned. Where they block, they block as
//!   the library does by default: a short spin, then sleep.
//! * Measurements of two variants at one chunk size follow each other directly; drift of the machine hits them alike.
//!
//! # What they are not
//! * `same-thread` shows what the operations cost when no cache line travels and nobody waits; not what a stream reaches.
//! * `two-threads` and `round-trip` keep both sides busy: not what a wake-up from sleep costs, and no CPU time. Nor does
//!   an iteration of `two-threads` say anything about latency: the sides work at the same time.
//! * `rendezvous` includes making and dropping a channel; the buffers come with the first byte, and only `pair-used` sends
//!   one. Eight connectors are more threads than most machines here have cores.
//! * No figure compares two machines, or two runs: what criterion reports as a change since the run before is mostly the
//!   machine's mood. Compare variants within one run.
//!
//! # Adding to it
//! A variant is one line in [`for_each_variant`]. A peer is a call more in its group: the work takes any
//! [`Read`](std::io::Read) and [`Write`](std::io::Write), or closures, and peers are dev-dependencies of this package.

pub mod gate;
pub mod rendezvous;
pub mod round_trip;
pub mod stream;

/// How many bytes one call moves.
pub const CHUNKS: [usize; 7] = [1, 16, 64, 256, 1 << 10, 4 << 10, 64 << 10];

/// How many bytes a ring holds, and what that is called.
pub const CAPACITIES: [(usize, &str); 2] = [(4 << 10, "4KiB"), (64 << 10, "64KiB")];

/// How many bytes a ring holds where that is not what is looked at: the default of brokers.
pub const CAPACITY: usize = 64 << 10;

/// Evaluates an expression once for each buffer variant, whose type, a ring of bytes, it calls by the name before `=>`.
#[macro_export]
macro_rules! for_each_variant {
    ($variant:ident => $body:expr) => {
        // The list of variants.
        $crate::for_each_variant!($variant => $body;
            rdv::buffer::locked::Locked<u8>,
            rdv::buffer::spsc::Spsc<u8>,
            rdv::buffer::mirrored::Mirrored,
            rdv::buffer::mpmc::Mpmc<u8>,
        )
    };
    ($variant:ident => $body:expr; $($ring:ty),* $(,)?) => {
        $({
            type $variant = $ring;
            $body;
        })*
    };
}
