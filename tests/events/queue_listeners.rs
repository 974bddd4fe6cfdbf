//! Listeners of a queue: MQ-3, MQ-5 to MQ-7, MQ-11, PUMP-6.

use std::thread;

use rdv::{MessageQueue, ReceiveError, SendError};

use crate::support::asleep::blocking;
use crate::test;
use crate::world::{Kept, Log, Told, driven, queues, text};

#[test]
fn mq_5_callbacks_come_from_the_pump_never_on_the_stack_of_the_caller() {
    let ((mut pump, handle), (near, far), log) = (driven(), queues(4), Log::default());
    near.set_listener(&handle, Told::new("near", &log)).expect("it runs");
    let sender = far.clone();
    let told = Told::new("far", &log);
    let told = told.received(move |queue, message| {
        queue.send(message).expect("there is room");
        sender.close();
    });
    far.set_listener(&handle, told).expect("it runs");
    near.send("hello").expect("there is room");
    assert!(log.all().is_empty());
    assert_eq!(pump.turn(1), 1);
    assert_eq!(log.take(), ["far: hello"], "neither what it sent nor the close it made is told inside");
    pump.run_until_idle();
    assert_eq!(log.all(), ["near: hello", "far: closed", "near: closed", "far: dropped", "near: dropped"]);
}

#[test]
fn mq_5_callbacks_of_all_queues_of_a_pump_come_in_the_order_of_the_sends() {
    let ((mut pump, handle), log) = (driven(), Log::default());
    let pairs: Vec<_> = (0..3).map(|_| queues(8)).collect();
    for (number, (_, far)) in pairs.iter().enumerate() {
        far.set_listener(&handle, Told::new(&number.to_string(), &log)).expect("it runs");
    }
    let order = [2, 0, 0, 1, 2, 1, 0, 2, 2, 1];
    for (count, number) in order.into_iter().enumerate() {
        pairs[number].0.send(count.to_string()).expect("there is room");
    }
    pump.run_until_idle();
    let expected: Vec<_> = order.iter().enumerate().map(|(count, number)| format!("{number}: {count}")).collect();
    assert_eq!(log.all(), expected);
}

#[test]
fn mq_5_callbacks_run_on_the_pump_thread() {
    test(|| {
        let (handle, pump) = rdv::EventPump::spawn("pump").expect("a thread");
        let (near, far) = queues(4);
        let listener = |queue: &MessageQueue, _: bytes::Bytes| {
            queue.send(thread::current().name().expect("a name").to_owned()).expect("there is room");
        };
        far.set_listener(&handle, listener).expect("it runs");
        near.send("where?").expect("there is room");
        assert_eq!(near.blocking_receive().expect("an answer comes"), "pump");
        handle.stop();
        pump.join().expect("it does not panic");
        assert_eq!(near.receive(), Err(ReceiveError::Closed));
    });
}

#[test]
fn mq_3_one_writable_follows_each_full_episode() {
    let ((mut pump, handle), (near, far), log) = (driven(), queues(2), Log::default());
    near.set_listener(&handle, Told::new("near", &log)).expect("it runs");
    for _ in 0..3 {
        near.send("a").and(near.send("b")).expect("there is room");
        pump.run_until_idle();
        assert!(log.all().is_empty(), "nothing was refused");
        (0..3).for_each(|_| assert!(matches!(near.send("c"), Err(SendError::Full(_)))));
        pump.run_until_idle();
        assert!(log.all().is_empty(), "there is no room yet");
        far.receive().and(far.receive()).expect("two wait");
        pump.run_until_idle();
        assert_eq!(log.take(), ["near: writable"], "one for three refusals, however much room there is");
    }
}

#[test]
fn mq_3_a_writable_that_fills_the_queue_again_begins_a_new_episode() {
    let ((mut pump, handle), (near, far), log) = (driven(), queues(1), Log::default());
    let refill = Told::new("near", &log).writable(|queue| {
        queue.send("again").expect("there is room");
        assert!(matches!(queue.send("too many"), Err(SendError::Full(_))));
    });
    near.set_listener(&handle, refill).expect("it runs");
    near.send("first").expect("there is room");
    near.send("too many").expect_err("it is full");
    for _ in 0..5 {
        far.receive().expect("one waits");
        pump.run_until_idle();
        assert_eq!(log.take(), ["near: writable"]);
    }
}

#[test]
fn mq_3_no_writable_without_a_refusal_or_after_the_close() {
    let ((mut pump, handle), (near, far), log) = (driven(), queues(1), Log::default());
    near.set_listener(&handle, Told::new("near", &log)).expect("it runs");
    near.send("one").expect("there is room");
    far.receive().expect("one waits");
    pump.run_until_idle();
    assert!(log.all().is_empty());
    near.send("one").expect("there is room");
    near.send("two").expect_err("it is full");
    far.close();
    pump.run_until_idle();
    assert_eq!(log.all(), ["near: closed", "near: dropped"]);
}

#[test]
fn mq_3_a_listener_that_comes_late_is_told_of_the_room_it_waits_for() {
    let ((mut pump, handle), (near, far), log) = (driven(), queues(1), Log::default());
    near.send("one").expect("there is room");
    near.send("two").expect_err("it is full");
    near.set_listener(&handle, Told::new("near", &log)).expect("it runs");
    pump.run_until_idle();
    assert!(log.all().is_empty());
    far.receive().expect("one waits");
    pump.run_until_idle();
    assert_eq!(log.all(), ["near: writable"]);
}

#[test]
fn mq_6_messages_before_the_listener_are_kept_and_told_in_order() {
    let ((mut pump, handle), (near, far), log) = (driven(), queues(4), Log::default());
    near.send("one").and(near.send("two")).expect("there is room");
    assert_eq!(pump.run_until_idle(), 0);
    far.set_listener(&handle, Told::new("far", &log)).expect("it runs");
    near.send("three").expect("there is room");
    pump.run_until_idle();
    assert_eq!(log.all(), ["far: one", "far: two", "far: three"]);
}

#[test]
fn mq_6_a_listener_of_a_closed_queue_is_told_so() {
    for own in [true, false] {
        let ((mut pump, handle), (near, far), log) = (driven(), queues(4), Log::default());
        near.send("one").expect("there is room");
        if own {
            far.close();
        } else {
            near.close();
        }
        far.set_listener(&handle, Told::new("far", &log)).expect("it runs");
        pump.run_until_idle();
        let expected: &[_] =
            if own { &["far: closed", "far: dropped"] } else { &["far: one", "far: closed", "far: dropped"] };
        assert_eq!(log.all(), expected);
    }
}

#[test]
fn mq_6_while_a_listener_is_set_nobody_else_receives() {
    test(|| {
        let ((mut pump, handle), (near, far), log) = (driven(), queues(4), Log::default());
        let receiver = far.clone();
        let receiving = blocking("receiver", move || receiver.blocking_receive());
        far.set_listener(&handle, Told::new("far", &log)).expect("it runs");
        assert_eq!(receiving.join(), Err(ReceiveError::HasListener), "it does not wait in vain");
        near.send("one").expect("there is room");
        assert_eq!(far.receive(), Err(ReceiveError::HasListener));
        assert_eq!(far.blocking_receive(), Err(ReceiveError::HasListener));
        assert_eq!(far.receive_timeout(std::time::Duration::MAX), Err(ReceiveError::HasListener));
        pump.run_until_idle();
        assert_eq!(log.all(), ["far: one"]);
    });
}

#[test]
fn mq_7_closed_comes_once_and_last_on_both_ends() {
    for near_closes in [true, false] {
        let ((mut pump, handle), (near, far), log) = (driven(), queues(4), Log::default());
        near.set_listener(&handle, Told::new("near", &log)).expect("it runs");
        far.set_listener(&handle, Told::new("far", &log)).expect("it runs");
        near.send("to far").expect("there is room");
        far.send("to near").expect("there is room");
        if near_closes {
            near.close();
        } else {
            far.close();
        }
        near.close();
        far.close();
        pump.run_until_idle();
        let said = log.take();
        let closed = |name: &str| said.iter().filter(|line| **line == format!("{name}: closed")).count();
        assert_eq!((closed("near"), closed("far")), (1, 1));
        assert_eq!(said.len(), 4, "both closed: nobody receives what was in flight: {said:?}");
    }
}

#[test]
fn mq_7_everything_sent_before_the_close_is_told_before_closed() {
    let ((mut pump, handle), (near, far), log) = (driven(), queues(4), Log::default());
    near.set_listener(&handle, Told::new("near", &log)).expect("it runs");
    far.set_listener(&handle, Told::new("far", &log)).expect("it runs");
    near.send("one").and(near.send("two")).expect("there is room");
    near.close();
    far.send("three").expect_err("the peer has closed");
    pump.run_until_idle();
    let told: Vec<_> = log.all().into_iter().filter(|line| !line.ends_with("dropped")).collect();
    assert_eq!(told, ["far: one", "far: two", "near: closed", "far: closed"]);
}

#[test]
fn mq_7_send_then_close_inside_received() {
    let ((mut pump, handle), (near, far), log) = (driven(), queues(4), Log::default());
    near.set_listener(&handle, Told::new("near", &log)).expect("it runs");
    let answers = Told::new("far", &log).received(|queue, _| {
        queue.send("answer").expect("there is room");
        queue.close();
        assert_eq!(queue.send("late"), Err(SendError::Closed("late".into())));
    });
    far.set_listener(&handle, answers).expect("it runs");
    near.send("first").and(near.send("never received")).expect("there is room");
    pump.run_until_idle();
    let told: Vec<_> = log.all().into_iter().filter(|line| !line.ends_with("dropped")).collect();
    assert_eq!(told, ["far: first", "near: answer", "far: closed", "near: closed"]);
}

#[test]
fn pump_6_the_queue_whose_listener_panicked_is_closed_and_no_other() {
    let ((mut pump, handle), log) = (driven(), Log::default());
    let ((near, far), (well, other)) = (queues(4), queues(4));
    let heard = log.clone();
    pump.on_panic(move |report| heard.add(format!("hook: {}", report.message().unwrap_or("?"))));
    let panics = Told::new("far", &log).received(|_, message| panic!("{}", text(&message)));
    far.set_listener(&handle, panics).expect("it runs");
    other.set_listener(&handle, Told::new("other", &log)).expect("it runs");
    near.send("boom").and(near.send("dropped unheard")).and(well.send("fine")).expect("there is room");
    pump.run_until_idle();
    assert_eq!(log.all(), ["far: boom", "hook: boom", "other: fine", "far: closed", "far: dropped"]);
    assert!(near.is_closed() && !well.is_closed());
    assert_eq!(near.receive(), Err(ReceiveError::Closed));
}

#[test]
fn pump_6_panics_in_writable_and_closed_are_reported_and_close_the_queue() {
    let ((mut pump, handle), (near, far), log) = (driven(), queues(1), Log::default());
    let heard = log.clone();
    pump.on_panic(move |report| heard.add(format!("hook: {}", report.message().unwrap_or("?"))));
    let panics = Told::new("near", &log).writable(|_| panic!("one")).closed(|_| panic!("two"));
    near.set_listener(&handle, panics).expect("it runs");
    near.send("1").expect("there is room");
    near.send("2").expect_err("it is full");
    far.receive().expect("one waits");
    pump.run_until_idle();
    assert_eq!(log.all(), ["near: writable", "hook: one", "near: closed", "hook: two", "near: dropped"]);
    assert!(far.is_closed());
}

#[test]
fn mq_11_when_neither_end_has_a_handle_and_nothing_is_in_flight_both_close() {
    let ((mut pump, handle), (near, far), log) = (driven(), queues(4), Log::default());
    let mut rallies = 3;
    let back = Told::new("far", &log).received(move |queue, message| {
        rallies -= 1;
        if rallies > 0 {
            queue.send(message).expect("there is room");
        }
    });
    let forth = Told::new("near", &log).received(|queue, message| queue.send(message).expect("there is room"));
    near.set_listener(&handle, forth).expect("it runs");
    far.set_listener(&handle, back).expect("it runs");
    near.send("ball").expect("there is room");
    drop((near, far));
    pump.run_until_idle();
    let told: Vec<_> = log.take().into_iter().filter(|line| !line.ends_with("dropped")).collect();
    let (there, here) = ("far: ball", "near: ball");
    assert_eq!(told[..5], [there, here, there, here, there], "while something is in flight, they live");
    let mut last = told[5..].to_vec();
    last.sort();
    assert_eq!(last, ["far: closed", "near: closed"]);
}

#[test]
fn mq_11_a_handle_kept_inside_a_callback_keeps_the_end_open() {
    let ((mut pump, handle), (near, far), log, kept) = (driven(), queues(4), Log::default(), Kept::default());
    let keep = kept.clone();
    far.set_listener(&handle, Told::new("far", &log).received(move |queue, _| keep.add(queue.clone())))
        .expect("it runs");
    near.set_listener(&handle, Told::new("near", &log)).expect("it runs");
    near.send("keep").expect("there is room");
    drop((near, far));
    pump.run_until_idle();
    let queue = kept.one();
    assert!(!queue.is_closed());
    queue.send("still here").expect("there is room");
    drop(queue);
    pump.run_until_idle();
    let told: Vec<_> = log.all().into_iter().filter(|line| !line.ends_with("dropped")).collect();
    assert_eq!(told[..2], ["far: keep", "near: still here"]);
    assert_eq!(told.len(), 4);
}
