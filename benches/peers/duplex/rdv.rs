//! Our channels.

use std::io::{self, Read, Write};
use std::marker::PhantomData;

use rdv::Channel;
use rdv::buffer::Ring;
use rdv::channel::{pair, pair_with};
use rdv_benches::look::{LOOKS, until_some};

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

/// The default variant, tried again without end.
pub(crate) struct RdvSpin;

pub(crate) struct Spinning(Channel);

impl Duplex for RdvSpin {
    const NAME: &'static str = "spsc, spinning";
    const KIND: Kind = Kind::Burning;
    type End = Spinning;

    fn pair(capacity: usize) -> (Spinning, Spinning) {
        let (here, there) = pair(capacity).expect("a modest capacity");
        (Spinning(here), Spinning(there))
    }
}

/// Tries until it need not wait.
#[inline]
fn insist(mut operation: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    let would_block = |why: &io::Error| why.kind() == io::ErrorKind::WouldBlock;
    until_some(LOOKS, || Some(operation()).filter(|result| !result.as_ref().is_err_and(would_block)))
}

impl Read for Spinning {
    #[inline]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        insist(|| self.0.try_read(buffer))
    }
}

impl Write for Spinning {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        insist(|| self.0.try_write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
