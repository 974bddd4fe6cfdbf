//! A thread that receives boxed closures from a channel and calls them.
//!
//! The thread ends with the last sender, which in a benchmark goes with the loop.

use std::thread;

use rdv_benches::event::Post;

use super::{Event, Loop};

macro_rules! channel_loop {
    ($name:ident, $poster:ident, $title:literal, $krate:ident) => {
        pub(crate) struct $name($poster);

        #[derive(Clone)]
        pub(crate) struct $poster($krate::Sender<Event>);

        impl Post for $poster {
            #[inline]
            fn post_event(&self, event: impl FnOnce() + Send + 'static) {
                self.0.send(Box::new(event)).expect("the loop runs");
            }
        }

        impl Loop for $name {
            const NAME: &'static str = $title;
            type Poster = $poster;

            fn start() -> Self {
                let (sender, receiver) = $krate::unbounded::<Event>();
                thread::spawn(move || {
                    while let Ok(event) = receiver.recv() {
                        event();
                    }
                });
                Self($poster(sender))
            }

            fn poster(&self) -> &$poster {
                &self.0
            }
        }
    };
}

channel_loop!(CrossbeamLoop, CrossbeamPoster, "crossbeam loop", crossbeam_channel);
channel_loop!(KanalLoop, KanalPoster, "kanal loop", kanal);
