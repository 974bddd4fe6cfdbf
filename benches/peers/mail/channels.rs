//! Bounded channels of other crates, between blocking threads. They differ in names only.

use bytes::Bytes;

use super::Mail;

macro_rules! channel {
    ($mail:ident, $name:literal, $open:path, $sender:ty, $receiver:ty, $send:ident, $receive:ident) => {
        pub(crate) struct $mail;

        impl Mail for $mail {
            const NAME: &'static str = $name;
            type Sender = $sender;
            type Receiver = $receiver;

            fn open(depth: usize) -> (Self::Sender, Self::Receiver) {
                $open(depth)
            }

            #[inline]
            fn send(sender: &Self::Sender, message: Bytes) {
                sender.$send(message).expect("the receiver is there");
            }

            #[inline]
            fn receive(receiver: &mut Self::Receiver) -> Bytes {
                receiver.$receive().expect("the senders are there")
            }
        }
    };
}

channel!(
    Crossbeam,
    "crossbeam-channel",
    crossbeam_channel::bounded,
    crossbeam_channel::Sender<Bytes>,
    crossbeam_channel::Receiver<Bytes>,
    send,
    recv
);
channel!(Flume, "flume", flume::bounded, flume::Sender<Bytes>, flume::Receiver<Bytes>, send, recv);
channel!(Kanal, "kanal", kanal::bounded, kanal::Sender<Bytes>, kanal::Receiver<Bytes>, send, recv);
// For many producers and one consumer.
channel!(
    Crossfire,
    "crossfire",
    crossfire::mpsc::bounded_blocking,
    crossfire::MTx<crossfire::mpsc::Array<Bytes>>,
    crossfire::Rx<crossfire::mpsc::Array<Bytes>>,
    send,
    recv
);
channel!(
    StdMpsc,
    "std mpsc",
    std::sync::mpsc::sync_channel,
    std::sync::mpsc::SyncSender<Bytes>,
    std::sync::mpsc::Receiver<Bytes>,
    send,
    recv
);
channel!(
    TokioMpsc,
    "tokio mpsc",
    tokio::sync::mpsc::channel,
    tokio::sync::mpsc::Sender<Bytes>,
    tokio::sync::mpsc::Receiver<Bytes>,
    blocking_send,
    blocking_recv
);
channel!(
    Thingbuf,
    "thingbuf",
    thingbuf::mpsc::blocking::channel,
    thingbuf::mpsc::blocking::Sender<Bytes>,
    thingbuf::mpsc::blocking::Receiver<Bytes>,
    send,
    recv
);
