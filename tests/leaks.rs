//! Nothing leaks, and nothing piles up: ALL-3, CHAN-6.
//!
//! The allocator of this binary counts. Each test runs alone in a process of its own, because a neighbour's allocations
//! would be counted, too. `RDV_REPEAT=500 cargo test --test leaks` makes a million accept / connect pairs of the usual two
//! thousand.

#![cfg(not(any(loom, shuttle)))]

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{ErrorKind, Read, Write};
use std::process::Command;
use std::sync::atomic::{AtomicIsize, AtomicUsize, Ordering};

use rdv::buffer::Ring;
use rdv::buffer::locked::Locked;
use rdv::buffer::mirrored::Mirrored;
use rdv::buffer::mpmc::Mpmc;
use rdv::buffer::spsc::Spsc;
use rdv::{Broker, BrokerManager, Channel, Task, channel};

use support::asleep::blocking;
use support::world::{PORT, broker_in, connection, join, spawn};
use support::{LIMIT, SOON, eventually, rounds, within};

/// The system's allocator, counted.
struct Counting;

static BLOCKS: AtomicIsize = AtomicIsize::new(0);
static BYTES: AtomicIsize = AtomicIsize::new(0);
static ASKED: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn size(layout: Layout) -> isize {
    isize::try_from(layout.size()).expect("a layout is no larger")
}

// SAFETY: every call is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ASKED.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as it came.
        let block = unsafe { System.alloc(layout) };
        if !block.is_null() {
            BLOCKS.fetch_add(1, Ordering::Relaxed);
            BYTES.fetch_add(size(layout), Ordering::Relaxed);
        }
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        BLOCKS.fetch_sub(1, Ordering::Relaxed);
        BYTES.fetch_sub(size(layout), Ordering::Relaxed);
        // SAFETY: as it came.
        unsafe { System.dealloc(block, layout) }
    }
}

/// What is allocated now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Live {
    blocks: isize,
    bytes: isize,
}

fn live() -> Live {
    Live { blocks: BLOCKS.load(Ordering::Relaxed), bytes: BYTES.load(Ordering::Relaxed) }
}

/// How many threads this process has.
fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count)
}

/// How many double mappings there are: the allocator does not see them.
fn mirrors() -> usize {
    std::fs::read_to_string("/proc/self/maps").map_or(0, |maps| maps.matches("memfd:").count())
}

/// Waits until the test harness and the watchdog have fallen asleep: until then they allocate.
fn until_quiet() {
    let mut asked = ASKED.load(Ordering::Relaxed);
    let mut quiet = 0;
    while quiet < 20 {
        std::thread::sleep(SOON / 5);
        let now = ASKED.load(Ordering::Relaxed);
        quiet = if now == asked { quiet + 1 } else { 0 };
        asked = now;
    }
}

/// Runs the body of the test of that name in a process where nothing else runs.
#[track_caller]
fn alone(test: &str, body: impl FnOnce() + Send + 'static) {
    const ALONE: &str = "RDV_TEST_ALONE";
    if std::env::var_os(ALONE).is_some() {
        return within(LIMIT, || {
            until_quiet();
            body();
        });
    }
    let me = std::env::current_exe().expect("this binary");
    let child = Command::new(me).args([test, "--exact", "--test-threads=1"]).env(ALONE, "1").output();
    let child = child.expect("a child process");
    let said = [child.stdout, child.stderr].concat();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&said));
}

/// Checks that `round` leaves nothing behind, whatever the first ones set up for good.
#[track_caller]
fn assert_flat(what: &str, mut round: impl FnMut()) {
    (0..3).for_each(|_| round());
    let before = (live(), mirrors());
    let threads_before = threads();
    (0..20).for_each(|_| round());
    assert_eq!((live(), mirrors()), before, "ALL-3: {what}");
    // The system may list a thread for a moment after it was joined.
    eventually("threads are gone", || threads() == threads_before);
}

/// Writes, reads a part, splits, hangs up: leaves bytes in both directions.
fn use_channel<V: Ring<u8>>(capacity: usize) {
    let (mut near, mut far) = channel::pair_with::<V>(capacity).expect("a capacity that can be had");
    near.write_all(&vec![1; capacity]).expect("there is room");
    far.write_all(&vec![2; capacity]).expect("there is room");
    far.read_exact(&mut [0]).expect("some wait");
    let (reader, _writer) = near.split();
    drop(reader);
    far.disconnect();
}

#[test]
fn all_3_a_channel_leaves_nothing_behind() {
    alone("all_3_a_channel_leaves_nothing_behind", || {
        for capacity in [1, 7, 5000] {
            assert_flat("locked", || use_channel::<Locked<u8>>(capacity));
            assert_flat("spsc", || use_channel::<Spsc<u8>>(capacity));
            assert_flat("mirrored", || use_channel::<Mirrored>(capacity));
            assert_flat("mpmc", || use_channel::<Mpmc<u8>>(capacity));
        }
        assert_flat("a large one", || use_channel::<Spsc<u8>>(2 << 20));
    });
}

#[test]
fn all_3_a_refused_capacity_leaves_nothing_behind() {
    alone("all_3_a_refused_capacity_leaves_nothing_behind", || {
        assert_flat("refusals", || {
            for capacity in [0, 1 << 46, usize::MAX] {
                channel::pair(capacity).map(drop).expect_err("refused");
                channel::pair_with::<Mirrored>(capacity).map(drop).expect_err("refused");
                BrokerManager::builder().channel_capacity(capacity).build().map(drop).expect_err("refused");
            }
        });
    });
}

#[test]
fn all_3_brokers_leave_nothing_behind() {
    alone("all_3_brokers_leave_nothing_behind", || {
        assert_flat("brokers", || {
            let manager = BrokerManager::new();
            let (server, client) = (broker_in(&manager, "server"), broker_in(&manager, "client"));
            let (mut accepted, connected) = connection(&client, &server, PORT);
            accepted.write_all(&[1]).expect("there is room");
            let acceptor = server.clone();
            let waiting = blocking("accept", move || acceptor.accept(PORT).map(drop).expect_err("closed"));
            server.close();
            waiting.join();
            server.try_accept(PORT).map(drop).expect_err("closed");
            drop((manager, server, client));
            drop((accepted, connected));
        });
    });
}

#[test]
fn all_3_tasks_leave_nothing_behind() {
    alone("all_3_tasks_leave_nothing_behind", || {
        assert_flat("tasks", || {
            let broker = broker_in(&BrokerManager::new(), "task");
            let task = Task::spawn(broker.clone(), |task| task.broker().try_accept(PORT).map(drop).is_err());
            assert!(join(task.expect("a thread")));
        });
    });
}

#[test]
fn rdv_5_attempts_that_end_early_do_not_pile_up() {
    alone("rdv_5_attempts_that_end_early_do_not_pile_up", || {
        let broker = broker_in(&BrokerManager::new(), "both");
        assert_flat("attempts", || {
            broker.accept_timeout(PORT, SOON / 50).map(drop).expect_err("nobody connects");
            broker.connect_timeout("both", PORT, SOON / 50).map(drop).expect_err("nobody accepts");
            broker.try_accept(PORT).map(drop).expect_err("nobody connects");
            broker.try_connect("both", PORT).map(drop).expect_err("nobody accepts");
        });
    });
}

const LARGE: usize = 1 << 18;

/// Both ends of a channel that holds large buffers, and what was allocated before.
fn large() -> (Live, Channel, Channel) {
    let before = live();
    let (mut near, mut far) = channel::pair(LARGE).expect("a capacity that can be had");
    near.write_all(&[1]).expect("there is room");
    far.write_all(&[2]).expect("there is room");
    assert!(live().bytes - before.bytes >= 2 * LARGE as isize, "the buffers are there");
    (before, near, far)
}

/// Whether the large buffers are gone.
#[track_caller]
fn assert_freed(before: Live, when: &str) {
    let held = live().bytes - before.bytes;
    assert!(held < LARGE as isize / 4, "CHAN-6: {held} bytes are held after {when}");
}

#[test]
fn chan_6_a_disconnector_keeps_no_buffers_alive() {
    alone("chan_6_a_disconnector_keeps_no_buffers_alive", || {
        let (before, near, far) = large();
        let disconnectors = [near.disconnector(), far.disconnector(), near.disconnector()];
        disconnectors[0].disconnect();
        drop((near, far));
        assert_freed(before, "both ends were dropped");
        disconnectors.iter().for_each(rdv::Disconnector::disconnect);
    });
}

#[test]
fn chan_6_a_ring_is_freed_by_the_last_of_its_two_owners_to_leave() {
    alone("chan_6_a_ring_is_freed_by_the_last_of_its_two_owners_to_leave", || {
        let (before, mut near, mut far) = large();
        near.disconnect();
        assert_eq!(near.read(&mut [0]).expect_err("disconnected").kind(), ErrorKind::NotConnected);
        assert_eq!(near.write(&[0]).expect_err("disconnected").kind(), ErrorKind::NotConnected);
        assert_eq!(far.write(&[0]).expect_err("nobody reads").kind(), ErrorKind::BrokenPipe);
        assert_eq!(far.read(&mut [0; 9]).expect("a byte waits"), 1);
        assert_eq!(far.read(&mut [0; 9]).expect("end-of-stream"), 0);
        assert_freed(before, "every operation returned closed");

        let (before, mut near, far) = large();
        drop(far);
        assert_eq!(near.write(&[0]).expect_err("nobody reads").kind(), ErrorKind::BrokenPipe);
        assert_eq!(near.read(&mut [0; 9]).expect("a byte waits"), 1);
        assert_eq!(near.read(&mut [0; 9]).expect("end-of-stream"), 0);
        assert_freed(before, "one end was dropped and the other returned closed");
    });
}

#[test]
fn an_operation_that_finds_room_or_data_allocates_nothing() {
    alone("an_operation_that_finds_room_or_data_allocates_nothing", || {
        let (mut near, mut far) = channel::pair(64).expect("a small capacity");
        near.write_all(&[1]).expect("the buffer comes with the first byte");
        let before = ASKED.load(Ordering::Relaxed);
        for _ in 0..10_000 {
            near.write_all(&[1; 40]).expect("there is room");
            far.read_exact(&mut [0; 40]).expect("forty wait");
        }
        assert_eq!(ASKED.load(Ordering::Relaxed), before);
    });
}

/// Accepts and connects `count` times; how often the allocator was asked.
fn pairs(count: usize) -> usize {
    let manager = BrokerManager::new();
    let (server, client) = (broker_in(&manager, "server"), broker_in(&manager, "client"));
    let asked = ASKED.load(Ordering::Relaxed);
    let accepting = spawn("accept", move || {
        for _ in 0..count {
            server.accept(PORT).expect("somebody connects").read_exact(&mut [0]).expect("a byte comes");
        }
    });
    for _ in 0..count {
        client.connect("server", PORT).expect("somebody accepts").write_all(&[1]).expect("it is read");
    }
    join(accepting);
    ASKED.load(Ordering::Relaxed) - asked
}

#[test]
fn accept_connect_pairs_take_flat_memory_and_linear_work() {
    alone("accept_connect_pairs_take_flat_memory_and_linear_work", || {
        let count = 1000 * usize::try_from(rounds()).expect("a number of rounds");
        pairs(count / 10);
        let before = live();
        let (first, second) = (pairs(count), pairs(count));
        assert_eq!(live(), before, "flat");
        assert!(second < first + first / 10 + 100, "linear: {first} allocations, then {second} for as many pairs");
        let most = 20 * count + 100;
        assert!(first < most, "{first} allocations for {count} pairs");
    });
}

/// Connects so often: the ends of either side, idle, with their broker.
fn idle(count: usize) -> [(Vec<Channel>, Broker); 2] {
    let manager = BrokerManager::new();
    let (server, client) = (broker_in(&manager, "server"), broker_in(&manager, "client"));
    let collect = move |broker: Broker, connect: fn(&Broker) -> Channel| {
        let mut ends = Vec::with_capacity(count);
        ends.extend((0..count).map(|_| connect(&broker)));
        (ends, broker)
    };
    let accepting = spawn("accept", move || collect(server, |server| server.accept(PORT).expect("somebody connects")));
    let connected = collect(client, |client| client.connect("server", PORT).expect("somebody accepts"));
    [join(accepting), connected]
}

#[test]
fn an_idle_connection_takes_640_bytes_with_both_its_ends() {
    alone("an_idle_connection_takes_640_bytes_with_both_its_ends", || {
        drop(idle(10));
        for count in [10_000, 100_000] {
            let before = live().bytes;
            let sides = idle(count);
            let each = (live().bytes - before) / isize::try_from(count).expect("a small number");
            assert!(each <= 640, "{each} bytes each, of {count}");
            drop(sides);
        }
    });
}
