//! What an end answers in each of its states: CHAN-2 to CHAN-7.

use std::io::{ErrorKind, Read, Write};

use rdv::Channel;

use crate::support::asleep::blocking;
use crate::support::streams::rest;
use crate::support::world::pair;
use crate::{kind, test};

/// An end in a state, and what keeps it there.
fn states() -> Vec<(&'static str, Channel, Option<Channel>)> {
    let fresh = || pair(2);
    let filled = || {
        let (mut near, mut far) = pair(2);
        near.write_all(&[1, 2]).expect("there is room");
        far.write_all(&[3, 4]).expect("there is room");
        (near, far)
    };
    let mut states = Vec::new();
    for (state, (near, far)) in [("connected", fresh()), ("connected, full both ways", filled())] {
        states.push((state, near, Some(far)));
    }
    let (near, far) = filled();
    near.disconnect();
    states.push(("disconnected by itself", near, Some(far)));
    let (near, far) = fresh();
    far.disconnect();
    states.push(("disconnected by its peer", near, Some(far)));
    let (mut near, far) = fresh();
    far.disconnect();
    assert_eq!(near.read(&mut [0]).expect("end-of-stream"), 0);
    assert_eq!(kind(near.write(&[1])), ErrorKind::BrokenPipe);
    states.push(("told that its peer has gone", near, Some(far)));
    let (near, far) = filled();
    far.disconnect();
    states.push(("its peer hung up, bytes wait", near, Some(far)));
    let (near, _) = fresh();
    states.push(("its peer is gone", near, None));
    let (near, far) = fresh();
    near.disconnect();
    far.disconnect();
    states.push(("disconnected by both", near, Some(far)));
    states
}

#[test]
fn chan_2_a_zero_length_call_returns_0_at_once_in_every_state() {
    test(|| {
        for (state, mut end, _peer) in states() {
            assert_eq!(end.read(&mut []).expect(state), 0, "{state}");
            assert_eq!(end.write(&[]).expect(state), 0, "{state}");
            assert_eq!(end.try_read(&mut []).expect(state), 0, "{state}");
            assert_eq!(end.try_write(&[]).expect(state), 0, "{state}");
            let (mut reader, mut writer) = end.split();
            assert_eq!(reader.read(&mut []).expect(state), 0, "{state}");
            assert_eq!(writer.write(&[]).expect(state), 0, "{state}");
            writer.flush().expect("nothing is held back");
        }
    });
}

#[test]
fn chan_2_read_and_write_move_what_they_can_and_do_not_wait_for_the_rest() {
    test(|| {
        let (mut near, mut far) = pair(4);
        assert_eq!(near.write(&[1, 2, 3]).expect("there is room"), 3);
        assert_eq!(near.write(&[4, 5, 6]).expect("room for one"), 1);
        let mut buffer = [0; 9];
        let count = far.read(&mut buffer).expect("four wait");
        assert_eq!(buffer[..count], [1, 2, 3, 4][..count]);
        assert!(count >= 1);
    });
}

#[test]
fn chan_2_read_waits_while_there_is_nothing_and_write_while_there_is_no_room() {
    test(|| {
        let (mut near, mut far) = pair(1);
        assert_eq!(kind(near.try_read(&mut [0])), ErrorKind::WouldBlock);
        let reading = blocking("reader", move || {
            let mut byte = [0];
            (near.read(&mut byte).expect("a byte comes"), byte, near)
        });
        assert_eq!(far.write(&[7]).expect("there is room"), 1);
        let (count, byte, mut near) = reading.join();
        assert_eq!((count, byte), (1, [7]));

        assert_eq!(near.write(&[1]).expect("there is room"), 1);
        assert_eq!(kind(near.try_write(&[2])), ErrorKind::WouldBlock);
        let writing = blocking("writer", move || near.write(&[2]).expect("room appears"));
        assert_eq!(far.read(&mut [0]).expect("a byte waits"), 1);
        assert_eq!(writing.join(), 1);
    });
}

#[test]
fn chan_3_hang_up_after_bye() {
    test(|| {
        let (mut near, mut far) = pair(16);
        near.write_all(b"bye").expect("there is room");
        near.disconnect();
        let mut byte = [0];
        for expected in *b"bye" {
            assert!(!far.is_disconnected(), "not before the last byte is taken");
            assert_eq!(far.read(&mut byte).expect("a byte waits"), 1);
            assert_eq!(byte[0], expected);
        }
        assert!(far.is_disconnected(), "right after the last byte is taken, before end-of-stream is asked for");
        assert_eq!(far.read(&mut byte).expect("end-of-stream"), 0);
    });
}

#[test]
fn chan_3_an_end_without_unread_bytes_is_disconnected_with_its_peer() {
    let (near, far) = pair(16);
    near.disconnect();
    assert!(far.is_disconnected());
}

#[test]
fn chan_4_end_of_stream_again_and_again() {
    test(|| {
        let (near, mut far) = pair(16);
        near.disconnect();
        for _ in 0..3 {
            assert_eq!(far.read(&mut [0; 4]).expect("end-of-stream"), 0);
            assert_eq!(far.try_read(&mut [0; 4]).expect("end-of-stream"), 0);
        }
    });
}

#[test]
fn chan_4_broken_pipe_at_once_also_while_bytes_wait_and_also_when_full() {
    test(|| {
        let (mut near, mut far) = pair(2);
        near.write_all(&[1, 2]).expect("there is room");
        far.write_all(&[3, 4]).expect("there is room");
        near.disconnect();
        for _ in 0..3 {
            assert_eq!(kind(far.write(&[5])), ErrorKind::BrokenPipe);
            assert_eq!(kind(far.try_write(&[5])), ErrorKind::BrokenPipe);
        }
        assert_eq!(rest(&mut far), [1, 2], "the bytes are still there");
        assert_eq!(kind(far.write(&[5])), ErrorKind::BrokenPipe);
    });
}

#[test]
fn chan_5_disconnect_never_waits_and_may_come_again() {
    test(|| {
        let (mut near, far) = pair(2);
        near.write_all(&[1, 2]).expect("there is room");
        let disconnector = near.disconnector();
        for _ in 0..3 {
            near.disconnect();
            disconnector.disconnect();
            disconnector.clone().disconnect();
            far.disconnect();
        }
        drop((near, far));
        disconnector.disconnect();
    });
}

#[test]
fn chan_6_ones_own_disconnect_discards_what_one_has_not_read() {
    test(|| {
        let (mut near, mut far) = pair(16);
        far.write_all(b"unread").expect("there is room");
        near.disconnect();
        assert_eq!(kind(near.read(&mut [0])), ErrorKind::NotConnected);
        assert!(far.is_disconnected(), "nothing waits for the far end");
    });
}

#[test]
fn chan_7_after_its_own_disconnect_reads_and_writes_fail_with_not_connected() {
    test(|| {
        for (state, mut end, _peer) in states() {
            end.disconnect();
            assert!(end.is_disconnected(), "at once: {state}");
            assert_eq!(kind(end.read(&mut [0])), ErrorKind::NotConnected, "{state}");
            assert_eq!(kind(end.write(&[0])), ErrorKind::NotConnected, "{state}");
            assert_eq!(kind(end.try_read(&mut [0])), ErrorKind::NotConnected, "{state}");
            assert_eq!(kind(end.try_write(&[0])), ErrorKind::NotConnected, "{state}");
            assert_eq!(kind(end.write_all(&[0])), ErrorKind::NotConnected, "{state}");
            assert_eq!(kind(end.read_to_end(&mut Vec::new())), ErrorKind::NotConnected, "{state}");
        }
    });
}

#[test]
fn chan_7_is_disconnected_is_true_at_once_though_an_operation_is_on_its_way_out() {
    test(|| {
        let (near, _far) = pair(2);
        let (mut reader, writer) = near.split();
        let reading = blocking("reader", move || kind(reader.read(&mut [0])));
        writer.disconnector().disconnect();
        assert!(writer.is_disconnected());
        assert_eq!(reading.join(), ErrorKind::NotConnected);
    });
}
