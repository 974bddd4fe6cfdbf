//! Channels of whole messages, and what there is without one.

mod channels;
pub(crate) mod lanes;
mod rdv;

use bytes::Bytes;

use crate::driver::Kind;

pub(crate) use self::channels::{Crossbeam, Crossfire, Flume, Kanal, StdMpsc, Thingbuf, TokioMpsc};
pub(crate) use self::rdv::Rdv;

/// A bounded channel that several threads send into and one receives from.
pub(crate) trait Mail: 'static {
    const NAME: &'static str;
    const KIND: Kind = Kind::Blocking;
    type Sender: Send + Sync + 'static;
    type Receiver: 'static;

    /// A channel for `depth` messages.
    fn open(depth: usize) -> (Self::Sender, Self::Receiver);

    /// Waits while there is no room.
    fn send(sender: &Self::Sender, message: Bytes);

    /// Waits while there is no message.
    fn receive(receiver: &mut Self::Receiver) -> Bytes;
}

/// Evaluates an expression once for each channel, by the name before `=>`.
macro_rules! each_mail {
    ($mail:ident => $body:expr) => {
        $crate::duplex::each!($mail => $body;
            $crate::mail::Rdv,
            $crate::mail::Crossbeam,
            $crate::mail::Flume,
            $crate::mail::Kanal,
            $crate::mail::Crossfire,
            $crate::mail::StdMpsc,
            $crate::mail::TokioMpsc,
            $crate::mail::Thingbuf,
        )
    };
}

pub(crate) use each_mail;
