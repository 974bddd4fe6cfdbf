//! Messages between threads and pumps, on real threads: lengths, backpressure, moving listeners.

use std::collections::VecDeque;
use std::sync::mpsc;

use bytes::Bytes;
use rdv::{EventPump, Listener, MessageQueue, SendError};

use crate::queue_messages::LENGTHS;
use crate::support::repeated;
use crate::support::streams::payload;
use crate::support::world::{join, spawn};
use crate::world::queues;

/// Sends what it is given, as fast as there is room; `writable` tells it when.
struct Source {
    left: VecDeque<Bytes>,
}

impl Source {
    /// Numbered messages.
    fn numbers(count: u32) -> Self {
        Self { left: (0..count).map(|number| number.to_le_bytes().to_vec().into()).collect() }
    }

    fn pour(&mut self, queue: &MessageQueue) {
        while let Some(message) = self.left.pop_front() {
            match queue.send(message) {
                Ok(()) => {}
                Err(SendError::Full(message)) => return self.left.push_front(message),
                Err(error) => panic!("{error}"),
            }
        }
        queue.close();
    }
}

impl Listener for Source {
    /// The word to begin.
    fn received(&mut self, queue: &MessageQueue, _: Bytes) {
        self.pour(queue);
    }

    fn writable(&mut self, queue: &MessageQueue) {
        self.pour(queue);
    }
}

/// Passes on what it is told.
struct Sink(mpsc::Sender<Option<Bytes>>);

impl Listener for Sink {
    fn received(&mut self, _: &MessageQueue, message: Bytes) {
        self.0.send(Some(message)).expect("the test listens");
    }

    fn closed(&mut self, _: &MessageQueue) {
        self.0.send(None).expect("the test listens");
    }
}

fn number(message: &Bytes) -> u32 {
    u32::from_le_bytes(message[..].try_into().expect("four bytes"))
}

#[test]
fn messages_of_many_lengths_from_thread_to_pump_and_back() {
    repeated(|| {
        let (pump, thread) = EventPump::spawn("echo").expect("a thread");
        let (near, far) = queues(2);
        let echo = |queue: &MessageQueue, message: Bytes| queue.send(message).expect("one at a time");
        far.set_listener(&pump, echo).expect("it runs");
        for (seed, length) in (0..).zip(LENGTHS) {
            let message = Bytes::from(payload(length, seed));
            near.blocking_send(message.clone()).expect("the pump runs");
            let back = near.blocking_receive().expect("it is sent back");
            assert_eq!(back, message, "{length} bytes");
            assert_eq!(back.as_ptr(), message.as_ptr(), "MQ-2: {length} bytes");
        }
        pump.stop();
        join(thread);
    });
}

#[test]
fn thread_senders_and_a_pump_that_receives() {
    const MESSAGES: u32 = 3000;
    repeated(|| {
        for capacity in [1, 7] {
            let (pump, thread) = EventPump::spawn("sink").expect("a thread");
            let (near, far) = queues(capacity);
            let (heard, hears) = mpsc::channel();
            far.set_listener(&pump, Sink(heard)).expect("it runs");
            let sender = |start: u32| {
                let near = near.clone();
                spawn("sender", move || {
                    for number in start..start + MESSAGES {
                        near.blocking_send(number.to_le_bytes().to_vec()).expect("the pump runs");
                    }
                })
            };
            let senders = [0, 1_000_000, 2_000_000].map(sender);
            let mut next = [0, 1_000_000, 2_000_000];
            for _ in 0..3 * MESSAGES {
                let number = number(&hears.recv().expect("it runs").expect("MQ-7: closed before the end"));
                let next = &mut next[number as usize / 1_000_000];
                assert_eq!(number, *next, "MQ-4");
                *next += 1;
            }
            senders.into_iter().for_each(join);
            drop((near, far));
            assert_eq!(hears.recv().expect("it runs"), None);
            pump.stop();
            join(thread);
            assert!(hears.recv().is_err(), "MQ-6: the listener is dropped after `closed`");
        }
    });
}

#[test]
fn a_pump_that_sends_and_thread_receivers() {
    const MESSAGES: u32 = 3000;
    repeated(|| {
        for capacity in [1, 7] {
            let (pump, thread) = EventPump::spawn("source").expect("a thread");
            let (near, far) = queues(capacity);
            far.set_listener(&pump, Source::numbers(MESSAGES)).expect("it runs");
            drop(far);
            near.send("begin").expect("there is room");
            let receiver = |_| {
                let near = near.clone();
                spawn("receiver", move || {
                    let mut got = Vec::new();
                    while let Ok(message) = near.blocking_receive() {
                        got.push(number(&message));
                    }
                    assert!(got.is_sorted(), "MQ-1");
                    got
                })
            };
            let receivers: Vec<_> = (0..2).map(receiver).collect();
            let mut got: Vec<_> = receivers.into_iter().flat_map(join).collect();
            got.sort_unstable();
            assert_eq!(got, (0..MESSAGES).collect::<Vec<_>>(), "MQ-3: one `writable` for each time it was full");
            pump.stop();
            join(thread);
        }
    });
}

#[test]
fn a_pump_that_sends_and_another_that_receives() {
    const MESSAGES: u32 = 3000;
    repeated(|| {
        for same in [true, false] {
            let (one, first) = EventPump::spawn("source").expect("a thread");
            let (two, second) = EventPump::spawn("sink").expect("a thread");
            let (near, far) = queues(3);
            let (heard, hears) = mpsc::channel();
            near.set_listener(&one, Source::numbers(MESSAGES)).expect("it runs");
            far.set_listener(if same { &one } else { &two }, Sink(heard)).expect("it runs");
            far.send("begin").expect("there is room");
            drop((near, far));
            let got: Vec<_> = hears.iter().map_while(|message| message.as_ref().map(number)).collect();
            assert_eq!(got, (0..MESSAGES).collect::<Vec<_>>());
            one.stop();
            two.stop();
            join(first);
            join(second);
        }
    });
}

#[test]
fn a_listener_is_replaced_again_and_again_under_load() {
    const MESSAGES: u32 = 4000;
    repeated(|| {
        let pumps = ["one", "two"].map(|name| EventPump::spawn(name).expect("a thread"));
        let (near, far) = queues(5);
        let (heard, hears) = mpsc::channel();
        let sending = spawn("sender", move || {
            for number in 0..MESSAGES {
                near.blocking_send(number.to_le_bytes().to_vec()).expect("somebody receives");
            }
        });
        let mut turns = 0;
        while !sending.is_finished() || turns == 0 {
            let (pump, _) = &pumps[turns % 2];
            far.set_listener(pump, Sink(heard.clone())).expect("it runs");
            turns += 1;
            if turns % 16 == 0 {
                // Replacing is faster than delivering: a pump that is never waited for would fall behind for ever.
                let (tell, told) = mpsc::channel();
                pump.post(move || tell.send(()).expect("the test listens")).expect("it runs");
                told.recv().expect("the pump comes to it");
            }
        }
        join(sending);
        let got: Vec<_> = hears.iter().map_while(|message| message.as_ref().map(number)).collect();
        assert_eq!(got, (0..MESSAGES).collect::<Vec<_>>(), "MQ-6: no listener runs beside its successor");
        for (pump, thread) in pumps {
            pump.stop();
            join(thread);
        }
    });
}

#[test]
fn a_close_races_a_sender_and_loses_nothing_that_was_accepted() {
    repeated(|| {
        for _ in 0..30 {
            let (pump, thread) = EventPump::spawn("sink").expect("a thread");
            let (near, far) = queues(1000);
            let (heard, hears) = mpsc::channel();
            far.set_listener(&pump, Sink(heard)).expect("it runs");
            let sender = near.clone();
            let sending = spawn("sender", move || {
                let accepted = |number: &u32| sender.send(number.to_le_bytes().to_vec()).is_ok();
                (0..500).take_while(accepted).count()
            });
            let first = hears.recv().expect("it runs");
            near.close();
            let got = hears.iter().take_while(Option::is_some).count();
            assert_eq!(usize::from(first.is_some()) + got, join(sending), "MQ-7");
            pump.stop();
            join(thread);
        }
    });
}
