//! Closing a broker: everybody who waits is released, what is open lives on, and whoever keeps a handle keeps it open.

use rdv::sync::{Arc, Mutex};
use rdv::{AcceptError, Broker, BrokerManager, Channel, ConnectError};

use super::broker_support::{
    Accepted, Connected, PORT, Word, broker, connect, manager, nobody_waits, pair, race, race_3, waits,
};
use super::rdv_line::{Line, Told, arrive};
use super::support::Ghost;
use crate::rule;
use crate::scenario::{Cx, Level, Run, Scenario};

/// The suite.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        witnesses: &["released", "came too late"],
        runs: &[
            Run::loom(2, Level::Quick),
            Run::loom(3, Level::Quick),
            Run::loom(4, Level::Quick),
            Run::loom(5, Level::Quick),
            Run::loom_bounded(6, 3, Level::Quick),
            Run::loom(6, Level::Default),
        ],
        ..Scenario::new(
            "broker/close",
            &["RDV-8", "RDV-5"],
            "A broker closes and releases an accept (1), two on two ports (2), a connect from nowhere (3) or of a broker (4), its own connect \
             (5), or one that both brokers release (6).",
            close,
        )
    },
    Scenario {
        hang: "RDV-8",
        witnesses: &["met", "closed"],
        runs: &[Run::loom(2, Level::Quick), Run::loom_bounded(3, 3, Level::Quick), Run::loom(3, Level::Default)],
        ..Scenario::new(
            "broker/close-meeting",
            &["RDV-8", "RDV-5", "RDV-1"],
            "A close races a meeting, in a bare line (1), at the target (2) or at both brokers (3): both sides agree, what was made lives on.",
            close_meeting,
        )
    },
    Scenario {
        runs: &[Run::loom(2, Level::Quick), Run::loom(3, Level::Quick)],
        ..Scenario::new(
            "broker/last-handle",
            &["RDV-8"],
            "The last handle closes, whoever drops it (1), not while a call that waits keeps it open (2), and releases a connect (3).",
            last_handle,
        )
    },
];

/// Checks that the broker is closed and its name free.
fn closed(server: &Broker, accepted: &Accepted) {
    let own = matches!(accepted, Err(AcceptError::BrokerClosed { broker }) if broker == "server");
    rule!("RDV-8", own, "an accept at a closed broker came to {accepted:?}");
    let again = server.try_accept(PORT);
    rule!("RDV-8", again.word() == "closed", "a closed broker still accepts: {again:?}");
}

fn close(cx: &Cx) -> String {
    let outcome = if cx.size() <= 2 { close_accept(cx) } else { close_connect(cx) };
    cx.witness(if waits() > 0 { "released" } else { "came too late" });
    outcome
}

fn close_accept(cx: &Cx) -> String {
    let manager = manager();
    let server = broker(&manager, "server");
    let acceptor = |port| {
        let server = server.clone();
        move || server.accept(port)
    };
    let closer = {
        let server = server.clone();
        move || server.close()
    };
    let accepted = if cx.size() == 1 {
        vec![race(cx, ("acceptor", acceptor(PORT)), ("closer", closer)).0]
    } else {
        let actors = (("acceptor 1", acceptor(PORT)), ("acceptor 2", acceptor(PORT + 1)));
        let (first, second, ()) = race_3(cx, actors.0, actors.1, ("closer", closer));
        vec![first, second]
    };
    accepted.iter().for_each(|accepted| closed(&server, accepted));
    drop(broker(&manager, "server"));
    format!("{} released", accepted.len())
}

fn close_connect(cx: &Cx) -> String {
    let manager = manager();
    let (server, own) = (broker(&manager, "server"), broker(&manager, "client"));
    let client = (cx.size() > 3).then(|| own.clone());
    let connector = {
        let (manager, client) = (manager.clone(), client.clone());
        move || connect(&manager, client.as_ref(), "server")
    };
    let closer = |broker: &Broker| {
        let broker = broker.clone();
        move || broker.close()
    };
    let connector = ("connector", connector);
    let connected = match cx.size() {
        3 | 4 => race(cx, connector, ("closer", closer(&server))).0,
        5 => race(cx, connector, ("closer", closer(&own))).0,
        _ => race_3(cx, connector, ("closer", closer(&server)), ("own closer", closer(&own))).0,
    };
    let closed = match &connected {
        Err(ConnectError::BrokerClosed { broker }) => broker.as_str(),
        Err(ConnectError::UnknownBroker { .. }) => "nobody",
        _ => connected.word(),
    };
    let expected = match cx.size() {
        3 | 4 => ["server", "nobody"].contains(&closed),
        5 => closed == "client",
        _ => ["server", "client", "nobody"].contains(&closed),
    };
    rule!("RDV-8", expected, "a connect that waits for a closing broker came to {connected:?}");
    if cx.size() == 5 {
        nobody_waits(&server, &server);
    } else {
        let again = manager.connect("server", PORT);
        rule!("RDV-8", again.word() == "unknown", "a closed broker has a name: {again:?}");
    }
    closed.to_owned()
}

/// A line that is closed as a broker closes its ports, while one lines up and another comes.
fn close_line(cx: &Cx) -> String {
    let line = Arc::new(Mutex::new(Line::default()));
    let party = Arc::new(Told::default());
    let opener = {
        let (line, party) = (line.clone(), party.clone());
        move || line.lock().open(0, party).is_some()
    };
    let caller = {
        let line = line.clone();
        move || arrive(&line, 1)
    };
    let closer = {
        let line = line.clone();
        move || {
            let mut line = line.lock();
            line.close();
            let released: Vec<_> = line.point.drain().map(|(_, party)| party).collect();
            drop(line);
            released.into_iter().for_each(|party| party.settle(2));
        }
    };
    let (opened, met, ()) = race_3(cx, ("opener", opener), ("caller", caller), ("closer", closer));
    let told = party.word();
    let expected = match (opened, met) {
        (false, None) => 0,
        (true, Some(0)) => 1,
        (true, None) => 2,
        _ => usize::MAX,
    };
    rule!("RDV-5", told == expected, "lined up: {opened}, met: {met:?}, and the party was told {told}");
    cx.witness(if met.is_some() { "met" } else { "closed" });
    format!("{opened} {met:?}")
}

/// What the calls of a meeting that is closed upon came to.
type Meeting = (Accepted, Connected);

fn close_meeting(cx: &Cx) -> String {
    if cx.size() == 1 {
        return close_line(cx);
    }
    let manager = manager();
    let server = broker(&manager, "server");
    let client = (cx.size() > 2).then(|| broker(&manager, "client"));
    let acceptor = {
        let server = server.clone();
        move || server.accept(PORT)
    };
    let own_closed = Arc::new(Ghost::new());
    let connector = {
        let (manager, client, own_closed) = (manager.clone(), client.clone(), own_closed.clone());
        move || {
            let is_late = own_closed.is_set();
            let connected = connect(&manager, client.as_ref(), "server");
            let refused = connected.word() == "closed";
            rule!("RDV-8", refused || !is_late, "a connect of a closed broker came to {connected:?}");
            connected
        }
    };
    let closer = {
        let (server, client) = (server.clone(), client.clone());
        move || {
            if let Some(client) = client {
                client.close();
                own_closed.count();
            }
            server.close();
        }
    };
    // The connector last, so that it may begin when its broker is closed.
    let (accepted, (), connected) = race_3(cx, ("acceptor", acceptor), ("closer", closer), ("connector", connector));
    check_meeting(cx, &server, (accepted, connected))
}

fn check_meeting(cx: &Cx, server: &Broker, (accepted, connected): Meeting) -> String {
    let words = (accepted.word(), connected.word());
    let refused = words.0 == "closed" && matches!(words.1, "closed" | "unknown");
    let agree = words == ("met", "met") || refused;
    rule!("RDV-5", agree, "when the broker closed, the accept was {} and the connect {}", words.0, words.1);
    cx.witness(if refused { "closed" } else { "met" });
    let mut ends: [Vec<Channel>; 2] = [accepted.into_iter().collect(), connected.into_iter().collect()];
    let [ours, theirs] = &mut ends;
    // Channels that are open live on.
    pair(ours, theirs);
    let known = server.connections().len();
    rule!("RDV-8", known == ends[0].len(), "a closed broker knows {known} open connections, not {}", ends[0].len());
    drop(ends);
    let known = server.connections().len();
    rule!("RDV-10", known == 0, "{known} disconnected connections are known");
    format!("{words:?}")
}

fn last_handle(cx: &Cx) -> String {
    let manager = manager();
    let server = broker(&manager, "server");
    if cx.size() == 2 {
        return kept_open(cx, &manager, server);
    }
    let dropper = |server: Broker, claims: bool| {
        let manager = manager.clone();
        move || {
            drop(server);
            claims.then(|| Broker::new(&manager, "server").ok())
        }
    };
    let actors = |claims| (("dropper 1", dropper(server.clone(), claims)), ("dropper 2", dropper(server, claims)));
    if cx.size() == 1 {
        let (one, other) = actors(true);
        let claimed = race(cx, one, other);
        let holders = [&claimed.0, &claimed.1].into_iter().flatten().flatten().count();
        // Whoever dropped the last handle finds the name free, unless the other one was faster.
        rule!("RDV-8", holders == 1, "the name of a broker without handles was given {holders} times");
        return "dropped".to_owned();
    }
    let connector = {
        let manager = manager.clone();
        move || manager.connect("server", PORT)
    };
    let (one, other) = actors(false);
    let connected = race_3(cx, one, other, ("connector", connector)).2;
    let released = matches!(connected.word(), "closed" | "unknown");
    rule!("RDV-8", released, "a connect that waits for a broker without handles came to {connected:?}");
    drop(broker(&manager, "server"));
    connected.word().to_owned()
}

/// An accept by name keeps the broker open when the last handle goes, so a connect that comes then meets it.
fn kept_open(cx: &Cx, manager: &BrokerManager, server: Broker) -> String {
    let acceptor = {
        let manager = manager.clone();
        move || manager.accept("server", PORT)
    };
    let connector = {
        let manager = manager.clone();
        move || {
            drop(server);
            manager.connect("server", PORT)
        }
    };
    let (accepted, connected) = race(cx, ("acceptor", acceptor), ("connector", connector));
    let words = (accepted.word(), connected.word());
    let expected = words == ("met", "met") || words == ("unknown", "unknown");
    rule!("RDV-8", expected, "the accept was {}, the connect {}", words.0, words.1);
    let mut ends: [Vec<Channel>; 2] = [accepted.into_iter().collect(), connected.into_iter().collect()];
    let [ours, theirs] = &mut ends;
    pair(ours, theirs);
    drop(broker(manager, "server"));
    format!("{words:?}")
}
