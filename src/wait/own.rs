//! A thread's own parking, for waits in lines that many threads share.

use crate::sync::{Arc, thread_local};

use super::Parking;

thread_local! {
    static OWN: Arc<Parking> = Arc::default();
}

/// The calling thread's own parking. A thread waits for one thing at a time, and a token never outlives its wait (P4), so it is used
/// again and again and a wait allocates nothing.
#[must_use]
pub fn own_parking() -> Arc<Parking> {
    // A thread that is already being taken down has none any more.
    OWN.try_with(Arc::clone).unwrap_or_default()
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::{Arc, own_parking};

    #[test]
    fn a_thread_has_one_and_another_has_another() {
        let own = own_parking();
        assert!(Arc::ptr_eq(&own, &own_parking()));
        let other = std::thread::spawn(own_parking).join().expect("it ends");
        assert!(!Arc::ptr_eq(&own, &other));
    }
}
