//! Everything mixed, for as long as one likes: byte channels and message queues, threads and pumps, disconnects from third threads, binds
//! and unbinds, deadlines, listeners that panic. Fails if the counts do not add up or memory grows.
//!
//! `cargo run --release --example soak -- SECONDS` (10 without). Memory is read where there is a `/proc`.

mod tally;

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::spawn;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rdv::{Broker, BrokerManager, ConnectError, ConnectOptions, Disconnector, EventPump, MessageQueue};
use rdv::{Port, PumpHandle, QueueBroker};

use tally::{Outcome, Tally, check, count, repeat, watch};

const BYTES: Port = 1;
const MESSAGES: Port = 2;
const SOMETIMES: Port = 3;
const NOBODY: Port = 4;

const SOON: Duration = Duration::from_millis(1);

/// Echoes one connection after the other until the broker is closed.
fn serve_bytes(server: &Broker, tally: &Tally) {
    while let Ok(channel) = server.accept(BYTES) {
        let (mut reader, mut writer) = channel.split();
        // Whoever was cut off gets no answer.
        let _ = io::copy(&mut reader, &mut writer);
        count(&tally.served);
    }
}

/// Echoes messages until one asks for a panic, which closes its queue.
fn serve_messages(pump: PumpHandle) -> impl FnMut(MessageQueue) {
    let echo = |queue: &MessageQueue, message: Bytes| {
        if message == "panic" {
            std::panic::resume_unwind(Box::new("as asked"));
        }
        let _ = queue.send(message);
    };
    move |queue| {
        // The pump may have been stopped: then the queue is closed, as its peer learns.
        let _ = queue.set_listener(&pump, echo);
    }
}

/// There and back over a byte channel, which every third time somebody else cuts at any moment.
fn speak_bytes(broker: &Broker, session: u64, cutter: &Sender<Disconnector>, tally: &Tally) -> Outcome {
    let (sent, mut back) = ([session as u8; 3000], [0; 3000]);
    let mut channel = broker.connect("server", BYTES)?;
    if session.is_multiple_of(3) {
        cutter.send(channel.disconnector())?;
    }
    match channel.write_all(&sent).and_then(|()| channel.read_exact(&mut back)) {
        Ok(()) => check(sent == back, "other bytes came back")?,
        Err(_) if session.is_multiple_of(3) => {
            count(&tally.cut);
            return Ok(());
        }
        Err(why) => return Err(why.into()),
    }
    count(&tally.echoed);
    Ok(())
}

/// There and back over a message queue, which every tenth time ends with a panic at the other end.
fn speak_messages(broker: &Broker, session: u64, tally: &Tally) -> Outcome {
    let queue = broker.connect_queue("server", MESSAGES)?;
    for length in [0, 100, 10_000] {
        let message = Bytes::from(vec![session as u8; length]);
        queue.blocking_send(message.clone())?;
        check(queue.blocking_receive()? == message, "another message came back")?;
        count(&tally.messages);
    }
    if session.is_multiple_of(10) {
        queue.blocking_send("panic")?;
        count(&tally.asked_to_panic);
        check(queue.blocking_receive().is_err(), "a queue outlived the panic of its listener")?;
    }
    Ok(())
}

/// A deadline that passes at a port where nobody is, and an event that comes when it is due.
fn be_late(broker: &Broker, pump: &PumpHandle, tally: &Tally) -> Outcome {
    let (begin, (tell, told)) = (Instant::now(), channel());
    let late = matches!(broker.connect_timeout("server", NOBODY, SOON), Err(ConnectError::Timeout { .. }));
    pump.post_after(SOON, move || tell.send(Instant::now()).expect("it is waited for"))?;
    check(late && told.recv()? >= begin + 2 * SOON, "a deadline passed too early")?;
    count(&tally.late);
    Ok(())
}

/// Binds and unbinds a port while connects arrive there: each has one outcome.
fn bind_and_unbind(face: &QueueBroker, client: &QueueBroker, tally: &Tally) -> Outcome {
    let (tell, told) = channel();
    for options in [ConnectOptions::new().timeout(SOON), ConnectOptions::new().refuse_if_unbound()] {
        let connect = || {
            let tell = tell.clone();
            let outcome = move |outcome: Result<MessageQueue, ConnectError>| {
                tell.send(outcome.is_ok()).expect("it is waited for");
            };
            client.connect_with("server", SOMETIMES, options, outcome)
        };
        connect()?;
        face.bind(SOMETIMES, |_: MessageQueue| {})?;
        connect()?;
        face.unbind(SOMETIMES)?;
    }
    drop(tell);
    let outcomes: Vec<bool> = told.iter().collect();
    outcomes.iter().for_each(|met| count(if *met { &tally.met } else { &tally.not_met }));
    check(outcomes.len() == 4, "a connect had no outcome, or two")
}

fn main() -> Outcome {
    let seconds = std::env::args().nth(1).map_or(Ok(10), |seconds| seconds.parse())?;
    let (manager, tally) = (BrokerManager::new(), Arc::new(Tally::default()));
    let [server, client] = [Broker::new(&manager, "server")?, Broker::new(&manager, "client")?];
    let mut pump = EventPump::new();
    let (on, reported) = (pump.handle(), tally.clone());
    pump.on_panic(move |_| count(&reported.panicked));
    let running = spawn(move || pump.run());
    let (face, on_client) = (QueueBroker::new(&server, &on), QueueBroker::new(&client, &on));
    face.bind(MESSAGES, serve_messages(on.clone()))?;

    let (cutter, cuts): (Sender<Disconnector>, Receiver<_>) = channel();
    let cutting = spawn(move || cuts.iter().for_each(|victim| victim.disconnect()));
    let serving = spawn({
        let (server, tally) = (server.clone(), tally.clone());
        move || serve_bytes(&server, &tally)
    });
    let speaking = [0, 1].map(|_| {
        let (client, on, cutter, tally) = (client.clone(), on.clone(), cutter.clone(), tally.clone());
        spawn(move || {
            repeat(&tally, |session| {
                speak_bytes(&client, session, &cutter, &tally)?;
                speak_messages(&client, session, &tally)?;
                if session.is_multiple_of(50) { be_late(&client, &on, &tally) } else { Ok(()) }
            })
        })
    });
    let binding = spawn({
        let tally = tally.clone();
        move || repeat(&tally, |_| bind_and_unbind(&face, &on_client, &tally))
    });
    let watched = watch(seconds, &tally);
    tally.over.store(true, Relaxed);
    for ended in speaking.into_iter().chain([binding]).map(|thread| thread.join()) {
        ended.expect("it does not panic")?;
    }
    drop(cutter);
    cutting.join().expect("it does not panic");
    server.close();
    serving.join().expect("it does not panic");
    on.stop();
    running.join().expect("the pump survives its listeners");
    watched?;
    check(server.connections().is_empty() && client.connections().is_empty(), "a broker remembers a connection")?;
    tally.adds_up()?;
    println!("it adds up");
    Ok(())
}
