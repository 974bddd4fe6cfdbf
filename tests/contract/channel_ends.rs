//! Halves, drops and panics: CHAN-1, CHAN-5, CHAN-8.

use std::io::{ErrorKind, Read, Write};
use std::thread;

use rdv::buffer::Ring;
use rdv::buffer::locked::Locked;
use rdv::buffer::mirrored::Mirrored;
use rdv::buffer::mpmc::Mpmc;
use rdv::buffer::spsc::Spsc;
use rdv::channel;

use crate::support::asleep::blocking;
use crate::support::streams::rest;
use crate::support::world::pair;
use crate::{kind, test};

#[test]
fn chan_1_a_blocked_reader_holds_up_no_writer() {
    test(|| {
        let (near, far) = pair(4);
        let ((mut near_reader, mut near_writer), (mut far_reader, mut far_writer)) = (near.split(), far.split());
        let reading = blocking("near reader", move || rest(&mut near_reader));
        near_writer.write_all(&[1, 2, 3, 4]).expect("its own end");
        far_reader.read_exact(&mut [0; 4]).expect("four wait");
        let far_reading = blocking("far reader", move || rest(&mut far_reader));
        far_writer.write_all(&[5]).expect("the other end");
        near_writer.write_all(&[6]).expect("its own end");
        drop((near_writer, far_writer));
        assert_eq!((reading.join(), far_reading.join()), (vec![5], vec![6]));
    });
}

#[test]
fn chan_1_a_blocked_writer_holds_up_no_reader() {
    test(|| {
        let (near, mut far) = pair(1);
        let (mut reader, mut writer) = near.split();
        let writing = blocking("writer", move || writer.write_all(&[1, 2]));
        far.write_all(&[9]).expect("the other direction is free");
        assert_eq!(reader.read(&mut [0]).expect("a byte waits"), 1);
        drop(far);
        assert_eq!(kind(writing.join()), ErrorKind::BrokenPipe);
    });
}

#[test]
fn chan_8_dropping_an_end_disconnects_it() {
    test(|| {
        let (mut near, mut far) = pair(4);
        near.write_all(&[1]).expect("there is room");
        drop(near);
        assert_eq!(kind(far.write(&[2])), ErrorKind::BrokenPipe);
        assert_eq!(rest(&mut far), [1]);
        assert!(far.is_disconnected());
    });
}

#[test]
fn chan_8_dropping_both_halves_disconnects_the_end() {
    for reader_first in [true, false] {
        let (near, far) = pair(4);
        let (reader, writer) = near.split();
        if reader_first {
            drop(reader);
            assert!(!far.is_disconnected());
            drop(writer);
        } else {
            drop(writer);
            assert!(!far.is_disconnected());
            drop(reader);
        }
        assert!(far.is_disconnected());
    }
}

#[test]
fn chan_8_dropping_the_writer_closes_its_direction_only() {
    test(|| {
        let (near, mut far) = pair(4);
        let (mut reader, mut writer) = near.split();
        writer.write_all(&[1]).expect("there is room");
        drop(writer);
        assert_eq!(rest(&mut far), [1]);
        assert!(!far.is_disconnected(), "it can still write");
        far.write_all(&[2]).expect("the other direction is open");
        drop(far);
        assert_eq!(rest(&mut reader), [2]);
    });
}

#[test]
fn chan_8_dropping_the_reader_closes_its_direction_only() {
    test(|| {
        let (near, mut far) = pair(4);
        let (reader, mut writer) = near.split();
        drop(reader);
        assert_eq!(kind(far.write(&[1])), ErrorKind::BrokenPipe);
        writer.write_all(&[2]).expect("the other direction is open");
        drop(writer);
        assert_eq!(rest(&mut far), [2]);
        assert!(far.is_disconnected());
    });
}

#[test]
fn chan_8_dropping_a_half_wakes_the_peer() {
    test(|| {
        let (near, far) = pair(1);
        let ((reader, writer), (mut far_reader, mut far_writer)) = (near.split(), far.split());
        let reading = blocking("reader", move || rest(&mut far_reader));
        let writing = blocking("writer", move || kind(far_writer.write_all(&[1, 2])));
        drop(writer);
        assert_eq!(reading.join(), []);
        drop(reader);
        assert_eq!(writing.join(), ErrorKind::BrokenPipe);
    });
}

#[test]
fn chan_5_a_half_disconnects_the_whole_end() {
    test(|| {
        let (near, mut far) = pair(4);
        let (mut reader, mut writer) = near.split();
        writer.write_all(&[1]).expect("there is room");
        reader.disconnector().disconnect();
        assert!(reader.is_disconnected() && writer.is_disconnected());
        assert_eq!(kind(reader.read(&mut [0])), ErrorKind::NotConnected);
        assert_eq!(kind(writer.write(&[0])), ErrorKind::NotConnected);
        assert_eq!(rest(&mut far), [1]);
    });
}

#[test]
fn chan_8_a_thread_that_panics_disconnects_what_it_held_and_harms_nobody_else() {
    test(|| {
        let (mut near, mut far) = pair(4);
        let (mut bystander, mut friend) = pair(4);
        let panicking = thread::spawn(move || {
            near.write_all(&[1]).expect("there is room");
            panic!("as the test wants");
        });
        panicking.join().expect_err("it panicked");
        assert_eq!(rest(&mut far), [1]);
        assert!(far.is_disconnected());
        bystander.write_all(&[2]).expect("unharmed");
        assert_eq!(friend.read(&mut [0]).expect("unharmed"), 1);
    });
}

#[test]
fn a_channel_works_with_every_buffer_variant() {
    fn talk<V: Ring<u8> + 'static>() {
        let (mut near, mut far) = channel::pair_with::<V>(3).expect("a small capacity");
        let answering = blocking("peer", move || {
            let heard = rest(&mut far);
            assert_eq!(kind(far.write(&heard)), ErrorKind::BrokenPipe);
            heard
        });
        near.write_all(b"far over the capacity").expect("the peer reads");
        near.disconnect();
        assert_eq!(answering.join(), b"far over the capacity");
    }
    test(|| {
        talk::<Locked<u8>>();
        talk::<Spsc<u8>>();
        talk::<Mirrored>();
        talk::<Mpmc<u8>>();
    });
}
