//! tokio's channel, bounded, between blocking threads.

use bytes::Bytes;

use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::Mail;

pub(crate) struct TokioMpsc;

impl Mail for TokioMpsc {
    const NAME: &'static str = "tokio mpsc";
    type Sender = Sender<Bytes>;
    type Receiver = Receiver<Bytes>;

    fn open(depth: usize) -> (Self::Sender, Self::Receiver) {
        channel(depth)
    }

    #[inline]
    fn send(sender: &Self::Sender, message: Bytes) {
        sender.blocking_send(message).expect("the receiver is there");
    }

    #[inline]
    fn receive(receiver: &mut Self::Receiver) -> Bytes {
        receiver.blocking_recv().expect("the senders are there")
    }
}
