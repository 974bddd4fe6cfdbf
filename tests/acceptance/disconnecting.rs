//! Hanging up, from wherever, whenever.

use std::io::{ErrorKind, Read, Write};
use std::sync::{Arc, Barrier};

use crate::support::asleep::blocking;
use crate::support::repeated;
use crate::support::streams::{assert_same, payload, rest};
use crate::support::world::{join, pair, spawn};

#[test]
fn the_peer_leaves_one_unread_byte() {
    repeated(|| {
        let (mut near, mut far) = pair(16);
        far.write_all(&[42]).expect("there is room");
        far.disconnect();
        assert!(!near.is_disconnected(), "a byte waits");
        assert_eq!(near.write(&[1]).expect_err("nobody reads it").kind(), ErrorKind::BrokenPipe);
        assert_eq!(rest(&mut near), [42]);
        assert!(near.is_disconnected(), "the last byte was taken");
    });
}

#[test]
fn a_third_thread_disconnects_under_a_blocked_reader() {
    repeated(|| {
        let (mut near, mut far) = pair(16);
        let disconnector = near.disconnector();
        let reading = blocking("reader", move || near.read(&mut [0]).expect_err("its own end hung up").kind());
        join(spawn("third", move || disconnector.disconnect()));
        assert_eq!(reading.join(), ErrorKind::NotConnected);
        assert_eq!(far.read(&mut [0]).expect("the end of the stream"), 0);
    });
}

#[test]
fn a_third_thread_disconnects_the_peer_of_a_blocked_reader() {
    repeated(|| {
        let (mut near, far) = pair(16);
        let disconnector = far.disconnector();
        let reading = blocking("reader", move || near.read(&mut [0]).expect("the end of the stream"));
        join(spawn("third", move || disconnector.disconnect()));
        assert_eq!(reading.join(), 0);
    });
}

#[test]
fn a_third_thread_disconnects_under_a_blocked_writer() {
    repeated(|| {
        let (mut near, mut far) = pair(2);
        let disconnector = near.disconnector();
        let writing = blocking("writer", move || near.write_all(&[1, 2, 3]).expect_err("its own end hung up").kind());
        join(spawn("third", move || disconnector.disconnect()));
        assert_eq!(writing.join(), ErrorKind::NotConnected);
        assert_eq!(rest(&mut far), [1, 2]);
    });
}

#[test]
fn a_third_thread_disconnects_the_peer_of_a_blocked_writer() {
    repeated(|| {
        let (mut near, far) = pair(2);
        let disconnector = far.disconnector();
        let writing = blocking("writer", move || near.write_all(&[1, 2, 3]).expect_err("nobody reads").kind());
        join(spawn("third", move || disconnector.disconnect()));
        assert_eq!(writing.join(), ErrorKind::BrokenPipe);
    });
}

#[test]
fn both_ends_disconnect_at_once() {
    repeated(|| {
        for _ in 0..50 {
            let (near, far) = pair(4);
            let start = Arc::new(Barrier::new(2));
            let hang_up = |mut end: rdv::Channel| {
                let start = Arc::clone(&start);
                spawn("end", move || {
                    end.write_all(&[1, 2]).expect("there is room");
                    start.wait();
                    end.disconnect();
                    assert!(end.is_disconnected());
                    assert_eq!(end.read(&mut [0]).expect_err("it hung up").kind(), ErrorKind::NotConnected);
                })
            };
            [hang_up(near), hang_up(far)].into_iter().for_each(join);
        }
    });
}

#[test]
fn a_disconnect_races_a_stream_and_loses_nothing_that_was_written() {
    repeated(|| {
        for capacity in [1, 3, 64] {
            let (mut near, mut far) = pair(capacity);
            let disconnector = near.disconnector();
            let bytes = payload(5000, 5);
            let offered = bytes.clone();
            let writing = spawn("writer", move || {
                let mut written = 0;
                while written < offered.len() {
                    match near.write(&offered[written..]) {
                        Ok(count) => written += count,
                        Err(error) => return (written, Some(error.kind())),
                    }
                }
                (written, None)
            });
            let mut first = [0];
            far.read_exact(&mut first).expect("the writer writes");
            let third = spawn("third", move || disconnector.disconnect());
            let came = [&first[..], &rest(&mut far)].concat();
            let (written, error) = join(writing);
            join(third);
            assert_same(&came, &bytes[..written]);
            assert!(matches!(error, None | Some(ErrorKind::NotConnected)), "{error:?}");
        }
    });
}
