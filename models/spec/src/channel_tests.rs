use super::{Action::*, Operation, Pair, Response::*, Side, Side::*};
use crate::Spec;

/// A pair that has been through `steps`, each answered as it should be.
fn after(capacity: usize, steps: &[(Side, super::Action, super::Response)]) -> Pair {
    let mut pair = Pair::new(capacity);
    check(&mut pair, steps);
    pair
}

fn check(pair: &mut Pair, steps: &[(Side, super::Action, super::Response)]) {
    for (side, action, response) in steps {
        pair.allows(&Operation(*side, action.clone()), response)
            .unwrap_or_else(|why| panic!("{side:?} {action:?}: {why}"));
    }
}

#[test]
fn chan_1_the_directions_are_independent() {
    let steps = [
        (Left, Write(vec![1, 2, 3]), Moved(2)),
        (Left, Write(vec![3]), WouldBlock),
        (Right, Write(vec![9]), Moved(1)),
        (Left, Read(5), Took(vec![9])),
        (Left, Read(5), WouldBlock),
        (Right, Read(5), Took(vec![1, 2])),
    ];
    after(2, &steps);
}

#[test]
fn chan_2_partial_moves_are_allowed_empty_ones_are_not() {
    let pair = after(4, &[(Left, Write(vec![1, 2, 3]), Moved(3))]);
    let read = Operation(Right, Read(3));
    pair.clone().allows(&read, &Took(vec![1])).expect("at least one");
    pair.clone().allows(&read, &Took(vec![])).expect_err("none");
    pair.clone().allows(&read, &WouldBlock).expect_err("some are there");
    pair.clone().allows(&Operation(Left, Write(vec![4, 5])), &Moved(2)).expect_err("only one fits");
}

#[test]
fn chan_2_a_call_for_nothing_answers_at_once_in_every_state() {
    for steps in [vec![], vec![(Left, Disconnect, Done)], vec![(Right, Disconnect, Done)]] {
        let mut pair = after(1, &steps);
        check(&mut pair, &[(Left, Write(vec![]), Moved(0)), (Left, Read(0), Took(vec![]))]);
    }
}

#[test]
fn chan_3_hang_up_after_bye() {
    let steps = [
        (Left, Write(vec![1, 2]), Moved(2)),
        (Left, Disconnect, Done),
        (Right, IsDisconnected, Flag(false)),
        (Right, Read(1), Took(vec![1])),
        (Right, IsDisconnected, Flag(false)),
        (Right, Read(1), Took(vec![2])),
        (Right, IsDisconnected, Flag(true)),
        (Right, Read(1), Took(vec![])),
    ];
    after(2, &steps);
}

#[test]
fn chan_4_broken_pipe_at_once_though_bytes_wait() {
    let steps = [
        (Left, Write(vec![1]), Moved(1)),
        (Left, Disconnect, Done),
        (Right, Write(vec![7]), BrokenPipe),
        (Right, Read(9), Took(vec![1])),
        (Right, Read(9), Took(vec![])),
    ];
    after(2, &steps);
}

#[test]
fn chan_5_disconnect_twice_and_by_both() {
    let steps =
        [(Left, Disconnect, Done), (Left, Disconnect, Done), (Right, Disconnect, Done), (Left, Disconnect, Done)];
    after(1, &steps);
}

#[test]
fn chan_6_ones_own_disconnect_discards_ones_input() {
    let steps = [(Left, Write(vec![1]), Moved(1)), (Right, Disconnect, Done), (Right, Read(1), NotConnected)];
    after(1, &steps);
}

#[test]
fn chan_7_not_connected_after_ones_own_disconnect() {
    let steps = [
        (Left, Disconnect, Done),
        (Left, IsDisconnected, Flag(true)),
        (Left, Write(vec![1]), NotConnected),
        (Left, Read(1), NotConnected),
        (Left, FillBuf, NotConnected),
    ];
    after(1, &steps);
}

#[test]
fn chan_8_a_dropped_half_closes_its_direction_only() {
    let steps = [
        (Left, Write(vec![1]), Moved(1)),
        (Left, DropWriter, Done),
        (Right, Read(1), Took(vec![1])),
        (Right, Read(1), Took(vec![])),
        (Right, IsDisconnected, Flag(false)),
        (Right, Write(vec![2]), Moved(1)),
        (Left, Read(1), Took(vec![2])),
        (Left, DropReader, Done),
        (Right, Write(vec![2]), BrokenPipe),
        (Right, IsDisconnected, Flag(true)),
    ];
    after(1, &steps);
}

#[test]
fn a_look_takes_nothing_and_consume_takes_what_was_seen() {
    let steps = [
        (Left, Write(vec![1, 2, 3]), Moved(3)),
        (Right, FillBuf, Shown(vec![1, 2])),
        (Right, Consume(1), Done),
        (Right, Read(1), Took(vec![2])),
        (Right, FillBuf, Shown(vec![3])),
        (Right, Consume(1), Done),
        (Right, FillBuf, WouldBlock),
        (Left, DropWriter, Done),
        (Right, FillBuf, Shown(vec![])),
    ];
    let pair = after(3, &steps);
    assert!(!pair.can(&Operation(Right, Consume(1))), "nothing was shown");
}

#[test]
fn what_was_let_go_of_can_do_nothing() {
    let pair = after(1, &[(Left, DropWriter, Done)]);
    assert!(!pair.can(&Operation(Left, Write(vec![]))));
    assert!(pair.can(&Operation(Left, Read(1))));
    assert!(pair.can(&Operation(Left, Disconnect)), "any number of times, at any time");
}
