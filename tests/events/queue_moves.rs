//! Listeners that follow each other, on one pump and between pumps: MQ-5 to MQ-7, MQ-11, PUMP-5.

use rdv::{EventPump, PumpHandle, ReceiveError, SendError};

use crate::test;
use crate::world::{Log, Told, driven, queues};

/// What was told, without the drops.
fn told(log: &Log) -> Vec<String> {
    log.all().into_iter().filter(|line| !line.ends_with("dropped")).collect()
}

fn drops(log: &Log) -> usize {
    log.all().iter().filter(|line| line.ends_with("dropped")).count()
}

#[test]
fn mq_5_a_listener_that_takes_over_keeps_the_order_of_the_sends() {
    let ((mut pump, handle), log) = (driven(), Log::default());
    let ((x, to_x), (y, to_y)) = (queues(8), queues(8));
    to_x.set_listener(&handle, Told::new("first", &log)).expect("it runs");
    to_y.set_listener(&handle, Told::new("other", &log)).expect("it runs");
    x.send("1").and(y.send("2")).and(x.send("3")).and(y.send("4")).expect("there is room");
    to_x.set_listener(&handle, Told::new("second", &log)).expect("it runs");
    pump.run_until_idle();
    assert_eq!(told(&log), ["second: 1", "other: 2", "second: 3", "other: 4"]);
}

#[test]
fn mq_6_a_second_listener_takes_over_without_loss_or_repetition() {
    let ((mut pump, handle), (near, far), log) = (driven(), queues(8), Log::default());
    far.set_listener(&handle, Told::new("first", &log)).expect("it runs");
    near.send("1").and(near.send("2")).and(near.send("3")).expect("there is room");
    pump.turn(1);
    far.set_listener(&handle, Told::new("second", &log)).expect("it runs");
    near.send("4").expect("there is room");
    pump.run_until_idle();
    let (dropped, told): (Vec<_>, Vec<_>) = log.all().into_iter().partition(|line| line.ends_with("dropped"));
    assert_eq!(told, ["first: 1", "second: 2", "second: 3", "second: 4"]);
    assert_eq!(dropped, ["first: dropped"]);
}

#[test]
fn mq_6_a_listener_set_by_a_running_one_waits_for_its_end() {
    let ((mut pump, handle), (near, far), log) = (driven(), queues(8), Log::default());
    let (on, inner) = (handle.clone(), log.clone());
    let first = Told::new("first", &log).received(move |queue, _| {
        queue.set_listener(&on, Told::new("second", &inner)).expect("it runs");
        queue.set_listener(&on, Told::new("third", &inner)).expect("it runs");
        assert_eq!(queue.receive(), Err(ReceiveError::HasListener));
        inner.add("first: done");
    });
    far.set_listener(&handle, first).expect("it runs");
    near.send("1").and(near.send("2")).expect("there is room");
    pump.run_until_idle();
    assert_eq!(told(&log), ["first: 1", "first: done", "third: 2"]);
    near.close();
    pump.run_until_idle();
    assert!(log.all().ends_with(&["third: closed".to_owned(), "third: dropped".to_owned()]));
    assert_eq!(drops(&log), 3);
}

#[test]
fn mq_6_a_queue_moves_from_one_pump_to_another() {
    test(|| {
        let ((mut first, on_first), (mut second, on_second)) = (driven(), driven());
        let ((near, far), log) = (queues(8), Log::default());
        far.set_listener(&on_first, Told::new("first", &log)).expect("it runs");
        near.send("1").and(near.send("2")).expect("there is room");
        first.turn(1);
        far.set_listener(&on_second, Told::new("second", &log)).expect("it runs");
        second.run_until_idle();
        assert_eq!(log.take(), ["first: 1", "second: 2"]);
        first.run_until_idle();
        assert_eq!(log.take(), ["first: dropped"], "on its own pump");
        on_first.stop();
        first.run();
        near.send("3").expect("the first pump has nothing to do with it any more");
        second.run_until_idle();
        assert_eq!(log.all(), ["second: 3"]);
    });
}

#[test]
fn mq_11_a_queue_is_closed_if_the_pump_it_is_moving_to_stops() {
    test(|| {
        let ((mut first, on_first), (second, on_second)) = (driven(), driven());
        let ((near, far), log) = (queues(8), Log::default());
        let (inner, mut moving) = (log.clone(), Some((second, on_second)));
        let listener = Told::new("first", &log).received(move |queue, _| {
            let (mut second, on_second) = moving.take().expect("one message");
            queue.set_listener(&on_second, Told::new("second", &inner)).expect("it runs");
            on_second.stop();
            second.run();
        });
        far.set_listener(&on_first, listener).expect("it runs");
        near.send("1").expect("there is room");
        first.run_until_idle();
        assert!(near.is_closed() && far.is_closed(), "MQ-11: the pump of its listener has stopped");
        assert_eq!(near.send("2"), Err(SendError::Closed("2".into())), "PUMP-5");
        assert_eq!(drops(&log), 2);
    });
}

/// A listener on `own` that moves its queue to `other`, lets `meanwhile` happen, and moves it back.
fn restless(log: &Log, own: &PumpHandle, other: &PumpHandle, mut meanwhile: impl FnMut() + Send + 'static) -> Told {
    let (own, other, inner) = (own.clone(), other.clone(), log.clone());
    Told::new("first", log).received(move |queue, _| {
        queue.set_listener(&other, Told::new("away", &inner)).expect("it runs");
        meanwhile();
        queue.set_listener(&own, Told::new("back", &inner)).expect("it runs");
    })
}

/// Runs both until neither has anything to do.
fn run(pumps: [&mut EventPump; 2]) {
    for _ in 0..5 {
        pumps[0].run_until_idle();
        pumps[1].run_until_idle();
    }
}

#[test]
fn mq_7_a_close_while_a_listener_moves_away_and_back_is_told() {
    test(|| {
        for own in [true, false] {
            let ((mut first, on_first), (mut second, on_second)) = (driven(), driven());
            let ((near, far), log) = (queues(8), Log::default());
            let closes = if own { far.clone() } else { near.clone() };
            far.set_listener(&on_first, restless(&log, &on_first, &on_second, move || closes.close()))
                .expect("it runs");
            near.send("1").expect("there is room");
            run([&mut first, &mut second]);
            assert_eq!(told(&log), ["first: 1", "back: closed"]);
            assert_eq!(drops(&log), 3);
        }
    });
}

#[test]
fn mq_6_messages_while_a_listener_moves_away_and_back_are_told() {
    test(|| {
        let ((mut first, on_first), (mut second, on_second)) = (driven(), driven());
        let ((near, far), log) = (queues(8), Log::default());
        let sender = near.clone();
        let sends = move || sender.send("3").expect("there is room");
        far.set_listener(&on_first, restless(&log, &on_first, &on_second, sends)).expect("it runs");
        near.send("1").and(near.send("2")).expect("there is room");
        run([&mut first, &mut second]);
        assert_eq!(told(&log), ["first: 1", "back: 2", "back: 3"]);
    });
}

#[test]
fn mq_6_a_listener_set_inside_closed_is_told_closed_too() {
    test(|| {
        for same in [true, false] {
            let ((mut first, on_first), (mut second, on_second)) = (driven(), driven());
            let ((near, far), log) = (queues(8), Log::default());
            let (inner, on) = (log.clone(), if same { on_first.clone() } else { on_second });
            let last = Told::new("first", &log).closed(move |queue| {
                queue.set_listener(&on, Told::new("second", &inner)).expect("it runs");
            });
            far.set_listener(&on_first, last).expect("it runs");
            drop(near);
            run([&mut first, &mut second]);
            assert_eq!(told(&log), ["first: closed", "second: closed"]);
            assert_eq!(drops(&log), 2);
        }
    });
}

#[test]
fn mq_6_a_listener_set_inside_the_last_call_of_a_pump_that_stops_is_told_closed_elsewhere() {
    test(|| {
        let ((mut first, on_first), (mut second, on_second)) = (driven(), driven());
        let ((near, far), log) = (queues(8), Log::default());
        let inner = log.clone();
        let last = Told::new("first", &log).closed(move |queue| {
            queue.set_listener(&on_second, Told::new("second", &inner)).expect("it runs");
        });
        far.set_listener(&on_first, last).expect("it runs");
        on_first.stop();
        first.run();
        assert_eq!(told(&log), ["first: closed"]);
        second.run_until_idle();
        assert_eq!(told(&log), ["first: closed", "second: closed"]);
        assert_eq!(drops(&log), 2);
        assert!(near.is_closed());
    });
}

#[test]
fn pump_5_a_listener_on_a_stopped_pump_is_told_closed_though_nobody_holds_the_queue() {
    test(|| {
        let ((mut pump, handle), (near, far), log) = (driven(), queues(8), Log::default());
        far.set_listener(&handle, Told::new("far", &log)).expect("it runs");
        drop(far);
        handle.stop();
        drop(near);
        pump.run();
        assert_eq!(log.all(), ["far: closed", "far: dropped"]);
    });
}

#[test]
fn mq_6_a_listener_set_after_the_pump_it_was_moving_to_stopped_is_told_closed() {
    test(|| {
        let ((mut first, on_first), (second, on_second)) = (driven(), driven());
        let ((near, far), log) = (queues(8), Log::default());
        let (inner, back, mut moving) = (log.clone(), on_first.clone(), Some((second, on_second)));
        let listener = Told::new("first", &log).received(move |queue, _| {
            let (mut second, on_second) = moving.take().expect("one message");
            queue.set_listener(&on_second, Told::new("away", &inner)).expect("it runs");
            on_second.stop();
            second.run();
            queue.set_listener(&back, Told::new("back", &inner)).expect("it runs");
        });
        far.set_listener(&on_first, listener).expect("it runs");
        near.send("1").expect("there is room");
        first.run_until_idle();
        assert!(near.is_closed() && far.is_closed(), "MQ-11: the pump of its listener has stopped");
        assert_eq!(told(&log), ["first: 1", "away: closed", "back: closed"]);
        assert_eq!(drops(&log), 3);
    });
}
