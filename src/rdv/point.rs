//! The line of opening Rdvs at one port.

use std::collections::VecDeque;
use std::fmt;

use crate::sync::Arc;

use super::Party;

/// A side of a meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Lets others in.
    Accept,
    /// Asks to be let in.
    Connect,
}

/// The number an Rdv is found by; those that open later have larger ones.
pub type Ticket = u64;

/// An Rdv that waits for its other side.
struct Rdv<I, T> {
    ticket: Ticket,
    /// Who opened it; `None` once it was taken out of the middle of the line.
    opener: Option<(I, Arc<dyn Party<T>>)>,
}

/// The opening Rdvs of one kind at one port, in the order they were opened. `I` is what is known of an opener, `T` the outcome.
pub struct Point<I, T> {
    role: Role,
    line: VecDeque<Rdv<I, T>>,
    opening: usize,
}

/// What became of an arrival.
pub enum Arrival<I, T> {
    /// The first in the line was of the other side: its Rdv is closed, and the one who came settles it.
    Met(I, Arc<dyn Party<T>>),
    /// Nobody to meet.
    Alone,
}

impl<I, T> Point<I, T> {
    /// An empty line.
    #[must_use]
    pub fn new() -> Self {
        Self { role: Role::Accept, line: VecDeque::new(), opening: 0 }
    }

    /// Whether nobody waits here.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.opening == 0
    }

    /// How many wait here.
    #[must_use]
    pub fn len(&self) -> usize {
        self.opening
    }

    /// Whether those who wait here are of that side, and there are any.
    #[must_use]
    pub fn is_waited_in_by(&self, role: Role) -> bool {
        self.role == role && !self.is_empty()
    }

    /// Meets the first of the other side, if the line is of the other side.
    pub fn arrive(&mut self, role: Role) -> Arrival<I, T> {
        if self.role == role {
            return Arrival::Alone;
        }
        while let Some(rdv) = self.line.pop_front() {
            if let Some((who, party)) = rdv.opener {
                self.opening -= 1;
                return Arrival::Met(who, party);
            }
        }
        Arrival::Alone
    }

    /// Opens an Rdv at the end of the line, after [`arrive`](Self::arrive) met nobody. Tickets grow from call to call.
    pub fn open(&mut self, role: Role, ticket: Ticket, who: I, party: Arc<dyn Party<T>>) {
        debug_assert!(self.is_empty() || self.role == role, "R2: two sides in one line");
        self.role = role;
        self.line.push_back(Rdv { ticket, opener: Some((who, party)) });
        self.opening += 1;
    }

    /// Takes an Rdv out of the line; `None` if somebody already did.
    pub fn withdraw(&mut self, ticket: Ticket) -> Option<Arc<dyn Party<T>>> {
        let at = self.line.binary_search_by_key(&ticket, |rdv| rdv.ticket).ok()?;
        let (_, party) = self.line[at].opener.take()?;
        self.opening -= 1;
        // Gaps are closed when they are half of the line, so that withdrawing costs O(log n) on average and the line stays short.
        if self.line.len() > 2 * self.opening {
            self.line.retain(|rdv| rdv.opener.is_some());
        }
        Some(party)
    }

    /// Takes out those of whom `leaves` is true, in order.
    pub fn dismiss(&mut self, leaves: impl Fn(&I) -> bool) -> Vec<Arc<dyn Party<T>>> {
        let mut dismissed = Vec::new();
        for rdv in &mut self.line {
            dismissed.extend(rdv.opener.take_if(|(who, _)| leaves(who)).map(|(_, party)| party));
        }
        self.opening -= dismissed.len();
        self.line.retain(|rdv| rdv.opener.is_some());
        dismissed
    }

    /// Takes everybody out, in order.
    pub fn drain(&mut self) -> impl Iterator<Item = (Ticket, Arc<dyn Party<T>>)> + use<I, T> {
        self.opening = 0;
        std::mem::take(&mut self.line).into_iter().filter_map(|rdv| Some((rdv.ticket, rdv.opener?.1)))
    }
}

impl<I, T> Default for Point<I, T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<I, T> fmt::Debug for Point<I, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Point").field("role", &self.role).field("opening", &self.opening).finish_non_exhaustive()
    }
}

impl<I, T> fmt::Debug for Arrival<I, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if matches!(self, Self::Met(..)) { "Met" } else { "Alone" })
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::{Arrival, Point, Role};
    use crate::rdv::Seat;
    use crate::sync::Arc;

    fn seat() -> Arc<Seat<()>> {
        Arc::new(Seat::new())
    }

    #[test]
    fn the_line_stays_short_while_others_come_and_go() {
        let mut point: Point<u64, ()> = Point::new();
        point.open(Role::Accept, 0, 0, seat());
        for ticket in 1..10_000 {
            point.open(Role::Accept, ticket, ticket, seat());
            if ticket > 1 {
                assert!(point.withdraw(ticket - 1).is_some() && point.withdraw(ticket - 1).is_none());
            }
            assert!(point.line.len() <= 4, "{} entries for 2 Rdvs", point.line.len());
        }
        assert!(matches!(point.arrive(Role::Connect), Arrival::Met(0, _)), "RDV-3: the first comes first");
        assert!(matches!(point.arrive(Role::Connect), Arrival::Met(9_999, _)));
        assert!(matches!(point.arrive(Role::Connect), Arrival::Alone) && point.is_empty());
    }

    #[test]
    fn whoever_is_dismissed_waits_no_longer() {
        let mut point: Point<u64, ()> = Point::new();
        for ticket in 0..5 {
            point.open(Role::Connect, ticket, ticket, seat());
        }
        assert_eq!((point.dismiss(|who| who % 2 == 1).len(), point.len()), (2, 3));
        assert!(point.withdraw(1).is_none() && point.withdraw(2).is_some());
        assert_eq!((point.dismiss(|_| true).len(), point.len()), (2, 0));
        assert!(point.is_empty() && !point.is_waited_in_by(Role::Connect));
        assert!(matches!(point.arrive(Role::Accept), Arrival::Alone));
    }
}
