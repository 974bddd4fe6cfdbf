//! ringbuf's ring for tasks.

use async_ringbuf::traits::Split;
use async_ringbuf::{AsyncHeapCons, AsyncHeapProd, AsyncHeapRb};

use crate::driver::Kind;

use super::Simplex;
use super::blocking::Blocking;

pub(crate) struct AsyncRingbuf;

impl Simplex for AsyncRingbuf {
    const NAME: &'static str = "async-ringbuf";
    const KIND: Kind = Kind::Blocking;
    type Writer = Blocking<AsyncHeapProd<u8>>;
    type Reader = Blocking<AsyncHeapCons<u8>>;

    fn open(capacity: usize) -> (Self::Writer, Self::Reader) {
        let (writer, reader) = AsyncHeapRb::<u8>::new(capacity).split();
        (Blocking(writer), Blocking(reader))
    }
}
