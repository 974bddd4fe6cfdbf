//! MessageQueue with listeners: what they are told, in which order, and what happens when they change.

use rdv::sync::Arc;
use rdv::{MessageQueue, PumpHandle, ReceiveError};

use super::event_support::{Ear, Log, at_work, drain, ends, join, message, pump, race, run_until_idle, working};
use super::support::Ghost;
use crate::rule;
use crate::scenario::{Bound, Cx, Level, Run, Scenario};

/// The suite.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        witnesses: &["full first", "full later"],
        runs: &[Run::loom(2, Level::Default), Run::portfolio(2, Level::Quick)],
        ..Scenario::new(
            "queue/writable",
            &["MQ-3", "MQ-5"],
            "Sends to a full queue race a receive: one `writable` per time it was full, once there is room.",
            writable,
        )
    },
    Scenario {
        audit_bound: Bound::Preemptions(5),
        witnesses: &["kept", "came later"],
        runs: &[Run::loom_bounded(2, 3, Level::Default), Run::portfolio(2, Level::Quick)],
        ..Scenario::new(
            "queue/set-listener",
            &["MQ-6", "MQ-1", "MQ-5"],
            "A listener is set while messages arrive: it is called for each, in order, on its pump only.",
            set_listener,
        )
    },
    Scenario {
        witnesses: &["the second got all", "each got one"],
        choices: &[2],
        audit_bound: Bound::Preemptions(4),
        ..Scenario::new(
            "queue/replaced",
            &["MQ-6", "MQ-5"],
            "A second listener, by choice on another pump, replaces the first while that is called: nothing is lost, repeated or told beside.",
            replaced,
        )
    },
    Scenario {
        witnesses: &["the pump was running", "the pump had stopped"],
        hang: "MQ-11",
        audit_bound: Bound::Preemptions(4),
        ..Scenario::new(
            "queue/successor-stops",
            &["MQ-11", "MQ-7", "MQ-6", "PUMP-5"],
            "The pump of a listener that waits to replace a running one stops: the end is closed, one of them is told, and the peer learns.",
            successor_stops,
        )
    },
    Scenario {
        witnesses: &["before or after"],
        choices: &[2],
        audit_bound: Bound::Preemptions(3),
        ..Scenario::new(
            "queue/away-and-back",
            &["MQ-6", "MQ-7", "MQ-1"],
            "A listener is replaced from inside its callback by one on another pump and then by one on its own, while the peer sends or closes.",
            away_and_back,
        )
    },
    Scenario {
        audit_bound: Bound::Preemptions(3),
        witnesses: &["the other first", "the other last"],
        runs: &[Run::loom_bounded(2, 3, Level::Default), Run::portfolio(2, Level::Quick)],
        ..Scenario::new(
            "queue/order-across",
            &["MQ-5"],
            "Two threads send on two queues of one pump: callbacks come in the order of the sends, when the pump runs.",
            order_across,
        )
    },
];

/// Sets a listener that logs.
fn listen(queue: &MessageQueue, pump: &PumpHandle, ear: Ear) {
    let set = queue.set_listener(pump, ear);
    rule!("MQ-6", set.is_ok(), "a running pump refused a listener");
}

/// The only place is taken; two more sends race a receive. From size 2 on the pump is at work meanwhile.
fn writable(cx: &Cx) -> String {
    let ((here, there), (pump, handle), log) = (ends(1), pump(), Log::default());
    listen(&here, &handle, Ear::new("ear", &log));
    rule!("MQ-3", here.send(message("0")).is_ok(), "an empty queue refused a message");
    let sender = {
        let here = here.clone();
        cx.spawn("sender", move || ["1", "2"].map(|text| here.send(message(text)).is_ok()))
    };
    let receiver = {
        let there = there.clone();
        cx.spawn("receiver", move || there.receive().is_ok())
    };
    let mut pump = if cx.size() > 1 { join(run_until_idle(cx, pump)) } else { pump };
    let sent = join(sender);
    rule!("MQ-3", join(receiver), "a full queue had no message");
    rule!("MQ-5", cx.size() > 1 || log.is_empty(), "called without the pump: {}", log.text());
    pump.run_until_idle();
    let told = log.times("ear:writable");
    // With one receive there is room once: either the first send comes before it, or the second finds the queue full again.
    rule!("MQ-3", sent != [true, true], "two messages in one place");
    rule!("MQ-3", told == usize::from(!sent[0]), "sent {sent:?}: {told} times writable while there was room once");
    let left = drain(&there);
    pump.run_until_idle();
    let told = log.times("ear:writable");
    rule!("MQ-3", told == 1, "sent {sent:?}: {told} times writable in the end");
    rule!("MQ-1", left.0.len() == usize::from(sent[0] || sent[1]), "sent {sent:?}, {left:?} is left");
    cx.witness(if sent[0] { "full later" } else { "full first" });
    format!("{sent:?} {left:?}")
}

/// Two messages, and a listener. From size 2 on the pump is at work from the beginning.
fn set_listener(cx: &Cx) -> String {
    let ((here, there), (pump, handle), log) = (ends(2), pump(), Log::default());
    let sent = Arc::new(Ghost::new());
    let sender = {
        let here = here.clone();
        let sent = sent.clone();
        cx.spawn("sender", move || {
            let accepted = ["0", "1"].map(|text| here.send(message(text)).is_ok());
            sent.count();
            accepted
        })
    };
    let setter = {
        let (there, log, handle, note) = (there.clone(), log.clone(), handle.clone(), cx.clone());
        cx.spawn("setter", move || {
            listen(&there, &handle, Ear::new("ear", &log));
            note.witness(if sent.is_set() { "kept" } else { "came later" });
            there.receive()
        })
    };
    let mut pump = if cx.size() > 1 { join(run_until_idle(cx, pump)) } else { pump };
    let (sent, received) = (join(sender), join(setter));
    rule!("MQ-3", sent == [true, true], "a queue with room refused a message");
    rule!("MQ-6", received == Err(ReceiveError::HasListener), "beside the listener: {received:?}");
    rule!("MQ-5", cx.size() > 1 || log.is_empty(), "called without the pump: {}", log.text());
    pump.run_until_idle();
    let heard = log.after("ear:");
    rule!("MQ-6", heard == ["0", "1"], "sent 0 and 1, the listener heard {heard:?}");
    log.text()
}

/// The first listener is called on its pump, for two messages, while another is set.
fn replaced(cx: &Cx) -> String {
    let ((here, there), (mut one, one_handle)) = (ends(2), pump());
    let elsewhere = cx.choice(0) == 1;
    let (mut other, other_handle) = if elsewhere { pump() } else { (rdv::EventPump::new(), one_handle.clone()) };
    let place = if elsewhere { "other" } else { "one" };
    let (first, second, inside) = (Log::default(), Log::default(), Arc::new(Ghost::new()));
    let beside = inside.clone();
    let ear = Ear::reacting("ear", &first, move |queue, what| {
        rule!("MQ-5", at_work() == "one", "the first was told {what} by the pump {:?}", at_work());
        inside.count();
        let _ = queue.is_closed();
        inside.reset();
    });
    listen(&there, &one_handle, ear);
    rule!("MQ-3", ["0", "1"].iter().all(|text| here.send(message(text)).is_ok()), "refused with room");
    let runner = move || {
        working("one", || one.turn(1));
        one
    };
    let setter = {
        let (there, second) = (there.clone(), second.clone());
        move || {
            let ear = Ear::reacting("ear", &second, move |_, what| {
                rule!("MQ-6", !beside.is_set(), "{what} beside the first");
                rule!("MQ-5", at_work() == place, "the second was told {what} by the pump {:?}", at_work());
            });
            listen(&there, &other_handle, ear);
            working("other", || other.turn(1));
            (other, other_handle)
        }
    };
    let (mut one, (mut other, other_handle)) = race(cx, runner, setter);
    while working("one", || one.run_until_idle()) + working("other", || other.run_until_idle()) > 0 {}
    drop(other_handle);
    let heard = [first.after("ear:"), second.after("ear:")];
    let messages: Vec<_> = heard.iter().flatten().filter(|what| *what != "dropped").collect();
    rule!("MQ-6", messages == ["0", "1"], "sent 0 and 1, heard {heard:?}");
    rule!("MQ-6", heard[0].last().is_some_and(|last| last == "dropped"), "the first was kept: {heard:?}");
    rule!("MQ-6", second.times("ear:dropped") == 0, "the second was dropped: {heard:?}");
    cx.witness(["the second got all", "each got one", "the first got all"][heard[0].len() - 1]);
    format!("{heard:?}")
}

/// From inside a callback, a listener on another pump is set, which stops meanwhile.
fn successor_stops(cx: &Cx) -> String {
    let ((here, there), (mut one, one_handle), (other, other_handle)) = (ends(1), pump(), pump());
    let (first, second) = (Log::default(), Log::default());
    let ear = {
        let (second, handle) = (second.clone(), other_handle.clone());
        let mut once = true;
        Ear::reacting("ear", &first, move |queue, _| {
            if std::mem::take(&mut once) && queue.set_listener(&handle, Ear::new("ear", &second)).is_err() {
                second.add("refused");
            }
        })
    };
    listen(&there, &one_handle, ear);
    rule!("MQ-3", here.send(message("0")).is_ok(), "refused with room");
    let mut other = other;
    let runner = move || {
        one.run_until_idle();
        one
    };
    let stopper = {
        let handle = other_handle.clone();
        move || {
            handle.stop();
            other.run();
            other
        }
    };
    let (mut one, other) = race(cx, runner, stopper);
    one.run_until_idle();
    let told = first.times("ear:closed") + second.times("ear:closed");
    let text = format!("{:?} {:?}", first.words(), second.words());
    if second.times("refused") == 1 {
        cx.witness("the pump had stopped");
        rule!("MQ-6", told == 0 && !there.is_closed(), "a refused listener changed something: {text}");
    } else {
        cx.witness("the pump was running");
        rule!("MQ-11", there.is_closed() && here.is_closed(), "the end of a stopped pump is open: {text}");
        rule!("MQ-7", told == 1, "closed was told {told} times: {text}");
        rule!("PUMP-5", here.send(message("1")).is_err(), "a message that nobody will get was accepted");
        rule!("MQ-6", first.times("ear:dropped") == 1, "after the close the listener stays: {text}");
    }
    rule!("MQ-1", first.times("ear:0") == 1, "{text}");
    drop(other);
    text
}

/// The listener sets another on another pump and then one on its own, while the peer sends one more or closes, by choice.
fn away_and_back(cx: &Cx) -> String {
    let ((here, there), (mut one, one_handle), (mut other, other_handle)) = (ends(2), pump(), pump());
    let (log, away, closes) = (Log::default(), Log::default(), cx.choice(0) == 1);
    let ear = {
        let (log, away, handle, back) =
            (log.clone(), away.clone(), other_handle.clone(), PumpHandle::clone(&one_handle));
        let mut once = true;
        Ear::reacting("first", &Log::default(), move |queue, _| {
            if std::mem::take(&mut once) {
                listen(queue, &handle, Ear::new("away", &away));
                let between = queue.is_closed();
                listen(queue, &back, Ear::new("back", &log));
                log.add(if between { "between" } else { "set" });
            }
        })
    };
    listen(&there, &one_handle, ear);
    rule!("MQ-3", here.send(message("0")).is_ok(), "refused with room");
    let peer = {
        let here = here.clone();
        move || {
            if closes {
                here.close();
            } else {
                rule!("MQ-3", here.send(message("1")).is_ok(), "refused with room");
            }
        }
    };
    let runner = move || {
        one.run_until_idle();
        one
    };
    let ((), mut one) = race(cx, peer, runner);
    one.run_until_idle();
    other.run_until_idle();
    cx.witness(if log.times("between") == 1 { "between" } else { "before or after" });
    let told = log.after("back:");
    let word = if closes { "closed" } else { "1" };
    rule!("MQ-7", !closes || log.times("back:closed") == 1, "closed by the peer, but the listener heard {told:?}");
    rule!("MQ-6", log.times(&format!("back:{word}")) == 1, "the listener heard {told:?}");
    rule!("MQ-6", away.words() == ["away:dropped"], "the one that was never in place: {:?}", away.words());
    format!("{told:?}")
}

/// One sends on the first queue and then on the second, another on the second. From size 2 on the pump is at work meanwhile.
fn order_across(cx: &Cx) -> String {
    let ((pump, handle), log) = (pump(), Log::default());
    let queues = [ends(2), ends(2)];
    for (number, (_, there)) in queues.iter().enumerate() {
        let inner = there.clone();
        let ear = Ear::reacting(["x", "y"][number], &log, move |_, _| {
            let _ = inner.is_closed();
        });
        listen(there, &handle, ear);
    }
    let send = |queue: usize, text| {
        let here = queues[queue].0.clone();
        move || rule!("MQ-3", here.send(message(text)).is_ok(), "refused with room")
    };
    let (first, second, third) = (send(0, "1"), send(1, "2"), send(1, "3"));
    let one = cx.spawn("one", move || {
        first();
        second();
    });
    let other = cx.spawn("other", third);
    let mut pump = if cx.size() > 1 { join(run_until_idle(cx, pump)) } else { pump };
    join(one);
    join(other);
    rule!("MQ-5", cx.size() > 1 || log.is_empty(), "called without the pump: {}", log.text());
    pump.run_until_idle();
    let text = log.text();
    rule!("MQ-1", log.words().len() == 3, "three messages were sent: {text}");
    rule!("MQ-5", log.has_in_order("x:1", "y:2"), "not in the order of the sends: {text}");
    cx.witness(if log.has_in_order("y:3", "x:1") { "the other first" } else { "the other last" });
    // The listeners hold handles to their own queues.
    queues.iter().for_each(|(_, there)| there.close());
    pump.run_until_idle();
    text
}
