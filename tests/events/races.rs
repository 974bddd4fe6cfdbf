//! Whatever races, each connect has exactly one outcome, and each binding one last call: MQ-8, MQ-9, PUMP-5, RDV-1, RDV-5.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rdv::{
    AcceptListener, BrokerManager, ConnectError, ConnectListener, ConnectOptions, EventPump, MessageQueue, PumpStopped,
    QueueBroker,
};

use crate::support::repeated;
use crate::support::world::{PORT, broker_in, join, spawn};
use crate::world::face;

/// What happens beside the connects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Beside {
    Nothing,
    Rebinding,
    ServerCloses,
    ClientCloses,
    ServerPumpStops,
    ClientPumpStops,
}

const ALL: [Beside; 6] = [
    Beside::Nothing,
    Beside::Rebinding,
    Beside::ServerCloses,
    Beside::ClientCloses,
    Beside::ServerPumpStops,
    Beside::ClientPumpStops,
];

/// How often things were told, by everybody together.
#[derive(Clone, Default)]
struct Counts {
    accepted: Arc<AtomicUsize>,
    unbound: Arc<AtomicUsize>,
    connected: Arc<AtomicUsize>,
}

fn add(count: &AtomicUsize) {
    count.fetch_add(1, Ordering::Relaxed);
}

fn get(count: &AtomicUsize) -> usize {
    count.load(Ordering::Relaxed)
}

struct Door {
    counts: Counts,
    ended: bool,
}

impl AcceptListener for Door {
    fn accepted(&mut self, _: MessageQueue) {
        assert!(!self.ended, "MQ-9: `unbound` is the last call");
        add(&self.counts.accepted);
    }

    fn unbound(&mut self) {
        assert!(!self.ended, "MQ-9: twice");
        self.ended = true;
        add(&self.counts.unbound);
    }
}

struct Guest {
    counts: Counts,
    told: Arc<AtomicUsize>,
}

impl ConnectListener for Guest {
    fn connected(self, _: MessageQueue) {
        add(&self.told);
        add(&self.counts.connected);
    }

    fn refused(self, _: ConnectError) {
        add(&self.told);
    }
}

fn options(number: u64) -> ConnectOptions {
    let options = ConnectOptions::new();
    match number % 5 {
        0 => options,
        1 => options.refuse_if_unbound(),
        2 => options.timeout(Duration::ZERO),
        3 => options.timeout(Duration::from_micros(50)),
        _ => options.timeout(Duration::MAX),
    }
}

/// Connects again and again; for each connect, how it was answered and how often its listener was told.
fn connects(face: &QueueBroker, counts: &Counts) -> Vec<(Result<(), PumpStopped>, Arc<AtomicUsize>)> {
    let connect = |number| {
        let told = Arc::new(AtomicUsize::new(0));
        let guest = Guest { counts: counts.clone(), told: told.clone() };
        (face.connect_with("server", PORT, options(number), guest), told)
    };
    (0..60).map(connect).collect()
}

fn race(beside: Beside) {
    let (manager, counts) = (BrokerManager::new(), Counts::default());
    let (on_server, server_thread) = EventPump::spawn("server").expect("a thread");
    let (on_client, client_thread) = EventPump::spawn("client").expect("a thread");
    let (server, client) = (face(&manager, "server", &on_server), face(&manager, "client", &on_client));
    let bind = {
        let (server, counts) = (server.clone(), counts.clone());
        move || server.bind(PORT, Door { counts: counts.clone(), ended: false }).map_or(0, |()| 1)
    };
    let mut bound = bind();
    let connecting = {
        let (client, counts) = (client.clone(), counts.clone());
        spawn("connects", move || connects(&client, &counts))
    };
    match beside {
        Beside::Nothing => {}
        Beside::Rebinding => {
            for _ in 0..20 {
                server.unbind(PORT).expect("it is bound");
                bound += bind();
            }
        }
        Beside::ServerCloses => server.broker().close(),
        Beside::ClientCloses => client.broker().close(),
        Beside::ServerPumpStops => on_server.stop(),
        Beside::ClientPumpStops => on_client.stop(),
    }
    let connects = join(connecting);
    // What the server's pump accepted before it stops, the client's pump can tell after it.
    on_server.stop();
    join(server_thread);
    on_client.stop();
    join(client_thread);
    for (number, (answer, told)) in connects.iter().enumerate() {
        assert_eq!(get(told), usize::from(answer.is_ok()), "MQ-8: connect {number} beside {beside:?}");
    }
    assert_eq!(get(&counts.unbound), bound, "MQ-9: beside {beside:?}");
    let (accepted, connected) = (get(&counts.accepted), get(&counts.connected));
    if beside == Beside::ClientPumpStops {
        assert!(connected <= accepted, "RDV-1");
    } else {
        assert_eq!(connected, accepted, "RDV-1: beside {beside:?}");
    }
    assert!(server.broker().connections().is_empty() && client.broker().connections().is_empty(), "MQ-11, RDV-10");
}

#[test]
fn each_connect_has_one_outcome_and_each_binding_one_end() {
    repeated(|| {
        for beside in ALL {
            (0..10).for_each(|_| race(beside));
        }
    });
}

#[test]
fn threads_that_connect_while_a_port_is_bound_and_unbound() {
    repeated(|| {
        let (manager, counts) = (BrokerManager::new(), Counts::default());
        let (pump, thread) = EventPump::spawn("server").expect("a thread");
        let server = face(&manager, "server", &pump);
        let connects = (0..3).map(|number| {
            let client = broker_in(&manager, &format!("client {number}"));
            spawn("connects", move || {
                let wait = |round: u64| Duration::from_micros(20 * (round % 10));
                let connect = |round| client.connect_queue_timeout("server", PORT, wait(round)).is_ok();
                (0..150).filter(|round| connect(*round)).count()
            })
        });
        let connects: Vec<_> = connects.collect();
        let mut bound = 0;
        while !connects.iter().all(std::thread::JoinHandle::is_finished) {
            server.bind(PORT, Door { counts: counts.clone(), ended: false }).expect("the port is free");
            bound += 1;
            server.unbind(PORT).expect("it is bound");
        }
        let connected: usize = connects.into_iter().map(join).sum();
        pump.stop();
        join(thread);
        assert_eq!(connected, get(&counts.accepted), "RDV-5: both sides agree who won");
        assert_eq!(get(&counts.unbound), bound, "MQ-9");
    });
}

#[test]
fn a_bind_that_races_the_stop_of_its_pump_is_either_refused_or_told_its_end() {
    repeated(|| {
        for _ in 0..100 {
            let (manager, counts) = (BrokerManager::new(), Counts::default());
            let (pump, thread) = EventPump::spawn("server").expect("a thread");
            let server = face(&manager, "server", &pump);
            let stopping = spawn("stops", move || pump.stop());
            let bound = (PORT..PORT + 20).map(|port| server.bind(port, Door { counts: counts.clone(), ended: false }));
            let bound = bound.filter(Result::is_ok).count();
            join(stopping);
            join(thread);
            assert_eq!(get(&counts.unbound), bound, "MQ-9, PUMP-5");
        }
    });
}

#[test]
fn a_listener_that_races_the_stop_of_its_pump_is_either_refused_or_told_closed() {
    struct Last(Arc<AtomicUsize>);

    impl rdv::Listener for Last {
        fn received(&mut self, _: &MessageQueue, _: bytes::Bytes) {}

        fn closed(&mut self, _: &MessageQueue) {
            add(&self.0);
        }
    }

    repeated(|| {
        for _ in 0..100 {
            let (pump, thread) = EventPump::spawn("pump").expect("a thread");
            let (on, closed) = (pump.clone(), Arc::new(AtomicUsize::new(0)));
            let stopping = spawn("stops", move || pump.stop());
            let queues: Vec<_> = (0..20).map(|_| crate::world::queues(2)).collect();
            let set = queues.iter().map(|(near, far)| {
                let _ = near.send("on its way");
                far.set_listener(&on, Last(closed.clone()))
            });
            let set = set.filter(Result::is_ok).count();
            join(stopping);
            join(thread);
            assert_eq!(get(&closed), set, "MQ-11, PUMP-5");
            let open = queues.iter().filter(|(near, _)| !near.is_closed()).count();
            assert_eq!(open, 20 - set, "what was refused is as it was");
        }
    });
}
