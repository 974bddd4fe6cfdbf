//! Callbacks and destructors that call back: ALL-2. A lock held around any of them would hang these tests.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use rdv::{BrokerManager, ConnectError, EventPump, Listener, MessageQueue, PumpHandle, QueueBroker};

use crate::support::world::PORT;
use crate::test;
use crate::world::{Kept, Log, OnDrop, driven, face, queues};

/// Objects to call from anywhere.
#[derive(Clone)]
struct Everything {
    pump: PumpHandle,
    own: QueueBroker,
    ends: [MessageQueue; 2],
    log: Log,
}

impl Everything {
    fn new() -> (EventPump, Self) {
        let (pump, handle) = driven();
        let own = face(&BrokerManager::builder().queue_capacity(8).build().expect("small"), "own", &handle);
        let (one, other) = queues(8);
        (pump, Self { pump: handle, own, ends: [one, other], log: Log::default() })
    }

    /// Every operation that does not block, on everything. Whether they succeed depends on when this is called.
    fn call(&self) {
        let _ = self.pump.post(|| {});
        let _ = self.pump.post_after(Duration::MAX, || {});
        for end in &self.ends {
            let _ = end.send("from somewhere");
            let _ = end.receive();
            let _ = end.set_listener(&self.pump, |_: &MessageQueue, _: Bytes| {});
            let _ = (end.is_closed(), end.clone(), format!("{end:?}"));
        }
        let _ = self.own.bind(PORT, |_: MessageQueue| {});
        let _ = self.own.connect("own", PORT, |_: Result<MessageQueue, ConnectError>| {});
        let _ = self.own.unbind(PORT);
        let _ = self.own.broker().connections();
        let _ = self.own.broker().try_accept(PORT).map(drop);
        let _ = format!("{:?} {:?}", self.pump, self.pump.account());
        self.log.add("called");
    }

    /// Calls everything when it is dropped; a message, too, has memory to free.
    fn calls(&self) -> OnDrop {
        let everything = self.clone();
        OnDrop::new(move || everything.call())
    }

    fn message(&self) -> Bytes {
        let everything = self.clone();
        OnDrop::message("message", move || everything.call())
    }

    /// Also closes and stops.
    fn ends_all(&self) -> OnDrop {
        let everything = self.clone();
        OnDrop::new(move || {
            everything.call();
            everything.ends.iter().for_each(MessageQueue::close);
            everything.own.broker().close();
            everything.pump.stop();
            everything.call();
        })
    }

    #[track_caller]
    fn assert_called(&self, times: usize) {
        assert_eq!(self.log.take().len(), times, "destructors that ran");
    }
}

/// A listener that calls back from everywhere.
struct Busy {
    everything: Everything,
    _calls: OnDrop,
}

impl Listener for Busy {
    fn received(&mut self, queue: &MessageQueue, message: Bytes) {
        let _ = queue.send(message);
        self.everything.call();
    }

    fn writable(&mut self, _: &MessageQueue) {
        self.everything.call();
    }

    fn closed(&mut self, queue: &MessageQueue) {
        assert!(queue.is_closed());
        self.everything.call();
    }
}

#[test]
fn all_2_events_that_are_dropped_call_back() {
    test(|| {
        let (pump, everything) = Everything::new();
        let [queued, delayed] = [everything.calls(), everything.calls()];
        everything.pump.post(move || drop(queued)).expect("it runs");
        everything.pump.post_after(Duration::MAX, move || drop(delayed)).expect("it runs");
        drop(pump);
        everything.assert_called(2);
        let refused = everything.calls();
        everything.pump.post(move || drop(refused)).expect_err("the pump is gone");
        let refused = everything.calls();
        everything.pump.post_after(Duration::ZERO, move || drop(refused)).expect_err("the pump is gone");
        everything.assert_called(2);
    });
}

#[test]
fn all_2_delayed_events_that_are_dropped_at_stop_call_back() {
    test(|| {
        let (mut pump, everything) = Everything::new();
        let [first, second] = [everything.calls(), everything.ends_all()];
        everything.pump.post_after(Duration::MAX, move || drop(first)).expect("it runs");
        everything.pump.post_after(Duration::MAX, move || drop(second)).expect("it runs");
        everything.pump.stop();
        pump.run();
        everything.assert_called(3);
    });
}

#[test]
fn all_2_messages_that_are_dropped_call_back() {
    test(|| {
        let (mut pump, everything) = Everything::new();
        // Unread at the close of either end, or when both ends go.
        for close in [0, 1] {
            let (near, far) = queues(2);
            near.send(everything.message()).and(far.send(everything.message())).expect("there is room");
            [&near, &far][close].close();
            everything.assert_called(1);
            drop((near, far));
            everything.assert_called(1);
        }
        // Refused, and received.
        let (near, far) = queues(1);
        near.send(everything.message()).expect("there is room");
        drop(near.send(everything.message()).expect_err("full"));
        everything.assert_called(1);
        drop(far.receive().expect("one waits"));
        everything.assert_called(1);
        // Told to a listener that drops it, and not told to one whose queue is closed before.
        far.set_listener(&everything.pump, |_: &MessageQueue, _: Bytes| {}).expect("it runs");
        near.send(everything.message()).expect("there is room");
        pump.run_until_idle();
        everything.assert_called(1);
        near.send(everything.message()).expect("there is room");
        far.close();
        everything.assert_called(1);
    });
}

#[test]
fn all_2_a_message_that_sends_itself_again_when_it_is_dropped() {
    test(|| {
        let (near, far) = queues(2);
        let left = Arc::new(Mutex::new(20));
        // Each message that is dropped sends the next one through the same queue.
        fn next(queue: MessageQueue, left: Arc<Mutex<i32>>) -> Bytes {
            let sender = queue.clone();
            OnDrop::message("again", move || {
                *left.lock().expect("nobody panics") -= 1;
                if *left.lock().expect("nobody panics") > 0 {
                    let message = next(sender.clone(), left.clone());
                    sender.send(message).expect("there is room");
                }
            })
        }
        let message = next(near.clone(), left.clone());
        near.send(message).expect("there is room");
        while *left.lock().expect("nobody panics") > 0 {
            drop(far.receive().expect("each one leads to the next"));
        }
    });
}

#[test]
fn all_2_listeners_of_queues_call_back_from_everywhere() {
    test(|| {
        for stops in [false, true] {
            let (mut pump, everything) = Everything::new();
            let (near, far) = queues(1);
            for end in [&near, &far] {
                let busy = || Busy { everything: everything.clone(), _calls: everything.calls() };
                end.set_listener(&everything.pump, busy()).expect("it runs");
                end.set_listener(&everything.pump, busy()).expect("it replaces the first");
            }
            near.send(everything.message()).expect("there is room");
            near.send("refused").expect_err("full");
            pump.turn(50);
            if stops {
                everything.pump.stop();
            } else {
                near.close();
            }
            pump.turn(1000);
            // Four listeners were dropped, two of them told `closed`; the rest is messages.
            assert!(everything.log.take().len() >= 6);
            assert!(near.is_closed() && far.is_closed());
        }
    });
}

#[test]
fn all_2_accept_and_connect_listeners_that_are_dropped_call_back() {
    test(|| {
        let (mut pump, everything) = Everything::new();
        let bind = |port| {
            let calls = everything.calls();
            everything.own.bind(port, move |_: MessageQueue| drop(format!("{:p}", &raw const calls)))
        };
        let connect = |port| {
            let calls = everything.calls();
            let listener = move |_: Result<MessageQueue, ConnectError>| drop(calls);
            everything.own.connect("own", port, listener)
        };
        bind(1).expect("the port is free");
        bind(1).expect_err("in use");
        everything.assert_called(1);
        everything.own.unbind(1).expect("it is bound");
        pump.run_until_idle();
        everything.assert_called(1);
        connect(2).expect("it runs");
        bind(2).expect("the port is free");
        pump.run_until_idle();
        everything.assert_called(1);
        connect(3).expect("it runs");
        everything.pump.stop();
        pump.run();
        everything.assert_called(2);
        bind(4).expect_err("stopped");
        connect(4).expect_err("stopped");
        everything.assert_called(2);
    });
}

#[test]
fn all_2_everything_may_end_from_inside_a_destructor() {
    test(|| {
        let (mut pump, everything) = Everything::new();
        let ends_all = everything.ends_all();
        let inside = everything.clone();
        everything.pump.post(move || drop(ends_all)).expect("it runs");
        everything.ends[0]
            .set_listener(&everything.pump, Busy { everything: inside, _calls: everything.calls() })
            .expect("it runs");
        pump.run();
        assert!(everything.ends.iter().all(MessageQueue::is_closed));
        assert!(everything.pump.is_stopped());
    });
}

#[test]
fn all_2_the_hook_and_its_destructor_call_back() {
    test(|| {
        let (mut pump, everything) = Everything::new();
        let (inside, calls) = (everything.clone(), everything.calls());
        pump.on_panic(move |_| {
            inside.call();
            let _ = &calls;
        });
        let payload = everything.calls();
        everything.pump.post(move || std::panic::resume_unwind(Box::new(Mutex::new(payload)))).expect("it runs");
        pump.turn(50);
        everything.assert_called(2);
        pump.on_panic(drop);
        everything.assert_called(1);
    });
}

#[test]
fn all_2_the_last_handle_of_a_queue_goes_inside_its_own_callback() {
    test(|| {
        let ((mut pump, handle), (near, far), kept, log) = (driven(), queues(4), Kept::default(), Log::default());
        let (keeps, dropped) = (kept.clone(), log.on_drop("dropped"));
        kept.add(far.clone());
        let listener = move |_: &MessageQueue, _: Bytes| {
            let _ = &dropped;
            drop(keeps.take());
        };
        far.set_listener(&handle, listener).expect("it runs");
        drop(far);
        near.send("drop it").expect("there is room");
        drop(near);
        pump.run_until_idle();
        assert_eq!(log.all(), ["dropped"], "MQ-11");
    });
}

#[test]
fn all_2_what_a_queue_drops_calls_that_very_queue() {
    test(|| {
        for closes in 0..2 {
            let (_pump, everything) = Everything::new();
            let [near, far] = &everything.ends;
            // Without listeners, which `call` would set: the destructors use the queue only.
            let message = |queue: &MessageQueue| {
                let (queue, peer, log) = (queue.clone(), everything.ends[1].clone(), everything.log.clone());
                OnDrop::message("unread", move || {
                    let _ = (queue.send("more"), peer.send("more"), queue.receive(), peer.receive());
                    queue.close();
                    peer.close();
                    log.add(format!("called {}", queue.is_closed()));
                })
            };
            near.send(message(near)).and(near.send(message(far))).and(far.send(message(near))).expect("there is room");
            everything.ends[closes].close();
            assert_eq!(everything.log.take(), vec!["called true"; 3]);
        }
    });
}

#[test]
fn all_2_a_listener_that_is_dropped_calls_its_very_queue() {
    test(|| {
        for stops in [true, false] {
            let (mut pump, everything) = Everything::new();
            let [near, far] = everything.ends.clone();
            let listener = || {
                let calls = everything.calls();
                move |_: &MessageQueue, _: Bytes| drop(format!("{:p}", &raw const calls))
            };
            near.set_listener(&everything.pump, listener()).expect("it runs");
            near.set_listener(&everything.pump, listener()).expect("it runs");
            if stops {
                everything.pump.stop();
            } else {
                far.close();
            }
            let _ = near.set_listener(&everything.pump, listener());
            pump.turn(100);
            assert_eq!(everything.log.take().len(), 3, "each was dropped once");
            assert!(near.is_closed());
        }
    });
}
