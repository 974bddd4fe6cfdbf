//! Cursors on cache lines of their own: the producer writes one, the consumer the other.

use std::mem::MaybeUninit;

use crate::sync::lines::LINE;

/// What keeps its neighbours in a `repr(C)` struct on different cache lines, wherever the struct stands. Padding and not an alignment, for
/// allocators are slow with what is aligned.
#[derive(Debug)]
pub(super) struct Padding {
    _rest: MaybeUninit<[u64; LINE / size_of::<u64>() - 1]>,
}

impl Padding {
    pub(super) fn new() -> Self {
        Self { _rest: MaybeUninit::uninit() }
    }
}

/// A value of a word, and the rest of its line.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Line<T>(pub(super) T, Padding);

impl<T> Line<T> {
    pub(super) fn new(value: T) -> Self {
        Self(value, Padding::new())
    }
}
