//! The ports of one broker: a plain data structure, kept under the broker's lock.
//!
//! A port has one line of opening Rdvs per kind of connection, and perhaps somebody bound to it.
//!
//! * **N1** while somebody is bound to a port, no accept stands in its lines (RDV-6).
//! * **N2** a connect meets the first accept of its own kind. It is refused as a mismatch only if there is none and accepts of the other kind
//!   wait, or somebody of the other kind is bound (RDV-9). Connects of both kinds may wait side by side.

use std::collections::HashMap;

use crate::Port;
use crate::channel::{self, Channel, End};
use crate::queue::{self, MessageQueue};
use crate::rdv::{Arrival, Party, Point, Role, Ticket};
use crate::sync::Arc;

use super::core::{Caller, Failed};
use super::manager::Registry;

/// What a party is told: its end, or why there is none.
pub(crate) type Outcome<K> = Result<K, Failed>;

/// A party to a connection of that kind.
pub(crate) type PartyOf<K> = Arc<dyn Party<Outcome<K>>>;

/// A line of opening Rdvs of one kind.
pub(crate) type Line<K> = Point<Guest, Outcome<K>>;

/// What is known of one who waits in a line.
pub(crate) struct Guest {
    /// On behalf of which broker it came.
    caller: Caller,
    /// It waits only as long as somebody is bound to the port.
    leaves_if_unbound: bool,
}

/// A kind of connection: bytes or messages.
pub(crate) trait Kind: Sized + Send + 'static {
    /// Whether this kind's connects are met by whoever is bound to a port.
    const LISTENED: bool;

    /// The line of this kind.
    fn line(place: &mut Place) -> &mut Line<Self>;

    /// Whether accepts of the other kind wait.
    fn others_accept(place: &Place) -> bool;

    /// Two connected ends.
    fn connect(registry: &Registry, ends: [End; 2]) -> (Self, Self);
}

impl Kind for Channel {
    const LISTENED: bool = false;

    fn line(place: &mut Place) -> &mut Line<Self> {
        &mut place.bytes
    }

    fn others_accept(place: &Place) -> bool {
        place.messages.is_waited_in_by(Role::Accept)
    }

    fn connect(registry: &Registry, ends: [End; 2]) -> (Self, Self) {
        channel::connect(registry.channel_capacity(), ends)
            .expect("the capacity was checked when the manager was built")
    }
}

impl Kind for MessageQueue {
    const LISTENED: bool = true;

    fn line(place: &mut Place) -> &mut Line<Self> {
        &mut place.messages
    }

    fn others_accept(place: &Place) -> bool {
        place.bytes.is_waited_in_by(Role::Accept)
    }

    fn connect(registry: &Registry, ends: [End; 2]) -> (Self, Self) {
        queue::connect(registry.queue_capacity(), ends)
    }
}

/// Whoever is bound to a port.
pub(crate) trait Bound: Send + Sync {
    /// One more connect waits at the port. Called without any lock.
    fn somebody_waits(self: Arc<Self>);

    /// It is bound no more. Called once, without any lock, unless its pump has stopped.
    fn unbound(self: Arc<Self>);
}

/// What happens at one port.
#[derive(Default)]
pub(crate) struct Place {
    bytes: Line<Channel>,
    messages: Line<MessageQueue>,
    bound: Option<Arc<dyn Bound>>,
}

impl Place {
    fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.messages.is_empty() && self.bound.is_none()
    }
}

/// All ports of a broker. A port at which nothing happens takes no space.
#[derive(Default)]
pub(crate) struct Ports {
    pub(super) closed: bool,
    next: Ticket,
    places: HashMap<Port, Place>,
}

/// Who comes to a port.
pub(crate) struct Visit {
    pub(crate) role: Role,
    pub(crate) caller: Caller,
    /// What is said to one who meets nobody; `None` if it lines up then.
    pub(crate) or_else: Option<Failed>,
}

/// How an arrival at a port went.
pub(crate) enum Arrived<K> {
    /// It met this party, which came on behalf of that broker.
    Met(Caller, PartyOf<K>),
    /// It lined up.
    Waiting(Ticket),
    /// Neither.
    Refused(Failed),
}

impl Ports {
    /// Meets whoever waits on the other side, or lines up, or is refused.
    pub(super) fn arrive<K: Kind>(
        &mut self,
        port: Port,
        visit: Visit,
        party: impl FnOnce() -> PartyOf<K>,
    ) -> Arrived<K> {
        let Visit { role, caller, or_else } = visit;
        let ticket = self.next;
        let place = self.places.entry(port).or_default();
        let arrived = match Self::meet::<K>(place, role) {
            Some((guest, party)) => Arrived::Met(guest.caller, party),
            None => match Self::refusal::<K>(place, role, or_else.as_ref()) {
                Some(why) => Arrived::Refused(why),
                None => {
                    let guest = Guest { caller, leaves_if_unbound: or_else == Some(Failed::Unbound) };
                    K::line(place).open(role, ticket, guest, party());
                    self.next += 1;
                    Arrived::Waiting(ticket)
                }
            },
        };
        self.tidy(port);
        arrived
    }

    /// The first in the line of the other side. An accept at a bound port meets nobody (N1), whoever waits there.
    fn meet<K: Kind>(place: &mut Place, role: Role) -> Option<(Guest, PartyOf<K>)> {
        if role == Role::Accept && place.bound.is_some() {
            return None;
        }
        match K::line(place).arrive(role) {
            Arrival::Met(guest, party) => Some((guest, party)),
            Arrival::Alone => None,
        }
    }

    /// Why one who has met nobody does not line up.
    fn refusal<K: Kind>(place: &Place, role: Role, or_else: Option<&Failed>) -> Option<Failed> {
        let bound = place.bound.is_some();
        match role {
            Role::Accept if bound => Some(Failed::PortInUse),
            Role::Connect if bound && !K::LISTENED => Some(Failed::KindMismatch),
            Role::Connect if K::others_accept(place) => Some(Failed::KindMismatch),
            // Whoever is bound will meet it.
            Role::Connect if bound && or_else == Some(&Failed::Unbound) => None,
            _ => or_else.cloned(),
        }
    }

    /// Takes an Rdv out of its line.
    pub(super) fn withdraw<K: Kind>(&mut self, port: Port, ticket: Ticket) -> Option<PartyOf<K>> {
        let party = K::line(self.places.get_mut(&port)?).withdraw(ticket);
        self.tidy(port);
        party
    }

    /// Who is bound to a port.
    pub(super) fn bound(&self, port: Port) -> Option<Arc<dyn Bound>> {
        self.places.get(&port)?.bound.clone()
    }

    /// Binds a port unless it is in use. Returns how many connects wait there.
    pub(super) fn bind(&mut self, port: Port, bound: Arc<dyn Bound>) -> Option<usize> {
        let place = self.places.entry(port).or_default();
        let in_use = place.bound.is_some()
            || place.bytes.is_waited_in_by(Role::Accept)
            || place.messages.is_waited_in_by(Role::Accept);
        if in_use {
            return None;
        }
        place.bound = Some(bound);
        Some(place.messages.len())
    }

    /// Unbinds a port; from `only` that one, if it is given. Returns who was bound, and who does not go on waiting without it.
    pub(super) fn unbind(&mut self, port: Port, only: Option<&dyn Bound>) -> Option<Unbound> {
        let place = self.places.get_mut(&port)?;
        let bound = place.bound.take_if(|bound| only.is_none_or(|only| is_same(&**bound, only)))?;
        let leaving = place.messages.dismiss(|guest| guest.leaves_if_unbound);
        self.tidy(port);
        Some(Unbound { bound, leaving })
    }

    /// Takes the first waiting connect out of the line, if `bound` still is bound there.
    pub(super) fn next_for<K: Kind>(&mut self, port: Port, bound: &dyn Bound) -> Arrived<K> {
        let place = self.places.get_mut(&port);
        let place = place.filter(|place| place.bound.as_ref().is_some_and(|it| is_same(&**it, bound)));
        match place.map(|place| K::line(place).arrive(Role::Accept)) {
            Some(Arrival::Met(guest, party)) => Arrived::Met(guest.caller, party),
            Some(Arrival::Alone) | None => Arrived::Refused(Failed::WouldBlock),
        }
    }

    /// Takes everybody out, for good.
    pub(super) fn close(&mut self) -> Everybody {
        self.closed = true;
        let mut everybody = Everybody::default();
        let mut places: Vec<_> = std::mem::take(&mut self.places).into_iter().collect();
        places.sort_unstable_by_key(|(port, _)| *port);
        for (_, mut place) in places {
            everybody.bytes.extend(place.bytes.drain());
            everybody.messages.extend(place.messages.drain());
            everybody.bound.extend(place.bound);
        }
        everybody
    }

    fn tidy(&mut self, port: Port) {
        if self.places.get(&port).is_some_and(Place::is_empty) {
            self.places.remove(&port);
        }
    }
}

/// Who has to be told that a port was unbound.
pub(crate) struct Unbound {
    bound: Arc<dyn Bound>,
    leaving: Vec<PartyOf<MessageQueue>>,
}

impl Unbound {
    /// Refuses those who do not wait at an unbound port, and returns who was bound. Without any lock.
    pub(crate) fn dismiss(self) -> Arc<dyn Bound> {
        for party in self.leaving {
            party.settle(Err(Failed::Unbound));
        }
        self.bound
    }
}

/// Whether both are the same object.
fn is_same(one: &dyn Bound, other: &dyn Bound) -> bool {
    std::ptr::addr_eq(one, other)
}

/// Everybody who waited at a broker that was closed.
#[derive(Default)]
pub(super) struct Everybody {
    bytes: Vec<(Ticket, PartyOf<Channel>)>,
    messages: Vec<(Ticket, PartyOf<MessageQueue>)>,
    bound: Vec<Arc<dyn Bound>>,
}

impl Everybody {
    /// Tells them, without any lock: of each kind in the order they came.
    pub(super) fn release(mut self, closed: &Arc<str>) {
        self.bytes.sort_unstable_by_key(|(ticket, _)| *ticket);
        self.messages.sort_unstable_by_key(|(ticket, _)| *ticket);
        for (_, party) in self.bytes {
            party.settle(Err(Failed::Closed(closed.clone())));
        }
        for (_, party) in self.messages {
            party.settle(Err(Failed::Closed(closed.clone())));
        }
        for bound in self.bound {
            bound.unbound();
        }
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::{Arrived, Failed, PartyOf, Ports, Role, Visit};
    use crate::channel::Channel;
    use crate::rdv::Seat;
    use crate::sync::Arc;

    fn arrive(ports: &mut Ports, role: Role, or_else: Option<Failed>) -> Arrived<Channel> {
        let seat = || -> PartyOf<Channel> { Arc::new(Seat::new()) };
        ports.arrive(1, Visit { role, caller: None, or_else }, seat)
    }

    #[test]
    fn a_port_at_which_nothing_happens_takes_no_space() {
        let mut ports = Ports::default();
        assert!(matches!(arrive(&mut ports, Role::Accept, None), Arrived::Waiting(_)));
        assert_eq!(ports.places.len(), 1);
        assert!(matches!(arrive(&mut ports, Role::Connect, None), Arrived::Met(..)));
        assert!(ports.places.is_empty(), "ALL-3: after a meeting");
        assert!(matches!(arrive(&mut ports, Role::Connect, Some(Failed::WouldBlock)), Arrived::Refused(_)));
        assert!(ports.places.is_empty(), "ALL-3: after a refusal");
        let Arrived::Waiting(ticket) = arrive(&mut ports, Role::Connect, None) else { panic!("nobody is there") };
        assert!(ports.withdraw::<Channel>(1, ticket).is_some());
        assert!(ports.places.is_empty(), "ALL-3: after a withdrawal");
    }
}
