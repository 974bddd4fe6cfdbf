//! What a listener does inside of its own callback, and where callbacks run: on the pump, one at a time, whoever sends.

use rdv::sync::Arc;
use rdv::{EventPump, MessageQueue, PumpHandle};

use super::event_support::{Ear, Log, at_work, ends, join, message, pump, race, working};
use super::support::Ghost;
use crate::rule;
use crate::scenario::{Bound, Cx, Level, Run, Scenario};

/// The suite.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        witnesses: &["sent beside the callback", "refused"],
        hang: "ALL-2",
        choices: &[4],
        audit_bound: Bound::Preemptions(3),
        runs: &[Run::loom_bounded(2, 3, Level::Default), Run::portfolio(2, Level::Quick)],
        ..Scenario::new(
            "queue/inside",
            &["MQ-5", "MQ-7", "PUMP-5", "ALL-2"],
            "A listener answers, closes its queue, stops its pump, or all of these, from inside, while its peer sends; both ends listen on that pump.",
            inside,
        )
    },
    Scenario {
        witnesses: &["x first", "y first"],
        audit_bound: Bound::Preemptions(3),
        runs: &[Run::loom_bounded(2, 2, Level::Default), Run::portfolio(3, Level::Quick)],
        ..Scenario::new(
            "queue/one-at-a-time",
            &["MQ-5", "MQ-1"],
            "Two threads send on two queues of one pump that is at work: each callback runs on the pump, and never two at once.",
            one_at_a_time,
        )
    },
];

/// A listener that checks where it is called and that no other of `inside` is called meanwhile, then does that.
fn careful(
    name: &'static str,
    log: &Log,
    inside: &Arc<Ghost>,
    mut then: impl FnMut(&MessageQueue, &str) + Send + 'static,
) -> Ear {
    let inside = inside.clone();
    Ear::reacting(name, log, move |queue, what| {
        rule!("MQ-5", at_work() == "pump", "{name}:{what} was called by a thread that is not the pump's");
        rule!("MQ-5", !inside.is_set(), "{name}:{what} was called while another callback ran");
        inside.count();
        then(queue, what);
        // A step, so that the others are seen to come between.
        let _ = queue.is_closed();
        inside.reset();
    })
}

fn listen(queue: &MessageQueue, pump: &PumpHandle, ear: Ear) {
    rule!("MQ-6", queue.set_listener(pump, ear).is_ok(), "a running pump refused a listener");
}

fn run(pump: &mut EventPump) {
    working("pump", || pump.run_until_idle());
}

/// What a listener does inside, by choice.
#[derive(Clone, Copy)]
struct Deeds {
    answers: bool,
    closes: bool,
    stops: bool,
}

impl Deeds {
    fn of(choice: usize) -> Self {
        Self { answers: matches!(choice, 0 | 3), closes: matches!(choice, 1 | 3), stops: matches!(choice, 2 | 3) }
    }

    fn perform(self, queue: &MessageQueue, pump: &PumpHandle) {
        if self.answers {
            rule!("MQ-3", queue.send(message("back")).is_ok(), "an answer was refused with room");
        }
        if self.closes {
            queue.close();
        }
        if self.stops {
            pump.stop();
        }
    }
}

/// The first message is there before the pump runs; as many more as the scenario is large come while it does.
fn inside(cx: &Cx) -> String {
    let ((here, there), (mut pump, handle)) = (ends(1 + cx.size()), pump());
    let (log, inside, deeds) = (Log::default(), Arc::new(Ghost::new()), Deeds::of(cx.choice(0)));
    let react = {
        let handle = handle.clone();
        move |queue: &MessageQueue, what: &str| {
            if what == "0" {
                deeds.perform(queue, &handle);
            }
        }
    };
    listen(&there, &handle, careful("there", &log, &inside, react));
    listen(&here, &handle, careful("here", &log, &inside, |_, _| {}));
    rule!("MQ-3", here.send(message("0")).is_ok(), "refused with room");
    let runner = move || {
        run(&mut pump);
        pump
    };
    let sender = {
        let (here, size, note) = (here.clone(), cx.size(), cx.clone());
        move || {
            let send = |text: &&'static str| {
                if inside.is_set() {
                    note.witness("sent beside the callback");
                }
                here.send(message(text)).is_ok()
            };
            ["1", "2"][..size].iter().filter(|text| send(text)).map(|text| (*text).to_owned()).collect::<Vec<_>>()
        }
    };
    let (mut pump, sent) = race(cx, runner, sender);
    run(&mut pump);
    here.close();
    run(&mut pump);
    if sent.len() < cx.size() {
        cx.witness("refused");
    }
    check_inside(deeds, &log, &sent);
    drop((handle, pump));
    log.text()
}

fn check_inside(deeds: Deeds, log: &Log, sent: &[String]) {
    let (here, there, text) = (log.after("here:"), log.after("there:"), log.text());
    let told = |ear: &[String]| ear.strip_suffix(&["closed".to_owned(), "dropped".to_owned()]).map(<[_]>::to_vec);
    let (Some(here), Some(there)) = (told(&here), told(&there)) else {
        panic!("MQ-7: `closed` is not the last call at each end: {text}");
    };
    let answer = if deeds.answers { vec!["back"] } else { vec![] };
    rule!("MQ-7", here == answer, "what was sent before the close has to arrive, and nothing else: {text}");
    // What the closed end has not received is dropped; a stop delivers what was accepted before it.
    let due = if deeds.closes { &[] } else { sent };
    rule!("PUMP-5", there.first().is_some_and(|first| first == "0") && &there[1..] == due, "sent {sent:?}: {text}");
}

/// One sends on the first queue, the other on the second; from size 2 on the first then closes its own, from size 3 on each sends on the other one's, too.
fn one_at_a_time(cx: &Cx) -> String {
    let ((mut pump, handle), log, inside) = (pump(), Log::default(), Arc::new(Ghost::new()));
    let queues = [ends(2), ends(2)];
    for ((_, there), name) in queues.iter().zip(["x", "y"]) {
        listen(there, &handle, careful(name, &log, &inside, |_, _| {}));
    }
    let sender = |number: usize| {
        let [own, other] = [number, 1 - number].map(|queue| queues[queue].0.clone());
        // No more than three posts while loom looks: each, and each take, is a store to the word that tells of news.
        let (closes, crosses) = (cx.size() > 1 && number == 0, cx.size() > 2);
        cx.spawn(["one", "other"][number], move || {
            let mut sent = vec![own.send(message("1")).is_ok()];
            if crosses {
                sent.push(other.send(message("2")).is_ok());
            }
            if closes {
                own.close();
            }
            sent
        })
    };
    let senders = [sender(0), sender(1)];
    let runner = cx.spawn("pump", move || {
        run(&mut pump);
        pump
    });
    let sent = senders.map(join);
    let mut pump = join(runner);
    run(&mut pump);
    queues.iter().for_each(|(here, _)| here.close());
    run(&mut pump);
    let text = log.text();
    let [x, y] = ["x:", "y:"].map(|name| log.after(name).len() - 2);
    let accepted = sent.iter().flatten().filter(|sent| **sent).count();
    rule!("MQ-1", x + y == accepted, "{accepted} messages were accepted: {text}");
    cx.witness(if log.has_in_order("x:1", "y:1") { "x first" } else { "y first" });
    drop((handle, pump));
    text
}
