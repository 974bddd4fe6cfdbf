//! Two rings, one in each direction, and what the floors above share beside them, in one allocation.
//!
//! ```text
//!  LinkEnd A   producer ---> rings[0] ---> consumer   LinkEnd B
//!              consumer <--- rings[1] <--- producer
//! ```

use std::fmt;

use crate::sync::Arc;

use super::ends::{Consumer, Hold, Producer};
use super::{Closed, Ring, Side};

/// Two rings and what is shared beside them.
#[derive(Debug)]
pub struct Link<R, X> {
    rings: [R; 2],
    shared: X,
}

impl<R, X> Link<R, X> {
    /// What the floors above share.
    pub fn shared(&self) -> &X {
        &self.shared
    }

    /// Ends a side of the ring into which end `end` puts: its own side, or the other's.
    pub fn close<T>(&self, end: usize, side: Side) -> Closed
    where
        R: Ring<T>,
    {
        self.rings[end].close(side)
    }
}

/// One of the two rings of a link.
pub struct Lane<R, X> {
    link: Arc<Link<R, X>>,
    /// Which; a byte, since every half of an end has one.
    ring: u8,
}

impl<R, X> Lane<R, X> {
    /// The link it is part of.
    pub fn link(&self) -> &Arc<Link<R, X>> {
        &self.link
    }

    /// The end that puts into its ring; the other one takes.
    pub fn filled_by(&self) -> usize {
        self.ring.into()
    }
}

impl<R, X> fmt::Debug for Lane<R, X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lane").field("ring", &self.ring).finish_non_exhaustive()
    }
}

// SAFETY: (S2) the ring of a lane never changes.
unsafe impl<R: Send + Sync, X: Send + Sync> Hold for Lane<R, X> {
    type Ring = R;

    #[inline]
    fn ring(&self) -> &R {
        // Without a look at the bounds, so that whoever needs no ring does not compute one.
        let [ring_0, ring_1] = &self.link.rings;
        if self.ring == 0 { ring_0 } else { ring_1 }
    }
}

/// One end of a link: it puts into one ring and takes out of the other.
pub type LinkEnd<T, R, X> = (Producer<T, Lane<R, X>>, Consumer<T, Lane<R, X>>);

/// Links two fresh rings: end 0 puts into `rings[0]`, end 1 into `rings[1]`.
pub fn link<T, R, X>(rings: [R; 2], shared: X) -> [LinkEnd<T, R, X>; 2]
where
    T: Send,
    R: Ring<T>,
    X: Send + Sync,
{
    let [put_0, put_1] = [rings[0].put_notes(), rings[1].put_notes()];
    let [take_0, take_1] = [rings[0].take_notes(), rings[1].take_notes()];
    let link = Arc::new(Link { rings, shared });
    let lane = |ring| Lane { link: link.clone(), ring };
    [
        (Producer::new(lane(0), put_0), Consumer::new(lane(1), take_1)),
        (Producer::new(lane(1), put_1), Consumer::new(lane(0), take_0)),
    ]
}
