//! crossbeam-channel, bounded.

use bytes::Bytes;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::Mail;

pub(crate) struct Crossbeam;

impl Mail for Crossbeam {
    const NAME: &'static str = "crossbeam-channel";
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
