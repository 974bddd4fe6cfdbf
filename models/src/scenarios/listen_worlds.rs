//! Threads and event-based tasks at the two ends of one connection.

use rdv::sync::Arc;
use rdv::{ConnectError, MessageQueue, PumpHandle, QueueBroker};

use super::broker_support::{PORT, SHORT, broker, manager, waits};
use super::event_support::{pump, race};
use super::listen::{Kept, check_pair};
use crate::rule;
use crate::scenario::{Bound, Cx, Scenario};

/// The suite.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        witnesses: &["met", "too late"],
        hang: "MQ-10",
        choices: &[2],
        deadlines: 1,
        audit_bound: Bound::Preemptions(3),
        ..Scenario::new(
            "listen/thread-meets-bind",
            &["MQ-10", "MQ-9", "RDV-4", "RDV-5", "RDV-10"],
            "A thread's connect_queue, by choice with a time-out, races the bind of a port on a pump at work: they meet, or nobody is left.",
            thread_meets_bind,
        )
    },
    Scenario {
        witnesses: &["the thread did not sleep"],
        hang: "MQ-10",
        audit_bound: Bound::Preemptions(3),
        ..Scenario::new(
            "listen/accept-meets-connect",
            &["MQ-10", "MQ-8", "RDV-4"],
            "A thread's accept_queue races an event-based connect: they meet, on the same Rdv as two threads would.",
            accept_meets_connect,
        )
    },
];

/// A server's listener that keeps the queue and stops the pump.
fn stopping(pump: &Arc<PumpHandle>, kept: &Kept) -> impl FnMut(MessageQueue) + Send + 'static {
    let (pump, kept) = (pump.clone(), kept.clone());
    move |queue: MessageQueue| {
        kept.lock().push(queue);
        pump.stop();
    }
}

fn note_waits(cx: &Cx) {
    cx.witness(if waits() > 0 { "the thread slept" } else { "the thread did not sleep" });
}

/// A thread connects, by choice with a time-out; another binds, and runs what is posted before the thread can be told.
fn thread_meets_bind(cx: &Cx) -> String {
    let manager = manager();
    let (server, client, (pump, handle)) = (broker(&manager, "server"), broker(&manager, "client"), pump());
    let (events, kept, patient) = (QueueBroker::new(&server, &handle), Kept::default(), cx.choice(0) == 0);
    let connector = move || match patient {
        true => (client.connect_queue("server", PORT), client),
        false => (client.connect_queue_timeout("server", PORT, SHORT), client),
    };
    let binder = {
        let (listener, mut pump) = (stopping(&handle, &kept), pump);
        move || {
            let bound = events.bind(PORT, listener);
            if patient {
                pump.run();
            } else {
                pump.run_until_idle();
            }
            (bound, pump, events)
        }
    };
    let ((connected, client), (bound, mut pump, events)) = race(cx, connector, binder);
    rule!("MQ-9", bound.is_ok(), "a free port was refused: {bound:?}");
    note_waits(cx);
    if !patient {
        // Whoever gave up is no ghost.
        pump.run_until_idle();
    }
    let accepted = std::mem::take(&mut *kept.lock());
    let text = match &connected {
        Ok(_) => "met",
        Err(ConnectError::Timeout { .. }) if !patient => "too late",
        Err(_) => "refused",
    };
    cx.witness(text);
    rule!("MQ-10", text != "refused", "connect_queue said {connected:?}");
    rule!("RDV-5", accepted.len() == usize::from(connected.is_ok()), "{text}, {} accepted", accepted.len());
    if let (Ok(connected), [accepted]) = (connected, &accepted[..]) {
        check_pair(&connected, accepted);
    }
    drop(accepted);
    rule!("RDV-10", client.connections().is_empty() && server.connections().is_empty(), "a closed queue is remembered");
    server.close();
    drop((pump, events, handle));
    format!("{text} {}", waits() > 0)
}

/// A thread accepts; an event-based task connects, and runs its pump until it is told.
fn accept_meets_connect(cx: &Cx) -> String {
    let manager = manager();
    let (server, client, (pump, handle)) = (broker(&manager, "server"), broker(&manager, "client"), pump());
    let (events, kept) = (QueueBroker::new(&client, &handle), Kept::default());
    let acceptor = move || (server.accept_queue(PORT), server);
    let connector = {
        let (mut listener, mut pump) = (stopping(&handle, &kept), pump);
        let outcome = move |outcome: Result<MessageQueue, ConnectError>| match outcome {
            Ok(queue) => listener(queue),
            Err(why) => rule!("MQ-8", false, "refused: {why:?}"),
        };
        move || {
            let connecting = events.connect("server", PORT, outcome);
            pump.run();
            (connecting, pump, events)
        }
    };
    let ((connecting, pump, events), (accepted, server)) = race(cx, connector, acceptor);
    note_waits(cx);
    rule!("MQ-8", connecting.is_ok(), "a running pump refused a connect");
    let connected = std::mem::take(&mut *kept.lock());
    rule!("MQ-8", connected.len() == 1, "connected {} times", connected.len());
    rule!("MQ-10", accepted.is_ok(), "accept_queue said {accepted:?}");
    if let (Ok(accepted), [connected]) = (accepted, &connected[..]) {
        check_pair(connected, &accepted);
    }
    drop((pump, events, handle, server));
    format!("met, slept {}", waits() > 0)
}
