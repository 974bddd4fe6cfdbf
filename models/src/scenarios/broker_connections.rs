//! What a broker knows of its open connections, and when it is told that one is disconnected.

use std::io::{ErrorKind, Read};

use rdv::{Broker, BrokerManager, Channel};

use super::broker_support::{PORT, Word, broker, connect, manager, race};
use super::support::JOINED;
use crate::rule;
use crate::scenario::{Cx, Level, Run, Scenario};

/// Reached at size 5: the state that is called *disconnecting*.
const ON_ITS_WAY_OUT: &str = "known while a read is on its way out@5";

/// The suite.
pub const SCENARIOS: &[Scenario] = &[Scenario {
    hang: "CHAN-6",
    witnesses: &[ON_ITS_WAY_OUT],
    runs: &[
        Run::loom(2, Level::Quick),
        Run::loom(3, Level::Quick),
        Run::loom(4, Level::Quick),
        Run::loom_bounded(5, 3, Level::Quick),
        Run::loom(5, Level::Default),
        Run::loom(6, Level::Quick),
        Run::loom_bounded(7, 3, Level::Quick),
        Run::loom_bounded(7, 4, Level::Default),
        Run::loom(7, Level::Deep),
    ],
    ..Scenario::new(
        "broker/connections",
        &["RDV-10", "CHAN-6", "CHAN-8", "ALL-3"],
        "A connection is known until it is drained (1), dropped (2), dropped half by half (3), dropped by both at once (4), disconnected \
         by a third while its end reads (5), dropped half by half at once (6), written to and dropped while the peer reads (7).",
        connections,
    )
}];

/// A server and who connects to it.
struct World {
    manager: BrokerManager,
    server: Broker,
    client: Option<Broker>,
}

impl World {
    /// Checks how many connections each side knows.
    fn know(&self, rule_of_few: &str, expected: usize) {
        for broker in self.client.iter().chain([&self.server]) {
            let known = broker.connections();
            let as_expected = known.len() == expected;
            rule!("RDV-10", as_expected, "{rule_of_few}: {} knows {known:?}, not {expected}", broker.name());
        }
    }

    /// An accept and a connect at once, each followed by something.
    fn meet<A: Send + 'static, B: Send + 'static>(
        &self,
        cx: &Cx,
        accepted: impl FnOnce(Channel) -> A + Send + 'static,
        connected: impl FnOnce(Channel) -> B + Send + 'static,
    ) -> (A, B) {
        let server = self.server.clone();
        let acceptor = move || match server.accept(PORT) {
            Ok(channel) => accepted(channel),
            other => panic!("RDV-4: an accept came to {}", other.word()),
        };
        let (manager, client) = (self.manager.clone(), self.client.clone());
        let connector = move || match connect(&manager, client.as_ref(), "server") {
            Ok(channel) => connected(channel),
            other => panic!("RDV-4: a connect came to {}", other.word()),
        };
        race(cx, ("acceptor", acceptor), ("connector", connector))
    }
}

fn connections(cx: &Cx) -> String {
    let manager = manager();
    let server = broker(&manager, "server");
    let client = (2..=4).contains(&cx.size()).then(|| broker(&manager, "client"));
    let world = World { manager, server, client };
    match cx.size() {
        1 => drained(cx, &world),
        2 | 3 => dropped(cx, &world),
        4 => drop((world.meet(cx, drop, drop),)),
        5 => third_party(cx, &world),
        6 => halves_at_once(cx, &world),
        _ => read_to_the_end(cx, &world),
    }
    world.know("at the end", 0);
    "forgotten".to_owned()
}

/// An end whose peer has hung up is known until the last byte is taken.
fn drained(cx: &Cx, world: &World) {
    let (mut accepted, mut connected) = world.meet(cx, |channel| channel, |channel| channel);
    world.know("open", 1);
    let written = connected.try_write(&[7]);
    rule!("CHAN-6", matches!(written, Ok(1)), "a fresh channel takes a byte: {written:?}");
    drop(connected);
    world.know("with a byte to be read", 1);
    let read = accepted.try_read(&mut [0]);
    rule!("CHAN-6", matches!(read, Ok(1)), "a byte written before the end is read: {read:?}");
}

/// Both brokers know a connection before either end is handed out, and until an end is dropped, whole or its second half.
fn dropped(cx: &Cx, world: &World) {
    let look = || {
        let (server, client) = (world.server.clone(), world.client.clone());
        move |channel: Channel| {
            let known =
                [Some(&server), client.as_ref()].map(|broker| broker.map_or(1, |broker| broker.connections().len()));
            rule!("RDV-10", known == [1, 1], "an end was handed out when server and client knew {known:?} connections");
            channel
        }
    };
    let (accepted, connected) = world.meet(cx, look(), look());
    if cx.size() == 2 {
        drop(accepted);
    } else {
        let (reader, writer) = accepted.split();
        drop(reader);
        world.know("with half of an end", 1);
        drop(writer);
    }
    world.know("dropped at one end", 0);
    drop(connected);
}

/// A third party disconnects an end that reads: the broker is told when the read has left.
fn third_party(cx: &Cx, world: &World) {
    let (inner, server) = (cx.clone(), world.server.clone());
    let reads = move |mut channel: Channel| {
        let disconnector = channel.disconnector();
        let witness = inner.clone();
        let third = inner.spawn("third", move || {
            disconnector.disconnect();
            if !server.connections().is_empty() {
                witness.witness(ON_ITS_WAY_OUT);
            }
        });
        let read = channel.read(&mut [0]);
        let kind = read.map_err(|error| error.kind());
        rule!(
            "CHAN-6",
            kind == Err(ErrorKind::NotConnected),
            "a read of an end that was disconnected came to {kind:?}"
        );
        third.join().expect(JOINED);
        channel
    };
    let (accepted, connected) = world.meet(cx, reads, |channel| channel);
    world.know("disconnected", 0);
    drop((accepted, connected));
}

/// The halves of an end are dropped by two threads.
fn halves_at_once(cx: &Cx, world: &World) {
    let inner = cx.clone();
    let halves = move |channel: Channel| {
        let (reader, writer) = channel.split();
        let other = inner.spawn("other half", move || drop(reader));
        drop(writer);
        other.join().expect(JOINED);
    };
    let ((), connected) = world.meet(cx, halves, |channel| channel);
    world.know("dropped half by half", 0);
    rule!("CHAN-8", connected.is_disconnected(), "both halves of the peer were dropped, and this end is connected");
}

/// A peer writes and hangs up while this end reads to the end.
fn read_to_the_end(cx: &Cx, world: &World) {
    let server = world.server.clone();
    let reads = move |mut channel: Channel| {
        let mut byte = [0];
        let read = [(); 2].map(|()| channel.read(&mut byte).map_err(|error| error.kind()));
        rule!("CHAN-8", read == [Ok(1), Ok(0)], "a byte and the end were read as {read:?}");
        let known = server.connections().len();
        rule!("RDV-10", known <= 1, "one connection is known {known} times");
        channel
    };
    let writes = |mut channel: Channel| {
        let written = channel.try_write(&[7]);
        rule!("CHAN-6", matches!(written, Ok(1)), "a fresh channel takes a byte: {written:?}");
    };
    let (accepted, ()) = world.meet(cx, reads, writes);
    world.know("read to the end", 0);
    drop(accepted);
}
