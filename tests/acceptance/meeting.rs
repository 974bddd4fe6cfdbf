//! Who comes first, accept or connect, makes no difference.

use std::io::{Read, Write};

use rdv::{Broker, Channel};

use crate::support::asleep::{Blocking, blocking};
use crate::support::repeated;
use crate::support::world::{PORT, broker};

/// How many wait at a time.
const WAITING: u8 = 3;

/// Shows that these are the two ends of one channel.
#[track_caller]
fn assert_connected(one: &mut Channel, other: &mut Channel, mark: u8) {
    let mut got = [0];
    one.write_all(&[mark]).expect("the other end is there");
    other.read_exact(&mut got).expect("the other end wrote");
    assert_eq!(got, [mark]);
}

/// Lets a few calls wait, meets them one by one, and checks that they were met in the order they came.
fn meet_in_order(first: impl Fn() -> Blocking<Channel>, second: impl Fn() -> Channel) {
    let waiting: Vec<_> = (0..WAITING).map(|_| first()).collect();
    let met: Vec<_> = (0..WAITING).map(|_| second()).collect();
    for ((waited, mut met), mark) in waiting.into_iter().zip(met).zip(0..) {
        assert_connected(&mut met, &mut waited.join(), mark);
    }
}

fn waiting_connect(broker: &Broker) -> Blocking<Channel> {
    let broker = broker.clone();
    blocking("connect", move || broker.connect(broker.name(), PORT).expect("somebody accepts"))
}

fn waiting_accept(broker: &Broker) -> Blocking<Channel> {
    let broker = broker.clone();
    blocking("accept", move || broker.accept(PORT).expect("somebody connects"))
}

#[test]
fn connects_first_then_accepts_a_hundred_times() {
    repeated(|| {
        let broker = broker("both");
        for _ in 0..100 {
            meet_in_order(|| waiting_connect(&broker), || broker.accept(PORT).expect("somebody connects"));
        }
    });
}

#[test]
fn accepts_first_then_connects_a_hundred_times() {
    repeated(|| {
        let broker = broker("both");
        for _ in 0..100 {
            meet_in_order(|| waiting_accept(&broker), || broker.connect("both", PORT).expect("somebody accepts"));
        }
    });
}
