//! Wraparound is invisible: a ring that starts at any index answers as one that starts at the first.

use rdv::buffer::{Consumer, PopError, Producer, PushError, Ring, ends_at};
use rdv::sync::{Arc, Mutex};

use super::support::{JOINED, variants};
use crate::rule;
use crate::scenario::{Cx, Scenario};

/// The suite.
pub const SCENARIOS: &[Scenario] = variants! {
    "anywhere" => anywhere,
};

/// Capacities, and starts as many steps below the overflow: all indices of a ring of three slots, and of one.
const STARTS: [(usize, usize); 8] = [(1, 0), (1, 1), (3, 0), (3, 1), (3, 2), (3, 3), (3, 4), (3, 5)];

const fn anywhere<R: Ring<u8> + 'static>(name: &'static str) -> Scenario {
    Scenario {
        choices: const { &[STARTS.len() as u8, 2] },
        witnesses: &["full", "empty"],
        ..Scenario::new(
            name,
            &["RING-3"],
            "The same in a ring that starts anywhere and in one that starts at the first index: the answers are the same.",
            side_by_side::<R>,
        )
    }
}

/// Two rings, of which only the start differs; what is done to both is one step.
type Both<End> = [End; 2];

/// What both answer.
fn same<End, Answer: PartialEq + std::fmt::Debug>(
    ends: &mut Both<End>,
    what: &str,
    ask: impl FnMut(&mut End) -> Answer,
) -> Answer {
    let [first, elsewhere] = ends.each_mut().map(ask);
    rule!("RING-3", first == elsewhere, "{what}: {first:?} at the first index, {elsewhere:?} elsewhere");
    first
}

/// Full rings; one put and one take of up to two elements more than the size says. Choice 0 is the start, choice 1 whether elements are looked
/// at in place, which shows as many as stand in one piece.
fn side_by_side<R: Ring<u8> + 'static>(cx: &Cx) -> String {
    let ((capacity, below), lends) = (STARTS[cx.choice(0)], cx.choice(1) == 1);
    let [(first, first_sink), (other, other_sink)] =
        [0, usize::MAX - below].map(|start| ends_at::<u8, R>(capacity, start).expect("a small ring can be had"));
    let (mut sources, mut sinks) = ([first, other], [first_sink, other_sink]);
    let put = put(&mut sources, 0, capacity + 1);
    rule!("RING-3", put == Ok(capacity), "an empty ring of {capacity} takes {put:?}");
    let (turn, attempts) = (Arc::new(Mutex::new(())), 1 + cx.size());
    let putting = cx.spawn("producer", {
        let turn = turn.clone();
        move || {
            let mut next = capacity as u8;
            let mut attempt = || {
                let _turn = turn.lock();
                let count = self::put(&mut sources, next, 2);
                next += count.map_or(0, |count| count as u8);
                count
            };
            let puts: Vec<_> = (0..attempts).map(|_| attempt()).collect();
            (puts, sources)
        }
    });
    let taking = cx.spawn("consumer", move || {
        let mut attempt = || {
            let _turn = turn.lock();
            if lends { look(&mut sinks) } else { take(&mut sinks, 2) }
        };
        let takes: Vec<_> = (0..attempts).map(|_| attempt()).collect();
        (takes, sinks)
    });
    let ((puts, _sources), (takes, mut sinks)) = (putting.join().expect(JOINED), taking.join().expect(JOINED));
    _ = take(&mut sinks, capacity);
    let seen = [("full", puts.contains(&Err(PushError::Full))), ("empty", takes.contains(&Err(PopError::Empty)))];
    seen.iter().filter(|(_, seen)| *seen).for_each(|(name, _)| cx.witness(name));
    let puts: Vec<_> = puts.into_iter().map(Result::unwrap_or_default).collect();
    let takes: Vec<_> = takes.into_iter().map(|taken| taken.map_or(0, |taken| taken.len())).collect();
    format!("{puts:?} {takes:?}")
}

fn put<R: Ring<u8>>(sources: &mut Both<Producer<u8, Arc<R>>>, next: u8, len: usize) -> Result<usize, PushError> {
    let elements: Vec<_> = (next..).take(len).collect();
    same(sources, "put", |source| source.push_slice(&elements).map(|pushed| pushed.count))
}

fn take<R: Ring<u8>>(sinks: &mut Both<Consumer<u8, Arc<R>>>, len: usize) -> Result<Vec<u8>, PopError> {
    same(sinks, "take", |sink| {
        let mut target = vec![0; len];
        sink.pop_slice(&mut target).map(|popped| target[..popped.count].to_vec())
    })
}

/// Takes the first element of those that are shown.
fn look<R: Ring<u8>>(sinks: &mut Both<Consumer<u8, Arc<R>>>) -> Result<Vec<u8>, PopError> {
    same(sinks, "look", |sink| {
        let first = sink.lend()?[0];
        sink.consume(1).map(|_| vec![first])
    })
}
