//! The default variant: the index algorithm over plain memory, for elements of any type.
//!
//! See [`Spsc`]'s module `index` in the sources for the proof sketch. An operation that finds room or data costs one
//! compare-exchange on a line the side owns and touches no mutex; the other side's line is read only when the private
//! copy of its index runs out.

use crate::sync::cell::Slots;

use super::index::IndexRing;
use super::lazy::Lazy;

/// A lock-free ring for one producer and one consumer.
pub type Spsc<T> = Lazy<IndexRing<T, Slots<T>>>;
