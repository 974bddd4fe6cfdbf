//! rdv beside its peers, and beside what the machine can do at all.
//!
//! ```sh
//! cargo bench -p rdv-peers                        # everything, some twelve minutes on two cores
//! cargo bench -p rdv-peers -- --quick             # the same, coarser, in three
//! cargo bench -p rdv-peers -- stream              # groups whose name contains this
//! cargo bench -p rdv-peers -- --rounds 31         # steadier
//! cargo bench -p rdv-peers -- stream --chunk 1500 --chunk 9000 --capacity 1048576 # byte streams of your sizes
//! cargo bench -p rdv-peers -- --write docs/performance.md
//! ```
//!
//! Criterion measures one benchmark after the other, each in one piece. That is right for watching one path over time, and it is
//! what the package `rdv-benches` does. Here contestants are *compared*, on machines whose speed drifts by more than what is to be
//! told apart: so all contestants of a case take turns, one short round each, in a new order every time ([`driver`]).
//!
//! Every contestant is one small file: a byte stream implements [`duplex::Duplex`], a channel of messages [`mail::Mail`], an event
//! loop `rdv_benches::event::Post` and [`loops::Loop`]. A new one is a file and a line in the list of its module.
//!
//! # What the figures are
//! * A cell is the median of the rounds, with the quartiles behind it. Ratios compare medians: above 1 we are ahead.
//! * A *blocking* peer uses no CPU while it waits for long. One that *burns* a core is shown, and not counted among the best.
//! * All contestants do the same work through the same generic functions, each thread on a core of its own if there are as many
//!   (`--float` lets the system place them, which makes chance a contestant, and so does the column that is named for it), and wait in the way that they come with; rings that
//!   cannot wait are given a short spin, then a park ([`duplex::bed`]).
//! * Samples (JSON) and plots (SVG) are left in `target/peers`.

mod driver;
mod duplex;
mod groups;
mod heap;
mod loops;
mod mail;
mod meter;
mod options;
mod page;
mod plot;
mod table;

use std::process::ExitCode;

fn main() -> ExitCode {
    let options = options::Options::read();
    if options.float {
        rdv_benches::cores::let_float();
    }
    match groups::run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
