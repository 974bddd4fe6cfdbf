use super::{End, Event, Operation, Operation::*, Reaction, Response, Response::*, Said, Welcome, Why, World};
use crate::replay;

const NEAR: End = End { pair: 0, end: 0 };
const FAR: End = End { pair: 0, end: 1 };

/// A world with two pumps and small queues that went through `history`, each step answered as it should be.
fn after(history: &[(Operation, Response)]) -> World {
    replay(World::new(2, 2), history).unwrap_or_else(|(at, why)| panic!("{:?}: {why}", history[at].0))
}

fn called(said: Said) -> Response {
    Called(vec![said])
}

#[test]
fn pump_1_and_pump_3_events_run_in_the_order_of_their_posts() {
    after(&[
        (Post(0, Event::Posts), Done),
        (Post(0, Event::Plain), Done),
        (Run(0), called(Said::Ran(0))),
        (Run(0), called(Said::Ran(1))),
        (Run(0), called(Said::Ran(2))),
        (Run(0), Idle),
    ]);
}

#[test]
fn pump_5_at_stop_connects_ports_queues() {
    after(&[
        (Operation::Pair, Done),
        (Listen(NEAR, 0, Reaction::Nothing), Done),
        (Bind(1, 0, Welcome::Keep), Done),
        (Connect(2, 0, true), Done),
        (Send(FAR, 7), Done),
        (Stop(0), Done),
        (Send(FAR, 8), Response::Closed),
        (Run(0), called(Said::Received(0, 7))),
        (Run(0), Called(vec![Said::Refused(0, Why::PumpStopped), Said::Unbound(0), Said::Closed(0)])),
        (Run(0), Idle),
        (Post(0, Event::Plain), PumpStopped),
    ]);
}

#[test]
fn mq_3_one_writable_for_each_time_it_was_full() {
    after(&[
        (Operation::Pair, Done),
        (Listen(NEAR, 0, Reaction::Nothing), Done),
        (Send(NEAR, 1), Done),
        (Send(NEAR, 2), Done),
        (Send(NEAR, 3), Full),
        (Send(NEAR, 3), Full),
        (Receive(FAR), Response::Received(1)),
        (Receive(FAR), Response::Received(2)),
        (Run(0), called(Said::Writable(0))),
        (Run(0), Idle),
    ]);
}

#[test]
fn mq_5_a_listener_that_takes_over_keeps_the_order_of_the_sends() {
    let (other, to_other) = (End { pair: 1, end: 0 }, End { pair: 1, end: 1 });
    after(&[
        (Operation::Pair, Done),
        (Operation::Pair, Done),
        (Listen(FAR, 0, Reaction::Nothing), Done),
        (Listen(to_other, 0, Reaction::Nothing), Done),
        (Send(NEAR, 1), Done),
        (Send(other, 2), Done),
        (Listen(FAR, 0, Reaction::Nothing), Done),
        (Run(0), called(Said::Received(2, 1))),
        (Run(0), called(Said::Received(1, 2))),
    ]);
}

#[test]
fn mq_7_closed_comes_once_and_last() {
    let world = after(&[
        (Operation::Pair, Done),
        (Send(NEAR, 1), Done),
        (Operation::Close(NEAR), Done),
        (Operation::Close(NEAR), Done),
        (Listen(FAR, 0, Reaction::Nothing), Done),
        (Run(0), called(Said::Received(0, 1))),
        (Run(0), called(Said::Closed(0))),
        (Run(0), Idle),
    ]);
    assert!(world.is_closed(NEAR) && world.is_closed(FAR));
}

#[test]
fn mq_9_and_mq_8_a_connect_outlives_the_binding_it_came_to() {
    let queue = End { pair: 0, end: 0 };
    let world = after(&[
        (Bind(1, 0, Welcome::Keep), Done),
        (Connect(1, 1, true), Done),
        (Connect(1, 1, false), Done),
        (Unbind(1), Done),
        (Bind(1, 0, Welcome::Keep), Done),
        (Bind(1, 0, Welcome::Keep), PortInUse),
        (Run(1), called(Said::Refused(1, Why::Unbound))),
        (Run(0), called(Said::Unbound(0))),
        (Run(0), called(Said::Accepted(1, queue))),
        (Run(1), called(Said::Connected(0, queue.peer()))),
    ]);
    assert_eq!(world.connections(), [1, 1]);
}

#[test]
fn mq_11_what_nobody_can_use_is_closed() {
    let world = after(&[
        (Operation::Pair, Done),
        (Listen(FAR, 0, Reaction::Nothing), Done),
        (Operation::Drop(FAR), Done),
        (Operation::Drop(NEAR), Done),
        (Run(0), called(Said::Closed(0))),
    ]);
    assert!(world.is_closed(NEAR));
}

#[test]
fn a_wrong_answer_names_its_rule() {
    let wrong = [(Operation::Pair, Done), (Receive(NEAR), Response::Received(1))];
    let (at, why) = replay(World::new(1, 1), &wrong).expect_err("nothing was sent");
    assert_eq!((at, why.rule), (1, "MQ-3"));
}
