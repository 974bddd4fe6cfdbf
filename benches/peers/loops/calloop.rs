//! calloop's loop over epoll, and its channel.

use std::thread;
use std::time::Duration;

use calloop::EventLoop;
use calloop::channel::{Event as Received, Sender, channel};
use rdv_benches::event::Post;

use super::{Event, Loop};

pub(crate) struct Calloop(Poster);

#[derive(Clone)]
pub(crate) struct Poster(Sender<Event>);

impl Post for Poster {
    #[inline]
    fn post_event(&self, event: impl FnOnce() + Send + 'static) {
        let sent = self.0.send(Box::new(event));
        assert!(sent.is_ok(), "the loop runs");
    }
}

impl Loop for Calloop {
    const NAME: &'static str = "calloop channel";
    type Poster = Poster;

    fn start() -> Self {
        let (sender, receiver) = channel::<Event>();
        thread::spawn(move || {
            let mut running = EventLoop::<bool>::try_new().expect("descriptors are to be had");
            let insert = running.handle().insert_source(receiver, |event, (), closed| match event {
                Received::Msg(event) => event(),
                Received::Closed => *closed = true,
            });
            assert!(insert.is_ok(), "a fresh source");
            let mut closed = false;
            while !closed {
                running.dispatch(None::<Duration>, &mut closed).expect("a sound loop");
            }
        });
        Self(Poster(sender))
    }

    fn poster(&self) -> &Poster {
        &self.0
    }
}
