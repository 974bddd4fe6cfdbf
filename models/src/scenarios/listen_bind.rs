//! QueueBroker: ports that are bound by listeners.

use rdv::sync::Arc;
use rdv::{AcceptListener, ConnectError, MessageQueue, QueueBroker};

use super::broker_support::{PORT, broker, manager};
use super::event_support::{Log, message, pump, race, text_of};
use super::listen::{Kept, check_pair, telling};
use super::support::Ghost;
use crate::rule;
use crate::scenario::{Bound, Cx, Level, Run, Scenario};

/// The suite.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        witnesses: &["met before the unbind", "met after the unbind"],
        runs: &[Run::loom_bounded(2, 4, Level::Default)],
        audit_bound: Bound::Preemptions(4),
        ..Scenario::new(
            "listen/unbind-races",
            &["MQ-9", "MQ-8"],
            "A port with a waiting connect is unbound beside its pump at work, and bound again: met once, `unbound` once and last.",
            unbind_races,
        )
    },
    Scenario {
        witnesses: &["unbound inside", "unbound outside"],
        audit_bound: Bound::Preemptions(4),
        ..Scenario::new(
            "listen/unbind-inside",
            &["MQ-9"],
            "The first `accepted` of two unbinds, beside an unbind from another thread: no further one comes, the second connect waits on.",
            unbind_inside,
        )
    },
    Scenario {
        witnesses: &["the third before the bind", "the third after the bind"],
        audit_bound: Bound::Preemptions(3),
        ..Scenario::new(
            "listen/waiting-connects",
            &["MQ-9", "MQ-8", "RDV-3"],
            "Two connects wait, a third comes beside the bind: all are accepted, in the order they came.",
            waiting_connects,
        )
    },
    Scenario {
        witnesses: &["bound", "refused"],
        choices: &[3],
        audit_bound: Bound::Preemptions(4),
        ..Scenario::new(
            "listen/bind-ends",
            &["PUMP-5", "MQ-9", "RDV-8"],
            "A bind races the stop of its pump, its drop, or the close of its broker: refused and not told, or bound and unbound, once.",
            bind_ends,
        )
    },
];

/// A listener at a port that logs, `name:accepted`, `name:unbound`, `name:dropped`, and keeps what it is given.
pub(super) struct Door {
    name: &'static str,
    log: Log,
    kept: Kept,
    /// Unbinds its port when it is first called.
    unbinds: Option<QueueBroker>,
}

impl Door {
    pub(super) fn new(name: &'static str, log: &Log, kept: &Kept) -> Self {
        Self { name, log: log.clone(), kept: kept.clone(), unbinds: None }
    }

    fn unbinding(events: &QueueBroker, log: &Log, kept: &Kept) -> Self {
        Self { name: "door", log: log.clone(), kept: kept.clone(), unbinds: Some(events.clone()) }
    }
}

impl AcceptListener for Door {
    fn accepted(&mut self, queue: MessageQueue) {
        if let Some(events) = self.unbinds.take() {
            let inside = events.unbind(PORT).is_ok();
            self.log.add(if inside { "inside" } else { "outside" });
        }
        self.log.add(format!("{}:accepted", self.name));
        self.kept.lock().push(queue);
    }

    fn unbound(&mut self) {
        self.log.add(format!("{}:unbound", self.name));
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.log.add(format!("{}:dropped", self.name));
    }
}

/// That a listener was told `unbound` once, after at most so many `accepted`, and then dropped.
fn check_unbound(log: &Log, name: &str, most: usize) {
    let heard = log.after(name);
    let accepted = heard.iter().take_while(|what| *what == "accepted").count();
    rule!("MQ-9", accepted <= most, "accepted {accepted} times: {heard:?}");
    rule!("MQ-9", heard[accepted..] == ["unbound", "dropped"], "not unbound once and last: {heard:?}");
}

/// A connect waits. The port is unbound while the pump runs; from size 2 on, the same thread binds it again.
fn unbind_races(cx: &Cx) -> String {
    let manager = manager();
    let server = broker(&manager, "server");
    let ((mut there, there_handle), (mut here, here_handle)) = (pump(), pump());
    let (events, connecting) = (QueueBroker::new(&server, &there_handle), QueueBroker::new(&server, &here_handle));
    let (log, told, kept, accepted) = (Log::default(), Log::default(), Kept::default(), Kept::default());
    rule!("MQ-9", events.bind(PORT, Door::new("first", &log, &accepted)).is_ok(), "a free port was refused");
    rule!("MQ-8", connecting.connect("server", PORT, telling(&told, &kept)).is_ok(), "refused");
    let (began, too_late) = (Arc::new(Ghost::new()), Arc::new(Ghost::new()));
    let unbinder = {
        let (log, accepted, early) = (log.clone(), accepted.clone(), cx.size() > 1);
        let (began, too_late) = (began.clone(), too_late.clone());
        move || {
            let unbound = events.unbind(PORT);
            if !began.is_set() {
                too_late.count();
            }
            let second = Door::new("second", &log, &accepted);
            let bound = if early {
                events.bind(PORT, second)
            } else {
                drop(second);
                Ok(())
            };
            (unbound, bound, events)
        }
    };
    let runner = move || {
        began.count();
        there.run_until_idle();
        there
    };
    let ((unbound, bound, events), mut there) = race(cx, unbinder, runner);
    there.run_until_idle();
    rule!("MQ-9", unbound.is_ok() && bound.is_ok(), "unbound {unbound:?}, bound again {bound:?}");
    // A pump that began after the unbind had no `accepted` running.
    check_unbound(&log, "first:", usize::from(!too_late.is_set()));
    if cx.size() == 1 {
        rule!("MQ-9", events.bind(PORT, Door::new("third", &log, &accepted)).is_ok(), "an unbound port was refused");
        there.run_until_idle();
    }
    here.run_until_idle();
    let first = log.times("first:accepted");
    cx.witness(if first == 1 { "met before the unbind" } else { "met after the unbind" });
    rule!("MQ-8", told.text() == "connected", "the connect was told {}", told.text());
    rule!("RDV-1", accepted.lock().len() == 1, "{} accepted: {}", accepted.lock().len(), log.text());
    check_pair(&kept.lock()[0], &accepted.lock()[0]);
    finish(&server, [&kept, &accepted]);
    there.run_until_idle();
    first.to_string()
}

/// Lets go of everything.
fn finish(server: &rdv::Broker, kept: [&Kept; 2]) {
    server.close();
    for kept in kept {
        let ends = std::mem::take(&mut *kept.lock());
        drop(ends);
    }
}

/// Two connects wait. The listener unbinds when it is first called, and another thread does, too.
fn unbind_inside(cx: &Cx) -> String {
    let manager = manager();
    let server = broker(&manager, "server");
    let ((mut there, there_handle), (mut here, here_handle)) = (pump(), pump());
    let (events, connecting) = (QueueBroker::new(&server, &there_handle), QueueBroker::new(&server, &here_handle));
    let (log, told, kept, accepted) = (Log::default(), Log::default(), Kept::default(), Kept::default());
    let door = Door::unbinding(&events, &log, &accepted);
    rule!("MQ-9", events.bind(PORT, door).is_ok(), "a free port was refused");
    for _ in 0..2 {
        rule!("MQ-8", connecting.connect("server", PORT, telling(&told, &kept)).is_ok(), "refused");
    }
    let unbinder = move || (events.unbind(PORT).is_ok(), events);
    let runner = move || {
        there.run_until_idle();
        there
    };
    let ((outside, events), mut there) = race(cx, unbinder, runner);
    there.run_until_idle();
    here.run_until_idle();
    let inside = log.times("inside") == 1;
    rule!("MQ-9", inside != outside, "unbound inside {inside}, outside {outside}");
    check_unbound(&log, "door:", 1);
    let met = log.times("door:accepted");
    rule!("MQ-9", told.times("connected") == met && told.words().len() == met, "met {met}: {}", told.text());
    cx.witness(if inside { "unbound inside" } else { "unbound outside" });
    rule!("MQ-9", events.bind(PORT, Door::new("again", &log, &accepted)).is_ok(), "an unbound port was refused");
    there.run_until_idle();
    here.run_until_idle();
    rule!("MQ-9", told.times("connected") == 2, "those who waited on were not met: {}", told.text());
    finish(&server, [&kept, &accepted]);
    there.run_until_idle();
    format!("{inside} {met}")
}

/// The third connect comes while the port is bound.
fn waiting_connects(cx: &Cx) -> String {
    let manager = manager();
    let server = broker(&manager, "server");
    let ((mut there, there_handle), (mut here, here_handle)) = (pump(), pump());
    let (events, connecting) = (QueueBroker::new(&server, &there_handle), QueueBroker::new(&server, &here_handle));
    let (log, told, accepted) = (Log::default(), Log::default(), Kept::default());
    let speak = |text| {
        let told = told.clone();
        move |outcome: Result<MessageQueue, ConnectError>| {
            let spoke = outcome.map(|queue| queue.send(message(text)).is_ok());
            told.add(format!("{text} {spoke:?}"));
        }
    };
    for text in ["1", "2"] {
        rule!("MQ-8", connecting.connect("server", PORT, speak(text)).is_ok(), "refused");
    }
    let (third, door) = (speak("3"), Door::new("door", &log, &accepted));
    let marks = log.clone();
    let connector = move || {
        let connected = connecting.connect("server", PORT, third).is_ok();
        (connected, marks.times("bound"), connecting)
    };
    let marks = log.clone();
    let binder = move || {
        let bound = events.bind(PORT, door).is_ok();
        marks.add("bound");
        (bound, events)
    };
    let ((connected, late, connecting), (bound, events)) = race(cx, connector, binder);
    rule!("MQ-9", connected && bound, "connecting {connected}, bound {bound}");
    there.run_until_idle();
    here.run_until_idle();
    cx.witness(if late > 0 { "the third after the bind" } else { "the third before the bind" });
    let heard: Vec<_> = accepted.lock().iter().map(|queue| queue.receive().map(|it| text_of(&it))).collect();
    rule!("MQ-9", heard.len() == 3, "{} of three were accepted", heard.len());
    rule!("RDV-3", heard.iter().flatten().eq(["1", "2", "3"]), "in the order {heard:?}");
    rule!("MQ-8", told.words() == ["1 Ok(true)", "2 Ok(true)", "3 Ok(true)"], "told {:?}", told.words());
    finish(&server, [&accepted, &Kept::default()]);
    there.run_until_idle();
    drop((connecting, events));
    log.text()
}

/// A bind, and what ends it.
fn bind_ends(cx: &Cx) -> String {
    let manager = manager();
    let (server, (pump, handle), (mut other, other_handle)) = (broker(&manager, "server"), pump(), pump());
    let (log, kept, how) = (Log::default(), Kept::default(), cx.choice(0));
    let (events, others) = (QueueBroker::new(&server, &handle), QueueBroker::new(&server, &other_handle));
    let door = Door::new("door", &log, &kept);
    let binder = move || (events.bind(PORT, door), events);
    let ender = {
        let (server, handle, mut pump) = (server.clone(), handle.clone(), Some(pump));
        move || {
            match how {
                0 => handle.stop(),
                1 => server.close(),
                _ => drop(pump.take()),
            }
            pump.iter_mut().for_each(|pump| {
                pump.run_until_idle();
            });
            pump
        }
    };
    let ((bound, events), mut pump) = race(cx, binder, ender);
    pump.iter_mut().for_each(|pump| {
        pump.run_until_idle();
    });
    cx.witness(if bound.is_ok() { "bound" } else { "refused" });
    match &bound {
        // The drop of a pump calls nobody.
        Ok(()) if how == 2 => rule!("PUMP-2", log.text() == "door:dropped", "{}", log.text()),
        Ok(()) => check_unbound(&log, "door:", 0),
        Err(_) => rule!("MQ-9", log.text() == "door:dropped", "bind said {bound:?}, but {}", log.text()),
    }
    let again = others.bind(PORT, Door::new("again", &log, &kept));
    rule!("MQ-9", again.is_ok() == (how != 1), "the port after {bound:?}: {again:?}");
    server.close();
    other.run_until_idle();
    drop((events, others, pump));
    format!("{bound:?}")
}
