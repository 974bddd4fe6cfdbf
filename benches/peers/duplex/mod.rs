//! Byte streams both ways between two ends.

mod async_ringbuf;
pub(crate) mod bare;
mod bed;
mod blocking;
mod mutex;
mod pipe;
mod piper;
mod rdv;
mod ringbuf;
mod ringbuf_blocking;
mod rtrb;
pub(crate) mod technique;
mod tokio;
mod unix;

use std::io::{self, Read, Write};

use rdv_benches::apart::Apart;

use crate::driver::Kind;

pub(crate) use self::async_ringbuf::AsyncRingbuf;
pub(crate) use self::mutex::MutexQueue;
pub(crate) use self::pipe::OsPipe;
pub(crate) use self::piper::Piper;
pub(crate) use self::rdv::{Rdv, RdvSpin};
pub(crate) use self::ringbuf::RingbufPark;
pub(crate) use self::ringbuf_blocking::RingbufBlocking;
pub(crate) use self::rtrb::{Rtrb, RtrbSpin};
pub(crate) use self::tokio::TokioDuplex;
pub(crate) use self::unix::UnixPair;

/// A connection of two ends, each of which reads and writes.
pub(crate) trait Duplex: 'static {
    const NAME: &'static str;
    const KIND: Kind;
    type End: Read + Write + Send + 'static;

    /// Two connected ends; each direction holds `capacity` bytes, or as near to that as the contestant can be told.
    fn pair(capacity: usize) -> (Self::End, Self::End);
}

/// A pair whose ends stand [`Apart`]: what an end remembers is written with each operation, and its peer's end, on another thread, may
/// stand beside it.
pub(crate) fn pair_apart<D: Duplex>(capacity: usize) -> (Apart<D::End>, Apart<D::End>) {
    let (here, there) = D::pair(capacity);
    (Apart(here), Apart(there))
}

/// A stream one way. Two of them are a duplex.
pub(crate) trait Simplex: 'static {
    const NAME: &'static str;
    const KIND: Kind;
    type Writer: Write + Send + 'static;
    type Reader: Read + Send + 'static;

    fn open(capacity: usize) -> (Self::Writer, Self::Reader);
}

impl<S: Simplex> Duplex for S {
    const NAME: &'static str = S::NAME;
    const KIND: Kind = S::KIND;
    type End = End<S>;

    fn pair(capacity: usize) -> (Self::End, Self::End) {
        let ((there, from_here), (here, from_there)) = (S::open(capacity), S::open(capacity));
        (End { writer: there, reader: from_there }, End { writer: here, reader: from_here })
    }
}

/// An end of two streams.
pub(crate) struct End<S: Simplex> {
    writer: S::Writer,
    reader: S::Reader,
}

impl<S: Simplex> Read for End<S> {
    #[inline]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer)
    }
}

impl<S: Simplex> Write for End<S> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// Evaluates an expression once for each of our variants and each peer that lives in memory alone, by the name before `=>`.
macro_rules! in_memory {
    ($duplex:ident => $body:expr) => {
        $crate::duplex::each!($duplex => $body;
            $crate::duplex::Rdv<rdv::buffer::spsc::Spsc<u8>>,
            $crate::duplex::Rdv<rdv::buffer::mirrored::Mirrored>,
            $crate::duplex::Rdv<rdv::buffer::mpmc::Mpmc<u8>>,
            $crate::duplex::Rdv<rdv::buffer::locked::Locked<u8>>,
            $crate::duplex::MutexQueue,
            $crate::duplex::Piper,
            $crate::duplex::TokioDuplex,
            $crate::duplex::AsyncRingbuf,
            $crate::duplex::RingbufBlocking,
            $crate::duplex::Rtrb,
            $crate::duplex::RingbufPark,
            $crate::duplex::RtrbSpin,
            $crate::duplex::RdvSpin,
        )
    };
}

/// The same for those that go through the kernel.
macro_rules! in_the_kernel {
    ($duplex:ident => $body:expr) => {
        $crate::duplex::each!($duplex => $body; $crate::duplex::UnixPair, $crate::duplex::OsPipe)
    };
}

macro_rules! each {
    ($name:ident => $body:expr; $($one:ty),* $(,)?) => {
        $({
            type $name = $one;
            $body;
        })*
    };
}

pub(crate) use {each, in_memory, in_the_kernel};
