//! The line at a port: first come, first served, and attempts that end early leave nothing behind.
//!
//! At size 1 these scenarios use the line and its seats as a broker does, without a broker: small enough for every engine.

use rdv::rdv::Seat;
use rdv::sync::time::Deadline;
use rdv::sync::{Arc, Mutex};
use rdv::wait::Spin;
use rdv::{Broker, Channel};

use super::broker_support::{
    Accepted, Connected, PORT, SHORT, Word, broker, manager, nobody_waits, pair, race, race_3, waits,
};
use super::rdv_line::{Line, Told, arrive};
use crate::rule;
use crate::scenario::{Cx, Level, Run, Scenario};

/// The suite.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        hang: "RDV-4",
        witnesses: &["one came first", "served in order"],
        choices: &[2],
        runs: &[
            Run::loom_bounded(2, 3, Level::Quick),
            Run::loom_bounded(2, 4, Level::Default),
            Run::loom(2, Level::Deep),
        ],
        ..Scenario::new(
            "rdv/line",
            &["RDV-3", "RDV-4", "RDV-1"],
            "Two of one side line up, one of the other side comes twice without waiting: who came first is served first.",
            line,
        )
    },
    Scenario {
        hang: "RDV-4",
        witnesses: &["timed out", "met in spite of the deadline"],
        choices: &[2],
        deadlines: 2,
        runs: &[
            Run::loom(2, Level::Quick),
            Run::loom_bounded(3, 3, Level::Quick),
            Run::loom_bounded(3, 4, Level::Default),
            Run::loom(3, Level::Deep),
            Run::loom_bounded(4, 2, Level::Quick),
            Run::loom_bounded(4, 3, Level::Default),
        ],
        ..Scenario::new(
            "rdv/late",
            &["RDV-5", "RDV-1", "RDV-4"],
            "A deadline races the meeting, on one side on both (2), with two that try (3), in a line with one that stays (4): all agree, no ghost stays.",
            late,
        )
    },
    Scenario {
        witnesses: &["both in vain"],
        ..Scenario::new(
            "rdv/tries",
            &["RDV-5"],
            "Two that do not wait, one on each side, never meet and leave nothing behind.",
            tries,
        )
    },
];

fn line(cx: &Cx) -> String {
    if cx.size() == 1 { bare_line(cx) } else { line_at_a_broker(cx) }
}

/// Two parties line up; a third takes the first out of the line, twice.
fn bare_line(cx: &Cx) -> String {
    let line = Arc::new(Mutex::new(Line::default()));
    let parties = [(); 2].map(|()| Arc::new(Told::default()));
    let comer = |who: usize| {
        let (line, party) = (line.clone(), parties[who].clone());
        move || {
            let _ = line.lock().open(who, party);
        }
    };
    let caller = {
        let line = line.clone();
        move || [1, 2].map(|call| arrive(&line, call))
    };
    let ((), (), met) = race_3(cx, ("party 1", comer(0)), ("party 2", comer(1)), ("caller", caller));
    let order = std::mem::take(&mut line.lock().arrived);
    let met: Vec<_> = met.into_iter().flatten().collect();
    rule!("RDV-3", order.starts_with(&met), "they came in the order {order:?} and were served {met:?}");
    for (party, told) in parties.iter().enumerate() {
        rule!("RDV-1", told.is_told() == met.contains(&party), "{met:?} were met, {party} was told {}", told.word());
    }
    let left: Vec<_> = line.lock().point.drain().collect();
    rule!("RDV-1", left.len() + met.len() == 2, "{} of 2 are left, {met:?} were met", left.len());
    note_order(cx, met.len());
    format!("{met:?}")
}

fn note_order(cx: &Cx, served: usize) {
    cx.witness("one came first");
    if served == 2 {
        cx.witness("served in order");
    }
}

/// One waiting call: how many slept when it began, and what it came to.
type Waited = (u32, Option<Channel>);

/// Two wait at a port, on the side that the choice says; a third tries twice on the other and then closes the broker.
fn line_at_a_broker(cx: &Cx) -> String {
    let manager = manager();
    let server = broker(&manager, "server");
    let accepts_wait = cx.choice(0) == 0;
    let waiter = || {
        let (server, manager) = (server.clone(), manager.clone());
        move || -> Waited {
            let before = waits();
            let channel = if accepts_wait { server.accept(PORT).ok() } else { manager.connect("server", PORT).ok() };
            (before, channel)
        }
    };
    let caller = {
        let server = server.clone();
        move || {
            let calls = [(); 2].map(|()| {
                let asleep = waits();
                (asleep, try_other(&server, accepts_wait))
            });
            server.close();
            calls
        }
    };
    let (one, two, calls) = race_3(cx, ("waiter 1", waiter()), ("waiter 2", waiter()), ("caller", caller));
    check_line([one, two], calls, cx)
}

fn try_other(server: &Broker, accepts_wait: bool) -> Option<Channel> {
    if accepts_wait { server.try_connect("server", PORT).ok() } else { server.try_accept(PORT).ok() }
}

fn check_line(waiters: [Waited; 2], calls: [Waited; 2], cx: &Cx) -> String {
    let mut met = 0;
    for (asleep, channel) in &calls {
        let waiting = *asleep as usize - met.min(*asleep as usize);
        rule!("RDV-4", waiting == 0 || channel.is_some(), "{waiting} waited, and a call met nobody");
        met += usize::from(channel.is_some());
    }
    // Only waiters sleep, so whoever begins when one sleeps comes second.
    let second = waiters.iter().position(|(before, _)| *before > 0);
    let served: Vec<_> = (0..2).filter(|waiter| waiters[*waiter].1.is_some()).collect();
    let mut ends: Vec<_> = waiters.into_iter().filter_map(|(_, channel)| channel).collect();
    let mut calls: Vec<_> = calls.into_iter().filter_map(|(_, channel)| channel).collect();
    let pairs = pair(&mut ends, &mut calls);
    let order: Vec<_> = (0..pairs.len()).map(|call| served[pairs.iter().position(|at| *at == call).unwrap()]).collect();
    if let Some(second) = second {
        let first = 1 - second;
        rule!("RDV-3", order.first() != Some(&second), "{second} came when {first} slept, and was served first");
        note_order(cx, order.len());
    }
    format!("{order:?}")
}

fn late(cx: &Cx) -> String {
    match cx.size() {
        1 => bare_late(cx),
        2 => late_at_a_broker(cx),
        3 => late_among_tries(cx),
        _ => late_beside_another(cx),
    }
}

/// A party with a deadline and a caller that does not wait, in a line where somebody else waits before it or behind it.
fn bare_late(cx: &Cx) -> String {
    let line = Arc::new(Mutex::new(Line::default()));
    let other = Arc::new(Told::default());
    let other_is_first = cx.choice(0) == 1;
    if other_is_first {
        line.lock().open(1, other.clone());
    }
    let waiter = {
        let (line, other) = (line.clone(), other.clone());
        move || {
            let seat = Arc::new(Seat::new());
            let ticket = {
                let mut line = line.lock();
                let ticket = line.open(0, seat.clone()).expect("nobody closes this line");
                if !other_is_first {
                    line.open(1, other);
                }
                ticket
            };
            let outcome = seat.wait(&mut Spin::default(), Deadline::after(SHORT));
            if outcome.is_some() || line.lock().point.withdraw(ticket).is_some() {
                return outcome;
            }
            seat.wait(&mut Spin::default(), Deadline::NEVER)
        }
    };
    let caller = {
        let line = line.clone();
        move || arrive(&line, 7)
    };
    let (outcome, met) = race(cx, ("waiter", waiter), ("caller", caller));
    let agree = outcome == (met == Some(0)).then_some(7);
    rule!("RDV-5", agree, "the caller met {met:?}, the waiter was told {outcome:?}");
    rule!("RDV-1", other.is_told() == (met == Some(1)), "the caller met {met:?}, the other was told {}", other.word());
    let left = line.lock().point.drain().count();
    let expected = usize::from(met != Some(1));
    rule!("RDV-5", left == expected, "{left} wait in the line, not {expected}");
    note_deadline(cx, outcome.is_some());
    format!("{outcome:?} {met:?}")
}

fn note_deadline(cx: &Cx, met: bool) {
    cx.witness(if met { "met in spite of the deadline" } else { "timed out" });
}

/// Accept and connect with deadlines, or one of them without: it is released by a close if the other gave up.
fn late_at_a_broker(cx: &Cx) -> String {
    let manager = manager();
    let (server, client) = (broker(&manager, "server"), broker(&manager, "client"));
    let both = cx.choice(0) == 0;
    let acceptor = {
        let server = server.clone();
        move || if both { server.accept_timeout(PORT, SHORT) } else { server.accept(PORT) }
    };
    let connector = {
        let (server, client) = (server.clone(), client.clone());
        move || {
            let connected = client.connect_timeout("server", PORT, SHORT);
            if !both && connected.is_err() {
                server.close();
            }
            connected
        }
    };
    let (accepted, connected) = race(cx, ("acceptor", acceptor), ("connector", connector));
    let words = (accepted.word(), connected.word());
    let given_up = if both { ("late", "late") } else { ("closed", "late") };
    rule!("RDV-5", words == ("met", "met") || words == given_up, "accept and connect came to {words:?}");
    note_deadline(cx, words.1 == "met");
    conclude(&server, &client, accepted.into_iter().collect(), connected.into_iter().collect());
    format!("{words:?}")
}

/// One accept with a deadline and two that try to connect.
fn late_among_tries(cx: &Cx) -> String {
    let manager = manager();
    let (server, client) = (broker(&manager, "server"), broker(&manager, "client"));
    let accepts = cx.choice(0) == 0;
    let waiter = {
        let (server, client) = (server.clone(), client.clone());
        move || if accepts { accept_for_a_while(&server) } else { connect_for_a_while(&client) }
    };
    let trier = || {
        let server = server.clone();
        move || try_other(&server, accepts)
    };
    let (waited, one, two) = race_3(cx, ("waiter", waiter), ("trier 1", trier()), ("trier 2", trier()));
    let met = usize::from(one.is_some()) + usize::from(two.is_some());
    rule!("RDV-1", met < 2, "two met one");
    rule!("RDV-5", waited.is_some() == (met == 1), "{met} met one whose wait came to {waited:?}");
    let outcome = format!("{} {}", one.is_some(), two.is_some());
    note_deadline(cx, waited.is_some());
    conclude(&server, &client, waited.into_iter().collect(), one.into_iter().chain(two).collect());
    outcome
}

/// One waits for a while, another for ever, on the side that the choice says; one comes on the other side. If it meets the first, that
/// one sees to it that the other is met too.
fn late_beside_another(cx: &Cx) -> String {
    let manager = manager();
    let (server, client) = (broker(&manager, "server"), broker(&manager, "client"));
    let accepts = cx.choice(0) == 0;
    let waits_for_ever = {
        let (server, client) = (server.clone(), client.clone());
        move || wait_for_ever(&server, &client, accepts)
    };
    let comes = {
        let (server, client) = (server.clone(), client.clone());
        move || wait_for_ever(&server, &client, !accepts)
    };
    let gives_up = {
        let (server, client) = (server.clone(), client.clone());
        move || {
            let met = if accepts { accept_for_a_while(&server) } else { connect_for_a_while(&client) };
            let other = met.as_ref().map(|_| wait_for_ever(&server, &client, !accepts));
            (met, other)
        }
    };
    let ((met, second), stayed, first) =
        race_3(cx, ("for a while", gives_up), ("for ever", waits_for_ever), ("comes", comes));
    let outcome = format!("met {}", met.is_some());
    let theirs = std::iter::once(first).chain(second).collect();
    note_deadline(cx, met.is_some());
    conclude(&server, &client, met.into_iter().chain([stayed]).collect(), theirs);
    outcome
}

fn wait_for_ever(server: &Broker, client: &Broker, accepts: bool) -> Channel {
    let (channel, word) = if accepts {
        let accepted = server.accept(PORT);
        let word = accepted.word();
        (accepted.ok(), word)
    } else {
        let connected = client.connect("server", PORT);
        let word = connected.word();
        (connected.ok(), word)
    };
    rule!("RDV-4", channel.is_some(), "a call without a deadline came to {word}");
    channel.expect("just looked at")
}

fn accept_for_a_while(server: &Broker) -> Option<Channel> {
    let accepted: Accepted = server.accept_timeout(PORT, SHORT);
    rule!("RDV-5", matches!(accepted.word(), "met" | "late"), "a timed accept came to {accepted:?}");
    accepted.ok()
}

fn connect_for_a_while(client: &Broker) -> Option<Channel> {
    let connected: Connected = client.connect_timeout("server", PORT, SHORT);
    rule!("RDV-5", matches!(connected.word(), "met" | "late"), "a timed connect came to {connected:?}");
    connected.ok()
}

fn conclude(server: &Broker, client: &Broker, mut ours: Vec<Channel>, mut theirs: Vec<Channel>) {
    pair(&mut ours, &mut theirs);
    if server.try_accept(PORT).word() != "closed" {
        nobody_waits(server, client);
    }
}

/// Neither waits, so neither is there for the other.
fn tries(cx: &Cx) -> String {
    let manager = manager();
    let (server, client) = (broker(&manager, "server"), broker(&manager, "client"));
    let acceptor = {
        let server = server.clone();
        move || server.try_accept(PORT)
    };
    let connector = {
        let client = client.clone();
        move || client.try_connect("server", PORT)
    };
    let (accepted, connected) = race(cx, ("acceptor", acceptor), ("connector", connector));
    let words = (accepted.word(), connected.word());
    rule!("RDV-5", words == ("nobody", "nobody"), "two that do not wait came to {words:?}");
    nobody_waits(&server, &client);
    cx.witness("both in vain");
    format!("{words:?}")
}
