//! What a broker knows of its open connections, and when it is told that one is disconnected.

use std::io::{ErrorKind, Read};

use rdv::{Broker, BrokerManager, Channel};

use super::broker_support::{PORT, Word, broker, connect, manager, race};
use super::support::JOINED;
use crate::rule;
use crate::scenario::{Cx, Level, Run, Scenario};

/// The state of an end that is over for one side and not yet for the other.
const DISCONNECTING: &str = "known while disconnecting";

/// The suite.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        hang: "CHAN-6",
        runs: &[
            Run::loom(2, Level::Quick),
            Run::loom(3, Level::Quick),
            Run::loom_bounded(4, 3, Level::Quick),
            Run::loom_bounded(4, 4, Level::Default),
            Run::loom(4, Level::Deep),
            Run::loom(5, Level::Quick),
            Run::loom_bounded(6, 3, Level::Quick),
            Run::loom_bounded(6, 4, Level::Default),
            Run::loom(6, Level::Deep),
        ],
        ..Scenario::new(
            "broker/connections",
            &["RDV-10", "CHAN-6", "CHAN-8", "ALL-3"],
            "Known from the meeting on, by both brokers (2), until an end is dropped (1, 2), half by half (3), both at once (4), halves \
             at once (5), or while its peer reads (6).",
            connections,
        )
    },
    Scenario {
        hang: "CHAN-6",
        witnesses: &[DISCONNECTING],
        runs: &[Run::loom_bounded(2, 3, Level::Quick), Run::loom(2, Level::Default)],
        ..Scenario::new(
            "broker/disconnecting",
            &["CHAN-6", "RDV-10"],
            "A connection is known until its end is drained (1), or the read has left that a third party disconnects (2).",
            disconnecting,
        )
    },
];

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

impl World {
    fn new(named: bool) -> Self {
        let manager = manager();
        let server = broker(&manager, "server");
        let client = named.then(|| broker(&manager, "client"));
        Self { manager, server, client }
    }
}

fn connections(cx: &Cx) -> String {
    let world = World::new((2..=4).contains(&cx.size()));
    match cx.size() {
        1..=3 => dropped(cx, &world),
        4 => drop((world.meet(cx, drop, drop),)),
        5 => halves_at_once(cx, &world),
        _ => read_to_the_end(cx, &world),
    }
    world.know("at the end", 0);
    "forgotten".to_owned()
}

fn disconnecting(cx: &Cx) -> String {
    let world = World::new(false);
    if cx.size() == 1 {
        drained(cx, &world);
    } else {
        third_party(cx, &world);
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
    cx.witness(DISCONNECTING);
    let read = accepted.try_read(&mut [0]);
    rule!("CHAN-6", matches!(read, Ok(1)), "a byte written before the end is read: {read:?}");
}

/// Both brokers know a connection before either end is handed out, and until an end is dropped, whole or its second half.
fn dropped(cx: &Cx, world: &World) {
    // At size 1 nobody looks before both have met: what depth-first search can do.
    let look = || {
        let looked_at = (cx.size() > 1).then(|| [Some(world.server.clone()), world.client.clone()]);
        move |channel: Channel| {
            let known: Vec<_> = looked_at.iter().flatten().flatten().map(|broker| broker.connections().len()).collect();
            let both_know = known.iter().all(|known| *known == 1);
            rule!("RDV-10", both_know, "an end was handed out when server and client knew {known:?} connections");
            channel
        }
    };
    let (accepted, connected) = world.meet(cx, look(), look());
    world.know("open", 1);
    if cx.size() < 3 {
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
                witness.witness(DISCONNECTING);
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
