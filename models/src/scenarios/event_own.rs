//! Events that post to the pump they run on: their posts need no lock while nobody else has done anything (Q6).

use rdv::sync::Arc;
use rdv::sync::atomic::{AtomicUsize, Ordering};

use super::event_support::{Log, post_word, pump, race};
use crate::rule;
use crate::scenario::{Cx, Level, Run, Scenario};

/// The suite.
pub const SCENARIOS: &[Scenario] = &[Scenario {
    witnesses: &["the event was told", "the other was told"],
    choices: &[2],
    runs: &[Run::loom(2, Level::Quick), Run::portfolio(2, Level::Quick)],
    ..Scenario::new(
        "event/own-posts",
        &["PUMP-1", "PUMP-5", "PUMP-2"],
        "An event posts to its own pump while another thread posts there, or stops it: whoever was told of the other comes after it.",
        own_posts,
    )
}];

/// At size 2 the event posts twice, before it looks whether the other was there and after.
fn own_posts(cx: &Cx) -> String {
    let (mut pump, handle) = pump();
    let (log, stops) = (Log::default(), cx.choice(0) == 1);
    let (event_did, other_did) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let event = {
        let (log, handle, event_did, other_did) = (log.clone(), handle.clone(), event_did.clone(), other_did.clone());
        let early = cx.size() > 1;
        move || {
            if early && post_word(&handle, &log, "early") {
                log.add("early accepted");
            }
            if other_did.load(Ordering::Acquire) > 0 {
                log.add("event told");
            }
            if post_word(&handle, &log, "own") {
                log.add("own accepted");
            }
            event_did.store(1, Ordering::Release);
        }
    };
    rule!("PUMP-2", handle.post(event).is_ok(), "a post was refused by a pump that nobody had stopped");
    let runner = move || {
        pump.run_until_idle();
        pump
    };
    let other = {
        let (log, handle) = (log.clone(), handle.clone());
        move || {
            let told = event_did.load(Ordering::Acquire) > 0;
            let accepted = if stops {
                handle.stop();
                false
            } else {
                post_word(&handle, &log, "other")
            };
            other_did.store(1, Ordering::Release);
            (told, accepted)
        }
    };
    let (mut pump, (other_told, accepted)) = race(cx, runner, other);
    pump.run_until_idle();
    rule!("PUMP-2", accepted != stops, "a post was refused by a pump that nobody had stopped");
    check(cx, &log, stops, other_told, accepted);
    drop((handle, pump));
    log.text()
}

/// The log is written by events only, so it is in the order of the pump.
fn check(cx: &Cx, log: &Log, stops: bool, other_told: bool, accepted: bool) {
    let (text, event_told, own) = (log.text(), log.times("event told") == 1, log.times("own accepted") == 1);
    for (word, accepted) in [("own", own), ("early", log.times("early accepted") == 1), ("other", accepted)] {
        rule!("PUMP-2", log.times(word) == usize::from(accepted), "{word} was accepted {accepted}, but: {text}");
    }
    rule!("PUMP-1", !log.has_in_order("own", "early"), "out of order: {text}");
    rule!("PUMP-3", !log.has_in_order("own", "own accepted"), "it ran inside the event that posted it: {text}");
    if event_told {
        cx.witness("the event was told");
        rule!("PUMP-1", stops || log.has_in_order("other", "own"), "the other post had returned before: {text}");
        rule!("PUMP-5", !stops || !own, "a post was accepted after the stop: {text}");
    }
    if other_told {
        cx.witness("the other was told");
        rule!("PUMP-1", stops || log.has_in_order("own", "other"), "the event's post had returned before: {text}");
        rule!("PUMP-5", own, "a post before the stop was refused: {text}");
    }
}
