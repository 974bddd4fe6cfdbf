//! Our message queue.

use bytes::Bytes;
use rdv::MessageQueue;
use rdv::queue::pair;
use rdv_benches::message;

use crate::driver::Kind;

use super::Mail;

pub(crate) struct Rdv;

impl Mail for Rdv {
    const NAME: &'static str = "rdv";
    const KIND: Kind = Kind::Ours;
    type Sender = MessageQueue;
    type Receiver = MessageQueue;

    fn open(depth: usize) -> (MessageQueue, MessageQueue) {
        pair(depth).expect("a modest capacity")
    }

    #[inline]
    fn send(sender: &MessageQueue, message: Bytes) {
        message::send(sender, message);
    }

    #[inline]
    fn receive(receiver: &mut MessageQueue) -> Bytes {
        receiver.blocking_receive().expect("the senders are there")
    }
}
