//! What the benchmarks of rdv measure: the work, without a harness. The bench target `groups` hands it to criterion.
//!
//! `cargo bench` runs everything and prints a table per group at the end; `cargo bench -- two-threads` runs what has
//! that in its name, `cargo bench -- 'spsc/64$'` one variant at one chunk size, `cargo bench -- --test` everything once,
//! without measuring. Criterion's report is `target/criterion/report/index.html`. All of it takes some seven minutes on
//! two cores, besides the build; `--measurement-time` and `--sample-size` make it longer and steadier.
//!
//! | group | one iteration | unit |
//! |---|---|---|
//! | `buffer/same-thread/<capacity>` | a chunk pushed into a bare ring and popped again, [`stream::in_turns`] | MB/s |
//! | `buffer/two-threads/<capacity>` | a chunk written into a channel by one thread, read by another, [`stream::across`] | MB/s |
//! | `round-trip` | one byte to another thread and back, [`round_trip::ping_pong`] | ns |
//! | `rendezvous` | an accept and a connect that meet, both ends dropped, [`rendezvous::meet`]; a pair made and dropped | ns |
//! | `event/dispatch` | an event posted, by 1 or 4 threads or the event before, and run, [`event::dispatch`], [`event::chain`] | 1000/s |
//! | `event/idle-round-trip` | an event posted until it has run, on a pump that sleeps or is just about to, [`event::post_and_see`] | ns |
//! | `event/thousand-queues` | 1 000 requests to a pump and as many answers, through 1 queue or 1 000, [`message::Served`] | 1000/s |
//! | `message/one-way` | a message from 1 or 4 threads to another, [`message::receive`] | 1000/s |
//! | `message/delivery` | the same to a listener, in batches, and to a thread; see below | 1000/s |
//! | `message/round-trip` | a message to another thread or a pump and back, [`message::play`] | ns |
//!
//! A name ends with the variant and, in `buffer`, the chunk size in bytes: `buffer/two-threads/4KiB/spsc/64`; in `message`, with how
//! large a message is and what memory it has, `1-to-1/4096-fresh`, see [`message::Load`]. Everything goes over the public face,
//! but for `buffer/same-thread`, which has the ring by itself, and messages, whose queues have met without a broker.
//!
//! # What the figures are
//! * MB/s is 10⁶ bytes per second, each byte counted once. A chunk is the length of the slice in every single call, on both
//!   sides. One larger than the capacity goes through in pieces, as large as fit.
//! * The tables show medians of criterion's samples. Throughput is not asserted anywhere.
//! * Threads are started before the clock and let go together, each on a [core of its own](cores) if there are as many. Where they
//!   block, they block as the library does by default: a short spin, then sleep.
//! * 1000/s is thousands per second of events or messages. A poster stays within reach of its pump, since an event queue has no
//!   limit; a sender waits for room, of 256 messages or 16 MiB.
//! * Measurements of two variants at one chunk size follow each other directly; drift of the machine hits them alike.
//!
//! # What they are not
//! * Any `same-thread` shows what the operations cost when no cache line travels and nobody waits; not what a stream reaches.
//! * `two-threads` and each `round-trip` keep both sides busy: not what a wake-up from sleep costs, which is
//!   `event/idle-round-trip/asleep`, and no CPU time. Nor does an iteration of `two-threads` say anything about latency: the
//!   sides work at the same time.
//! * `rendezvous` includes making and dropping a channel; the buffers come with the first byte, and only `pair-used` sends
//!   one. Eight connectors are more threads than most machines here have cores.
//! * Four senders, a receiver and what waits for it are more threads than cores, too; what is measured there is as much the
//!   system's scheduler. A recycled message costs the same at any length, for it is not looked at; a fresh one of 1 MiB is mostly
//!   the allocator and the writing.
//! * No figure compares two machines, or two runs: what criterion reports as a change since the run before is mostly the
//!   machine's mood. Compare variants within one run.
//!
//! # What order across queues costs
//! A listener gets one event per message, so that all queues of a pump deliver in the order of the sends (MQ-5). What delivery in batches
//! would save shows in `message/delivery`, where the three follow each other directly: `to-listener`, [`message::count_each`]; `batch`,
//! one event for all that is there when it runs, [`message::Batches`]; `receive`, a thread that takes messages as long as there are any.
//!
//! On one thread, where only work counts, messages of 64 bytes reach a listener at 55 to 60 % of the rate of batches, and fresh ones
//! of 4 KiB at 58 to 71 %: an event per message costs some 0.1 µs (0.09 to 0.17 in four runs on two busy Xeon cores). That is
//! a post, a call behind `catch` and the lock of the queue once more. From one thread to a pump
//! the price is lost among what threads do to each other (78 to 154 % of the rate of batches in the same runs); from four, all
//! contending for one lock, a listener came to 43 to 91 %.
//!
//! # Adding to it
//! A variant is one line in [`for_each_variant`]. The work takes any [`Read`](std::io::Read) and [`Write`](std::io::Write), or
//! closures, so that the package `rdv-peers` has others do it beside us.

pub mod apart;
#[cfg_attr(not(target_os = "linux"), path = "cores_elsewhere.rs")]
pub mod cores;
pub mod event;
pub mod gate;
pub mod look;
pub mod message;
pub mod rendezvous;
pub mod round_trip;
pub mod stream;
pub mod tally;

/// How many bytes one call moves.
pub const CHUNKS: [usize; 7] = [1, 16, 64, 256, 1 << 10, 4 << 10, 64 << 10];

/// How many bytes a ring holds.
pub const CAPACITIES: [usize; 2] = [4 << 10, 64 << 10];

/// A size, in the largest unit that it is whole in.
#[must_use]
pub fn in_words(bytes: usize, space: &str) -> String {
    let units = [(20, "MiB"), (10, "KiB")];
    let fits = |&(power, _): &(u32, _)| bytes.trailing_zeros() >= power;
    let (power, unit) = units.into_iter().find(fits).unwrap_or((0, "B"));
    format!("{}{space}{unit}", bytes >> power)
}

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
