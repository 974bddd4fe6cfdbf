//! The ring between the locks of a message queue: it grows, and threads share its ends.

use rdv::buffer::passage::{Passage, Room};
use rdv::sync::Arc;
use rdv_spec::Spec;
use rdv_spec::ring::{self, Operation, Response};

use super::event_support::join;
use super::ring_judge::{Refusals, judge};
use super::support::History;
use crate::rule;
use crate::scenario::{Bound, Cx, Level, Run, Scenario};

/// The suite.
pub const SCENARIOS: &[Scenario] = &[Scenario {
    choices: &[SHAPES.len() as u8, 2],
    witnesses: &["refused", "grew with elements on their way"],
    audit_bound: Bound::Preemptions(3),
    runs: &[Run::loom_bounded(2, 2, Level::Quick), Run::loom_bounded(2, 3, Level::Default)],
    ..Scenario::new(
        "ring-passage/shared",
        &["RING-1", "RING-2", "RING-3", "RING-4"],
        "Two who put and one who takes, or one and two, each behind the lock of its end, while the ring makes its first slots, or grows, and its counts overflow.",
        sharing,
    )
}];

/// How many elements a ring holds, how many of them it does at first, and where its counts begin.
struct Shape {
    capacity: usize,
    held: u8,
    start: usize,
}

/// Full, so that the next element gets the slot of the first; without slots; with no slot left, and room for one element more. The counts overflow soon.
const SHAPES: [Shape; 3] = [
    Shape { capacity: 16, held: 16, start: usize::MAX },
    Shape { capacity: 1, held: 0, start: usize::MAX },
    Shape { capacity: 17, held: 16, start: usize::MAX - 2 },
];

type Shared = Passage<u8, (), ()>;

/// Choice 0: the shape. Choice 1: two put and one takes, or one puts and two take. Each makes as many attempts as the size says.
fn sharing(cx: &Cx) -> String {
    let (Shape { capacity, held, start }, two_put) = (&SHAPES[cx.choice(0)], cx.choice(1) == 0);
    let ring = Arc::new(Shared::starting_at(*capacity, *start));
    let mut before = ring::Ring::new(*capacity);
    for element in 0..*held {
        rule!("RING-2", put(cx, &ring, element).1 == Response::Moved(1), "no room for {element} of {held}");
        before.apply(&Operation::Put(vec![element]));
    }
    let attempts = cx.size() as u8;
    let actor = |(number, puts): (u8, bool)| {
        let (cx, ring) = (cx.clone(), ring.clone());
        cx.clone().spawn(if puts { "putter" } else { "taker" }, move || {
            let attempt = |at| if puts { put(&cx, &ring, 50 * number + at) } else { take(&ring) };
            (0..attempts).map(attempt).collect()
        })
    };
    let actors: Vec<_> = (1..).zip([true, false, two_put]).map(actor).collect();
    let histories: Vec<History<ring::Ring<u8>>> = actors.into_iter().map(join).collect();
    let rest: Vec<u8> = std::iter::from_fn(|| pop(&ring)).collect();
    let outcome = judge(cx, &before, &histories, &rest, Refusals::Judged);
    let room = (0..=*capacity).filter(|_| put(cx, &ring, 7).1 == Response::Moved(1)).count();
    rule!("RING-2", room == *capacity, "an empty ring of {capacity} takes {room}");
    let back: Vec<u8> = std::iter::from_fn(|| pop(&ring)).collect();
    rule!("RING-3", back == vec![7; *capacity], "a full ring gives {back:?} back");
    outcome
}

/// Puts an element, and makes slots for it if they are wanting: with both locks, that of those who take first.
fn put(cx: &Cx, ring: &Shared, element: u8) -> (Operation<u8>, Response<u8>) {
    let mut end = ring.lock_put();
    let mut room = end.room();
    if room == Room::ToGrow {
        drop(end);
        let mut other = ring.lock_take();
        end = ring.lock_put();
        room = end.room();
        if room == Room::ToGrow {
            if end.count(&other) > 0 {
                cx.witness("grew with elements on their way");
            }
            end.grow(&mut other);
            room = end.room();
            rule!("RING-2", room == Room::Free, "{room:?} in a ring that has grown");
        }
    }
    let answer = if room == Room::Free {
        end.push(element);
        Response::Moved(1)
    } else {
        Response::WouldBlock
    };
    (Operation::Put(vec![element]), answer)
}

fn take(ring: &Shared) -> (Operation<u8>, Response<u8>) {
    (Operation::Take(1), pop(ring).map_or(Response::WouldBlock, |element| Response::Took(vec![element])))
}

fn pop(ring: &Shared) -> Option<u8> {
    ring.lock_take().try_pop()
}
