//! A chat room, and why one would mix: the room is one pump, so everybody hears everything in the same order without a lock to
//! get right; the guests are threads, because people are: they read a line, think, and wait.
//!
//! `cargo run --example chat_room`

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use rdv::{Broker, BrokerManager, EventPump, Listener, MessageQueue, QueueBroker, Task};

const CHAT: rdv::Port = 42;
const GUESTS: [&str; 3] = ["ada", "bob", "cyd"];

/// Who is in the room. Only events of the room's pump touch it, so the lock is never waited for.
type Room = Arc<Mutex<BTreeMap<usize, MessageQueue>>>;

/// One guest's place in the room.
struct Seat {
    number: usize,
    room: Room,
}

impl Listener for Seat {
    fn received(&mut self, _: &MessageQueue, line: Bytes) {
        for guest in self.room.lock().expect("nobody panics").values() {
            // One message, shared by all who hear it. Who does not keep up misses it; nobody else waits for that.
            let _ = guest.send(line.clone());
        }
    }

    fn closed(&mut self, _: &MessageQueue) {
        self.room.lock().expect("nobody panics").remove(&self.number);
    }
}

/// Comes in, says hello, and listens until everybody has said it.
fn visit(name: &str, queue: &MessageQueue) -> Result<Vec<String>, Box<dyn Error + Send + Sync>> {
    queue.blocking_receive()?; // the doors are open
    queue.blocking_send(format!("{name}: hello"))?;
    let heard = (0..GUESTS.len()).map(|_| Ok(String::from_utf8(queue.blocking_receive()?.to_vec())?));
    heard.collect()
}

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let manager = BrokerManager::new();
    let (pump, thread) = EventPump::spawn("room")?;
    let (room, on) = (Room::default(), pump.clone());
    QueueBroker::new(&Broker::new(&manager, "room")?, &pump).bind(CHAT, move |queue: MessageQueue| {
        let mut guests = room.lock().expect("nobody panics");
        let number = guests.len();
        queue.set_listener(&on, Seat { number, room: room.clone() }).expect("the room is open");
        guests.insert(number, queue);
        if guests.len() == GUESTS.len() {
            guests.values().for_each(|guest| guest.send("welcome").expect("there is room"));
        }
    })?;

    let enter = |name| {
        let visit = |task: &Task| visit(task.broker().name(), &task.broker().connect_queue("room", CHAT)?);
        Ok(Task::spawn(Broker::new(&manager, name)?, visit)?)
    };
    let guests = GUESTS.into_iter().map(enter).collect::<Result<Vec<_>, Box<dyn Error + Send + Sync>>>()?;
    let mut heard = Vec::new();
    for guest in guests {
        heard.push(guest.join().expect("a guest does not panic")?);
    }
    let same = heard.windows(2).all(|two| two[0] == two[1]);
    heard[0].sort();
    println!("{}\nall heard the same, in the same order: {same}", heard[0].join("\n"));
    pump.stop();
    thread.join().expect("the room does not panic");
    Ok(())
}
