//! flume, bounded.

use bytes::Bytes;

use flume::{Receiver, Sender, bounded};

use super::Mail;

pub(crate) struct Flume;

impl Mail for Flume {
    const NAME: &'static str = "flume";
    type Sender = Sender<Bytes>;
    type Receiver = Receiver<Bytes>;

    fn open(depth: usize) -> (Self::Sender, Self::Receiver) {
        bounded(depth)
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
