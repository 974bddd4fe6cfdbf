//! The seat in which a party waits, and meetings: whoever comes first waits, and who comes together holds one channel.

use rdv::rdv::{Party, Seat};
use rdv::sync::Arc;
use rdv::sync::time::Deadline;
use rdv::wait::Spin;

use super::broker_support::{
    PORT, SHORT, Word, broker, connect, manager, nobody_waits, pair, race, race_3, race_4, waits,
};
use crate::rule;
use crate::scenario::{Cx, Level, Run, Scenario};

/// The suite.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        witnesses: &["settled first", "slept", "was late", "was in time"],
        choices: &[2],
        deadlines: 1,
        spurious: 3,
        ..Scenario::new(
            "rdv/seat",
            &["RDV-4", "RDV-5"],
            "A party waits in its seat, for ever or for a while, and is settled: the outcome is taken, once, whatever passes first.",
            seat,
        )
    },
    Scenario {
        witnesses: &["accept came first", "connect came first"],
        hang: "RDV-4",
        choices: &[2],
        runs: &[Run::loom(2, Level::Quick)],
        ..Scenario::new(
            "rdv/meet",
            &["RDV-2", "RDV-1", "RDV-4"],
            "One accept, one connect (of a broker, at size 2): the first waits, the second meets it.",
            meet,
        )
    },
    Scenario {
        hang: "RDV-4",
        runs: &[
            Run::loom_bounded(2, 3, Level::Quick),
            Run::loom(2, Level::Default),
            Run::loom_bounded(3, 3, Level::Quick),
            Run::loom_bounded(3, 4, Level::Default),
            Run::loom_bounded(3, 5, Level::Deep),
        ],
        ..Scenario::new(
            "rdv/crowd",
            &["RDV-1", "RDV-4", "RDV-6"],
            "As many accepts as connects: one (size 1), or two, of one caller or of two: each meets one, each channel has two ends.",
            crowd,
        )
    },
];

/// A waiter with or without a deadline, and whoever settles it.
fn seat(cx: &Cx) -> String {
    let seat = Arc::new(Seat::new());
    let timed = cx.choice(0) == 1;
    let waiter = {
        let seat = seat.clone();
        move || {
            let deadline = if timed { Deadline::after(SHORT) } else { Deadline::NEVER };
            let at_first = seat.wait(&mut Spin::default(), deadline);
            let late = at_first.is_none();
            rule!("RDV-4", timed || !late, "a wait without a deadline ended without an outcome");
            // R3: whoever withdraws in vain waits for the outcome.
            (late, at_first.or_else(|| seat.wait(&mut Spin::default(), Deadline::NEVER)))
        }
    };
    let ((late, outcome), ()) = race(cx, ("waiter", waiter), ("settler", move || seat.settle(7)));
    rule!("RDV-5", outcome == Some(7), "7 was settled, {outcome:?} was taken");
    match (timed, late) {
        (true, true) => cx.witness("was late"),
        (true, false) => cx.witness("was in time"),
        (false, _) if waits() > 0 => cx.witness("slept"),
        (false, _) => cx.witness("settled first"),
    }
    format!("late {late}")
}

/// One meeting, and who came first as far as that can be told.
fn meet(cx: &Cx) -> String {
    let manager = manager();
    let server = broker(&manager, "server");
    let client = (cx.size() > 1).then(|| broker(&manager, "client"));
    let acceptor = {
        let server = server.clone();
        move || (waits(), server.accept(PORT))
    };
    let connector = {
        let (manager, client) = (manager.clone(), client.clone());
        move || (waits(), connect(&manager, client.as_ref(), "server"))
    };
    let (acceptor, connector) = (("acceptor", acceptor), ("connector", connector));
    // Who is spawned first makes no difference to what may happen, but only the other one can tell that it came second.
    let ((before_accept, accepted), (before_connect, connected)) = if cx.choice(0) == 0 {
        race(cx, acceptor, connector)
    } else {
        let (connected, accepted) = race(cx, connector, acceptor);
        (accepted, connected)
    };
    let outcome = format!("{} {}", accepted.word(), connected.word());
    let (Ok(accepted), Ok(connected)) = (accepted, connected) else {
        panic!("RDV-2: an accept and a connect came to {outcome}");
    };
    let ends = [&accepted, &connected].map(|end| (end.local().clone(), end.peer().clone()));
    let [(here, there), (connector, acceptor)] = ends;
    rule!("RDV-1", here == acceptor && there == connector, "{here} talks to {there}, {connector} to {acceptor}");
    let named = (here.broker(), here.port(), there.broker());
    let expected = (Some("server"), Some(PORT), client.is_some().then_some("client"));
    rule!("RDV-1", named == expected, "the ends are called {named:?}, not {expected:?}");
    pair(&mut [accepted], &mut [connected]);
    nobody_waits(&server, &server);
    // Whoever begins when somebody already sleeps comes second.
    if before_accept > 0 {
        cx.witness("connect came first");
    }
    if before_connect > 0 {
        cx.witness("accept came first");
    }
    outcome
}

/// Several meetings at one port.
fn crowd(cx: &Cx) -> String {
    let manager = manager();
    let server = broker(&manager, "server");
    let acceptor = || {
        let server = server.clone();
        move || server.accept(PORT)
    };
    let caller = |calls: usize| {
        let manager = manager.clone();
        move || (0..calls).map(|_| manager.connect("server", PORT)).collect::<Vec<_>>()
    };
    let (accepted, connected) = match cx.size() {
        1 => {
            let (accepted, connected) = race(cx, ("acceptor", acceptor()), ("caller", caller(1)));
            (vec![accepted], connected)
        }
        2 => {
            let (first, second, connected) =
                race_3(cx, ("acceptor 1", acceptor()), ("acceptor 2", acceptor()), ("caller", caller(2)));
            (vec![first, second], connected)
        }
        _ => {
            let (first, second, one, other) = race_4(
                cx,
                ("acceptor 1", acceptor()),
                ("acceptor 2", acceptor()),
                ("caller 1", caller(1)),
                ("caller 2", caller(1)),
            );
            (vec![first, second], one.into_iter().chain(other).collect())
        }
    };
    let met = |words: Vec<&str>| words.iter().all(|word| *word == "met");
    rule!("RDV-1", met(accepted.iter().map(Word::word).collect()), "an accept ended otherwise: {accepted:?}");
    rule!("RDV-1", met(connected.iter().map(Word::word).collect()), "a connect ended otherwise: {connected:?}");
    let mut accepted: Vec<_> = accepted.into_iter().flatten().collect();
    let mut connected: Vec<_> = connected.into_iter().flatten().collect();
    let pairs = pair(&mut accepted, &mut connected);
    nobody_waits(&server, &server);
    format!("{pairs:?}")
}
