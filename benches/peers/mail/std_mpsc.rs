//! The standard library's channel, bounded.

use bytes::Bytes;

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::Mail;

pub(crate) struct StdMpsc;

impl Mail for StdMpsc {
    const NAME: &'static str = "std mpsc";
    type Sender = SyncSender<Bytes>;
    type Receiver = Receiver<Bytes>;

    fn open(depth: usize) -> (Self::Sender, Self::Receiver) {
        sync_channel(depth)
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
