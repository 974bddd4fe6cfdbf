use super::*;
use crate::channel::End;
use crate::event::EventPump;
use crate::queue::MessageQueue;
use crate::queue::place::Active;
use crate::wait::Parking;

const BOTH: [(usize, usize); 2] = [(0, 1), (1, 0)];

fn pair(capacity: usize) -> Arc<Pair> {
    Pair::new(capacity, [End::default(), End::default()])
}

fn listen(pair: &Arc<Pair>, end: usize, pump: &PumpHandle) {
    let listener = Box::new(|_: &MessageQueue, _: Bytes| {});
    let active = Active::new(pair, end, pump, listener).unwrap_or_else(|_| panic!("the pump runs"));
    pair.listen(end, active).unwrap_or_else(|_| panic!("the pump runs"));
}

/// What came of an operation with one lock.
#[derive(Debug, PartialEq)]
enum Came {
    Done,
    Not,
    Change,
}
use Came::{Change, Done, Not};

fn send(pair: &Arc<Pair>, end: usize, tell: bool) -> Came {
    let mut came = Done;
    let otherwise = |unsent| {
        came = if matches!(unsent, Unsent::Full(_)) { Not } else { Change };
        Ok(())
    };
    assert!(pair.send_alone(end, "message".into(), tell, otherwise).is_ok());
    came
}

fn receive(pair: &Arc<Pair>, end: usize, look: Look) -> Came {
    let mut came = Done;
    let otherwise = |nothing| {
        came = if matches!(nothing, Nothing::Empty) { Not } else { Change };
        Ok(Bytes::new())
    };
    assert!(pair.receive_alone(end, look, otherwise).is_ok());
    came
}

fn sends(pair: &Arc<Pair>, end: usize) -> bool {
    send(pair, end, false) == Done
}

fn receives(pair: &Arc<Pair>, end: usize) -> bool {
    receive(pair, end, Look::Now) == Done
}

fn leaves_to_a_change(pair: &Arc<Pair>, end: usize) -> [bool; 2] {
    [send(pair, end, false), receive(pair, end, Look::Surely)].map(|came| came == Change)
}

#[test]
fn a_way_is_itself_alone() {
    let pumps = [EventPump::new(), EventPump::new()];
    let [one, other] = pumps.each_ref().map(EventPump::handle);
    let posts = [(&one, 1), (&one, 2), (&other, 1)].map(|(pump, epoch)| Way::PostAndPut(pump, epoch));
    let all: Vec<_> = [Way::Change, Way::Put].into_iter().chain(posts).collect();
    for (number, way) in all.iter().enumerate() {
        let same: Vec<_> = (0..all.len()).filter(|&of| way.cloned().is(&all[of])).collect();
        assert_eq!(same, [number]);
    }
}

#[test]
fn l6_one_lock_is_enough_while_nobody_has_to_be_told() {
    for (end, peer) in BOTH {
        let pair = pair(2);
        assert_eq!(receive(&pair, peer, Look::Now), Not);
        assert!(sends(&pair, end) && sends(&pair, end));
        assert_eq!(send(&pair, end, false), Not, "no room");
        assert!(receives(&pair, peer) && sends(&pair, end) && receives(&pair, peer) && receives(&pair, peer));
        assert_eq!(receive(&pair, peer, Look::Surely), Not);
        assert!(pair.is_open(end) && pair.is_open(peer));
    }
}

#[test]
fn what_was_sent_is_looked_at_when_it_is_to() {
    for (end, peer) in BOTH {
        let pair = pair(2);
        for look in [Look::Now, Look::Surely] {
            assert!(sends(&pair, end) && sends(&pair, end));
            assert_eq!(receive(&pair, peer, Look::Later), Not, "it has not looked since");
            assert_eq!(receive(&pair, peer, look), Done);
            assert_eq!(receive(&pair, peer, Look::Later), Done, "the other one was seen, too");
        }
    }
}

#[test]
fn a_change_makes_more_slots_where_they_are_wanting() {
    for (end, peer) in BOTH {
        let pair = pair(18);
        let by_change = || pair.change(|state, after| pair.put(state, after, end, "".into()).expect("it is open"));
        let came = [(); 19].map(|()| {
            let came = send(&pair, end, false);
            if came == Change {
                by_change();
            }
            came
        });
        let changes: Vec<_> = (0..).zip(&came).filter(|(_, came)| **came == Change).map(|(number, _)| number).collect();
        assert_eq!(changes, [16], "the first sixteen come by themselves");
        assert_eq!((came[17..].iter().collect::<Vec<_>>(), pair.state().messages_to(peer)), (vec![&Done, &Not], 18));
    }
}

#[test]
fn slots_are_made_once_though_a_send_and_its_change_ask() {
    for (end, peer) in BOTH {
        let pair = pair(100);
        (0..16).for_each(|_| assert!(sends(&pair, end)));
        (0..4).for_each(|_| assert!(receives(&pair, peer)));
        assert_eq!(send(&pair, end, false), Change, "twelve are on their way, more than half of the slots");
        pair.change(|state, after| pair.put(state, after, end, "".into()).expect("it is open"));
        (0..15).for_each(|_| assert!(sends(&pair, end), "there are thirty-two"));
    }
}

#[test]
fn l6_whoever_has_to_be_told_is_told_by_a_change() {
    for (end, peer) in BOTH {
        let (pair, parking) = (pair(1), Arc::new(Parking::new()));
        pair.change(|state, _| state.sides[peer].receivers.push_back(parking.clone()));
        assert_eq!(leaves_to_a_change(&pair, end), [true, false], "one waits for a message");
        pair.change(|state, _| state.sides[peer].receivers.remove(&parking));
        assert!(sends(&pair, end), "nobody does any more");

        assert_eq!(send(&pair, end, true), Change, "to be told");
        pair.change(|state, _| state.outs[end].refused = true);
        assert_eq!(send(&pair, end, true), Not, "will be told");
        assert_eq!(leaves_to_a_change(&pair, peer), [false, true], "an end is owed a `writable`");
        assert!(pair.change(|state, after| pair.take(state, after, peer)).is_some());

        pair.change(|state, _| state.sides[end].senders.push_back(parking.clone()));
        assert_eq!(leaves_to_a_change(&pair, peer), [false, true], "one waits for room");
        pair.change(|state, _| state.sides[end].senders.remove(&parking));

        pair.change(|state, after| pair.close(state, after, end));
        assert_eq!(leaves_to_a_change(&pair, end), [true, true], "it is closed");
        assert_eq!(leaves_to_a_change(&pair, peer), [true, true], "its peer is closed");
        assert!(!pair.is_open(end) && !pair.is_open(peer));
    }
}

#[test]
fn l6_a_listener_is_posted_to_with_one_lock_unless_it_moves() {
    for (end, peer) in BOTH {
        let (pair, mut pump, other) = (pair(4), EventPump::new(), EventPump::new());
        listen(&pair, peer, &pump.handle());
        assert!(sends(&pair, end));
        assert_eq!(receive(&pair, peer, Look::Surely), Change, "the listener receives");
        assert_eq!((pump.run_until_idle(), pair.state().messages_to(peer)), (1, 0));
        assert!(sends(&pair, end));
        let epoch = pair.side(peer).epoch;
        let running = pair.begin_alone(peer, epoch);
        listen(&pair, peer, &other.handle());
        assert_eq!(leaves_to_a_change(&pair, end), [true, false], "the other pump is not its pump yet");
        drop((running, pump));
        assert!(!sends(&pair, end), "the pump has stopped");
    }
}

#[test]
fn l6_a_listener_runs_with_one_lock_while_its_end_is_in_use() {
    let (pair, pump, other) = (pair(4), EventPump::new(), EventPump::new());
    listen(&pair, 1, &pump.handle());
    let epoch = pair.side(1).epoch;
    assert!(pair.begin_alone(1, epoch).is_none(), "there is no message");
    assert!(sends(&pair, 0) && sends(&pair, 0) && sends(&pair, 0));
    assert!(pair.begin_alone(1, epoch + 1).is_none(), "the event is of another epoch");

    let (listener, _) = pair.begin_alone(1, epoch).expect("a message");
    assert_eq!(pair.side(1).handles, 2, "one is lent");
    assert!(pair.begin_alone(1, epoch).is_none(), "it runs");
    assert!(pair.finish_alone(1, listener).is_ok());
    assert_eq!(pair.side(1).handles, 1);

    pair.side(1).handles = 0;
    let (listener, _) = pair.begin_alone(1, epoch).expect("a message");
    assert!(pair.finish_alone(1, listener).is_ok(), "there is another message");
    let (listener, _) = pair.begin_alone(1, epoch).expect("a message");
    let listener = pair.finish_alone(1, listener).expect_err("nobody may use the end any more");

    pair.side(1).handles = 2;
    pair.side(1).superseded = true;
    let listener = pair.finish_alone(1, listener).expect_err("it was replaced");
    pair.side(1).superseded = false;
    listen(&pair, 1, &other.handle());
    let listener = pair.finish_alone(1, listener).expect_err("another one takes its place");
    let next = pair.side(1).next.take();
    pair.side(1).takes_alone = false;
    let listener = pair.finish_alone(1, listener).expect_err("there is more to do");
    pair.side(1).takes_alone = true;
    assert!(pair.finish_alone(1, listener).is_ok());
    pair.change(|_, _| ());
    assert!(sends(&pair, 0));
    pair.side(1).takes_alone = false;
    assert!(pair.begin_alone(1, epoch).is_none(), "there is more to do");
    drop(next);
}

#[test]
fn l5_handles_are_counted_and_the_last_one_is_told_apart() {
    let pair = pair(1);
    pair.retain(0);
    pair.retain(0);
    assert_eq!(pair.side(0).handles, 3);
    assert!(pair.release_alone(0) && pair.release_alone(0) && !pair.release_alone(0));
    assert_eq!((pair.side(0).handles, pair.side(1).handles), (1, 1));
}
