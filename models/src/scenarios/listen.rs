//! QueueBroker: connects, and where the two worlds meet.

use rdv::sync::{Arc, Mutex};
use rdv::{Broker, ConnectError, ConnectOptions, MessageQueue, QueueBroker};

use super::broker_support::{PORT, SHORT, broker, manager};
use super::event_support::{Ear, Log, ends, join, post_word, pump, race, run, run_until_idle};
use super::listen_bind::Door;
use crate::rule;
use crate::scenario::{Bound, Cx, Level, Run, Scenario};

/// The suite.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        witnesses: &["met"],
        runs: &[Run::loom_bounded(2, 4, Level::Default)],
        audit_bound: Bound::Preemptions(4),
        ..Scenario::new(
            "listen/events-meet",
            &["MQ-8", "MQ-9", "RDV-4"],
            "A bind races an event-based connect: the meeting is in an event of the one pump, the answer in an event of the other.",
            events_meet,
        )
    },
    Scenario {
        witnesses: &["connected", "refused"],
        choices: &[5],
        deadlines: 2,
        runs: &[Run::loom_bounded(2, 2, Level::Default)],
        audit_bound: Bound::Preemptions(3),
        ..Scenario::new(
            "listen/one-outcome",
            &["MQ-8", "PUMP-5", "RDV-8"],
            "A connect with a time-out races an accept, and either broker's close, its pump's stop, or the drop of its pump: it is told once.",
            one_outcome,
        )
    },
    Scenario {
        witnesses: &["connected", "refused"],
        hang: "MQ-8",
        deadlines: 2,
        audit_bound: Bound::Preemptions(3),
        ..Scenario::new(
            "listen/timeout",
            &["MQ-8", "RDV-5"],
            "The deadline of a connect races the meeting: both sides agree who won, and nothing is left behind.",
            timeout,
        )
    },
    Scenario {
        witnesses: &["connected", "refused"],
        choices: &[2],
        audit_bound: Bound::Preemptions(3),
        ..Scenario::new(
            "listen/refuse-if-unbound",
            &["MQ-8"],
            "A connect that does not wait at an unbound port races a bind or, by choice, an unbind: it is told either way, once.",
            refuse_if_unbound,
        )
    },
    Scenario {
        witnesses: &["the connect was told by the stop"],
        deadlines: 1,
        runs: &[Run::loom_bounded(2, 3, Level::Default), Run::portfolio(2, Level::Quick)],
        ..Scenario::new(
            "listen/stop-order",
            &["PUMP-5", "MQ-8", "MQ-9", "MQ-7"],
            "A pump stops with a waiting connect, a bound port and a queue: refused, unbound, closed, in this order, after every event.",
            stop_order,
        )
    },
];

/// How a connect ended.
pub(super) fn word(outcome: &Result<MessageQueue, ConnectError>) -> &'static str {
    match outcome {
        Ok(_) => "connected",
        Err(ConnectError::Unbound { .. }) => "unbound",
        Err(ConnectError::BrokerClosed { .. }) => "closed",
        Err(ConnectError::PumpStopped) => "stopped",
        Err(ConnectError::Timeout { .. }) => "late",
        Err(ConnectError::KindMismatch { .. }) => "mismatch",
        Err(_) => "other",
    }
}

/// Where ends are kept that listeners were given.
pub(super) type Kept = Arc<Mutex<Vec<MessageQueue>>>;

/// A listener of a connect that logs how it ended and keeps the end.
pub(super) fn telling(log: &Log, kept: &Kept) -> impl FnOnce(Result<MessageQueue, ConnectError>) + Send + 'static {
    let (log, kept) = (log.clone(), kept.clone());
    move |outcome: Result<MessageQueue, ConnectError>| {
        log.add(word(&outcome));
        kept.lock().extend(outcome);
    }
}

/// Whether the two ends belong together.
pub(super) fn check_pair(one: &MessageQueue, other: &MessageQueue) {
    rule!("RDV-1", one.send("question").is_ok(), "a fresh connection refused a message");
    rule!("RDV-1", other.receive().is_ok_and(|heard| heard == "question"), "the ends do not belong together");
}

/// Bind and connect, each with a pump of its own. From size 2 on the server's pump is at work meanwhile.
fn events_meet(cx: &Cx) -> String {
    let manager = manager();
    let (server, client) = (broker(&manager, "server"), broker(&manager, "client"));
    let ((there, there_handle), (mut here, here_handle)) = (pump(), pump());
    let (bound, connecting) = (QueueBroker::new(&server, &there_handle), QueueBroker::new(&client, &here_handle));
    let (log, told, kept, accepted) = (Log::default(), Log::default(), Kept::default(), Kept::default());
    let binder = {
        let (bound, accepted, log) = (bound.clone(), accepted.clone(), log.clone());
        let listener = move |queue: MessageQueue| {
            log.add("accepted");
            accepted.lock().push(queue);
        };
        move || (bound.bind(PORT, listener), bound)
    };
    let connector = {
        let tell = telling(&told, &kept);
        move || (connecting.connect("server", PORT, tell).is_ok(), connecting)
    };
    let mut server_pump = Some(there);
    let runner = server_pump.take_if(|_| cx.size() > 1).map(|pump| run_until_idle(cx, pump));
    let ((is_bound, binder), (is_connecting, connector)) = race(cx, binder, connector);
    let mut there = runner.map(join).or(server_pump).unwrap_or_default();
    rule!("MQ-9", is_bound.is_ok(), "a free port was refused: {is_bound:?}");
    rule!("MQ-8", is_connecting && told.is_empty(), "told on the caller's stack: {}", told.text());
    rule!("MQ-9", cx.size() > 1 || log.is_empty(), "accepted without its pump");
    there.run_until_idle();
    rule!("MQ-8", told.is_empty(), "told without its pump: {}", told.text());
    here.run_until_idle();
    rule!("MQ-8", told.text() == "connected" && log.text() == "accepted", "{} and {}", told.text(), log.text());
    check_pair(&kept.lock()[0], &accepted.lock()[0]);
    cx.witness("met");
    kept.lock().clear();
    let released = std::mem::take(&mut *accepted.lock());
    drop(released);
    let unbound = bound.unbind(PORT);
    rule!("MQ-9", unbound.is_ok(), "{unbound:?}");
    there.run_until_idle();
    drop((binder, connector));
    log.text()
}

/// A bound port, and a connect with a time-out, told on a pump that it stops. From size 2 on the server's pump is at work meanwhile.
fn one_outcome(cx: &Cx) -> String {
    let manager = manager();
    let (server, client) = (broker(&manager, "server"), broker(&manager, "client"));
    let ((there, there_handle), (mut here, here_handle)) = (pump(), pump());
    let (bound, connecting) = (QueueBroker::new(&server, &there_handle), QueueBroker::new(&client, &here_handle));
    let (log, kept, accepted, how) = (Log::default(), Kept::default(), Kept::default(), cx.choice(0));
    let listener = {
        let accepted = accepted.clone();
        move |queue: MessageQueue| accepted.lock().push(queue)
    };
    rule!("MQ-9", bound.bind(PORT, listener).is_ok(), "a free port was refused");
    let connector = {
        let (tell, handle) = (telling(&log, &kept), here_handle.clone());
        let tell = move |outcome: Result<MessageQueue, ConnectError>| {
            tell(outcome);
            handle.stop();
        };
        let options = ConnectOptions::new().timeout(SHORT);
        move || (connecting.connect_with("server", PORT, options, tell).is_ok(), connecting)
    };
    let mut server_pump = Some(there);
    let runner = server_pump.take_if(|_| cx.size() > 1 && how != 4).map(|there| run_until_idle(cx, there));
    let ender = {
        let (server, client, stopped) = (server.clone(), client.clone(), here_handle.clone());
        move || {
            server_pump.iter_mut().filter(|_| how < 4).for_each(|pump| {
                pump.turn(1);
            });
            match how {
                0 => drop(bound.unbind(PORT)),
                1 => server.close(),
                2 => client.close(),
                3 => stopped.stop(),
                _ => drop(server_pump.take()),
            }
            (bound, server_pump)
        }
    };
    let ((told, connector), (bound, mut server_pump)) = race(cx, connector, ender);
    server_pump = runner.map(join).or(server_pump);
    server_pump.iter_mut().for_each(|pump| {
        pump.run_until_idle();
    });
    if told {
        here.run();
    }
    drop((bound, connector));
    check_outcome(cx, &server, told, &log, [&kept, &accepted])
}

fn check_outcome(cx: &Cx, server: &Broker, told: bool, log: &Log, [kept, accepted]: [&Kept; 2]) -> String {
    let text = format!("{told} {}", log.text());
    rule!("MQ-8", log.words().len() == usize::from(told), "accepted {told}, told: {}", log.text());
    rule!("MQ-8", told || cx.choice(0) == 3, "a running pump refused a connect");
    let (kept, accepted) = (std::mem::take(&mut *kept.lock()), std::mem::take(&mut *accepted.lock()));
    match (&kept[..], &accepted[..]) {
        ([one], [other]) => check_pair(one, other),
        ([], [_]) if log.text() == "late" => rule!("RDV-5", false, "accepted, and told that it was too late"),
        // Told by the stop of its pump while the other end was on its way to it.
        ([], [other]) if cx.choice(0) == 3 => rule!("MQ-11", other.is_closed(), "the end of nobody is open"),
        _ => rule!("RDV-1", kept.is_empty() && accepted.is_empty(), "{} ends and {}", kept.len(), accepted.len()),
    }
    cx.witness(if kept.is_empty() { "refused" } else { "connected" });
    let ghost = server.accept_queue_timeout(PORT, SHORT);
    rule!("RDV-5", ghost.is_err(), "a ghost connects after {text}");
    text
}

/// A connect waits at a bound port; both pumps run.
fn timeout(cx: &Cx) -> String {
    let manager = manager();
    let (server, client) = (broker(&manager, "server"), broker(&manager, "client"));
    let ((mut there, there_handle), (mut here, here_handle)) = (pump(), pump());
    let (bound, connecting) = (QueueBroker::new(&server, &there_handle), QueueBroker::new(&client, &here_handle));
    let (log, kept, accepted) = (Log::default(), Kept::default(), Kept::default());
    let listener = {
        let accepted = accepted.clone();
        move |queue: MessageQueue| accepted.lock().push(queue)
    };
    rule!("MQ-9", bound.bind(PORT, listener).is_ok(), "a free port was refused");
    let tell = {
        let (tell, handle) = (telling(&log, &kept), here_handle.clone());
        move |outcome: Result<MessageQueue, ConnectError>| {
            tell(outcome);
            handle.stop();
        }
    };
    let told = connecting.connect_with("server", PORT, ConnectOptions::new().timeout(SHORT), tell).is_ok();
    let accept = move || {
        there.run_until_idle();
        there
    };
    let wait = move || {
        here.run();
        here
    };
    let (mut there, here) = race(cx, accept, wait);
    there.run_until_idle();
    let outcome = check_outcome(cx, &server, told, &log, [&kept, &accepted]);
    server.close();
    there.run_until_idle();
    drop((bound, connecting, here));
    outcome
}

/// A connect that does not wait, and a bind or an unbind.
fn refuse_if_unbound(cx: &Cx) -> String {
    let manager = manager();
    let (server, client) = (broker(&manager, "server"), broker(&manager, "client"));
    let ((mut there, there_handle), (mut here, here_handle)) = (pump(), pump());
    let (bound, connecting) = (QueueBroker::new(&server, &there_handle), QueueBroker::new(&client, &here_handle));
    let (log, kept, accepted, unbinds) = (Log::default(), Kept::default(), Kept::default(), cx.choice(0) == 1);
    let listener = {
        let accepted = accepted.clone();
        move |queue: MessageQueue| accepted.lock().push(queue)
    };
    let mut listener = Some(listener);
    let mut bind = {
        let bound = bound.clone();
        move || rule!("MQ-9", listener.take().is_some_and(|it| bound.bind(PORT, it).is_ok()), "a free port was refused")
    };
    if unbinds {
        bind();
    }
    let tell = telling(&log, &kept);
    let connector = move || {
        let options = ConnectOptions::new().refuse_if_unbound();
        (connecting.connect_with("server", PORT, options, tell).is_ok(), connecting)
    };
    let binder = move || {
        let mut pump = None;
        if unbinds {
            there.turn(1);
            rule!("MQ-9", bound.unbind(PORT).is_ok(), "a bound port was not");
        } else {
            bind();
            pump = Some(bind);
        }
        (there, bound, pump)
    };
    let ((told, connecting), (mut there, bound, bind)) = race(cx, connector, binder);
    there.run_until_idle();
    here.run_until_idle();
    rule!("MQ-8", told && log.words().len() == 1, "told {}", log.text());
    rule!("MQ-8", ["connected", "unbound"].contains(&log.text().as_str()), "told {}", log.text());
    let (kept, accepted) = (std::mem::take(&mut *kept.lock()), std::mem::take(&mut *accepted.lock()));
    rule!("RDV-1", kept.len() == accepted.len(), "{} ends and {}", kept.len(), accepted.len());
    cx.witness(if kept.is_empty() { "refused" } else { "connected" });
    server.close();
    drop((connecting, bound, bind));
    log.text()
}

/// Everything that depends on a pump, and an event, when it stops; a message comes in beside.
fn stop_order(cx: &Cx) -> String {
    let manager = manager();
    let (server, (pump, handle), (near, far)) = (broker(&manager, "server"), pump(), ends(1));
    let (events, log, kept) = (QueueBroker::new(&server, &handle), Log::default(), Kept::default());
    rule!("MQ-6", near.set_listener(&handle, Ear::new("queue", &log)).is_ok(), "refused");
    rule!("MQ-9", events.bind(PORT + 1, Door::new("port", &log, &kept)).is_ok(), "refused");
    rule!("MQ-8", events.connect("server", PORT, telling(&log, &kept)).is_ok(), "refused");
    rule!("PUMP-2", post_word(&handle, &log, "event"), "refused");
    let sender = {
        let far = far.clone();
        cx.spawn("sender", move || far.send("message").is_ok())
    };
    let stopper = {
        let handle = handle.clone();
        cx.spawn("stopper", move || handle.stop())
    };
    let pump = if cx.size() > 1 { join(run(cx, pump)) } else { pump };
    let sent = join(sender);
    join(stopper);
    let mut pump = pump;
    pump.run();
    let words = log.words();
    let mut expected = vec!["event", "queue:message", "stopped", "port:unbound", "port:dropped", "queue:closed"];
    expected.retain(|word| sent || *word != "queue:message");
    let last: Vec<_> = words.iter().map(String::as_str).filter(|word| *word != "queue:dropped").collect();
    rule!("PUMP-5", last == expected, "sent {sent}, at the stop came {last:?}");
    cx.witness("the connect was told by the stop");
    rule!("PUMP-5", near.is_closed() && far.is_closed(), "a queue of a stopped pump is open");
    let ghost = server.accept_queue_timeout(PORT, SHORT);
    rule!("RDV-5", ghost.is_err(), "a ghost connects");
    let again = events.connect("server", PORT, telling(&log, &kept));
    rule!("PUMP-5", again.is_err() && log.words() == words, "a stopped pump took a connect");
    drop((events, pump));
    sent.to_string()
}
