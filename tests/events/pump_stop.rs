//! How a pump ends: PUMP-5.

use std::sync::mpsc;
use std::time::Duration;

use rdv::{BindError, BrokerManager, ConnectError, ConnectOptions, EventPump, MessageQueue, PumpStopped, SendError};

use crate::support::asleep::blocking;
use crate::support::world::{PORT, broker_in, join, spawn};
use crate::test;
use crate::world::{Caller, Door, Kept, Log, Told, driven, face, queues};

#[test]
fn pump_5_what_was_posted_before_the_stop_runs_and_nothing_after() {
    test(|| {
        let ((mut pump, handle), log) = (driven(), Log::default());
        handle.post(log.event("before")).expect("it runs");
        let (inside, inner) = (handle.clone(), log.clone());
        let stops = move || {
            inside.stop();
            assert_eq!(inside.post(inner.event("refused")), Err(PumpStopped));
            inside.stop();
        };
        handle.post(stops).expect("it runs");
        handle.post(log.event("posted before the stop")).expect("it runs");
        pump.run();
        assert_eq!(log.all(), ["before", "posted before the stop"]);
        assert_eq!(handle.post(log.event("after")), Err(PumpStopped));
        pump.run();
        assert_eq!((pump.run_until_idle(), pump.turn(9)), (0, 0));
        assert!(handle.is_stopped());
    });
}

#[test]
fn pump_5_a_stop_from_another_thread_ends_a_pump_that_sleeps() {
    test(|| {
        let (mut pump, handle) = driven();
        let running = blocking("pump", move || pump.run());
        join(spawn("stopper", move || handle.stop()));
        running.join();
    });
}

#[test]
fn pump_5_every_post_is_either_run_or_refused() {
    test(|| {
        for _ in 0..50 {
            let (pump, thread) = EventPump::spawn("pump").expect("a thread");
            let (heard, hears) = mpsc::channel();
            let posters = (0..3).map(|_| {
                let (pump, heard) = (pump.clone(), heard.clone());
                spawn("poster", move || {
                    let event = || {
                        let heard = heard.clone();
                        move || heard.send(()).expect("the test listens")
                    };
                    (0..200).take_while(|_| pump.post(event()).is_ok()).count()
                })
            });
            let posters: Vec<_> = posters.collect();
            hears.recv().expect("one runs");
            pump.stop();
            join(thread);
            drop(heard);
            let accepted: usize = posters.into_iter().map(join).sum();
            assert_eq!(hears.iter().count() + 1, accepted, "PUMP-2, PUMP-5");
        }
    });
}

#[test]
fn pump_5_at_stop_connects_are_refused_then_ports_unbound_then_queues_closed() {
    test(|| {
        let manager = BrokerManager::new();
        let ((mut pump, handle), log, kept) = (driven(), Log::default(), Kept::default());
        let broker = face(&manager, "server", &handle);
        let (near, far) = queues(4);
        near.set_listener(&handle, Told::new("queue", &log)).expect("it runs");
        broker.bind(PORT, Door { name: "port", log: log.clone(), accepted: |_| {} }).expect("the port is free");
        broker.connect("server", PORT + 1, Caller::new("connect", &log, &kept)).expect("it runs");
        pump.run_until_idle();
        handle.post_after(Duration::from_secs(3600), log.event("delayed")).expect("it runs");
        far.send("last").expect("there is room");
        handle.post(log.event("posted")).expect("it runs");
        handle.stop();
        assert_eq!(far.send("never"), Err(SendError::Closed("never".into())), "PUMP-5");
        pump.run();
        let said = log.take();
        let said: Vec<_> = said.iter().map(String::as_str).filter(|line| !line.ends_with("dropped")).collect();
        let order = ["queue: last", "posted", "connect: refused: PumpStopped", "port: unbound", "queue: closed"];
        assert_eq!(said, order);
        assert!(near.is_closed() && far.is_closed());
        let other = driven();
        let again = rdv::QueueBroker::new(broker.broker(), &other.1);
        again.bind(PORT, |_: MessageQueue| {}).expect("the port was given back");
    });
}

#[test]
fn pump_5_listeners_are_dropped_at_the_stop_each_after_its_last_call() {
    test(|| {
        let manager = BrokerManager::new();
        let ((mut pump, handle), log) = (driven(), Log::default());
        let broker = face(&manager, "server", &handle);
        let (near, _far) = queues(4);
        near.set_listener(&handle, Told::new("queue", &log)).expect("it runs");
        broker.bind(PORT, Door { name: "port", log: log.clone(), accepted: |_| {} }).expect("the port is free");
        handle.stop();
        pump.run();
        assert_eq!(log.all(), ["port: unbound", "port: dropped", "queue: closed", "queue: dropped"]);
    });
}

#[test]
fn pump_5_all_queues_are_closed_at_the_stop() {
    test(|| {
        let ((mut pump, handle), log) = (driven(), Log::default());
        let pairs = [(); 3].map(|()| queues(4));
        for (near, _) in &pairs {
            near.set_listener(&handle, Told::new("queue", &log)).expect("it runs");
        }
        handle.stop();
        pump.run();
        assert_eq!(log.all(), ["queue: closed", "queue: dropped"].repeat(3));
        assert!(pairs.iter().all(|(near, far)| near.is_closed() && far.is_closed()));
    });
}

#[test]
fn pump_5_connects_that_wait_at_a_port_that_goes_stay_waiting() {
    test(|| {
        let manager = BrokerManager::new();
        let ((mut pump, handle), (mut other, stopping)) = (driven(), driven());
        let (log, kept) = (Log::default(), Kept::default());
        let server = face(&manager, "server", &stopping);
        server.bind(PORT, Door { name: "first", log: log.clone(), accepted: drop }).expect("the port is free");
        stopping.stop();
        let client = face(&manager, "client", &handle);
        client.connect("server", PORT, Caller::new("client", &log, &kept)).expect("it runs");
        pump.run_until_idle();
        other.run();
        assert_eq!(log.take(), ["first: unbound", "first: dropped"]);
        let keep = kept.clone();
        let again = rdv::QueueBroker::new(server.broker(), &handle);
        again.bind(PORT, move |queue: MessageQueue| keep.add(queue)).expect("the port is free");
        pump.run_until_idle();
        assert_eq!(log.all(), ["client: connected"]);
        assert_eq!(kept.take().len(), 2);
    });
}

#[test]
fn pump_5_a_stopped_pump_takes_no_listeners_and_drops_them() {
    test(|| {
        let manager = BrokerManager::new();
        let ((mut pump, handle), log, kept) = (driven(), Log::default(), Kept::default());
        let broker = face(&manager, "server", &handle);
        let (near, far) = queues(4);
        handle.stop();
        for _ in 0..2 {
            let door = Door { name: "port", log: log.clone(), accepted: |_| {} };
            assert!(matches!(broker.bind(PORT, door), Err(BindError::PumpStopped)));
            assert_eq!(broker.connect("server", PORT, Caller::new("connect", &log, &kept)), Err(PumpStopped));
            assert_eq!(near.set_listener(&handle, Told::new("queue", &log)), Err(PumpStopped));
            assert_eq!(log.take(), ["port: dropped", "connect: dropped", "queue: dropped"]);
            // Before and after the pump has ended.
            pump.run();
        }
        far.send("for nobody's listener").expect("the queue is as it was");
        assert_eq!(near.receive().expect("nobody listens"), "for nobody's listener");
    });
}

#[test]
fn pump_5_run_returns_when_nobody_can_post_any_more() {
    test(|| {
        EventPump::new().run();
        let ((mut pump, handle), log) = (driven(), Log::default());
        handle.post(log.event("posted")).expect("it runs");
        let inside = handle.clone();
        let again = log.event("posted by the last handle");
        // The last handle goes on the pump thread.
        handle.post(move || inside.post(again).expect("it runs")).expect("it runs");
        drop(handle);
        pump.run();
        assert_eq!(log.all(), ["posted", "posted by the last handle"]);
    });
}

#[test]
fn pump_5_run_returns_when_the_last_handle_goes_while_it_sleeps() {
    test(|| {
        let (mut pump, handle) = driven();
        let clone = handle.clone();
        let running = blocking("pump", move || pump.run());
        drop(handle);
        running.until_asleep();
        drop(clone);
        running.join();
    });
}

#[test]
fn pump_5_delayed_events_run_although_nobody_can_post_any_more() {
    test(|| {
        let ((mut pump, handle), log) = (driven(), Log::default());
        handle.post_after(Duration::from_millis(2), log.event("due")).expect("it runs");
        drop(handle);
        pump.run();
        assert_eq!(log.all(), ["due"]);
    });
}

#[test]
fn pump_5_an_event_that_is_never_due_is_no_reason_to_wait_for() {
    test(|| {
        let ((mut pump, handle), log) = (driven(), Log::default());
        handle.post_after(Duration::MAX, log.event("never")).expect("it runs");
        drop(handle);
        pump.run();
        assert!(log.all().is_empty());
    });
}

#[test]
fn pump_5_a_listener_keeps_its_pump_running_until_its_queue_is_closed() {
    test(|| {
        let ((mut pump, handle), log) = (driven(), Log::default());
        let (near, far) = queues(4);
        near.set_listener(&handle, Told::new("near", &log)).expect("it runs");
        drop((near, handle));
        let running = blocking("pump", move || pump.run());
        far.send("hello").expect("there is room");
        running.until_asleep();
        assert_eq!(log.take(), ["near: hello"]);
        drop(far);
        running.join();
        assert_eq!(log.all(), ["near: closed", "near: dropped"]);
    });
}

#[test]
fn pump_5_queues_that_nobody_can_use_do_not_keep_their_pump_running() {
    test(|| {
        let ((mut pump, handle), (near, far), log) = (driven(), queues(4), Log::default());
        for (name, end) in [("near", &near), ("far", &far)] {
            // Each listener holds a handle to the pump that it is on.
            let own = handle.clone();
            let told = Told::new(name, &log).received(move |_, _| own.post(|| {}).expect("it runs"));
            end.set_listener(&handle, told).expect("it runs");
        }
        near.send("in flight").expect("there is room");
        drop((near, far, handle));
        pump.run();
        let said = log.all();
        assert_eq!(said[0], "far: in flight");
        assert_eq!(said.len(), 5, "MQ-11: both are told `closed` and dropped: {said:?}");
    });
}

#[test]
fn pump_5_a_bound_port_keeps_its_pump_running_until_it_is_unbound() {
    test(|| {
        let (manager, log) = (BrokerManager::new(), Log::default());
        let (mut pump, handle) = driven();
        let server = broker_in(&manager, "server");
        let face = rdv::QueueBroker::new(&server, &handle);
        face.bind(PORT, Door { name: "port", log: log.clone(), accepted: drop }).expect("the port is free");
        drop((face, handle));
        let running = blocking("pump", move || pump.run());
        server.close();
        running.join();
        assert_eq!(log.all(), ["port: unbound", "port: dropped"]);
    });
}

#[test]
fn pump_5_a_pending_connect_keeps_its_pump_running_until_it_is_told() {
    test(|| {
        let (manager, log, kept) = (BrokerManager::new(), Log::default(), Kept::default());
        let (mut pump, handle) = driven();
        let server = broker_in(&manager, "server");
        face(&manager, "client", &handle).connect("server", PORT, Caller::new("client", &log, &kept)).expect("it runs");
        drop(handle);
        let running = blocking("pump", move || pump.run());
        server.close();
        running.join();
        assert_eq!(log.all(), ["client: refused: BrokerClosed"]);
        assert!(!matches!(ConnectError::PumpStopped, ConnectError::BrokerClosed { .. }));
    });
}

#[test]
fn pump_5_the_deadline_of_a_connect_that_was_told_keeps_no_pump_running() {
    test(|| {
        let (manager, log, kept) = (BrokerManager::new(), Log::default(), Kept::default());
        let (mut pump, handle) = driven();
        let (server, client) = (broker_in(&manager, "server"), face(&manager, "client", &handle));
        let in_an_hour = ConnectOptions::new().timeout(Duration::from_secs(3600));
        client.connect_with("server", PORT, in_an_hour, Caller::new("client", &log, &kept)).expect("it runs");
        let _accepted = server.accept_queue(PORT).expect("it waits");
        drop((client, handle));
        pump.run();
        assert_eq!(log.all(), ["client: connected"]);
    });
}

#[test]
fn pump_5_a_pump_that_is_dropped_closes_and_unbinds_without_a_word() {
    let manager = BrokerManager::new();
    let ((pump, handle), log, kept) = (driven(), Log::default(), Kept::default());
    let broker = face(&manager, "server", &handle);
    let (near, far) = queues(4);
    near.set_listener(&handle, Told::new("queue", &log)).expect("it runs");
    broker.bind(PORT, Door { name: "port", log: log.clone(), accepted: |_| {} }).expect("the port is free");
    broker.connect("server", PORT + 1, Caller::new("connect", &log, &kept)).expect("it runs");
    drop(pump);
    assert_eq!(log.all(), ["connect: dropped", "port: dropped", "queue: dropped"]);
    assert!(near.is_closed() && far.is_closed());
    let (_other, other) = driven();
    let again = rdv::QueueBroker::new(broker.broker(), &other);
    again.bind(PORT, |_: MessageQueue| {}).expect("the port was given back");
    again.bind(PORT + 1, |_: MessageQueue| panic!("a ghost")).expect("the port is free");
}
