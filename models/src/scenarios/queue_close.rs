//! MessageQueue with listeners: how an end comes to its end.

use rdv::sync::Arc;
use rdv::{MessageQueue, PumpHandle, ReceiveError, SendError};

use super::broker_support::waits;
use super::event_support::{Ear, Held, Log, drain, ends, join, message, pump, race, run, run_until_idle};
use super::support::Ghost;
use crate::rule;
use crate::scenario::{Bound, Cx, Level, Run, Scenario, panic_deliberately};

/// The suite.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        audit_bound: Bound::Preemptions(5),
        witnesses: &["received", "dropped"],
        runs: &[Run::loom_bounded(2, 3, Level::Default), Run::portfolio(2, Level::Quick)],
        ..Scenario::new(
            "queue/both-close",
            &["MQ-7", "MQ-6"],
            "One end sends and closes, the other closes at the same time: `closed` comes once and last on each, then the listener goes.",
            both_close,
        )
    },
    Scenario {
        audit_bound: Bound::Preemptions(5),
        witnesses: &["closed before", "closed after"],
        choices: &[2],
        runs: &[Run::loom_bounded(2, 3, Level::Default)],
        ..Scenario::new(
            "queue/listener-of-closed",
            &["MQ-6", "MQ-7"],
            "A listener is set while the peer, which has sent a message, closes: it is told both; another one, by choice set meanwhile, too.",
            listener_of_closed,
        )
    },
    Scenario {
        witnesses: &["the message was dropped", "the message was refused"],
        audit_bound: Bound::Preemptions(3),
        ..Scenario::new(
            "queue/listener-panics",
            &["PUMP-6", "MQ-7"],
            "A listener panics beside one that works: its queue is closed, the peer learns, the hook is told, the other goes on.",
            listener_panics,
        )
    },
    Scenario {
        audit_bound: Bound::Preemptions(5),
        witnesses: &["delivered", "refused"],
        hang: "MQ-11",
        runs: &[Run::loom_bounded(2, 4, Level::Default), Run::portfolio(2, Level::Quick)],
        ..Scenario::new(
            "queue/pump-stops",
            &["PUMP-5", "MQ-11", "MQ-7"],
            "The pump of a listener stops beside a send: what was accepted is delivered, the end is closed, a thread at the peer is told.",
            pump_stops,
        )
    },
    Scenario {
        audit_bound: Bound::Preemptions(5),
        witnesses: &["it slept"],
        hang: "MQ-11",
        choices: &[2],
        ..Scenario::new(
            "queue/last-handle",
            &["MQ-11", "MQ-7"],
            "The last handle of an end without a listener goes, by choice with a message on its way: the peer gets all and is told.",
            last_handle,
        )
    },
    Scenario {
        audit_bound: Bound::Preemptions(5),
        witnesses: &["answered"],
        hang: "MQ-11",
        ..Scenario::new(
            "queue/nobody-left",
            &["MQ-11", "MQ-7", "PUMP-5"],
            "Both ends have listeners and lose their handles with a message in flight: it is answered, then both close and the pumps return.",
            nobody_left,
        )
    },
    Scenario {
        audit_bound: Bound::Preemptions(4),
        hang: "ALL-2",
        choices: &[4],
        ..Scenario::new(
            "queue/foreign-drops",
            &["ALL-2", "MQ-7"],
            "Messages and listeners whose destructors use the queue are dropped by a close or with a pump: no deadlock.",
            foreign_drops,
        )
    },
];

fn listen(queue: &MessageQueue, pump: &PumpHandle, ear: Ear) {
    rule!("MQ-6", queue.set_listener(pump, ear).is_ok(), "a running pump refused a listener");
}

/// That `closed` was told once and nothing after it but the drop of the listener.
fn check_last(log: &Log, name: &str) {
    let heard = log.after(name);
    let end = heard.iter().position(|what| what == "closed");
    let rest = end.map(|end| &heard[end + 1..]);
    rule!("MQ-7", rest.is_some(), "never told closed: {heard:?}");
    rule!("MQ-7", rest.is_some_and(|rest| !rest.iter().any(|what| what != "dropped")), "not once and last: {heard:?}");
    rule!("MQ-6", rest.is_some_and(|rest| rest.len() == 1), "after closed the listener stayed: {heard:?}");
}

/// From size 2 on the pump is at work meanwhile.
fn both_close(cx: &Cx) -> String {
    let ((here, there), (pump, handle), log) = (ends(1), pump(), Log::default());
    listen(&here, &handle, Ear::new("here", &log));
    listen(&there, &handle, Ear::new("there", &log));
    let sender = {
        let here = here.clone();
        cx.spawn("sender", move || {
            let sent = here.send(message("0"));
            here.close();
            here.close();
            sent.is_ok() && here.is_closed()
        })
    };
    let closer = {
        let there = there.clone();
        cx.spawn("closer", move || there.close())
    };
    let mut pump = if cx.size() > 1 { join(run_until_idle(cx, pump)) } else { pump };
    let sent = join(sender);
    join(closer);
    rule!("MQ-5", cx.size() > 1 || log.is_empty(), "called without the pump: {}", log.text());
    pump.run_until_idle();
    check_last(&log, "here:");
    check_last(&log, "there:");
    let received = log.times("there:0");
    rule!("MQ-7", received <= usize::from(sent), "sent {sent}, received {received} times");
    rule!("MQ-7", drain(&there) == (vec![], ReceiveError::Closed), "something is left after closed");
    cx.witness(if received == 1 { "received" } else { "dropped" });
    if cx.size() == 1 {
        // Without a pump at work nothing can be received before the other end has closed.
        cx.witness("received");
    }
    log.after("there:").join(" ")
}

/// The listener is set beside the send and the close, and by choice another one in its last callback. From size 2 on the pump is at work
/// meanwhile.
fn listener_of_closed(cx: &Cx) -> String {
    let ((here, there), (pump, handle), log) = (ends(1), pump(), Log::default());
    let inside = cx.choice(0) == 1;
    let closer = {
        let here = here.clone();
        cx.spawn("closer", move || {
            let sent = here.send(message("0")).is_ok();
            here.close();
            sent
        })
    };
    let setter = {
        let (there, handle, log, note) = (there.clone(), handle.clone(), log.clone(), cx.clone());
        let (late, on) = (log.clone(), handle.clone());
        cx.spawn("setter", move || {
            let ear = Ear::reacting("ear", &log, move |queue, what| {
                if inside && what == "closed" {
                    listen(queue, &on, Ear::new("late", &late));
                }
            });
            listen(&there, &handle, ear);
            note.witness(if there.send(message("1")).is_err() { "closed before" } else { "closed after" });
        })
    };
    let mut pump = if cx.size() > 1 { join(run_until_idle(cx, pump)) } else { pump };
    let sent = join(closer);
    join(setter);
    pump.run_until_idle();
    let heard = log.after("ear:");
    rule!("MQ-7", sent && heard == ["0", "closed", "dropped"], "sent 0 and closed; the listener heard {heard:?}");
    // It was closed, and is: another listener is told so, too.
    if !inside {
        listen(&there, &handle, Ear::new("late", &log));
    }
    pump.run_until_idle();
    rule!("MQ-6", log.after("late:") == ["closed", "dropped"], "on a closed queue: {:?}", log.after("late:"));
    heard.join(" ")
}

/// One message makes a listener panic; another one is sent to it and one to its neighbour meanwhile.
fn listener_panics(cx: &Cx) -> String {
    let (log, (mut pump, handle), hooked) = (Log::default(), pump(), Arc::new(Ghost::new()));
    let (bad, good) = (ends(2), ends(2));
    let count = hooked.clone();
    pump.on_panic(move |_report| count.count());
    let reaction = |_: &MessageQueue, what: &str| {
        if what == "0" {
            panic_deliberately();
        }
    };
    listen(&bad.1, &handle, Ear::reacting("bad", &log, reaction));
    listen(&good.1, &handle, Ear::new("good", &log));
    rule!("MQ-3", bad.0.send(message("0")).is_ok(), "refused with room");
    let sender = {
        let (bad, good) = (bad.0.clone(), good.0.clone());
        move || (bad.send(message("1")).is_ok(), good.send(message("2")).is_ok())
    };
    let runner = move || {
        pump.run_until_idle();
        pump
    };
    let ((sent, other), mut pump) = race(cx, sender, runner);
    pump.run_until_idle();
    rule!("PUMP-6", hooked.get() == 1, "the hook was told {} times", hooked.get());
    rule!("PUMP-6", bad.1.is_closed() && bad.0.is_closed(), "the queue of a listener that panicked is open");
    rule!("PUMP-6", other && log.times("good:2") == 1, "the other one: {}", log.text());
    rule!("MQ-7", log.times("bad:1") == 0, "delivered after the close: {}", log.text());
    check_last(&log, "bad:");
    rule!("MQ-7", bad.0.receive() == Err(ReceiveError::Closed), "the peer does not learn of it");
    cx.witness(if sent { "the message was dropped" } else { "the message was refused" });
    log.text()
}

/// A sender, which waits for an answer that never comes from size 2 on, and the stop of the pump.
fn pump_stops(cx: &Cx) -> String {
    let ((here, there), (pump, handle), log) = (ends(2), pump(), Log::default());
    listen(&there, &handle, Ear::new("ear", &log));
    let sender = {
        let (here, waits) = (here.clone(), cx.size() > 1);
        cx.spawn("sender", move || {
            let sent = here.send(message("0"));
            (sent, if waits { here.blocking_receive() } else { Err(ReceiveError::Closed) })
        })
    };
    let stopper = {
        let (mut pump, handle) = (pump, handle.clone());
        cx.spawn("pump", move || {
            handle.stop();
            pump.run();
            pump
        })
    };
    let (sent, answer) = join(sender);
    let mut pump = join(stopper);
    rule!("MQ-11", there.is_closed() && here.is_closed(), "an end whose pump has stopped is open");
    rule!("MQ-11", answer == Err(ReceiveError::Closed), "the peer was told {answer:?}");
    check_last(&log, "ear:");
    let delivered = log.times("ear:0");
    rule!("PUMP-5", delivered == usize::from(sent.is_ok()), "sent {sent:?}, delivered {delivered} times");
    let back = matches!(&sent, Ok(()) | Err(SendError::Closed(_)));
    rule!("PUMP-5", back && matches!(here.send(message("1")), Err(SendError::Closed(_))), "sent {sent:?}");
    let again = there.set_listener(&handle, Ear::new("late", &log));
    rule!("PUMP-5", again.is_err() && pump.run_until_idle() == 0, "a stopped pump took a listener");
    cx.witness(if sent.is_ok() { "delivered" } else { "refused" });
    format!("{sent:?}")
}

/// The handle goes in one thread, while another waits at the peer.
fn last_handle(cx: &Cx) -> String {
    let (here, there) = ends(1);
    let sends = cx.choice(0) == 1;
    let dropper = cx.spawn("dropper", move || {
        let sent = sends && here.send(message("0")).is_ok();
        drop(here);
        sent
    });
    let receiver = cx.spawn("receiver", move || {
        let first = there.blocking_receive();
        (first, there.receive(), there)
    });
    let sent = join(dropper);
    let (first, second, there) = join(receiver);
    if waits() > 0 {
        cx.witness("it slept");
    }
    let first = first.map(|message| super::event_support::text_of(&message));
    rule!("MQ-7", first.is_ok() == sends && sent == sends, "sent {sent}, received {first:?}");
    rule!("MQ-11", second == Err(ReceiveError::Closed) || second == Err(ReceiveError::Empty) && sends, "{second:?}");
    rule!("MQ-11", there.is_closed() && there.send(message("1")).is_err(), "the peer of nobody is open");
    format!("{first:?}")
}

/// A message is in flight when the last handles go; the listener at its end answers.
fn nobody_left(cx: &Cx) -> String {
    let ((here, there), (pump, handle), log) = (ends(1), pump(), Log::default());
    listen(&here, &handle, Ear::new("here", &log));
    let answer = |queue: &MessageQueue, what: &str| {
        if what == "0" {
            rule!("MQ-11", queue.send(message("answer")).is_ok(), "closed before the answer");
        }
    };
    listen(&there, &handle, Ear::reacting("there", &log, answer));
    rule!("MQ-3", here.send(message("0")).is_ok(), "refused with room");
    let droppers = [cx.spawn("here", move || drop(here)), cx.spawn("there", move || drop((there, handle)))];
    // Returns only because nobody can post any more. From size 2 on at work meanwhile.
    let mut pump = if cx.size() > 1 { join(run(cx, pump)) } else { pump };
    droppers.into_iter().for_each(join);
    pump.run();
    check_last(&log, "here:");
    check_last(&log, "there:");
    rule!("MQ-11", log.times("here:answer") == 1, "the answer was lost: {}", log.text());
    cx.witness("answered");
    log.text()
}

/// Dropped by a close of either end, a listener, or the pump: something whose destructor closes, sends and asks.
fn foreign_drops(cx: &Cx) -> String {
    let ((here, there), (pump, handle)) = (ends(1), pump());
    let (held, gone) = Held::new();
    let reckless = Reckless { queue: there.clone(), pump: handle.clone(), _held: held };
    let how = cx.choice(0);
    if how < 2 {
        let message = bytes::Bytes::from_owner(reckless);
        rule!("MQ-3", here.send(message).is_ok(), "refused with room");
    } else {
        let set = there.set_listener(&handle, move |_: &MessageQueue, _: bytes::Bytes| drop(reckless.queue.receive()));
        rule!("MQ-6", set.is_ok(), "a running pump refused a listener");
    }
    let closer = {
        let (here, there) = (here.clone(), there.clone());
        cx.spawn("closer", move || if how == 1 { here.close() } else { there.close() })
    };
    let other = {
        let (mut pump, handle) = (pump, handle.clone());
        cx.spawn("other", move || match how {
            0 => drop((there.receive(), pump)),
            1 => drop((there.receive(), there.close(), pump)),
            2 => drop((pump.run_until_idle(), handle)),
            _ => drop(pump),
        })
    };
    join(closer);
    join(other);
    drop((here, handle));
    rule!("ALL-3", gone.get() <= 1, "dropped {} times", gone.get());
    gone.get().to_string()
}

/// Uses the queue when it is dropped.
struct Reckless {
    queue: Arc<MessageQueue>,
    pump: Arc<PumpHandle>,
    _held: Held,
}

impl AsRef<[u8]> for Reckless {
    fn as_ref(&self) -> &[u8] {
        b"x"
    }
}

impl Drop for Reckless {
    fn drop(&mut self) {
        let sent = self.queue.send(message("from a destructor"));
        self.queue.close();
        let posted = self.pump.post(|| {});
        drop((sent, posted, self.queue.receive()));
    }
}
