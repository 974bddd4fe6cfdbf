//! EventQueue and EventPump: the order of events, and the sleep of an idle pump.

use std::time::Duration;

use rdv::PumpHandle;
use rdv::sync::atomic::{AtomicUsize, Ordering};
use rdv::sync::time::Deadline;
use rdv::sync::{Arc, Condvar, Mutex};

use super::broker_support::waits;
use super::event_support::{Held, Log, join, post_word, pump, run};
use crate::rule;
use crate::scenario::{Bound, Cx, Level, Run, Scenario};

/// The suite.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        witnesses: &["the first was told of", "a before b", "b before a"],
        runs: &[Run::loom(2, Level::Default), Run::portfolio(2, Level::Quick)],
        ..Scenario::new(
            "event/posters",
            &["PUMP-1", "PUMP-2", "PUMP-3"],
            "Two threads post beside a pump at work, and an event posts another: all run once, in the order of the posts.",
            posters,
        )
    },
    Scenario {
        witnesses: &["the event waited"],
        hang: "PUMP-3",
        spurious: 1,
        ..Scenario::new(
            "event/unlocked",
            &["PUMP-3", "PUMP-1"],
            "While an event runs, another thread posts to the same pump: no lock is held.",
            unlocked,
        )
    },
    Scenario {
        witnesses: &["the pump slept"],
        hang: "PUMP-4",
        choices: &[4],
        deadlines: 1,
        spurious: 2,
        runs: &[Run::loom(2, Level::Default)],
        ..Scenario::new(
            "event/woken",
            &["PUMP-4", "PUMP-5"],
            "A pump that may be asleep is woken by a post, a stop, the drop of its last handle, a delayed event.",
            woken,
        )
    },
    Scenario {
        hang: "PUMP-7",
        choices: &[2],
        deadlines: 5,
        audit_bound: Bound::Preemptions(4),
        ..Scenario::new(
            "event/due",
            &["PUMP-7", "PUMP-2", "ALL-1"],
            "Delayed events wait for their time, also where the pump does not, and run in due order; what is not due at the stop is dropped.",
            due,
        )
    },
    Scenario {
        witnesses: &["the early one came first", "too late"],
        hang: "PUMP-7",
        deadlines: 2,
        runs: &[Run::loom(2, Level::Default)],
        ..Scenario::new(
            "event/earlier",
            &["PUMP-7", "PUMP-4", "PUMP-5"],
            "A pump sleeps until a delayed event is due; one that is due earlier comes first.",
            earlier,
        )
    },
];

/// Posts an event that logs its beginning, posts another, and logs its end.
fn post_nesting(pump: &Arc<PumpHandle>, log: &Log, word: &str) -> bool {
    let (inner, log, word) = (pump.clone(), log.clone(), word.to_owned());
    pump.post(move || {
        log.add(format!("{word}("));
        let accepted = post_word(&inner, &log, format!("{word}'"));
        rule!("PUMP-2", accepted, "a post from inside an event was refused by a running pump");
        log.add(format!("){word}"));
    })
    .is_ok()
}

/// One poster posts a nesting event and then tells so; the other looks whether it was told and posts one. From size 2 on the pump is at
/// work meanwhile.
fn posters(cx: &Cx) -> String {
    let (mut pump, handle) = pump();
    let (log, told) = (Log::default(), Arc::new(AtomicUsize::new(0)));
    let first = {
        let (log, told, handle) = (log.clone(), told.clone(), handle.clone());
        cx.spawn("first", move || {
            let accepted = post_nesting(&handle, &log, "a");
            told.store(1, Ordering::Release);
            accepted
        })
    };
    let second = {
        let (log, handle) = (log.clone(), handle.clone());
        cx.spawn("second", move || {
            let after = told.load(Ordering::Acquire) > 0;
            (post_word(&handle, &log, "b"), after)
        })
    };
    let (mut pump, ran) = if cx.size() > 1 {
        let runner = cx.spawn("pump", move || {
            let ran = pump.turn(1);
            (pump, ran)
        });
        join(runner)
    } else {
        (pump, 0)
    };
    let a = join(first);
    let (b, after) = join(second);
    rule!("PUMP-2", a && b, "a post to a pump that nobody stopped was refused");
    rule!("PUMP-3", ran <= 1, "one turn of one event ran {ran}");
    let ran = ran + pump.run_until_idle();
    check_posters(cx, &log, ran, after);
    log.text()
}

fn check_posters(cx: &Cx, log: &Log, ran: usize, after: bool) {
    let text = log.text();
    if let (Some(begin), Some(end)) = (log.position("a("), log.position(")a")) {
        rule!("PUMP-3", begin + 1 == end, "something ran inside of a: {text}");
    }
    let once = ["a(", ")a", "a'", "b"].iter().all(|word| log.times(word) == 1);
    rule!("PUMP-2", ran == 3 && once, "{ran} of three events ran: {text}");
    rule!("PUMP-1", log.has_in_order(")a", "a'"), "an event ran before the one that posted it: {text}");
    let a_first = log.has_in_order("a(", "b");
    if after {
        cx.witness("the first was told of");
        rule!("PUMP-1", a_first, "b was posted after the post of a had returned: {text}");
    }
    cx.witness(if a_first { "a before b" } else { "b before a" });
}

/// Somewhere to wait inside an event, as no event should.
type Gate = Arc<(Mutex<bool>, Condvar)>;

fn pass(gate: &Gate) {
    let mut open = gate.0.lock();
    while !*open {
        open = gate.1.wait_until(open, Deadline::NEVER).0;
    }
}

/// The first event waits until another thread has posted the second.
fn unlocked(cx: &Cx) -> String {
    let (mut pump, handle) = pump();
    let (log, gate) = (Log::default(), Gate::default());
    let first = {
        let (log, gate) = (log.clone(), gate.clone());
        handle.post(move || {
            pass(&gate);
            log.add("first");
        })
    };
    rule!("PUMP-2", first.is_ok(), "a post was refused by a pump that was not stopped");
    let poster = {
        let log = log.clone();
        let handle = handle.clone();
        cx.spawn("poster", move || {
            let accepted = post_word(&handle, &log, "second");
            *gate.0.lock() = true;
            gate.1.notify_one();
            accepted
        })
    };
    let runner = cx.spawn("pump", move || (pump.run_until_idle(), pump));
    let accepted = join(poster);
    let (ran, pump) = join(runner);
    if waits() > 0 {
        cx.witness("the event waited");
    }
    rule!("PUMP-2", accepted && ran == 2, "{ran} of two events ran");
    rule!("PUMP-1", log.has_in_order("first", "second"), "out of order: {}", log.text());
    drop((handle, pump));
    log.text()
}

/// An event that stops the pump it runs on.
fn stopping(pump: &Arc<PumpHandle>, log: &Log, word: &'static str) -> impl FnOnce() + Send + 'static {
    let (inner, log) = (pump.clone(), log.clone());
    move || {
        log.add(word);
        inner.stop();
    }
}

/// One thing, by choice, that must wake an idle pump and ends its run.
fn woken(cx: &Cx) -> String {
    let (pump, handle) = pump();
    let (log, how) = (Log::default(), cx.choice(0));
    let runner = run(cx, pump);
    let waker = {
        let (log, size) = (log.clone(), cx.size());
        cx.spawn("waker", move || {
            (1..size).for_each(|_| rule!("PUMP-2", post_word(&handle, &log, "before"), "a post was refused"));
            let accepted = match how {
                0 => handle.post(stopping(&handle, &log, "stop")).is_ok(),
                1 => {
                    handle.stop();
                    true
                }
                2 => {
                    drop(handle);
                    return None;
                }
                _ => handle.post_after(Duration::from_micros(1), stopping(&handle, &log, "stop")).is_ok(),
            };
            Some((accepted, handle))
        })
    };
    let kept = join(waker);
    let pump = join(runner);
    let accepted = kept.as_ref().is_none_or(|(accepted, _)| *accepted);
    rule!("PUMP-2", accepted, "a post was refused by a pump that nobody had stopped");
    if waits() > 0 {
        cx.witness("the pump slept");
    }
    rule!("PUMP-2", log.times("before") == cx.size() - 1, "events were lost: {}", log.text());
    rule!("PUMP-2", log.times("stop") == usize::from(matches!(how, 0 | 3)), "not once: {}", log.text());
    drop((kept, pump));
    log.text()
}

/// An event that says whether it came before its time.
fn punctual(log: &Log, word: &'static str, delay: Duration) -> impl FnOnce() + Send + 'static {
    let (log, due) = (log.clone(), Deadline::after(delay));
    move || {
        rule!("PUMP-7", due.passed(), "{word} ran before it was due");
        log.add(word);
    }
}

/// Waits for something that does not come, until so much time has passed.
fn pass_the_time(time: Duration) {
    let (nothing, until) = (Gate::default(), Deadline::after(time));
    let mut waiting = nothing.0.lock();
    while !until.passed() {
        waiting = nothing.1.wait_until(waiting, until).0;
    }
}

/// The pump first runs what is there without waiting, then waits for what is due, of which the second event stops it; the third is
/// dropped. By choice the pump comes when both are due already. Somebody posts an ordinary event meanwhile.
fn due(cx: &Cx) -> String {
    let (mut pump, handle) = pump();
    let log = Log::default();
    let [early, late, after, never] = [20, 40, 60, 1_000_000].map(Duration::from_micros);
    let comes_late = cx.choice(0) == 1;
    let (held, gone) = Held::new();
    let posted = [
        handle.post_after(never, {
            let log = log.clone();
            move || {
                log.add("never");
                drop(held);
            }
        }),
        handle.post_after(late, stopping(&handle, &log, "late")),
        handle.post_after(early, punctual(&log, "early", early)),
    ];
    rule!("PUMP-2", posted.iter().all(Result::is_ok), "a delayed post was refused: {posted:?}");
    let poster = {
        let (log, handle) = (log.clone(), handle.clone());
        cx.spawn("poster", move || post_word(&handle, &log, "now"))
    };
    let runner = {
        let log = log.clone();
        cx.spawn("pump", move || {
            if comes_late {
                pass_the_time(after);
            } else {
                pump.run_until_idle();
                log.add("idle");
            }
            pump.run();
            pump
        })
    };
    let accepted = join(poster);
    let pump = join(runner);
    let text = log.text();
    // On a real clock a pause between the two posts may make the early one due later.
    rule!("PUMP-7", waits() == 0 || log.has_in_order("early", "late"), "not each in due order: {text}");
    rule!(
        "PUMP-7",
        waits() == 0 || comes_late || log.has_in_order("idle", "early"),
        "run_until_idle waited for a delay: {text}"
    );
    rule!("PUMP-2", log.times("now") == usize::from(accepted), "accepted {accepted}, but {text}");
    rule!("PUMP-7", log.times("never") == 0, "what was pending at the stop ran: {text}");
    rule!("PUMP-7", gone.get() == 1, "what was pending at the stop was dropped {} times", gone.get());
    drop(pump);
    text
}

/// The late event stops the pump; another thread posts one that is due early.
fn earlier(cx: &Cx) -> String {
    let (pump, handle) = pump();
    let log = Log::default();
    let [early, late] = [20, 60].map(Duration::from_micros);
    rule!("PUMP-2", handle.post_after(late, stopping(&handle, &log, "late")).is_ok(), "a delayed post was refused");
    let wide = cx.size() > 1;
    let poster = {
        let (log, handle) = (log.clone(), handle.clone());
        cx.spawn("poster", move || {
            // The checkers do not see the explorer's clock. A look at the queue does: it makes them try every time of posting.
            let stopped = wide && handle.is_stopped();
            let log = log.clone();
            let posted = handle.post_after(early, move || log.add("early")).is_ok();
            (posted, stopped)
        })
    };
    let runner = run(cx, pump);
    let (posted, stopped) = join(poster);
    drop(join(runner));
    let text = log.text();
    rule!("PUMP-5", !(posted && stopped), "a stopped pump took a delayed event");
    rule!("PUMP-7", log.times("late") == 1 && log.times("early") <= usize::from(posted), "not once each: {text}");
    match text.as_str() {
        "early late" => cx.witness("the early one came first"),
        _ => cx.witness("too late"),
    }
    text
}
