//! What stands on the heap for a connection that nobody uses, and for an event that nobody has run.
//!
//! What the kernel holds for sockets and pipes is out of sight here, so those are left out.

use std::mem::size_of;

use bytes::Bytes;
use crossbeam_channel::unbounded;
use rdv::{Broker, BrokerManager, Channel, EventPump, Port};
use rdv_benches::CAPACITY;

use crate::driver::{Kind, Samples};
use crate::duplex::{Duplex, in_memory};
use crate::heap::left_by;
use crate::loops::Event;
use crate::options::Options;
use crate::table::Unit;

use super::{Case, Group};

/// So many at once, if they fit into `MOST`; what allocates its buffers at once does not.
const CONNECTIONS: usize = 100_000;
const FEW: usize = 100;
const MOST: f64 = 1e9;
const EVENTS: usize = 100_000;
const PORT: Port = 80;

pub(super) fn groups() -> Vec<Group> {
    let case = |name: &str, measure: fn() -> Vec<Samples>| Case {
        name: name.to_owned(),
        size: 1,
        measure: Box::new(move |_: &Options| measure()),
    };
    let cases = vec![case("idle connection", connections), case("queued event", events)];
    let title = "heap per idle connection (both ends, their handles included) and per queued event, at 100 000";
    vec![Group::new("memory", title, Unit::Bytes, cases)]
}

/// What is counted is the same every time: one sample says it.
fn sample(name: &str, kind: Kind, bytes: f64) -> Samples {
    Samples::new(name.to_owned(), kind, vec![bytes])
}

fn connections() -> Vec<Samples> {
    let mut samples = Vec::new();
    in_memory!(D => samples.push(sample(D::NAME, D::KIND, per_pair(|| D::pair(CAPACITY)))));
    samples.push(sample("rdv, between brokers", Kind::Ours, per_pair(met())));
    samples.push(sample(
        "two crossbeam channels",
        Kind::Blocking,
        per_pair(|| (unbounded::<Bytes>(), unbounded::<Bytes>())),
    ));
    samples
}

fn per_pair<P>(mut make: impl FnMut() -> P) -> f64 {
    let few = per_pair_of(FEW, &mut make);
    if few * CONNECTIONS as f64 > MOST { few } else { per_pair_of(CONNECTIONS, &mut make) }
}

/// The list of pairs itself is counted, for it holds the ends.
fn per_pair_of<P>(count: usize, make: &mut impl FnMut() -> P) -> f64 {
    let mut pairs = Vec::with_capacity(count);
    let (bytes, ()) = left_by(|| pairs.extend((0..count).map(|_| make())));
    bytes as f64 / count as f64 + size_of::<P>() as f64
}

/// An accept and a connect that meet at a broker, and are entered there.
fn met() -> impl FnMut() -> (Channel, Channel) {
    let manager = BrokerManager::new();
    let server = Broker::new(&manager, "server").expect("a name of its own");
    let client = Broker::new(&manager, "client").expect("a name of its own");
    move || {
        std::thread::scope(|scope| {
            let connect = scope.spawn(|| client.connect("server", PORT).expect("the server is open"));
            (server.accept(PORT).expect("the server is open"), connect.join().expect("it connected"))
        })
    }
}

fn events() -> Vec<Samples> {
    let pump = EventPump::new();
    let handle = pump.handle();
    let (ours, ()) = left_by(|| (0..EVENTS).for_each(|_| handle.post(|| ()).expect("the pump was not stopped")));
    let (crossbeam, _kept) = left_by(|| {
        let (sender, receiver) = unbounded::<Event>();
        (0..EVENTS).for_each(|_| sender.send(Box::new(|| ())).expect("the receiver is there"));
        (sender, receiver)
    });
    let (kanal, _kept) = left_by(|| {
        let (sender, receiver) = kanal::unbounded::<Event>();
        (0..EVENTS).for_each(|_| sender.send(Box::new(|| ())).expect("the receiver is there"));
        (sender, receiver)
    });
    let each = |bytes: isize| bytes as f64 / EVENTS as f64;
    vec![
        sample("rdv", Kind::Ours, each(ours)),
        sample("crossbeam loop", Kind::Blocking, each(crossbeam)),
        sample("kanal loop", Kind::Blocking, each(kanal)),
    ]
}
