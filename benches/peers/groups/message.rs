//! Whole messages, whose memory changes hands.

use std::hint::{black_box, spin_loop};
use std::mem::take;
use std::thread;

use bytes::Bytes;
use rdv_benches::apart::Apart;
use rdv_benches::gate::{race, share};
use rdv_benches::message::{Load, from_crowd};
use rtrb::{Consumer, Producer, RingBuffer};

use crate::driver::{Contestant, Kind};
use crate::mail::{Mail, each_mail};
use crate::table::Unit;

use super::{Case, Group};

/// A box of the limit holds no more bytes than this, so that what is made anew does not leave the cache between.
const BOX: usize = 64 << 10;

/// With less in each, handing boxes over costs more than what is in them.
const MANY: usize = 32;

/// How often somebody looks before the core is given up.
const LOOKS: u32 = 64;

pub(super) fn groups() -> Vec<Group> {
    let loads = || {
        let sizes = [64, 4 << 10, 64 << 10, 1 << 20];
        let memory = |bytes| [Load::recycled(bytes), Load::fresh(bytes)];
        [Load::fixed(64)].into_iter().chain(sizes.into_iter().flat_map(memory))
    };
    let group = |name, title, cases| Group { name, title, unit: Unit::Nanoseconds, sizes: false, cases };
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
        let mut contestants: Vec<_> = in_boxes(load.clone(), senders).into_iter().collect();
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

/// What is left where a message costs no synchronisation of its own: it is made, put into a box of many, taken out and dropped. Each sender has two
/// boxes that go back and forth, and all of them hold at most as many messages as the channels do; nobody sleeps. `None` where a box would hold few.
fn in_boxes(load: Load, senders: usize) -> Option<Contestant> {
    let size = (load.depth() / (2 * senders)).min(BOX / load.bytes());
    if size < MANY {
        return None;
    }
    Some(Contestant::new("in boxes", Kind::Limit, move |messages| {
        let lanes = (0..senders).map(|one| lane(load.clone(), size, share(messages, senders, one)));
        let (workers, mut lanes): (Vec<_>, Vec<_>) = lanes.unzip();
        race(workers, messages, || unpack(&mut lanes, messages))
    }))
}

/// The receiver's end of a lane: where full boxes come from, and where empty ones go.
type Lane = Apart<(Consumer<Vec<Bytes>>, Producer<Vec<Bytes>>)>;

/// What a sender does for each of so many messages, and the other end of its lane.
fn lane(load: Load, size: usize, messages: u64) -> (impl FnMut() + Send, Lane) {
    let (mut full, coming) = RingBuffer::new(2);
    let (mut going, mut empty) = RingBuffer::new(2);
    let _ = going.push(Vec::with_capacity(size));
    let mut state = Apart((Vec::with_capacity(size), messages));
    let work = move || {
        let (filling, left) = &mut state.0;
        filling.push(load.message());
        *left -= 1;
        if filling.len() == size || *left == 0 {
            // There are two boxes, and there is room for two.
            let _ = full.push(take(filling));
            if *left > 0 {
                *filling = until_some(|| empty.pop().ok());
            }
        }
    };
    (work, Apart((coming, going)))
}

/// Empties boxes until so many messages have come.
fn unpack(lanes: &mut [Lane], messages: u64) {
    let mut left = messages;
    while left > 0 {
        let next = || (0..lanes.len()).find_map(|at| Some((at, lanes[at].0.0.pop().ok()?)));
        let (at, mut full) = until_some(next);
        left -= full.len() as u64;
        full.drain(..).for_each(|message| drop(black_box(message)));
        let _ = lanes[at].0.1.push(full);
    }
}

/// Looks until there is something.
fn until_some<T>(mut look: impl FnMut() -> Option<T>) -> T {
    loop {
        for _ in 0..LOOKS {
            if let Some(found) = look() {
                return found;
            }
            spin_loop();
        }
        thread::yield_now();
    }
}
