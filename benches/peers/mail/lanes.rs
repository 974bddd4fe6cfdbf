//! Messages without a channel that threads share: each sender has a lane of its own to the receiver, and nobody sleeps. How far a channel is from these says what
//! sharing and sleeping cost; what they take themselves is the price of memory that changes hands.

use std::hint::black_box;
use std::mem::take;

use bytes::Bytes;
use rdv_benches::apart::Apart;
use rdv_benches::gate::{race, share};
use rdv_benches::look::{LOOKS, until_some};
use rdv_benches::message::Load;
use rtrb::{Consumer, Producer, PushError, RingBuffer};

use crate::driver::{Contestant, Kind};

/// A box holds no more bytes than this, so that what is made anew does not leave the cache between.
const BOX: usize = 64 << 10;

/// With less in each, handing boxes over costs more than what is in them.
const MANY: usize = 32;

/// Each sender has a ring, which nobody else puts anything into; all of them hold as many messages as the channels do. `None` where that would be
/// less than one each.
pub(crate) fn in_rings(load: &Load, senders: usize) -> Option<Contestant> {
    let size = load.depth() / senders;
    if size == 0 {
        return None;
    }
    let load = load.clone();
    Some(Contestant::new("rtrb, a ring per sender", Kind::Burning, move |messages| {
        let lanes = (0..senders).map(|_| ring_lane(load.clone(), size));
        let (workers, mut lanes): (Vec<_>, Vec<_>) = lanes.unzip();
        race(workers, messages, || take_in_turns(&mut lanes, messages))
    }))
}

/// The receiver's end of a ring.
type RingLane = Apart<Consumer<Bytes>>;

/// What a sender does for each message, and the other end of its ring.
fn ring_lane(load: Load, size: usize) -> (impl FnMut() + Send, RingLane) {
    let (ring, taking) = RingBuffer::new(size);
    let mut state = Apart((ring, load));
    let work = move || {
        let (ring, load) = &mut state.0;
        let mut next = Some(load.message());
        until_some(LOOKS, || {
            next = next.take().and_then(|message| ring.push(message).err()).map(|PushError::Full(message)| message);
            next.is_none().then_some(())
        });
    };
    (work, Apart(taking))
}

/// Takes so many messages, from a ring at a time: from the next one that has any.
fn take_in_turns(lanes: &mut [RingLane], messages: u64) {
    let mut turn = 0;
    for _ in 0..messages {
        let (before, after) = lanes.split_at_mut(turn);
        let mut next =
            || after.iter_mut().chain(&mut *before).zip(1..).find_map(|(lane, step)| Some((lane.0.pop().ok()?, step)));
        let (message, step): (Bytes, usize) = until_some(LOOKS, &mut next);
        drop(black_box(message));
        turn = (turn + step) % lanes.len();
    }
}

/// What is left where a message costs no synchronisation of its own: it is made, put into a box of many, taken out and dropped. Each sender has two
/// boxes that go back and forth, and all of them hold at most as many messages as the channels do; nobody sleeps. `None` where a box would hold few.
pub(crate) fn in_boxes(load: &Load, senders: usize) -> Option<Contestant> {
    let size = (load.depth() / (2 * senders)).min(BOX / load.bytes());
    if size < MANY {
        return None;
    }
    let load = load.clone();
    Some(Contestant::new("in boxes", Kind::Limit, move |messages| {
        let lanes = (0..senders).map(|one| box_lane(load.clone(), size, share(messages, senders, one)));
        let (workers, mut lanes): (Vec<_>, Vec<_>) = lanes.unzip();
        race(workers, messages, || unpack(&mut lanes, messages))
    }))
}

/// The receiver's end of a lane: where full boxes come from, and where empty ones go.
type BoxLane = Apart<(Consumer<Vec<Bytes>>, Producer<Vec<Bytes>>)>;

/// What a sender does for each of so many messages, and the other end of its lane.
fn box_lane(load: Load, size: usize, messages: u64) -> (impl FnMut() + Send, BoxLane) {
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
                *filling = until_some(LOOKS, || empty.pop().ok());
            }
        }
    };
    (work, Apart((coming, going)))
}

/// Empties boxes until so many messages have come.
fn unpack(lanes: &mut [BoxLane], messages: u64) {
    let mut left = messages;
    while left > 0 {
        let next = || (0..lanes.len()).find_map(|at| Some((at, lanes[at].0.0.pop().ok()?)));
        let (at, mut full) = until_some(LOOKS, next);
        left -= full.len() as u64;
        full.drain(..).for_each(|message| drop(black_box(message)));
        let _ = lanes[at].0.1.push(full);
    }
}
