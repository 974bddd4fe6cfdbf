//! What a ring answers, in the words of its specification.

use rdv::buffer::{PopError, Popped, PushError, Pushed};
use rdv_spec::ring::Response;

use crate::rule;

/// The answer to a put.
///
/// # Panics
/// There is no memory for a small ring.
#[must_use]
pub fn moved(answer: Result<Pushed, PushError>) -> Response<u8> {
    match answer {
        Ok(pushed) => Response::Moved(pushed.count),
        Err(PushError::Full) => Response::WouldBlock,
        Err(PushError::ConsumerGone) => Response::PeerGone,
        Err(PushError::ProducerGone) => Response::Left,
        Err(PushError::OutOfMemory) => panic!("RING-2: no memory for a small ring"),
    }
}

/// The answer to a take that was to fill `target`.
#[must_use]
pub fn took(answer: Result<Popped, PopError>, target: &[u8]) -> Response<u8> {
    match answer {
        Ok(popped) => Response::Took(target[..popped.count].to_vec()),
        Err(PopError::Empty) => Response::WouldBlock,
        Err(PopError::ProducerGone) => Response::PeerGone,
        Err(PopError::ConsumerGone) => Response::Left,
    }
}

/// The answer, where nobody left.
pub fn stayed(answer: Response<u8>) -> Response<u8> {
    rule!("RING-6", !matches!(answer, Response::PeerGone | Response::Left), "{answer:?}, though nobody left");
    answer
}
