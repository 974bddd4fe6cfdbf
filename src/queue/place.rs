//! Where a listener is called: its pump, and its membership there.

use crate::event::{Kind, Member, Membership, PumpHandle};
use crate::sync::Arc;

use super::Listener;
use super::pair::Pair;

/// Where a listener is called.
pub(super) struct Place {
    pub(super) pump: PumpHandle,
    membership: Membership,
    member: Arc<EndMember>,
}

/// A listener and its place.
pub(super) struct Active {
    pub(super) listener: Box<dyn Listener>,
    // Boxed: an end that has no listener, as most have, pays a word for it.
    pub(super) place: Box<Place>,
}

/// An end, for the stop of its listener's pump.
pub(super) struct EndMember {
    // Strong: until it parts, the pump owes the listener a last call, whoever else has let go of the end.
    pair: Arc<Pair>,
    end: usize,
}

impl Place {
    pub(super) fn is_of(&self, member: &EndMember) -> bool {
        std::ptr::eq(&raw const *self.member, member)
    }
}

impl Active {
    /// Joins the pump; gives the listener back if that has stopped.
    pub(super) fn new(
        pair: &Arc<Pair>,
        end: usize,
        pump: &PumpHandle,
        listener: Box<dyn Listener>,
    ) -> Result<Self, Box<dyn Listener>> {
        let member = Arc::new(EndMember { pair: pair.clone(), end });
        match pump.join(Kind::Queue, member.clone()) {
            Some(membership) => {
                Ok(Self { listener, place: Box::new(Place { pump: pump.clone(), membership, member }) })
            }
            None => Err(listener),
        }
    }

    /// Leaves the pump and drops the listener there.
    pub(super) fn discard(self) {
        let Self { listener, place } = self;
        place.pump.part(place.membership);
        // Refused only by a pump that has stopped, and then it is dropped here.
        let _ = place.pump.post(move || drop(listener));
    }
}

impl Member for EndMember {
    fn pump_stopped(&self, last_words: bool) {
        if let Some((listener, in_place)) = self.pair.evict(self.end, self) {
            self.pair.say_closed(self.end, listener, last_words, in_place);
        }
    }
}
