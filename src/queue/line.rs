//! Threads that wait at an end, in the order they came.

use std::collections::VecDeque;

use crate::sync::Arc;
use crate::wait::Parking;

/// A line of threads. The first one stands in the line itself: mostly there is none, and every operation looks whether there is.
#[derive(Default)]
pub(super) struct Line {
    first: Option<Arc<Parking>>,
    // Empty if there is no first.
    #[expect(clippy::box_collection, reason = "a word where a collection is four: an end has two lines")]
    others: Option<Box<VecDeque<Arc<Parking>>>>,
}

impl Line {
    pub(super) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    pub(super) fn push_back(&mut self, parking: Arc<Parking>) {
        match &self.first {
            None => self.first = Some(parking),
            Some(_) => self.others.get_or_insert_default().push_back(parking),
        }
    }

    pub(super) fn pop_front(&mut self) -> Option<Arc<Parking>> {
        let first = self.first.take()?;
        self.first = self.others.as_mut().and_then(|others| others.pop_front());
        Some(first)
    }

    /// Takes one out, wherever it stands. False if it does not.
    pub(super) fn remove(&mut self, parking: &Arc<Parking>) -> bool {
        if self.first.as_ref().is_some_and(|first| Arc::ptr_eq(first, parking)) {
            return self.pop_front().is_some();
        }
        let Some(others) = &mut self.others else { return false };
        let at = others.iter().position(|other| Arc::ptr_eq(other, parking));
        at.is_some_and(|at| others.remove(at).is_some())
    }

    /// Takes everybody out.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Arc<Parking>> {
        std::iter::from_fn(|| self.pop_front())
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn first_come_first() {
        let threads: Vec<_> = (0..4).map(|_| Arc::new(Parking::new())).collect();
        let mut line = Line::default();
        assert!(line.is_empty());
        threads.iter().cloned().for_each(|thread| line.push_back(thread));
        assert!(!line.is_empty());
        assert!(line.remove(&threads[2]) && !line.remove(&threads[2]));
        assert!(line.remove(&threads[0]) && !line.remove(&threads[0]));
        assert!(line.pop_front().is_some_and(|first| Arc::ptr_eq(&first, &threads[1])));
        line.push_back(threads[0].clone());
        let left: Vec<_> = line.drain().collect();
        assert!(left.len() == 2 && Arc::ptr_eq(&left[0], &threads[3]) && Arc::ptr_eq(&left[1], &threads[0]));
        assert!(line.pop_front().is_none());
    }
}
