//! Sending and receiving without listeners: MQ-1 to MQ-4, MQ-7, MQ-11.

use std::time::Duration;

use bytes::Bytes;
use rdv::{BrokerManager, CapacityError, EventPump, ReceiveError, SendError, queue};

use crate::support::SOON;
use crate::support::asleep::blocking;
use crate::support::streams::payload;
use crate::support::world::{PORT, broker_in, join, spawn};
use crate::test;
use crate::world::{Log, Told, driven, face, meet, queues};

/// The lengths at which something else usually begins.
pub(crate) const LENGTHS: [usize; 9] = [0, 1, 127, 128, 255, 256, 65_535, 65_536, 1 << 20];

#[test]
fn mq_1_messages_of_any_length_arrive_whole_and_in_order() {
    let (near, far) = queues(LENGTHS.len());
    for (seed, length) in (0..).zip(LENGTHS) {
        near.send(payload(length, seed)).expect("there is room");
    }
    for (seed, length) in (0..).zip(LENGTHS) {
        assert_eq!(far.receive().expect("one waits"), payload(length, seed), "{length} bytes");
    }
    assert_eq!(far.receive(), Err(ReceiveError::Empty));
}

#[test]
fn mq_2_the_receiver_gets_the_very_memory_of_the_sender() {
    test(|| {
        let ((mut pump, handle), (near, far)) = (driven(), queues(LENGTHS.len()));
        for length in LENGTHS.into_iter().filter(|length| *length > 0) {
            let message = Bytes::from(vec![7; length]);
            let address = message.as_ptr();
            near.send(message).expect("there is room");
            assert_eq!(far.receive().expect("one waits").as_ptr(), address, "{length} bytes");
            near.blocking_send(Bytes::from_static(b"static")).expect("there is room");
            assert_eq!(far.blocking_receive().expect("one waits").as_ptr(), b"static".as_ptr());
        }
        let log = Log::default();
        let heard = log.clone();
        let told = Told::new("far", &log).received(move |_, message| heard.add(format!("{:?}", message.as_ptr())));
        far.set_listener(&handle, told).expect("it runs");
        let message = Bytes::from("to a listener");
        let (address, shared) = (message.as_ptr(), message.clone());
        near.send(message).expect("there is room");
        pump.run_until_idle();
        assert_eq!(log.all(), ["far: to a listener".to_owned(), format!("{address:?}")]);
        assert_eq!(shared.as_ptr(), address, "a sender that keeps a share keeps a share");
    });
}

#[test]
fn mq_2_a_message_given_back_is_the_one_that_was_handed_in() {
    test(|| {
        let (near, far) = queues(1);
        near.send("one").expect("there is room");
        let message = Bytes::from(vec![7; 1000]);
        let address = message.as_ptr();
        let Err(SendError::Full(message)) = near.send(message) else { panic!("MQ-3: it is full") };
        assert_eq!(message.as_ptr(), address);
        drop(far);
        let Err(SendError::Closed(message)) = near.send(message) else { panic!("MQ-7: it is closed") };
        assert_eq!(message.as_ptr(), address);
        let Err(error) = near.blocking_send(message) else { panic!("MQ-7: it is closed") };
        assert_eq!(error.into_message().as_ptr(), address);
    });
}

#[test]
fn mq_3_a_queue_holds_as_many_messages_as_it_says_in_each_direction() {
    for capacity in [1, 2, 3, 256] {
        let (near, far) = queues(capacity);
        for (from, to) in [(&near, &far), (&far, &near), (&near, &far)] {
            for number in 0..capacity {
                from.send(number.to_string()).expect("there is room");
            }
            assert_eq!(from.send("too many"), Err(SendError::Full("too many".into())));
            for number in 0..capacity {
                assert_eq!(to.receive().expect("one waits"), number.to_string());
            }
            assert_eq!(to.receive(), Err(ReceiveError::Empty));
        }
    }
}

#[test]
fn mq_3_a_manager_says_how_much_its_queues_hold() {
    let manager = BrokerManager::builder().queue_capacity(2).build().expect("a small capacity");
    let (mut pump, handle) = driven();
    let (server, client) = (face(&manager, "server", &handle), face(&manager, "client", &handle));
    let (accepted, connected) = meet(&mut pump, &server, &client);
    for queue in [&accepted, &connected] {
        queue.send("1").and(queue.send("2")).expect("there is room");
        assert!(matches!(queue.send("3"), Err(SendError::Full(_))));
    }
}

#[test]
fn all_4_a_capacity_that_no_queue_can_have_is_refused() {
    assert!(matches!(queue::pair(0).map(drop), Err(CapacityError::Zero)));
    let refused = BrokerManager::builder().queue_capacity(0).build().map(drop);
    assert!(matches!(refused, Err(CapacityError::Zero)));
    for capacity in [usize::MAX, usize::MAX / 2, 1 << 60] {
        queue::pair(capacity).map(drop).expect_err("no memory holds so many");
        BrokerManager::builder().queue_capacity(capacity).build().map(drop).expect_err("no memory holds so many");
    }
}

#[test]
fn mq_3_blocking_calls_block_only_while_they_could_not_proceed() {
    test(|| {
        let (near, far) = queues(1);
        let receiver = far.clone();
        let receiving = blocking("receiver", move || receiver.blocking_receive());
        near.send("one").expect("there is room");
        assert_eq!(receiving.join().expect("one came"), "one");
        near.blocking_send("two").expect("there is room");
        let sender = near.clone();
        let sending = blocking("sender", move || sender.blocking_send("three"));
        assert_eq!(far.blocking_receive().expect("two waits"), "two");
        sending.join().expect("there was room");
        assert_eq!(far.receive_timeout(Duration::MAX).expect("three waits"), "three");
    });
}

#[test]
fn mq_3_blocking_calls_return_when_either_end_closes() {
    test(|| {
        for closes_itself in [true, false] {
            let (near, far) = queues(1);
            near.send("one").expect("there is room");
            let (sender, receiver, timed) = (near.clone(), near.clone(), near.clone());
            let sending = blocking("sender", move || sender.blocking_send("two"));
            let receiving = blocking("receiver", move || receiver.blocking_receive());
            let waiting = blocking("patient receiver", move || timed.receive_timeout(Duration::MAX));
            if closes_itself {
                near.close();
            } else {
                far.close();
            }
            assert_eq!(sending.join(), Err(SendError::Closed("two".into())));
            assert_eq!(receiving.join(), Err(ReceiveError::Closed));
            assert_eq!(waiting.join(), Err(ReceiveError::Closed));
        }
    });
}

#[test]
fn mq_3_a_time_out_takes_no_message_away() {
    test(|| {
        let (near, far) = queues(1);
        assert_eq!(far.receive_timeout(SOON), Err(ReceiveError::Timeout));
        assert_eq!(far.receive_timeout(Duration::ZERO), Err(ReceiveError::Timeout));
        near.send("one").expect("there is room");
        assert_eq!(far.receive_timeout(Duration::ZERO).expect("one waits"), "one");
    });
}

#[test]
fn mq_3_threads_that_wait_are_served_one_message_each() {
    test(|| {
        let (near, far) = queues(4);
        let receiver = |_| {
            let far = far.clone();
            blocking("receiver", move || far.blocking_receive().expect("one comes for each"))
        };
        let receiving: Vec<_> = (0..3).map(receiver).collect();
        near.send("x").and(near.send("x")).and(near.send("x")).expect("there is room");
        receiving.into_iter().for_each(|thread| assert_eq!(thread.join(), "x"));
        assert_eq!(far.receive(), Err(ReceiveError::Empty));
    });
}

#[test]
fn mq_4_messages_of_each_thread_stay_in_order_whoever_receives() {
    const MESSAGES: u32 = 2000;
    test(|| {
        let (near, far) = queues(3);
        let sender = |sender: u8| {
            let near = near.clone();
            spawn("sender", move || {
                for number in 0..MESSAGES {
                    let message = [&[sender][..], &number.to_le_bytes()].concat();
                    near.blocking_send(message).expect("somebody receives");
                }
            })
        };
        let senders: Vec<_> = (0..3).map(sender).collect();
        let receiver = |_| {
            let far = far.clone();
            spawn("receiver", move || {
                let (mut next, mut count) = ([0; 3], 0);
                while let Ok(message) = far.blocking_receive() {
                    let number = u32::from_le_bytes(message[1..].try_into().expect("four bytes"));
                    let next = &mut next[usize::from(message[0])];
                    assert!(number >= *next, "MQ-4: {number} of {} after {next}", message[0]);
                    *next = number + 1;
                    count += 1;
                }
                count
            })
        };
        let receivers: Vec<_> = (0..2).map(receiver).collect();
        senders.into_iter().for_each(join);
        near.close();
        assert_eq!(receivers.into_iter().map(join).sum::<u32>(), 3 * MESSAGES);
    });
}

#[test]
fn mq_7_what_was_sent_before_the_close_arrives_then_the_peer_is_closed() {
    test(|| {
        let (near, far) = queues(4);
        near.send("one").and(near.send("two")).expect("there is room");
        far.send("never received").expect("there is room");
        near.close();
        near.close();
        assert!(near.is_closed() && !far.is_closed());
        assert_eq!(near.receive(), Err(ReceiveError::Closed));
        assert_eq!(near.send("three"), Err(SendError::Closed("three".into())));
        assert_eq!(far.send("four"), Err(SendError::Closed("four".into())));
        assert_eq!(far.receive().expect("one waits"), "one");
        assert!(!far.is_closed());
        assert_eq!(far.receive().expect("two waits"), "two");
        assert!(far.is_closed());
        assert_eq!(far.receive(), Err(ReceiveError::Closed));
        assert_eq!(far.blocking_receive(), Err(ReceiveError::Closed));
    });
}

#[test]
fn mq_7_what_an_end_had_not_received_when_it_closed_is_dropped() {
    let (near, far) = queues(4);
    let log = Log::default();
    let dropped = log.event("dropped");
    far.send(crate::world::OnDrop::message("unread", dropped)).expect("there is room");
    near.close();
    assert_eq!(log.all(), ["dropped"]);
}

#[test]
fn mq_11_an_end_without_a_handle_or_a_listener_is_closed() {
    let (near, far) = queues(4);
    let clone = near.clone();
    near.send("one").expect("there is room");
    drop(near);
    assert_eq!(far.receive().expect("one waits"), "one");
    assert_eq!(far.receive(), Err(ReceiveError::Empty), "there is a clone");
    drop(clone);
    assert!(far.is_closed());
    assert_eq!(far.receive(), Err(ReceiveError::Closed));
}

#[test]
fn mq_11_a_thread_that_panics_closes_what_it_held() {
    test(|| {
        let (near, far) = queues(4);
        let panics = spawn("panics", move || {
            near.send("last words").expect("there is room");
            std::panic::resume_unwind(Box::new(()));
        });
        panics.join().expect_err("it panicked");
        assert_eq!(far.blocking_receive().expect("they wait"), "last words");
        assert_eq!(far.blocking_receive(), Err(ReceiveError::Closed));
    });
}

#[test]
fn rdv_10_a_broker_knows_its_open_queues_and_forgets_one_when_it_is_closed() {
    let manager = BrokerManager::new();
    let (mut pump, handle) = driven();
    let (server, client) = (face(&manager, "server", &handle), face(&manager, "client", &handle));
    let (accepted, connected) = meet(&mut pump, &server, &client);
    for (queue, local, peer) in [(&accepted, &server, &client), (&connected, &client, &server)] {
        assert_eq!(local.broker().connections(), [(queue.local().clone(), queue.peer().clone())]);
        assert_eq!(queue.local().broker(), Some(local.broker().name()));
        assert_eq!(queue.peer().broker(), Some(peer.broker().name()));
    }
    assert_eq!((accepted.local().port().is_some(), connected.peer().port()), (true, accepted.local().port()));
    connected.send("last").expect("there is room");
    drop(connected);
    assert!(client.broker().connections().is_empty());
    assert_eq!(server.broker().connections().len(), 1, "a message waits to be received");
    accepted.receive().expect("one waits");
    assert!(server.broker().connections().is_empty());
}

#[test]
fn rdv_8_a_closed_broker_leaves_its_queues_open() {
    test(|| {
        let manager = BrokerManager::new();
        let (server, client) = (broker_in(&manager, "server"), broker_in(&manager, "client"));
        let acceptor = server.clone();
        let accepting = blocking("accept", move || acceptor.accept_queue(PORT).expect("somebody connects"));
        let connected = client.connect_queue("server", PORT).expect("somebody accepts");
        let accepted = accepting.join();
        server.close();
        client.close();
        drop((server, client, manager));
        connected.send("still").expect("it lives on");
        assert_eq!(accepted.receive().expect("one waits"), "still");
        drop(EventPump::new());
    });
}
