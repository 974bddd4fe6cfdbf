//! Whole messages, whose memory changes hands.

use std::hint::black_box;

use rdv_benches::apart::Apart;
use rdv_benches::message::{Load, from_crowd};

use crate::driver::Contestant;
use crate::mail::{Mail, each_mail};
use crate::table::Unit;

use super::{Case, Group};

pub(super) fn groups() -> Vec<Group> {
    let loads = || [64, 4 << 10, 1 << 20].into_iter().flat_map(|bytes| [Load::recycled(bytes), Load::fresh(bytes)]);
    let group = |name, title, senders| Group {
        name,
        title,
        unit: Unit::Nanoseconds,
        sizes: false,
        cases: loads().map(|load| case(load, senders)).collect(),
    };
    vec![
        group("message/1-to-1", "a message from one thread to another, by bytes and whose memory", 1),
        group("message/4-to-1", "a message from one of four threads to another, by bytes and whose memory", 4),
    ]
}

fn case(load: Load, senders: usize) -> Case {
    Case::in_turns(load.name(), 1, move || {
        let mut contestants = Vec::new();
        each_mail!(M => contestants.push(contestant::<M>(load.clone(), senders)));
        contestants
    })
}

fn contestant<M: Mail>(load: Load, senders: usize) -> Contestant {
    let (sender, receiver) = M::open(load.depth());
    let (sender, mut receiver, load) = (Apart(sender), Apart(receiver), Apart(load));
    Contestant::new(M::NAME, M::KIND, move |messages| {
        let (sender, receiver, load) = (&sender, &mut receiver, &load);
        let send = || M::send(&sender.0, load.0.message());
        from_crowd(senders, messages, send, || {
            for _ in 0..messages {
                black_box(M::receive(&mut receiver.0));
            }
        })
    })
}
