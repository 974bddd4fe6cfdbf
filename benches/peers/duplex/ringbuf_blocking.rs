//! ringbuf's ring with a semaphore.

use std::sync::Arc;

use ringbuf_blocking::traits::Split;
use ringbuf_blocking::{BlockingCons, BlockingHeapRb, BlockingProd};

use crate::driver::Kind;

use super::Simplex;

pub(crate) struct RingbufBlocking;

impl Simplex for RingbufBlocking {
    const NAME: &'static str = "ringbuf-blocking";
    const KIND: Kind = Kind::Blocking;
    type Writer = BlockingProd<Arc<BlockingHeapRb<u8>>>;
    type Reader = BlockingCons<Arc<BlockingHeapRb<u8>>>;

    fn open(capacity: usize) -> (Self::Writer, Self::Reader) {
        BlockingHeapRb::<u8>::new(capacity).split()
    }
}
