//! Threads and event-based tasks at the two ends of one connection.

use rdv::sync::Arc;
use rdv::{Broker, ConnectError, EventPump, MessageQueue, PumpHandle, QueueBroker};

use super::broker_support::{PORT, SHORT, broker, manager, waits};
use super::event_support::{Log, join, pump, race};
use super::listen::{Kept, check_pair};
use crate::rule;
use crate::scenario::{Cx, Level, Run, Scenario};

/// The suite.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        witnesses: &["the thread slept"],
        hang: "MQ-10",
        deadlines: 1,
        runs: &[Run::loom(2, Level::Quick), Run::portfolio(2, Level::Quick)],
        ..Scenario::new(
            "listen/thread-meets-bind",
            &["MQ-10", "MQ-9", "RDV-4"],
            "A thread's connect_queue races the bind of a port on a pump at work: they meet.",
            thread_meets_bind,
        )
    },
    Scenario {
        witnesses: &["the thread did not sleep"],
        hang: "MQ-10",
        choices: &[1],
        runs: &[Run::loom(2, Level::Quick), Run::portfolio(2, Level::Quick)],
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

/// A thread connects; another binds, and runs what is posted before the thread can be told.
fn thread_meets_bind(cx: &Cx) -> String {
    let manager = manager();
    let (server, client, (pump, handle)) = (broker(&manager, "server"), broker(&manager, "client"), pump());
    let (events, kept) = (QueueBroker::new(&server, &handle), Kept::default());
    if cx.size() == 1 {
        return nobody_meets_bind(cx, &client, &events, pump);
    }
    let client = cx.spawn("client", move || (client.connect_queue("server", PORT), client));
    let binder = {
        let (listener, mut pump) = (stopping(&handle, &kept), pump);
        cx.spawn("pump", move || {
            let bound = events.bind(PORT, listener);
            pump.run();
            (bound, pump, events)
        })
    };
    let (connected, client) = join(client);
    let (bound, pump, events) = join(binder);
    note_waits(cx);
    rule!("MQ-9", bound.is_ok(), "a free port was refused: {bound:?}");
    rule!("MQ-10", connected.is_ok(), "connect_queue said {connected:?}");
    let accepted = std::mem::take(&mut *kept.lock());
    rule!("MQ-10", accepted.len() == 1, "{} accepted", accepted.len());
    if let (Ok(connected), [accepted]) = (connected, &accepted[..]) {
        check_pair(&connected, accepted);
    }
    rule!("RDV-8", client.connections().is_empty() && server.connections().is_empty(), "a closed queue is remembered");
    drop((pump, events, handle));
    "met".into()
}

/// The pump does not run while a thread connects to its port; when it does, nobody is there any more.
fn nobody_meets_bind(cx: &Cx, client: &Broker, events: &QueueBroker, mut pump: EventPump) -> String {
    let (log, client, own) = (Log::default(), client.clone(), events.clone());
    let accepting = log.clone();
    let connected = join(cx.spawn("both", move || {
        let bound = own.bind(PORT, move |_: MessageQueue| accepting.add("accepted"));
        rule!("MQ-9", bound.is_ok(), "a free port was refused: {bound:?}");
        let connected = client.connect_queue_timeout("server", PORT, SHORT);
        pump.run_until_idle();
        connected.map(drop)
    }));
    note_waits(cx);
    rule!("RDV-5", matches!(connected, Err(ConnectError::Timeout { .. })), "connect_queue_timeout said {connected:?}");
    rule!("RDV-5", log.is_empty(), "a ghost was accepted");
    events.broker().close();
    "nobody".into()
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
        let wide = cx.size() > 1;
        move || {
            let connecting = events.connect("server", PORT, outcome);
            if wide {
                pump.run();
            }
            (connecting, pump, events)
        }
    };
    let ((connecting, mut pump, events), (accepted, server)) = race(cx, 0, connector, acceptor);
    pump.run();
    note_waits(cx);
    rule!("MQ-8", connecting.is_ok(), "a running pump refused a connect");
    let connected = std::mem::take(&mut *kept.lock());
    rule!("MQ-8", connected.len() == 1, "connected {} times", connected.len());
    rule!("MQ-10", accepted.is_ok(), "accept_queue said {accepted:?}");
    if let (Ok(accepted), [connected]) = (accepted, &connected[..]) {
        check_pair(connected, &accepted);
    }
    drop((pump, events, handle, server));
    "met".into()
}
