//! What a pump that waits promises to whoever gives it something to do (Q4), step by step.

use std::time::Duration;

use super::{Attempt, Deadline, EventQueue, Found, Look, PLENTY, ThunkQueue};

/// A queue that can be posted to, and the batch of its pump.
fn queue() -> (EventQueue, ThunkQueue) {
    let queue = EventQueue::new();
    queue.add_handle();
    (queue, ThunkQueue::default())
}

/// Whether the pump was woken since this was asked last.
fn is_woken(queue: &EventQueue) -> bool {
    queue.parking.sleep(Deadline::after(Duration::ZERO))
}

#[test]
fn a_look_sees_how_much_there_is_to_do() {
    let (queue, batch) = queue();
    let look = Look { queue: &queue, batch: &batch, due: Deadline::NEVER };
    assert_eq!((look.looks(), look.plenty()), (0, PLENTY));
    for posts in 1..3 {
        assert!(queue.post(|| {}).is_ok());
        assert_eq!(look.looks(), posts);
    }
    queue.stop();
    assert_eq!(look.looks(), 3);
    assert_eq!((queue.take(&batch), look.looks()), (Some(Found::Events), 1));
}

#[test]
fn q4_a_pump_that_sleeps_is_woken_once_and_one_that_does_not_is_not() {
    let (queue, batch) = queue();
    let mut look = Look { queue: &queue, batch: &batch, due: Deadline::NEVER };
    assert!(queue.post(|| {}).is_ok() && !is_woken(&queue), "it does not sleep");
    assert!(!look.arm(), "there is something to do");
    assert_eq!(queue.take(&batch), Some(Found::Events));
    assert!(look.arm() && look.disarm() && !look.disarm());
    assert!(queue.post(|| {}).is_ok() && !is_woken(&queue), "it does not sleep any more");
    assert!(batch.call_front());
    assert_eq!(queue.take(&batch), Some(Found::Events));
    assert!(look.arm());
    (0..2).for_each(|_| assert!(queue.post(|| {}).is_ok()));
    assert!(!look.disarm() && is_woken(&queue) && !is_woken(&queue));
}

#[test]
fn q4_a_pump_sleeps_no_longer_than_until_the_first_delayed_event_is_due() {
    let (queue, batch) = queue();
    let look = |due| Look { queue: &queue, batch: &batch, due };
    let due = Deadline::after(Duration::from_secs(3600));
    assert_eq!((look(Deadline::NEVER).attempt(), look(Deadline::NEVER).arm()), (None, true));
    assert!(queue.post_at(due, Box::new(|| {})).is_ok() && is_woken(&queue));
    assert_eq!((look(Deadline::NEVER).attempt(), look(Deadline::NEVER).arm()), (Some(None), false), "one has come");
    assert_eq!((look(due).attempt(), look(due).arm()), (None, true));
    let later = Deadline::after(Duration::from_secs(7200));
    assert!(queue.post_at(later, Box::new(|| {})).is_ok() && !is_woken(&queue), "a later one is no reason to wake it");
    assert!(look(due).disarm());
}
