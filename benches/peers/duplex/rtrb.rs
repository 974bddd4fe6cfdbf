//! rtrb's ring, with a way to wait beside it.

use std::io::{self, Read, Write};

use rdv_benches::look::{LOOKS, until_some};
use rtrb::{Consumer, Producer, RingBuffer};

use crate::driver::Kind;

use super::Simplex;
use super::bed::Beds;

fn put(ring: &mut Producer<u8>, bytes: &[u8]) -> usize {
    ring.push_partial_slice(bytes).0.len()
}

fn take(ring: &mut Consumer<u8>, buffer: &mut [u8]) -> usize {
    ring.pop_partial_slice(buffer).0.len()
}

/// With a park, and a short spin before it unless it is told to do without.
pub(crate) struct Rtrb<const SPINS: bool = true>;

pub(crate) struct WithBeds<R>(R, Beds);

impl<const SPINS: bool> Simplex for Rtrb<SPINS> {
    const NAME: &'static str = if SPINS { "rtrb, spin then park" } else { "rtrb, park" };
    const KIND: Kind = Kind::Parked;
    type Writer = WithBeds<Producer<u8>>;
    type Reader = WithBeds<Consumer<u8>>;

    fn open(capacity: usize) -> (Self::Writer, Self::Reader) {
        let (writer, reader) = RingBuffer::new(capacity);
        let (one, other) = if SPINS { Beds::new() } else { Beds::at_once() };
        (WithBeds(writer, one), WithBeds(reader, other))
    }
}

impl Write for WithBeds<Producer<u8>> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.1.do_when_ready(|| put(&mut self.0, bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for WithBeds<Consumer<u8>> {
    #[inline]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.1.do_when_ready(|| take(&mut self.0, buffer))
    }
}

/// Never asleep: spins, and yields now and then.
pub(crate) struct RtrbSpin;

pub(crate) struct Spinning<R>(R);

/// Tries until something moves.
#[inline]
pub(super) fn insist(mut operation: impl FnMut() -> usize) -> io::Result<usize> {
    Ok(until_some(LOOKS, || Some(operation()).filter(|moved| *moved > 0)))
}

impl Simplex for RtrbSpin {
    const NAME: &'static str = "rtrb, spinning";
    const KIND: Kind = Kind::Burning;
    type Writer = Spinning<Producer<u8>>;
    type Reader = Spinning<Consumer<u8>>;

    fn open(capacity: usize) -> (Self::Writer, Self::Reader) {
        let (writer, reader) = RingBuffer::new(capacity);
        (Spinning(writer), Spinning(reader))
    }
}

impl Write for Spinning<Producer<u8>> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        insist(|| put(&mut self.0, bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Spinning<Consumer<u8>> {
    #[inline]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        insist(|| take(&mut self.0, buffer))
    }
}
