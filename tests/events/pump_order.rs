//! Which events run, when, and where: PUMP-1 to PUMP-4, PUMP-6, PUMP-7.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rdv::{EventPump, PumpHandle};

use crate::support::asleep::blocking;
use crate::support::eventually;
use crate::support::world::{join, spawn};
use crate::test;
use crate::world::{Log, driven};

#[test]
fn pump_1_events_run_in_the_order_of_their_posts() {
    test(|| {
        let ((mut pump, handle), log) = (driven(), Log::default());
        for number in 0..10 {
            // Posts of several threads, one after the other.
            let (handle, event) = (handle.clone(), log.event(number.to_string()));
            join(spawn("poster", move || handle.post(event))).expect("the pump runs");
        }
        assert_eq!(pump.run_until_idle(), 10);
        assert_eq!(log.all(), (0..10).map(|number| number.to_string()).collect::<Vec<_>>());
    });
}

#[test]
fn pump_1_posts_of_one_thread_stay_in_order_among_those_of_others() {
    const POSTS: usize = 2000;
    test(|| {
        let (pump, thread) = EventPump::spawn("pump").expect("a thread");
        let (heard, hears) = mpsc::channel();
        let posters = (0..4).map(|poster| {
            let (pump, heard) = (pump.clone(), heard.clone());
            spawn("poster", move || {
                for number in 0..POSTS {
                    let heard = heard.clone();
                    pump.post(move || heard.send((poster, number)).expect("the test listens")).expect("it runs");
                }
            })
        });
        posters.collect::<Vec<_>>().into_iter().for_each(join);
        pump.stop();
        join(thread);
        let mut next = [0; 4];
        for (poster, number) in hears.try_iter() {
            assert_eq!(number, next[poster], "poster {poster}");
            next[poster] += 1;
        }
        assert_eq!(next, [POSTS; 4]);
    });
}

#[test]
fn pump_2_each_event_runs_once_whatever_its_size() {
    let ((mut pump, handle), log) = (driven(), Log::default());
    let (small, large) = (log.clone(), log.clone());
    let ballast = [7_u8; 1000];
    handle.post(|| {}).expect("it runs");
    handle.post(move || small.add("small")).expect("it runs");
    handle
        .post(move || large.add(ballast.map(|byte| char::from(b'0' + byte)).iter().collect::<String>()))
        .expect("runs");
    assert_eq!((pump.run_until_idle(), pump.run_until_idle()), (3, 0));
    assert_eq!(log.all(), ["small".to_owned(), "7".repeat(1000)]);
}

#[test]
fn pump_2_a_refused_post_drops_the_event_uncalled() {
    test(|| {
        let ((mut pump, handle), log) = (driven(), Log::default());
        handle.stop();
        for (number, delay) in [None, Some(Duration::ZERO), Some(Duration::MAX)].into_iter().enumerate() {
            let (dropped, called) = (log.on_drop(format!("dropped {number}")), log.clone());
            let event = move || {
                let _dropped = &dropped;
                called.add("called");
            };
            match delay {
                None => handle.post(event),
                Some(delay) => handle.post_after(delay, event),
            }
            .expect_err("stopped");
        }
        assert_eq!(log.take(), ["dropped 0", "dropped 1", "dropped 2"]);
        pump.run();
        assert!(log.all().is_empty());
    });
}

#[test]
fn pump_2_a_pump_that_never_runs_again_drops_its_events_uncalled() {
    let ((mut pump, handle), log) = (driven(), Log::default());
    let post = |what: &str| {
        let (dropped, called) = (log.on_drop(format!("{what} dropped")), log.event("called"));
        move || {
            let _dropped = dropped;
            called();
        }
    };
    handle.post(log.event("ran")).expect("it runs");
    handle.post(post("in the batch")).expect("it runs");
    assert_eq!(pump.turn(1), 1);
    handle.post(post("queued")).expect("it runs");
    handle.post_after(Duration::MAX, post("delayed")).expect("it runs");
    drop(pump);
    assert_eq!(log.all(), ["ran", "in the batch dropped", "queued dropped", "delayed dropped"]);
    handle.post(|| {}).expect_err("the pump is gone");
}

#[test]
fn pump_3_an_event_runs_to_completion_before_what_it_posts() {
    let ((mut pump, handle), log) = (driven(), Log::default());
    let (again, inner) = (handle.clone(), log.clone());
    let outer = move || {
        again.post(inner.event("inner")).expect("it runs");
        inner.add("the rest of the outer one");
    };
    handle.post(outer).expect("it runs");
    handle.post(log.event("posted before the inner one")).expect("it runs");
    pump.run_until_idle();
    assert_eq!(log.all(), ["the rest of the outer one", "posted before the inner one", "inner"]);
}

#[test]
fn pump_3_events_run_on_the_pump_thread() {
    test(|| {
        let (pump, thread) = EventPump::spawn("the pump").expect("a thread");
        let (heard, hears) = mpsc::channel();
        pump.post(move || heard.send((thread::current().id(), thread::current().name().map(str::to_owned))).unwrap())
            .expect("it runs");
        let (id, name) = hears.recv().expect("the event ran");
        assert_eq!((id, name.as_deref()), (thread.thread().id(), Some("the pump")));
        pump.stop();
        join(thread);
    });
}

#[test]
fn all_4_a_pump_may_have_any_name() {
    test(|| {
        for name in ["", "a\0b", "\0", "a name that is longer than the system's fifteen bytes"] {
            let (pump, thread) = EventPump::spawn(name).expect("a thread");
            pump.stop();
            join(thread);
        }
    });
}

#[test]
fn pump_4_an_idle_pump_sleeps_until_a_post_or_a_stop() {
    test(|| {
        let ((mut pump, handle), log) = (driven(), Log::default());
        let running = blocking("pump", move || pump.run());
        for _ in 0..20 {
            handle.post(log.event("ran")).expect("it runs");
            eventually("the event runs", || log.take() == ["ran"]);
            running.until_asleep();
        }
        // A delayed event that is not due does not keep it awake.
        handle.post_after(Duration::from_secs(3600), || {}).expect("it runs");
        running.until_asleep();
        handle.stop();
        running.join();
    });
}

#[test]
#[cfg(unix)]
fn pump_4_an_idle_pump_uses_no_cpu() {
    const LOOK: Duration = Duration::from_millis(60);

    /// The processor time of this thread.
    fn used() -> Duration {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: `time` is a timespec to be written to.
        let result = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
        assert_eq!(result, 0, "the clock is there");
        Duration::new(time.tv_sec.try_into().expect("positive"), time.tv_nsec.try_into().expect("below a second"))
    }

    test(|| {
        let (pump, thread) = EventPump::spawn("pump").expect("a thread");
        let (tell, told) = mpsc::channel();
        pump.post_after(Duration::from_secs(3600), || {}).expect("it runs");
        let look = || {
            let tell = tell.clone();
            pump.post(move || tell.send(used()).expect("the test listens")).expect("it runs");
            told.recv().expect("the event ran")
        };
        let before = look();
        thread::sleep(LOOK);
        let idle = look() - before;
        assert!(idle < LOOK / 4, "{idle:?} of {LOOK:?}");
        pump.stop();
        join(thread);
    });
}

#[test]
fn pump_6_a_panic_ends_the_event_alone_and_goes_to_the_hook() {
    let ((mut pump, handle), log) = (driven(), Log::default());
    let heard = log.clone();
    pump.on_panic(move |report| heard.add(format!("hook: {}", report.message().unwrap_or("?"))));
    handle.post(|| panic!("first {}", 1)).expect("it runs");
    handle.post(log.event("after the first")).expect("it runs");
    handle.post(|| std::panic::panic_any(7_u8)).expect("it runs");
    handle.post(log.event("after the second")).expect("it runs");
    assert_eq!(pump.run_until_idle(), 4);
    assert_eq!(log.all(), ["hook: first 1", "after the first", "hook: ?", "after the second"]);
}

#[test]
fn pump_6_a_hook_may_panic_post_and_be_replaced() {
    let ((mut pump, handle), log) = (driven(), Log::default());
    let (poster, heard) = (handle.clone(), log.clone());
    pump.on_panic(move |_| {
        poster.post(heard.event("posted by the hook")).expect("it runs");
        panic!("the hook, too");
    });
    handle.post(|| panic!("an event")).expect("it runs");
    assert_eq!(pump.run_until_idle(), 2);
    assert_eq!(log.take(), ["posted by the hook"]);
    let heard = log.clone();
    pump.on_panic(move |report| heard.add(report.to_string()));
    handle.post(|| panic!("another")).expect("it runs");
    pump.run_until_idle();
    assert_eq!(log.all(), ["an event panicked: another"]);
}

#[test]
fn pump_7_delayed_events_run_in_due_order_and_not_before() {
    test(|| {
        let ((mut pump, handle), log) = (driven(), Log::default());
        let start = Instant::now();
        for delay in [30, 10, 20, 10] {
            let (log, delay) = (log.clone(), Duration::from_millis(delay));
            let event = move || {
                assert!(start.elapsed() >= delay, "PUMP-7: too early");
                log.add(delay.as_millis().to_string());
            };
            handle.post_after(delay, event).expect("it runs");
        }
        let last = handle.clone();
        handle.post_after(Duration::from_millis(40), move || last.stop()).expect("it runs");
        pump.run();
        assert_eq!(log.all(), ["10", "10", "20", "30"]);
    });
}

#[test]
fn pump_7_a_due_event_joins_the_end_of_the_fifo() {
    let ((mut pump, handle), log) = (driven(), Log::default());
    handle.post(log.event("posted before")).expect("it runs");
    handle.post_after(Duration::ZERO, log.event("due")).expect("it runs");
    let (poster, later) = (handle.clone(), log.event("posted by the first"));
    handle.post(move || poster.post(later).expect("it runs")).expect("it runs");
    assert_eq!(pump.run_until_idle(), 4);
    assert_eq!(log.all(), ["posted before", "due", "posted by the first"]);
}

#[test]
fn pump_7_run_until_idle_does_not_wait_for_delays() {
    test(|| {
        let ((mut pump, handle), log) = (driven(), Log::default());
        handle.post_after(Duration::from_secs(3600), log.event("much later")).expect("it runs");
        handle.post_after(Duration::MAX, log.event("never")).expect("it runs");
        handle.post(log.event("now")).expect("it runs");
        assert_eq!((pump.run_until_idle(), pump.run_until_idle()), (1, 0));
        assert_eq!(log.all(), ["now"]);
    });
}

#[test]
fn pump_7_a_pump_that_sleeps_wakes_for_what_is_due_first() {
    test(|| {
        let ((mut pump, handle), log) = (driven(), Log::default());
        handle.post_after(Duration::from_secs(3600), || {}).expect("it runs");
        let running = blocking("pump", move || pump.run());
        let stopper = handle.clone();
        handle.post_after(Duration::from_millis(1), log.event("due")).expect("it runs");
        handle.post_after(Duration::from_millis(2), move || stopper.stop()).expect("it runs");
        running.join();
        assert_eq!(log.all(), ["due"]);
    });
}

#[test]
fn a_turn_is_bounded() {
    let ((mut pump, handle), log) = (driven(), Log::default());
    for number in 0..5 {
        handle.post(log.event(number.to_string())).expect("it runs");
    }
    assert_eq!((pump.turn(0), pump.turn(2)), (0, 2));
    assert_eq!(log.take(), ["0", "1"]);
    handle.post(log.event("5")).expect("it runs");
    assert_eq!((pump.turn(3), pump.turn(9), pump.turn(9)), (3, 1, 0));
    assert_eq!(log.all(), ["2", "3", "4", "5"]);
}

#[test]
fn a_turn_is_bounded_also_where_others_post_meanwhile() {
    test(|| {
        let ((mut pump, handle), log) = (driven(), Log::default());
        let (poster, events) = (handle.clone(), [0, 1, 2].map(|number| log.event(number.to_string())));
        // Posts of another thread are a batch of their own.
        let posting = move || events.into_iter().for_each(|event| poster.post(event).expect("it runs"));
        handle.post(move || join(spawn("poster", posting))).expect("it runs");
        assert_eq!(pump.turn(2), 2);
        assert_eq!(log.take(), ["0"]);
        assert_eq!(pump.turn(9), 2);
    });
}

#[test]
fn a_pump_keeps_an_account() {
    let (mut pump, handle) = driven();
    (0..5).for_each(|_| handle.post(|| {}).expect("it runs"));
    pump.run_until_idle();
    handle.post(|| panic!("counts, too")).expect("it runs");
    pump.on_panic(drop);
    pump.run_until_idle();
    let account = handle.account();
    assert_eq!((account.events, account.deepest), (6, 5));
    assert!(account.longest > Duration::ZERO);
    assert_eq!(account, pump.account());
}

/// Posts itself again and again, for as long as the pump takes it.
fn for_ever(pump: &PumpHandle) {
    let again = pump.clone();
    let _ = pump.post(move || for_ever(&again));
}

#[test]
fn pump_7_an_event_that_posts_itself_for_ever_keeps_nobody_waiting() {
    let (handle, thread) = EventPump::spawn("for ever").expect("a thread is to be had");
    for_ever(&handle);
    let (told, hears) = mpsc::channel();
    let tells = |word: &'static str| {
        let told = told.clone();
        move || told.send(word).expect("the test listens")
    };
    handle.post_after(Duration::from_millis(5), tells("delayed")).expect("it runs");
    assert_eq!(hears.recv(), Ok("delayed"));
    handle.post(tells("from elsewhere")).expect("it runs");
    assert_eq!(hears.recv(), Ok("from elsewhere"));
    eventually("the account is kept meanwhile", || handle.account().events > 0);
    handle.stop();
    join(thread);
}

#[test]
fn pump_1_a_pump_that_runs_inside_an_event_of_another_keeps_both_in_order() {
    let ((mut outer, at_outer), (mut inner, at_inner), log) = (driven(), driven(), Log::default());
    let post = {
        let (log, at_outer, at_inner) = (log.clone(), at_outer.clone(), at_inner.clone());
        move |word: &str| {
            at_outer.post(log.event(format!("outer {word}"))).expect("it runs");
            at_inner.post(log.event(format!("inner {word}"))).expect("it runs");
        }
    };
    let (inside, posts) = (log.event("inside"), post.clone());
    at_inner.post(move || posts("2")).expect("it runs");
    let event = move || {
        post("1");
        inside();
        inner.run_until_idle();
        post("3");
        inner.run_until_idle();
    };
    at_outer.post(event).expect("it runs");
    assert_eq!(outer.run_until_idle(), 4);
    assert_eq!(log.all(), ["inside", "inner 1", "inner 2", "inner 3", "outer 1", "outer 2", "outer 3"]);
}
