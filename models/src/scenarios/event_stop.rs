//! EventPump: how it ends, and what a panic takes down.

use std::time::Duration;

use rdv::PumpHandle;
use rdv::sync::Arc;

use super::broker_support::waits;
use super::event_support::{Held, Log, join, post_word, pump, run, run_until_idle};
use super::support::Ghost;
use crate::rule;
use crate::scenario::{Cx, Level, Run, Scenario, panic_deliberately};

/// The suite.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        witnesses: &["accepted", "refused"],
        hang: "PUMP-5",
        runs: &[Run::loom(2, Level::Quick), Run::portfolio(2, Level::Quick)],
        ..Scenario::new(
            "event/stop-races-post",
            &["PUMP-5", "PUMP-2"],
            "A post races a stop: accepted, it runs, once; refused, it is dropped and does not run.",
            stop_races_post,
        )
    },
    Scenario {
        witnesses: &["accepted", "refused"],
        hang: "PUMP-5",
        ..Scenario::new(
            "event/stop-inside",
            &["PUMP-5", "PUMP-2"],
            "An event stops its own pump: what it posted before runs, what it posts after is refused; another thread posts beside.",
            stop_inside,
        )
    },
    Scenario {
        witnesses: &["the pump slept"],
        hang: "PUMP-5",
        choices: &[3],
        deadlines: 1,
        ..Scenario::new(
            "event/last-handle",
            &["PUMP-5", "PUMP-2"],
            "The last handle goes, in a thread or inside an event: what was posted, delayed or not, runs, then the pump's run returns.",
            last_handle,
        )
    },
    Scenario {
        witnesses: &["posted before the panic", "posted after the panic"],
        choices: &[2],
        ..Scenario::new(
            "event/panic",
            &["PUMP-6", "PUMP-2"],
            "An event panics, and by choice the hook that is told of it: the others run, the hook is called once.",
            panicking,
        )
    },
    Scenario {
        witnesses: &["dropped uncalled", "refused"],
        ..Scenario::new(
            "event/dropped-pump",
            &["PUMP-2", "PUMP-5"],
            "A pump that never runs is dropped beside a post: nothing runs, everything is dropped, once.",
            dropped_pump,
        )
    },
];

/// A poster and a stopper; from size 2 on the pump is at work meanwhile.
fn stop_races_post(cx: &Cx) -> String {
    let (pump, handle) = pump();
    let (log, (held, gone)) = (Log::default(), Held::new());
    let poster = {
        let (handle, log) = (handle.clone(), log.clone());
        cx.spawn("poster", move || {
            handle.post(move || {
                log.add("ran");
                drop(held);
            })
        })
    };
    let stopper = {
        let handle = handle.clone();
        cx.spawn("stopper", move || handle.stop())
    };
    let pump = if cx.size() > 1 { join(run(cx, pump)) } else { pump };
    let posted = join(poster);
    join(stopper);
    let mut pump = pump;
    pump.run();
    let ran = log.times("ran");
    rule!("PUMP-2", posted.is_ok() || ran == 0, "a refused event ran");
    rule!("PUMP-5", posted.is_err() || ran == 1, "an event that was accepted before the stop ran {ran} times");
    rule!("PUMP-2", gone.get() == 1, "the event was dropped {} times", gone.get());
    let late = post_word(&handle, &log, "late");
    rule!("PUMP-5", !late && pump.run_until_idle() == 0, "a stopped pump accepted a post");
    cx.witness(if posted.is_ok() { "accepted" } else { "refused" });
    format!("{posted:?} {}", log.text())
}

/// The pump runs an event that posts, stops and posts again; another thread posts one, too.
fn stop_inside(cx: &Cx) -> String {
    let (pump, handle) = pump();
    let log = Log::default();
    let stopping = {
        let (inner, log) = (handle.clone(), log.clone());
        move || {
            rule!("PUMP-2", post_word(&inner, &log, "before"), "a running pump refused a post");
            inner.stop();
            inner.stop();
            rule!("PUMP-5", !post_word(&inner, &log, "after"), "a stopped pump accepted a post");
            log.add("stopped");
        }
    };
    rule!("PUMP-2", handle.post(stopping).is_ok(), "a post was refused by a pump that was not stopped");
    let poster = {
        let (log, handle) = (log.clone(), handle.clone());
        cx.spawn("poster", move || post_word(&handle, &log, "other"))
    };
    let runner = run(cx, pump);
    let accepted = join(poster);
    let pump = join(runner);
    let text = log.text();
    rule!("PUMP-5", log.has_in_order("stopped", "before") && log.times("after") == 0, "after the stop: {text}");
    rule!("PUMP-5", log.times("other") == usize::from(accepted), "accepted {accepted}, but: {text}");
    cx.witness(if accepted { "accepted" } else { "refused" });
    drop(pump);
    text
}

/// The last handle goes in a thread, after a post, delayed or not; or another one is held by an event, and either may be the last.
fn last_handle(cx: &Cx) -> String {
    let (pump, handle) = pump();
    let log = Log::default();
    let (inside, delayed) = (cx.choice(0) == 1, cx.choice(0) == 2);
    if inside {
        let (log, other) = (log.clone(), PumpHandle::clone(&handle));
        let posted = handle.post(move || {
            log.add("ran");
            drop(other);
        });
        rule!("PUMP-2", posted.is_ok(), "a post was refused");
    }
    let dropper = {
        let log = log.clone();
        cx.spawn("dropper", move || match delayed {
            true => handle.post_after(Duration::from_micros(20), move || log.add("ran")).is_ok(),
            false => inside || post_word(&handle, &log, "ran"),
        })
    };
    let runner = run(cx, pump);
    let posted = join(dropper);
    let pump = join(runner);
    if waits() > 0 {
        cx.witness("the pump slept");
    }
    rule!("PUMP-2", posted && log.times("ran") == 1, "accepted {posted}, but: {}", log.text());
    drop(pump);
    log.text()
}

/// One event panics while another thread posts one that does not.
fn panicking(cx: &Cx) -> String {
    let (mut pump, handle) = pump();
    let (log, told) = (Log::default(), Arc::new(Ghost::new()));
    let hook_panics = cx.choice(0) == 1;
    let hook = {
        let (log, told) = (log.clone(), told.clone());
        move |report: rdv::PanicReport| {
            log.add("hook");
            told.count();
            drop(report);
            if hook_panics {
                panic_deliberately();
            }
        }
    };
    pump.on_panic(hook);
    let (held, gone) = Held::new();
    let bad = handle.post(move || {
        let _held = held;
        panic_deliberately();
    });
    rule!("PUMP-2", bad.is_ok() && post_word(&handle, &log, "good"), "a post was refused");
    let poster = {
        let (log, handle) = (log.clone(), handle.clone());
        cx.spawn("poster", move || post_word(&handle, &log, "other"))
    };
    let runner = run_until_idle(cx, pump);
    let posted = join(poster);
    let mut pump = join(runner);
    cx.witness(if log.times("other") == 1 { "posted before the panic" } else { "posted after the panic" });
    pump.run_until_idle();
    let text = log.text();
    rule!("PUMP-6", told.get() == 1, "the hook was told {} times", told.get());
    rule!("PUMP-6", posted && log.times("good") == 1 && log.times("other") == 1, "others went down: {text}");
    rule!("PUMP-6", log.has_in_order("hook", "good"), "out of order: {text}");
    rule!("PUMP-2", gone.get() == 1, "what the event held was dropped {} times", gone.get());
    text
}

/// A pump goes, with an event that it never ran, while another thread posts one.
fn dropped_pump(cx: &Cx) -> String {
    let (pump, handle) = pump();
    let log = Log::default();
    let (held, gone) = Held::new();
    let (other, other_gone) = Held::new();
    let event = |held: Held| {
        let log = log.clone();
        move || {
            log.add("ran");
            drop(held);
        }
    };
    rule!("PUMP-2", handle.post(event(held)).is_ok(), "a post was refused");
    let poster = {
        let (event, handle) = (event(other), handle.clone());
        cx.spawn("poster", move || handle.post(event).is_ok())
    };
    let dropper = cx.spawn("dropper", move || drop(pump));
    let posted = join(poster);
    join(dropper);
    rule!("PUMP-2", log.is_empty(), "an event ran without a pump");
    rule!("PUMP-2", gone.get() == 1 && other_gone.get() == 1, "dropped {} and {} times", gone.get(), other_gone.get());
    rule!("PUMP-5", !post_word(&handle, &log, "late"), "a pump that is gone accepted a post");
    cx.witness(if posted { "dropped uncalled" } else { "refused" });
    posted.to_string()
}
