//! Whether what several actors were told can be true of one ring.

use rdv_spec::ring::{Operation, Response, Ring};

use super::support::{History, is_explained_with};
use crate::rule;
use crate::scenario::Cx;

/// What a refusal says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusals {
    /// Something about a call of somebody else that is still under way: they are not judged.
    OfClaims,
    /// How it was at some moment; under loom perhaps [one that has passed](super::support::is_explained).
    Judged,
}

/// What the actors were told has to be what a ring that was as `start` says would tell them in some order, and then holds `rest`. What came
/// of it.
#[must_use]
pub fn judge(cx: &Cx, start: &Ring<u8>, histories: &[History<Ring<u8>>], rest: &[u8], refusals: Refusals) -> String {
    let capacity = start.len() + start.room();
    let outcome = format!("{:?}, left {rest:?}", histories.iter().map(answers).collect::<Vec<_>>());
    rule!("RING-2", rest.len() <= capacity, "{} elements in a ring of {capacity}", rest.len());
    let mut put: Vec<u8> = start.held().copied().collect();
    put.extend(histories.iter().flatten().flat_map(went_in));
    let mut taken: Vec<u8> = histories.iter().flatten().flat_map(|(_, answer)| came_out(answer)).copied().collect();
    taken.extend(rest);
    put.sort_unstable();
    taken.sort_unstable();
    rule!("RING-4", put == taken, "put {put:?}, taken {taken:?}: {outcome}");
    let is_refused = |answer: &Response<u8>| *answer == Response::WouldBlock;
    let judged = |history: &History<Ring<u8>>| {
        history.iter().filter(|(_, answer)| refusals == Refusals::Judged || !is_refused(answer)).cloned().collect()
    };
    let judged: Vec<_> = histories.iter().map(judged).collect();
    let order = is_explained_with(start, &judged, is_refused, |ring| ring.held().eq(rest));
    rule!("RING-1", order, "no order of the operations explains {outcome}");
    if histories.iter().flatten().any(|(_, answer)| *answer == Response::WouldBlock) {
        cx.witness("refused");
    }
    outcome
}

fn answers(history: &History<Ring<u8>>) -> Vec<&Response<u8>> {
    history.iter().map(|(_, answer)| answer).collect()
}

fn went_in((operation, answer): &(Operation<u8>, Response<u8>)) -> &[u8] {
    match (operation, answer) {
        (Operation::Put(elements), Response::Moved(count)) => &elements[..*count],
        _ => &[],
    }
}

/// What was taken.
#[must_use]
pub fn came_out(answer: &Response<u8>) -> &[u8] {
    if let Response::Took(elements) = answer { elements } else { &[] }
}
