//! QueueBroker: who may have a port, beside threads and beside the other kind of connection.

use rdv::{AcceptError, BindError, ConnectError, QueueBroker};

use super::broker_support::{PORT, SHORT, broker, manager, waits};
use super::event_support::{Log, pump, race};
use super::listen::Kept;
use super::listen_bind::Door;
use crate::rule;
use crate::scenario::{Bound, Cx, Scenario};

/// The suite.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        witnesses: &["the first", "the second"],
        choices: &[2],
        audit_bound: Bound::Preemptions(4),
        ..Scenario::new(
            "listen/port-in-use",
            &["RDV-6"],
            "Two binds of one port race, or a bind and an accept: one of them has it, the other is told so.",
            port_in_use,
        )
    },
    Scenario {
        witnesses: &["mismatch", "waited"],
        choices: &[3],
        deadlines: 2,
        audit_bound: Bound::Preemptions(3),
        ..Scenario::new(
            "listen/kinds",
            &["RDV-9"],
            "A connect of one kind races an accept or a bind of the other: refused or left waiting, and they are not disturbed.",
            kinds,
        )
    },
];

/// Two want the port.
fn port_in_use(cx: &Cx) -> String {
    let manager = manager();
    let (server, (mut pump, handle), log) = (broker(&manager, "server"), pump(), Log::default());
    let (kept, accepts) = (Kept::default(), cx.choice(0) == 1);
    let events = [QueueBroker::new(&server, &handle), QueueBroker::new(&server, &handle)];
    // An accept goes on waiting until the bind has ended.
    let [one, other] = events.map(|events| {
        let (log, kept, server) = (log.clone(), kept.clone(), server.clone());
        move || {
            let bound = events.bind(PORT, Door::new("door", &log, &kept));
            if accepts {
                server.close();
            }
            (bound, events)
        }
    });
    let second = {
        let server = server.clone();
        move || match accepts {
            true => (Ok(server.accept_queue(PORT).map(drop)), None),
            false => {
                let (bound, events) = other();
                (Err(bound), Some(events))
            }
        }
    };
    let ((first, events), (second, others)) = race(cx, one, second);
    let refused = matches!(first, Err(BindError::PortInUse { .. }));
    rule!("RDV-6", refused || first.is_ok(), "a bind was refused: {first:?}");
    cx.witness(if refused { "the second" } else { "the first" });
    match &second {
        Ok(accepted) => {
            let in_use = matches!(accepted, Err(AcceptError::PortInUse { .. }));
            let released = matches!(accepted, Err(AcceptError::BrokerClosed { .. }));
            rule!("RDV-6", in_use || released, "an accept that nobody met: {accepted:?}");
            rule!("RDV-6", !(in_use && refused), "both were refused");
            // One that came when the broker was closed already did not wait.
            rule!("RDV-6", refused || waits() == 0, "a listener was bound, and an accept waited: {accepted:?}");
        }
        Err(bound) => {
            let in_use = matches!(bound, Err(BindError::PortInUse { .. }));
            rule!("RDV-6", refused != in_use, "bound {first:?} and {bound:?}");
        }
    }
    server.close();
    pump.run_until_idle();
    let dropped = log.times("door:dropped");
    rule!("MQ-9", dropped == if accepts { 1 } else { 2 }, "{}", log.text());
    rule!("MQ-9", log.times("door:unbound") <= 1, "{}", log.text());
    drop((events, others));
    format!("{} {}", first.is_ok(), matches!(second, Ok(Err(AcceptError::PortInUse { .. }))))
}

/// Bytes against messages: a connect with a time-out, and an accept of the other kind (either way) or a bind.
fn kinds(cx: &Cx) -> String {
    let manager = manager();
    let (server, (mut pump, handle)) = (broker(&manager, "server"), pump());
    let (log, kept, what) = (Log::default(), Kept::default(), cx.choice(0));
    let events = QueueBroker::new(&server, &handle);
    let door = Door::new("door", &log, &kept);
    // An accept goes on waiting until the connect has ended.
    let connector = {
        let server = server.clone();
        move || {
            // A look first: without it the checkers would ask too early whether somebody waits.
            let nobody = server.try_accept(PORT + 1);
            rule!("RDV-9", nobody.is_err(), "somebody connects where nobody does");
            let awaited = waits() > 0;
            let connected = match what {
                0 => server.connect_queue_timeout("server", PORT, SHORT).map(drop),
                _ => server.connect_timeout("server", PORT, SHORT).map(drop),
            };
            if what < 2 {
                server.close();
            }
            (connected, awaited)
        }
    };
    let acceptor = {
        let server = server.clone();
        move || {
            let waited = match what {
                0 => matches!(server.accept(PORT), Err(AcceptError::BrokerClosed { .. })),
                1 => matches!(server.accept_queue(PORT), Err(AcceptError::BrokerClosed { .. })),
                _ => events.bind(PORT, door).is_ok(),
            };
            (waited, events)
        }
    };
    let ((connected, awaited), (waited, events)) = race(cx, connector, acceptor);
    let mismatch = matches!(connected, Err(ConnectError::KindMismatch { .. }));
    let late = matches!(connected, Err(ConnectError::Timeout { .. }));
    rule!("RDV-9", mismatch || late, "a connect of one kind and an accept of the other: {connected:?}");
    rule!("RDV-9", mismatch || !awaited, "where an accept of the other kind alone waits: {connected:?}");
    rule!("RDV-9", waited, "whoever accepts the other kind was disturbed");
    cx.witness(if mismatch { "mismatch" } else { "waited" });
    pump.run_until_idle();
    rule!("RDV-9", log.times("door:accepted") == 0, "bytes were accepted as messages");
    if what == 2 {
        let refused = server.try_connect("server", PORT);
        rule!("RDV-9", matches!(refused, Err(ConnectError::KindMismatch { .. })), "at a bound port: {refused:?}");
    }
    server.close();
    pump.run_until_idle();
    drop(events);
    mismatch.to_string()
}
