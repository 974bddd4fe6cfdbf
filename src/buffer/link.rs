//! Two rings, one in each direction, and what the floors above share beside them, in one allocation.
//!
//! ```text
//!  LinkEnd A   producer ---> rings[0] ---> consumer   LinkEnd B
//!              consumer <--- rings[1] <--- producer
//! ```

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

/// A link, held by an end of one of its rings; they are numbered by the end that puts into them.
#[derive(Debug)]
pub struct Linked<R, X>(Arc<Link<R, X>>);

impl<R, X> Linked<R, X> {
    /// The link.
    pub fn link(&self) -> &Arc<Link<R, X>> {
        &self.0
    }
}

// SAFETY: (S2) the rings of a link never change places.
unsafe impl<R: Send + Sync, X: Send + Sync> Hold for Linked<R, X> {
    type Ring = R;

    #[inline]
    fn ring(&self, number: u8) -> &R {
        // Without a look at the bounds, so that whoever needs no ring does not compute one.
        let [ring_0, ring_1] = &self.0.rings;
        if number == 0 { ring_0 } else { ring_1 }
    }
}

/// One end of a link: it puts into one ring and takes out of the other.
pub type LinkEnd<T, R, X> = (Producer<T, Linked<R, X>>, Consumer<T, Linked<R, X>>);

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
    let linked = || Linked(link.clone());
    [
        (Producer::new(linked(), 0, put_0), Consumer::new(linked(), 1, take_1)),
        (Producer::new(linked(), 1, put_1), Consumer::new(linked(), 0, take_0)),
    ]
}
