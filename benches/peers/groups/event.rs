//! Events on their way through a loop.

use std::hint::black_box;
use std::time::{Duration, Instant};

use rdv_benches::event;
use rdv_benches::tally::Tally;

use crate::driver::{Contestant, Kind};
use crate::loops::{Event, Loop, Trampoline, each_loop};
use crate::table::Unit;

use super::{Case, Group};

/// Long enough for a loop to be asleep.
const PAUSE: Duration = Duration::from_micros(200);

/// What a poster of a crowd computes before each event.
const WORK: Duration = Duration::from_micros(200);

/// What events count; they refer to it. Contestants take turns.
static TALLIES: [Tally; 6] = [const { Tally::new() }; 6];

pub(super) fn groups() -> Vec<Group> {
    let case = |name, contestants: fn() -> Vec<Contestant>| Case::in_turns(name, 1, contestants);
    let cases = vec![
        case("1 poster", || dispatch(1)),
        case("4 posters", || dispatch(4)),
        case("self-posting chain", chain),
        case("idle round trip", idle),
        case("delay, 6 computing posters", crowded),
    ];
    vec![Group::new("event", "an event posted and run", Unit::Nanoseconds, cases)]
}

fn dispatch(posters: usize) -> Vec<Contestant> {
    let mut contestants = vec![box_and_call()];
    each_loop!(L => contestants.push(of::<L>(move |on, events| event::dispatch(on, &TALLIES[..posters], events))));
    contestants
}

fn chain() -> Vec<Contestant> {
    let links = |events| event::chain(&Trampoline, &TALLIES[0], events);
    let mut contestants = vec![box_and_call(), Contestant::new("the links alone", Kind::Limit, links)];
    each_loop!(L => contestants.push(of::<L>(|on, events| event::chain(on, &TALLIES[0], events))));
    contestants
}

fn idle() -> Vec<Contestant> {
    let mut contestants = Vec::new();
    each_loop!(L => contestants.push(of::<L>(|on, rounds| event::post_and_see(on, &TALLIES[0], PAUSE, rounds))));
    contestants
}

fn crowded() -> Vec<Contestant> {
    let mut contestants = Vec::new();
    each_loop!(L => contestants.push(of::<L>(|on, events| event::crowded(on, &TALLIES, WORK, events))));
    contestants
}

fn of<L: Loop>(run: impl Fn(&L::Poster, u64) -> Duration + 'static) -> Contestant {
    let running = L::start();
    Contestant::new(L::NAME, L::KIND, move |events| run(running.poster(), events))
}

/// A closure is boxed and called, and goes nowhere.
fn box_and_call() -> Contestant {
    Contestant::new("box and call", Kind::Limit, |events| {
        let start = Instant::now();
        for event in 0..events {
            let boxed: Event = Box::new(move || {
                black_box(event);
            });
            black_box(boxed)();
        }
        start.elapsed()
    })
}
