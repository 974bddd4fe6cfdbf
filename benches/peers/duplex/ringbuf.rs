//! ringbuf's ring, with a short spin, then a park.

use std::io::{self, Read, Write};

use ringbuf::traits::{Consumer, Producer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};

use crate::driver::Kind;

use super::Simplex;
use super::bed::Beds;

pub(crate) struct RingbufPark;

pub(crate) struct Half<R>(R, Beds);

impl Simplex for RingbufPark {
    const NAME: &'static str = "ringbuf, spin then park";
    const KIND: Kind = Kind::Parked;
    type Writer = Half<HeapProd<u8>>;
    type Reader = Half<HeapCons<u8>>;

    fn open(capacity: usize) -> (Self::Writer, Self::Reader) {
        let (writer, reader) = HeapRb::new(capacity).split();
        let (one, other) = Beds::new();
        (Half(writer, one), Half(reader, other))
    }
}

impl Write for Half<HeapProd<u8>> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.1.do_when_ready(|| self.0.push_slice(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Half<HeapCons<u8>> {
    #[inline]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.1.do_when_ready(|| self.0.pop_slice(buffer))
    }
}
