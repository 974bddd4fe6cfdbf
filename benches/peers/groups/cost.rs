//! What work costs besides time: CPU, and switches between threads.

use std::hint::black_box;
use std::thread;
use std::time::Duration;

use rdv_benches::apart::Apart;
use rdv_benches::message::{Load, from_crowd};
use rdv_benches::tally::Tally;
use rdv_benches::{CAPACITY, event, round_trip, stream};

use crate::driver::Contestant;
use crate::duplex::{Duplex, in_memory, in_the_kernel, pair_apart};
use crate::loops::{Loop, each_loop};
use crate::mail::{Mail, each_mail};
use crate::meter::Meter;
use crate::table::Unit;

use super::{Case, Group};

/// Longer than anybody waits awake.
const SELDOM: Duration = Duration::from_micros(200);
/// With the time that sleeping takes, somewhat longer than a wake-up takes.
const OFTEN: Duration = Duration::from_micros(20);

static TALLY: [Tally; 1] = [const { Tally::new() }; 1];

pub(super) fn groups() -> Vec<Group> {
    let cpu =
        |name, title, cases: fn(Meter) -> Vec<Case>| Group::new(name, title, Unit::CpuNanoseconds, cases(Meter::Cpu));
    vec![
        cpu("cost/stream", "CPU per write or round trip of a byte stream, both threads", streams),
        cpu("cost/message", "CPU per message of 64 bytes, both threads", messages),
        cpu("cost/event", "CPU per event, poster and loop", events),
        Group::new(
            "cost/switches",
            "switches of threads per 1000 writes or round trips of a byte stream",
            Unit::PerThousand,
            streams(Meter::Switches),
        ),
    ]
}

fn streams(meter: Meter) -> Vec<Case> {
    /// A column whose contestants do `work` with two ends.
    macro_rules! case {
        ($name:literal, $work:expr) => {
            Case::in_turns($name, 1, move || {
                let mut contestants = Vec::new();
                in_memory!(D => contestants.push(stream::<D>($work).by(meter)));
                in_the_kernel!(D => contestants.push(stream::<D>($work).by(meter)));
                contestants
            })
        };
    }
    vec![
        case!("64 B", |here, there, n| stream::across(here, there, 64, n)),
        case!("4 KiB", |here, there, n| stream::across(here, there, 4 << 10, n)),
        case!("round trip", round_trip::ping_pong),
        case!("64 B after 20 µs", |here, there, n| stream::paced(here, there, 64, OFTEN, n)),
        case!("64 B after 200 µs", |here, there, n| stream::paced(here, there, 64, SELDOM, n)),
    ]
}

fn stream<D: Duplex>(work: impl Fn(&mut D::End, &mut D::End, u64) -> Duration + 'static) -> Contestant {
    let (mut here, mut there) = pair_apart::<D>(CAPACITY);
    Contestant::new(D::NAME, D::KIND, move |units| work(&mut here.0, &mut there.0, units))
}

fn messages(meter: Meter) -> Vec<Case> {
    paced(move |pause| {
        let mut contestants = Vec::new();
        each_mail!(M => contestants.push(message::<M>(pause).by(meter)));
        contestants
    })
}

/// Columns in which things come one after the other, or each after a pause.
fn paced(contestants: impl Fn(Option<Duration>) -> Vec<Contestant> + Copy + 'static) -> Vec<Case> {
    let case = |name, pause| Case::in_turns(name, 1, move || contestants(pause));
    vec![case("at once", None), case("after 20 µs", Some(OFTEN)), case("after 200 µs", Some(SELDOM))]
}

fn message<M: Mail>(pause: Option<Duration>) -> Contestant {
    let load = Load::recycled(64);
    let (sender, receiver) = M::open(load.depth());
    let (sender, mut receiver) = (Apart(sender), Apart(receiver));
    Contestant::new(M::NAME, M::KIND, move |messages| {
        let (sender, receiver) = (&sender.0, &mut receiver.0);
        let send = || {
            pause.into_iter().for_each(thread::sleep);
            M::send(sender, load.message());
        };
        from_crowd(1, messages, send, || (0..messages).for_each(|_| _ = black_box(M::receive(receiver))))
    })
}

fn events(meter: Meter) -> Vec<Case> {
    paced(move |pause| {
        let mut contestants = Vec::new();
        each_loop!(L => contestants.push(event::<L>(pause).by(meter)));
        contestants
    })
}

fn event<L: Loop>(pause: Option<Duration>) -> Contestant {
    let running = L::start();
    Contestant::new(L::NAME, L::KIND, move |events| match pause {
        None => event::dispatch(running.poster(), &TALLY, events),
        Some(pause) => event::paced(running.poster(), &TALLY[0], pause, events),
    })
}
