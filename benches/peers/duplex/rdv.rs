//! Our channels.

use std::marker::PhantomData;

use rdv::Channel;
use rdv::buffer::Ring;
use rdv::channel::pair_with;

use crate::driver::Kind;

use super::Duplex;

/// A pair of channels over the variant `V`.
pub(crate) struct Rdv<V>(PhantomData<V>);

impl<V: Ring<u8> + 'static> Duplex for Rdv<V> {
    const NAME: &'static str = V::NAME;
    const KIND: Kind = Kind::Ours;
    type End = Channel<V>;

    fn pair(capacity: usize) -> (Channel<V>, Channel<V>) {
        pair_with(capacity).expect("a modest capacity")
    }
}
