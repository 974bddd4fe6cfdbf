//! Attempts that end early: `try_`, time-outs, and what they leave behind. RDV-5, ALL-1, ALL-4.

use std::io::{BufRead, Read, Write};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use rdv::{AcceptError, Broker, Channel, ConnectError};

use crate::support::SOON;
use crate::support::asleep::blocking;
use crate::support::world::{PORT, broker, join, pair, spawn};
use crate::test;

#[test]
fn all_1_whoever_waits_sleeps() {
    test(|| {
        // `blocking` returns once the thread sleeps: one that spins would never let it.
        let broker = broker("both");
        let (acceptor, connector) = (broker.clone(), broker.clone());
        let accepting = blocking("accept", move || acceptor.accept(PORT).map(drop));
        let connecting = blocking("connect", move || connector.connect("both", PORT + 1).map(drop));
        let timed = broker.clone();
        let timed = blocking("timed accept", move || timed.accept_timeout(PORT + 2, Duration::MAX).map(drop));
        let ((mut near, mut far), (mut full, other)) = (pair(1), pair(1));
        full.write_all(&[1]).expect("there is room");
        let hang_up = [near.disconnector(), full.disconnector()];
        let reading = blocking("reader", move || near.read(&mut [0]).map(drop));
        let looking = blocking("looker", move || far.fill_buf().map(|_| ()));
        let writing = blocking("writer", move || full.write(&[2]).map(drop));
        broker.close();
        hang_up.iter().for_each(rdv::Disconnector::disconnect);
        accepting.join().expect_err("closed");
        connecting.join().expect_err("closed");
        timed.join().expect_err("closed");
        reading.join().expect_err("disconnected");
        looking.join().expect("end-of-stream");
        writing.join().expect_err("disconnected");
        drop(other);
    });
}

#[track_caller]
fn assert_nobody_waits(broker: &Broker) {
    assert!(matches!(broker.try_accept(PORT), Err(AcceptError::WouldBlock { .. })), "a connect is left behind");
    let connect = broker.try_connect(broker.name(), PORT);
    assert!(matches!(connect, Err(ConnectError::WouldBlock { .. })), "an accept is left behind");
}

#[test]
fn rdv_5_a_try_leaves_nothing_behind() {
    let broker = broker("both");
    for _ in 0..3 {
        assert_nobody_waits(&broker);
    }
}

#[test]
fn rdv_5_a_time_out_leaves_nothing_behind() {
    test(|| {
        let broker = broker("both");
        for time in [Duration::ZERO, Duration::from_nanos(1), SOON] {
            let start = Instant::now();
            assert!(matches!(broker.accept_timeout(PORT, time), Err(AcceptError::Timeout { .. })));
            assert!(start.elapsed() >= time);
            assert_nobody_waits(&broker);
            let start = Instant::now();
            assert!(matches!(broker.connect_timeout("both", PORT, time), Err(ConnectError::Timeout { .. })));
            assert!(start.elapsed() >= time);
            assert_nobody_waits(&broker);
        }
    });
}

#[test]
fn rdv_5_a_ghost_is_not_met_by_those_who_come_later() {
    test(|| {
        let broker = broker("both");
        broker.accept_timeout(PORT, SOON).expect_err("nobody connects");
        let acceptor = broker.clone();
        let accept = blocking("accept", move || acceptor.accept(PORT).expect("somebody connects"));
        let mut connected = broker.connect("both", PORT).expect("the living accept");
        connected.write_all(&[1]).expect("there is room");
        assert_eq!(accept.join().read(&mut [0]).expect("it was met"), 1);
    });
}

#[test]
fn a_time_out_of_zero_meets_who_is_there() {
    test(|| {
        let broker = broker("both");
        let acceptor = broker.clone();
        let accept = blocking("accept", move || acceptor.accept(PORT).map(drop));
        broker.connect_timeout("both", PORT, Duration::ZERO).expect("an accept waits");
        accept.join().expect("it was met");
        let connector = broker.clone();
        let connect = blocking("connect", move || connector.connect("both", PORT).map(drop));
        broker.accept_timeout(PORT, Duration::ZERO).expect("a connect waits");
        connect.join().expect("it was met");
    });
}

#[test]
fn all_4_a_deadline_past_the_end_of_time_means_none() {
    test(|| {
        let broker = broker("both");
        for time in [Duration::MAX, Duration::from_secs(u64::MAX), Duration::from_secs(1 << 62)] {
            let acceptor = broker.clone();
            let accept = blocking("accept", move || acceptor.accept_timeout(PORT, time).map(drop));
            let connect = broker.connect_timeout("both", PORT, time);
            connect.expect("an accept waits");
            accept.join().expect("it was met");
        }
    });
}

/// Both ends know of the meeting, or neither does.
fn assert_agree(accepted: Result<Channel, AcceptError>, connected: Result<Channel, ConnectError>) -> bool {
    match (accepted, connected) {
        (Ok(mut accepted), Ok(mut connected)) => {
            connected.write_all(&[1]).expect("the other end is there");
            assert_eq!(accepted.read(&mut [0]).expect("the other end wrote"), 1);
            true
        }
        (
            Err(AcceptError::Timeout { .. } | AcceptError::WouldBlock { .. }),
            Err(ConnectError::Timeout { .. } | ConnectError::WouldBlock { .. }),
        ) => false,
        (accepted, connected) => panic!("RDV-5: {accepted:?}, {connected:?}"),
    }
}

/// One side gives up after a while, the other comes `late` after that; whether they met.
fn race(broker: &Broker, accept_waits: bool, late: Duration) -> bool {
    const PATIENCE: Duration = Duration::from_micros(100);
    let start = Arc::new(Barrier::new(2));
    let (waiter_start, waiter) = (start.clone(), broker.clone());
    let come = || {
        start.wait();
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE + late {
            std::hint::spin_loop();
        }
    };
    if accept_waits {
        let accepting = spawn("accept", move || {
            waiter_start.wait();
            waiter.accept_timeout(PORT, PATIENCE)
        });
        come();
        let connected = broker.try_connect("both", PORT);
        assert_agree(join(accepting), connected)
    } else {
        let connecting = spawn("connect", move || {
            waiter_start.wait();
            waiter.connect_timeout("both", PORT, PATIENCE)
        });
        come();
        let accepted = broker.try_accept(PORT);
        assert_agree(accepted, join(connecting))
    }
}

#[test]
fn rdv_5_if_the_meeting_and_the_end_of_the_attempt_race_both_sides_agree() {
    test(|| {
        let broker = broker("both");
        let mut met = 0;
        for round in 0..1000 {
            met += u32::from(race(&broker, round % 2 == 0, Duration::from_micros(round % 150)));
            assert_nobody_waits(&broker);
        }
        println!("{met} of 1000 met");
    });
}

#[test]
fn rdv_5_if_the_close_and_the_meeting_race_both_sides_agree() {
    test(|| {
        for _ in 0..200 {
            let broker = broker("both");
            let (acceptor, connector) = (broker.clone(), broker.clone());
            let accepting = spawn("accept", move || acceptor.accept(PORT));
            let connecting = spawn("connect", move || connector.connect("both", PORT));
            broker.close();
            match (join(accepting), join(connecting)) {
                (Ok(_), Ok(_)) => {}
                (Err(AcceptError::BrokerClosed { .. }), Err(error)) => {
                    let expected =
                        matches!(error, ConnectError::BrokerClosed { .. } | ConnectError::UnknownBroker { .. });
                    assert!(expected, "RDV-8: {error:?}");
                }
                (accepted, connected) => panic!("RDV-5: {accepted:?}, {connected:?}"),
            }
        }
    });
}
