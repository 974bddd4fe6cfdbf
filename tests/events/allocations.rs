//! In a steady state, neither an event nor a message asks the allocator for anything; and when everything has gone, nothing is left
//! (ALL-3). What is large is asked for when its capacity is checked.
//!
//! The allocator of this binary counts for each thread what it asks for and gives back, so that neighbours do not matter.

#![cfg(not(any(loom, shuttle)))]

#[path = "../support/mod.rs"]
mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::mpsc;
use std::time::Duration;

use bytes::Bytes;
use rdv::buffer::Ring;
use rdv::buffer::spsc::Spsc;
use rdv::{
    Broker, BrokerManager, ConnectError, ConnectOptions, EventPump, MessageQueue, PumpHandle, QueueBroker, queue,
};

use support::world::{join, spawn};
use support::{LIMIT, within};

/// The system's allocator, counted.
struct Counting;

thread_local! {
    static ASKED: Cell<usize> = const { Cell::new(0) };
    static LIVE: Cell<isize> = const { Cell::new(0) };
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: every call is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // A thread that is being taken down counts no more.
        let _ = ASKED.try_with(|asked| asked.set(asked.get() + 1));
        let _ = LIVE.try_with(|live| live.set(live.get() + 1));
        // SAFETY: as it came.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let _ = LIVE.try_with(|live| live.set(live.get() - 1));
        // SAFETY: as it came.
        unsafe { System.dealloc(block, layout) }
    }
}

/// How often this thread asked the allocator so far.
fn asked() -> usize {
    ASKED.with(Cell::get)
}

/// Checks that rounds ask for nothing, after a few that may grow what is kept.
#[track_caller]
fn assert_none(what: &str, mut round: impl FnMut()) {
    (0..10).for_each(|_| round());
    let before = asked();
    (0..1000).for_each(|_| round());
    assert_eq!(asked() - before, 0, "allocations in 1000 rounds of {what}");
}

fn driven() -> (EventPump, PumpHandle) {
    let pump = EventPump::new();
    let handle = pump.handle();
    (pump, handle)
}

#[test]
fn posting_and_running_small_events() {
    let (mut pump, handle) = driven();
    let (mut sum, numbers) = (0, mpsc::sync_channel(64));
    assert_none("ten events of five words", || {
        for number in 0..10_usize {
            let heard = numbers.0.clone();
            handle.post(move || heard.send(number).expect("the test listens")).expect("it runs");
        }
        assert_eq!(pump.run_until_idle(), 10);
        sum += numbers.1.try_iter().sum::<usize>();
    });
    assert_eq!(sum, 45 * 1010);
}

#[test]
fn a_chain_of_events_that_post_the_next() {
    fn next(pump: PumpHandle, left: usize) {
        if left > 0 {
            pump.clone().post(move || next(pump, left - 1)).expect("it runs");
        }
    }
    let (mut pump, handle) = driven();
    assert_none("a chain", || {
        next(handle.clone(), 20);
        assert_eq!(pump.run_until_idle(), 20);
    });
}

#[test]
fn messages_without_listeners() {
    let (near, far) = queue::pair(8).expect("a small capacity");
    let message = Bytes::from(vec![7; 1000]);
    assert_none("messages there and back", || {
        for _ in 0..8 {
            near.send(message.clone()).expect("there is room");
        }
        near.send(message.clone()).expect_err("full");
        while let Ok(message) = far.receive() {
            far.blocking_send(message).expect("there is room");
            near.blocking_receive().expect("one waits");
        }
    });
}

#[test]
fn messages_to_listeners_and_back() {
    let (mut pump, handle) = driven();
    let (near, far) = queue::pair(4).expect("a small capacity");
    let echo = |queue: &MessageQueue, message: Bytes| queue.send(message).expect("there is room");
    far.set_listener(&handle, echo).expect("it runs");
    let message = Bytes::from(vec![7; 1000]);
    assert_none("echoes", || {
        for _ in 0..4 {
            near.send(message.clone()).expect("there is room");
        }
        near.send(message.clone()).expect_err("full, and told `writable` if it had a listener");
        assert_eq!(pump.run_until_idle(), 4);
        (0..4).for_each(|_| drop(near.receive().expect("it is sent back")));
    });
}

#[test]
fn round_trips_between_a_thread_and_a_pump() {
    within(LIMIT, || {
        let (near, far) = queue::pair(4).expect("a small capacity");
        let mut pump = EventPump::new();
        let handle = pump.handle();
        let on = handle.clone();
        let pump_thread = spawn("pump", move || {
            // Counts on the pump thread what the callbacks see.
            let (mut rounds, mut before) = (0, 0);
            let listener = move |queue: &MessageQueue, message: Bytes| {
                rounds += 1;
                match rounds {
                    100 => before = asked(),
                    2000 => assert_eq!(asked(), before, "allocations of the pump"),
                    _ => {}
                }
                queue.send(message).expect("one at a time");
            };
            far.set_listener(&on, listener).expect("it runs");
            drop((far, on));
            pump.run();
        });
        let message = Bytes::from(vec![7; 1000]);
        assert_none("round trips", || {
            near.blocking_send(message.clone()).expect("the pump runs");
            near.blocking_receive().expect("it is sent back");
        });
        for _ in 0..1000 {
            near.blocking_send(message.clone()).expect("the pump runs");
            near.blocking_receive().expect("the listener has not panicked");
        }
        handle.stop();
        join(pump_thread);
    });
}

#[test]
fn memory_for_a_ring_is_looked_for_in_advance_from_a_megabyte_up() {
    let looks = |bytes| {
        let before = asked();
        <Spsc<u8> as Ring<u8>>::check(bytes).expect("there is memory");
        asked() - before
    };
    assert_eq!([1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1].map(looks), [0, 0, 1, 1]);
}

#[test]
fn a_large_event_is_one_allocation() {
    let (mut pump, handle) = driven();
    let post = || {
        let ballast = [7_u8; 200];
        handle.post(move || assert_eq!(ballast[199], 7)).expect("it runs");
    };
    // The pump swaps two queues: both have grown then.
    for _ in 0..2 {
        (0..10).for_each(|_| post());
        pump.run_until_idle();
    }
    let before = asked();
    (0..10).for_each(|_| post());
    pump.run_until_idle();
    assert_eq!(asked() - before, 10);
}

/// How a world ends.
#[derive(Clone, Copy, Debug)]
enum End {
    PumpStops,
    PumpIsDropped,
    BrokersClose,
    HandlesGo,
}

/// A world in which everything is in the middle of something when it ends.
fn world(end: End) {
    let (mut pump, handle) = driven();
    let manager = BrokerManager::new();
    let [server, client] = ["server", "client"].map(|name| Broker::new(&manager, name).expect("the name is free"));
    let [on_server, on_client] = [&server, &client].map(|broker| QueueBroker::new(broker, &handle));
    let on = handle.clone();
    let serve = move |queue: MessageQueue| {
        let echo = |queue: &MessageQueue, message: Bytes| drop(queue.send(message));
        queue.set_listener(&on, echo).expect("it runs");
    };
    on_server.bind(1, serve).expect("the port is free");
    on_server.bind(2, |_: MessageQueue| {}).expect("the port is free");
    on_server.unbind(2).expect("it is bound");
    let (kept, keeps) = mpsc::channel();
    for (port, wait) in
        [(1, Duration::MAX), (1, Duration::from_secs(9)), (2, Duration::MAX), (3, Duration::from_secs(9))]
    {
        let kept = kept.clone();
        let keep = move |outcome: Result<MessageQueue, ConnectError>| drop(kept.send(outcome));
        on_client.connect_with("server", port, ConnectOptions::new().timeout(wait), keep).expect("it runs");
    }
    pump.run_until_idle();
    let queues: Vec<_> = keeps.try_iter().map(|outcome| outcome.expect("both were accepted")).collect();
    assert_eq!(queues.len(), 2);
    for queue in &queues {
        queue.send("to the server").expect("there is room");
        queue.set_listener(&handle, |_: &MessageQueue, _: Bytes| {}).expect("it runs");
    }
    handle.post_after(Duration::MAX, || {}).expect("it runs");
    pump.turn(1);
    match end {
        End::PumpStops => {
            handle.stop();
            pump.run();
        }
        End::PumpIsDropped => drop(pump),
        End::BrokersClose => {
            server.close();
            client.close();
            drop((queues, pump.run_until_idle()));
        }
        End::HandlesGo => {
            drop((queues, server, client, on_server, on_client, manager, handle));
            pump.run_until_idle();
        }
    }
}

#[test]
fn all_3_nothing_is_left_of_a_world_however_it_ends() {
    for end in [End::PumpStops, End::PumpIsDropped, End::BrokersClose, End::HandlesGo] {
        (0..3).for_each(|_| world(end));
        let before = LIVE.with(Cell::get);
        (0..20).for_each(|_| world(end));
        assert_eq!(LIVE.with(Cell::get) - before, 0, "ALL-3: blocks that are left when {end:?}");
    }
}
