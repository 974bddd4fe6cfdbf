//! crossfire, bounded, for many producers and one consumer.

use bytes::Bytes;

use crossfire::mpsc::{Array, bounded_blocking};
use crossfire::{MTx, Rx};

use super::Mail;

pub(crate) struct Crossfire;

impl Mail for Crossfire {
    const NAME: &'static str = "crossfire";
    type Sender = MTx<Array<Bytes>>;
    type Receiver = Rx<Array<Bytes>>;

    fn open(depth: usize) -> (Self::Sender, Self::Receiver) {
        bounded_blocking(depth)
    }

    #[inline]
    fn send(sender: &Self::Sender, message: Bytes) {
        sender.send(message).expect("the receiver is there");
    }

    #[inline]
    fn receive(receiver: &mut Self::Receiver) -> Bytes {
        receiver.recv().expect("the senders are there")
    }
}
