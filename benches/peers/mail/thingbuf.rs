//! thingbuf's channel for blocking threads.

use bytes::Bytes;

use thingbuf::mpsc::blocking::{Receiver, Sender, channel};

use super::Mail;

pub(crate) struct Thingbuf;

impl Mail for Thingbuf {
    const NAME: &'static str = "thingbuf";
    type Sender = Sender<Bytes>;
    type Receiver = Receiver<Bytes>;

    fn open(depth: usize) -> (Self::Sender, Self::Receiver) {
        channel(depth)
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
