//! Many brokers, many ports, all at once.

use std::sync::{Arc, Barrier};
use std::thread::JoinHandle;

use rdv::{Broker, BrokerManager, Port};

use crate::support::repeated;
use crate::support::streams::{echo, expect_echo};
use crate::support::world::{PORT, broker_in, join_all, spawn};

const MANY: u16 = 100;

/// One accepting and one connecting thread on that port of `to`; the connecting one checks whom it met.
fn meet(start: &Arc<Barrier>, from: &Broker, to: &Broker, port: Port, mark: u16) -> [JoinHandle<()>; 2] {
    let (accept_start, connect_start) = (Arc::clone(start), Arc::clone(start));
    let (from, acceptor, target) = (from.clone(), to.clone(), to.name().to_owned());
    let accepting = spawn("accept", move || {
        accept_start.wait();
        let channel = acceptor.accept(port).expect("somebody connects");
        assert_eq!(channel.local().port(), Some(port));
        assert_eq!(echo(channel).expect("the client ends well"), 2);
    });
    let connecting = spawn("connect", move || {
        connect_start.wait();
        let mut channel = from.connect(&target, port).expect("somebody accepts");
        assert_eq!(channel.peer().broker(), Some(&*target));
        expect_echo(&mut channel, &mark.to_le_bytes());
    });
    [accepting, connecting]
}

#[test]
fn a_hundred_brokers_in_parallel() {
    repeated(|| {
        let manager = BrokerManager::new();
        let brokers: Vec<Broker> = (0..MANY).map(|number| broker_in(&manager, &format!("broker {number}"))).collect();
        let start = Arc::new(Barrier::new(2 * brokers.len()));
        let around = brokers.iter().cycle().skip(1);
        let pairs = brokers.iter().zip(around).zip(0..).map(|((from, to), mark)| meet(&start, from, to, PORT, mark));
        join_all(pairs.collect::<Vec<_>>().into_iter().flatten());
    });
}

#[test]
fn a_hundred_ports_in_parallel() {
    repeated(|| {
        let manager = BrokerManager::new();
        let (server, client) = (broker_in(&manager, "server"), broker_in(&manager, "client"));
        let start = Arc::new(Barrier::new(2 * usize::from(MANY)));
        let pairs = (0..MANY).map(|port| meet(&start, &client, &server, port, port));
        join_all(pairs.collect::<Vec<_>>().into_iter().flatten());
    });
}

#[test]
fn brokers_connect_to_each_other_crosswise() {
    repeated(|| {
        let manager = BrokerManager::new();
        let (left, right) = (broker_in(&manager, "left"), broker_in(&manager, "right"));
        for mark in 0..20 {
            let start = Arc::new(Barrier::new(4));
            let there = meet(&start, &left, &right, PORT, mark);
            let back = meet(&start, &right, &left, PORT, mark);
            join_all(there.into_iter().chain(back));
        }
    });
}
