//! Loops that run what is posted to them, each on a thread of its own.

mod calloop;
mod channels;
mod rdv;
mod tokio;
mod trampoline;

use rdv_benches::event::Post;

use crate::driver::Kind;

pub(crate) use self::calloop::Calloop;
pub(crate) use self::channels::{CrossbeamLoop, KanalLoop};
pub(crate) use self::rdv::Rdv;
pub(crate) use self::tokio::{TokioMpsc, TokioSpawn};
pub(crate) use self::trampoline::Trampoline;

/// A loop that runs on a thread of its own until this is dropped.
pub(crate) trait Loop: Sized + 'static {
    const NAME: &'static str;
    const KIND: Kind = Kind::Blocking;
    type Poster: Post;

    fn start() -> Self;

    fn poster(&self) -> &Self::Poster;
}

/// What travels where a channel has one type for all.
pub(crate) type Event = Box<dyn FnOnce() + Send>;

/// Evaluates an expression once for each loop, by the name before `=>`.
macro_rules! each_loop {
    ($one:ident => $body:expr) => {
        $crate::duplex::each!($one => $body;
            $crate::loops::Rdv,
            $crate::loops::CrossbeamLoop,
            $crate::loops::KanalLoop,
            $crate::loops::TokioMpsc,
            $crate::loops::TokioSpawn,
            $crate::loops::Calloop,
        )
    };
}

pub(crate) use each_loop;
