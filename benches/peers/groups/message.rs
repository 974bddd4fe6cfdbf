//! Whole messages, whose memory changes hands.

use std::hint::black_box;
use std::time::Instant;

use rdv_benches::apart::Apart;
use rdv_benches::message::{Load, from_crowd};

use crate::driver::{Contestant, Kind};
use crate::mail::lanes::{in_boxes, in_rings};
use crate::mail::{Mail, each_mail};
use crate::table::Unit;

use super::{Case, Group};

pub(super) fn groups() -> Vec<Group> {
    let loads = || {
        let sizes = [64, 4 << 10, 64 << 10, 1 << 20];
        let memory = |bytes| [Load::recycled(bytes), Load::fresh(bytes)];
        [Load::fixed(64)].into_iter().chain(sizes.into_iter().flat_map(memory))
    };
    let group = |name, title, cases| Group::new(name, title, Unit::Nanoseconds, cases);
    let by_load = |senders| loads().map(|load| case(load.name(), load, senders)).collect();
    let by_depth = |senders: usize| {
        [1, 2, 16, 1024]
            .map(|depth| case(format!("{senders} to 1, depth {depth}"), Load::recycled(64).queued(depth), senders))
    };
    vec![
        group("message/1-to-1", "a message from one thread to another, by bytes and whose memory", by_load(1)),
        group("message/4-to-1", "a message from one of four threads to another, by bytes and whose memory", by_load(4)),
        group(
            "message/depth",
            "a message of 64 bytes, whose memory is there already, by how many the channel holds",
            [1, 4].into_iter().flat_map(by_depth).collect(),
        ),
    ]
}

fn case(name: String, load: Load, senders: usize) -> Case {
    Case::in_turns(name, 1, move || {
        let mut contestants = Vec::new();
        each_mail!(M => contestants.push(contestant::<M>(load.clone(), senders)));
        contestants.extend(in_rings(&load, senders));
        contestants.extend(in_boxes(&load, senders).or_else(|| load.is_fresh().then(|| on_the_spot(load))));
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

/// Made and dropped by one thread, as often as there are messages: what memory that is made anew costs where nothing changes hands.
fn on_the_spot(load: Load) -> Contestant {
    Contestant::new("made and dropped on one thread", Kind::Limit, move |messages| {
        let start = Instant::now();
        (0..messages).for_each(|_| drop(black_box(load.message())));
        start.elapsed()
    })
}
