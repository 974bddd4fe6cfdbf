//! What a caller can get wrong gets an error, and nothing is half done: RING-2, ALL-4.

use std::io::{Read, Write};

use rdv::buffer::locked::Locked;
use rdv::buffer::mirrored::Mirrored;
use rdv::buffer::mpmc::Mpmc;
use rdv::buffer::spsc::Spsc;
use rdv::buffer::{Ring, ends};
use rdv::{BrokerManager, CapacityError, SendError, channel};

use crate::support::asleep::blocking;
use crate::support::world::{PORT, broker_in, connection, manager_with_capacity};
use crate::test;

/// No machine has this many bytes: 64 TiB and more.
const TOO_LARGE: [usize; 6] = [1 << 46, 1 << 47, 1 << 60, isize::MAX as usize, isize::MAX as usize + 1, usize::MAX];

fn refuses<V: Ring<u8>>() {
    assert!(matches!(channel::pair_with::<V>(0), Err(CapacityError::Zero)), "{}", V::NAME);
    assert!(matches!(ends::<u8, V>(0), Err(CapacityError::Zero)), "{}", V::NAME);
    for capacity in TOO_LARGE {
        let refused = channel::pair_with::<V>(capacity).map(drop).expect_err(V::NAME);
        assert!(!matches!(refused, CapacityError::Zero), "{} with {capacity}: {refused}", V::NAME);
        ends::<u8, V>(capacity).map(drop).expect_err(V::NAME);
    }
    channel::pair_with::<V>(1).expect("and then a small one is had");
}

#[test]
fn ring_2_a_capacity_that_cannot_be_had_is_refused() {
    test(|| {
        refuses::<Locked<u8>>();
        refuses::<Spsc<u8>>();
        refuses::<Mirrored>();
        refuses::<Mpmc<u8>>();
    });
}

#[test]
fn all_4_the_builder_refuses_a_capacity_that_cannot_be_had() {
    assert!(matches!(BrokerManager::builder().channel_capacity(0).build(), Err(CapacityError::Zero)));
    assert!(matches!(BrokerManager::builder().queue_capacity(0).build(), Err(CapacityError::Zero)));
    assert!(matches!(BrokerManager::builder().channel_capacity(0).queue_capacity(0).build(), Err(CapacityError::Zero)));
    for capacity in TOO_LARGE {
        BrokerManager::builder().channel_capacity(capacity).build().map(drop).expect_err("no such memory");
    }
    BrokerManager::builder().queue_capacity(usize::MAX).build().map(drop).expect_err("no such memory");
    BrokerManager::builder().build().expect("the defaults can be had");
}

#[test]
fn ring_2_a_connection_holds_exactly_the_capacity_asked_for() {
    test(|| {
        for capacity in [1, 2, 3, 100, 4097] {
            let manager = manager_with_capacity(capacity);
            let (server, client) = (broker_in(&manager, "server"), broker_in(&manager, "client"));
            let (mut accepted, mut connected) = connection(&client, &server, PORT);
            for end in [&mut accepted, &mut connected] {
                let mut held = 0;
                while let Ok(count) = end.try_write(&vec![1; capacity + 1 - held]) {
                    held += count;
                }
                assert_eq!(held, capacity);
            }
        }
    });
}

#[test]
fn ring_2_unless_set_a_connection_holds_64_kib_or_256_messages() {
    test(|| {
        let manager = BrokerManager::new();
        let (server, client) = (broker_in(&manager, "server"), broker_in(&manager, "client"));
        let (mut accepted, _connected) = connection(&client, &server, PORT);
        assert_eq!(accepted.write(&vec![1; 1 << 20]).expect("there is room"), 64 * 1024);
        let acceptor = server.clone();
        let accept = blocking("accept", move || acceptor.accept_queue(PORT).expect("somebody connects"));
        let connected = client.connect_queue("server", PORT).expect("an accept waits");
        let _accepted = accept.join();
        (0..256).for_each(|_| connected.send("x").expect("there is room"));
        assert!(matches!(connected.send("x"), Err(SendError::Full(_))));
    });
}

#[test]
fn all_4_a_large_capacity_that_can_be_had_works() {
    test(|| {
        let (mut near, mut far) = channel::pair(3 << 20).expect("a few megabytes");
        let bytes = vec![7; 3 << 20];
        assert_eq!(near.write(&bytes).expect("there is room"), bytes.len());
        let mut back = vec![0; bytes.len()];
        far.read_exact(&mut back).expect("all of it waits");
        assert!(back == bytes);
    });
}
