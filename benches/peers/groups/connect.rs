//! Accepts that meet connects; what they get is dropped at once.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::process;

use bytes::Bytes;
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use rdv::{Broker, BrokerManager, Port};
use rdv_benches::rendezvous::meet;

use crate::driver::{Contestant, Kind};
use crate::table::Unit;

use super::{Case, Group};

const PORT: Port = 80;

pub(super) fn groups() -> Vec<Group> {
    let case = |connectors: usize| {
        Case::in_turns(format!("{connectors} to 1"), 1, move || {
            vec![rdv(connectors), unix(connectors), crossbeam(connectors)]
        })
    };
    let title = "connect, accept and close, by threads that connect";
    vec![Group::new("connect", title, Unit::Nanoseconds, vec![case(1), case(8)])]
}

/// Every connector has a broker of its own, as a task would.
fn rdv(connectors: usize) -> Contestant {
    let manager = BrokerManager::new();
    let broker = |name: String| Broker::new(&manager, name).expect("a name of its own");
    let server = broker("server".into());
    let connect = |client: Broker| move || client.connect("server", PORT).expect("the server is open");
    let mut connects: Vec<_> = (0..connectors).map(|number| connect(broker(format!("client {number}")))).collect();
    Contestant::new("rdv", Kind::Ours, move |meetings| {
        meet(|| server.accept(PORT).expect("the server is open"), &mut connects, meetings)
    })
}

/// A listener has a backlog, so a connect need not wait for its accept.
fn unix(connectors: usize) -> Contestant {
    let name = format!("rdv-peers-{}-{connectors}", process::id());
    let address = SocketAddr::from_abstract_name(name).expect("a short name");
    let listener = UnixListener::bind_addr(&address).expect("a name of its own");
    let connect = || {
        let address = address.clone();
        move || UnixStream::connect_addr(&address).expect("the listener is there")
    };
    let mut connects: Vec<_> = (0..connectors).map(|_| connect()).collect();
    Contestant::new("unix listener", Kind::Blocking, move |meetings| {
        meet(|| listener.accept().expect("the listener is ours"), &mut connects, meetings)
    })
}

type Both = (Sender<Bytes>, Receiver<Bytes>);

/// Two channels, made by the connector and handed over: a rendezvous without names, ports and kinds.
fn crossbeam(connectors: usize) -> Contestant {
    let (hand, take) = bounded::<Both>(0);
    let connect = || {
        let hand = hand.clone();
        move || {
            let ((there, from_here), (here, from_there)) = (unbounded(), unbounded());
            hand.send((here, from_here)).expect("the acceptor is there");
            (there, from_there)
        }
    };
    let mut connects: Vec<_> = (0..connectors).map(|_| connect()).collect();
    Contestant::new("crossbeam hand-over", Kind::Blocking, move |meetings| {
        meet(|| take.recv().expect("the connectors are there"), &mut connects, meetings)
    })
}
