//! A channel as a `BufRead`: looking before taking.

use std::io::{BufRead, ErrorKind, Read, Write};

use crate::support::asleep::blocking;
use crate::support::world::pair;
use crate::{kind, test};

#[test]
fn lines_are_read_as_from_any_stream() {
    test(|| {
        let (mut near, mut far) = pair(8);
        let writing =
            blocking("writer", move || near.write_all(b"one\nand a longer second\nlast").expect("it is read"));
        let mut first = String::new();
        far.read_line(&mut first).expect("a line comes");
        let (reader, _writer) = far.split();
        let rest: Vec<String> = reader.lines().collect::<Result<_, _>>().expect("text");
        assert_eq!((first.as_str(), rest), ("one\n", vec!["and a longer second".into(), "last".into()]));
        writing.join();
    });
}

#[test]
fn a_look_takes_nothing() {
    test(|| {
        let (mut near, mut far) = pair(8);
        near.write_all(&[1, 2, 3]).expect("there is room");
        for _ in 0..2 {
            assert_eq!(far.fill_buf().expect("three wait")[0], 1);
        }
        far.consume(1);
        assert_eq!(far.fill_buf().expect("two wait")[0], 2);
        let mut byte = [0];
        far.read_exact(&mut byte).expect("two wait");
        assert_eq!(byte, [2]);
    });
}

#[test]
fn a_look_waits_for_the_first_byte() {
    test(|| {
        let (mut near, mut far) = pair(8);
        let looking = blocking("reader", move || far.fill_buf().expect("a byte comes").to_vec());
        near.write_all(&[1]).expect("there is room");
        assert_eq!(looking.join(), [1]);
    });
}

#[test]
fn chan_4_a_look_at_a_drained_disconnected_channel_is_empty() {
    test(|| {
        let (mut near, mut far) = pair(8);
        near.write_all(&[1]).expect("there is room");
        near.disconnect();
        assert_eq!(far.fill_buf().expect("a byte waits"), [1]);
        assert!(!far.is_disconnected(), "it was seen, not taken");
        far.consume(1);
        assert!(far.is_disconnected());
        assert_eq!(far.fill_buf().expect("end-of-stream"), []);
    });
}

#[test]
fn chan_7_a_look_after_ones_own_disconnect_fails() {
    test(|| {
        let (mut near, mut far) = pair(8);
        near.write_all(&[1]).expect("there is room");
        assert_eq!(far.fill_buf().expect("a byte waits").len(), 1);
        far.disconnect();
        far.consume(1);
        assert_eq!(kind(far.fill_buf().map(<[u8]>::len)), ErrorKind::NotConnected);
    });
}

#[test]
fn all_4_consuming_more_than_was_seen_is_no_panic() {
    test(|| {
        let (mut near, mut far) = pair(8);
        far.consume(3);
        near.write_all(&[1, 2]).expect("there is room");
        far.consume(usize::MAX);
        assert_eq!(far.fill_buf().expect("nothing was seen, so nothing was taken").len(), 2);
        far.consume(usize::MAX);
        near.write_all(&[3]).expect("there is room");
        assert_eq!(far.fill_buf().expect("a byte waits"), [3]);
    });
}
