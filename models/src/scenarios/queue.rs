//! MessageQueue between threads: whole messages in order, and calls that block.

use bytes::Bytes;
use rdv::{MessageQueue, ReceiveError, SendError};

use super::broker_support::{SHORT, waits};
use super::event_support::{Ear, Log, drain, ends, join, message, pump, text_of};
use crate::rule;
use crate::scenario::{Bound, Cx, Level, Run, Scenario};

/// The suite.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        audit_bound: Bound::Preemptions(4),
        witnesses: &["a before b", "b before a", "full"],
        runs: &[Run::loom_bounded(2, 4, Level::Default), Run::portfolio(2, Level::Quick)],
        ..Scenario::new(
            "queue/two-senders",
            &["MQ-1", "MQ-2", "MQ-3", "MQ-4"],
            "Two threads send on one end: each one's messages arrive in order, the very memory, what is refused comes back.",
            two_senders,
        )
    },
    Scenario {
        audit_bound: Bound::Preemptions(5),
        witnesses: &["somebody slept"],
        hang: "MQ-3",
        runs: &[Run::loom_bounded(2, 4, Level::Default), Run::portfolio(2, Level::Quick)],
        ..Scenario::new(
            "queue/blocking",
            &["MQ-3", "MQ-1", "ALL-1"],
            "A sender waits for room and a receiver for messages, at the smallest capacity.",
            blocking,
        )
    },
    Scenario {
        audit_bound: Bound::Preemptions(4),
        witnesses: &["somebody slept"],
        hang: "MQ-3",
        choices: &[2],
        runs: &[Run::loom_bounded(2, 2, Level::Default), Run::portfolio(2, Level::Quick)],
        ..Scenario::new(
            "queue/two-waiting",
            &["MQ-3", "MQ-4"],
            "Two threads wait on one end, by choice for messages or for room; nobody sleeps on while there is some.",
            two_waiting,
        )
    },
    Scenario {
        audit_bound: Bound::Preemptions(5),
        witnesses: &["it slept"],
        hang: "MQ-3",
        choices: &[2, 2],
        spurious: 1,
        ..Scenario::new(
            "queue/closed-under",
            &["MQ-3", "MQ-7"],
            "A thread waits for a message or for room, and either end is closed: it is told so.",
            closed_under,
        )
    },
    Scenario {
        audit_bound: Bound::Preemptions(5),
        witnesses: &["in time", "too late"],
        hang: "MQ-3",
        choices: &[2],
        deadlines: 1,
        ..Scenario::new(
            "queue/timeout",
            &["MQ-3", "MQ-1"],
            "receive_timeout races a send, or a close: whatever it says, no message is lost.",
            timeout,
        )
    },
    Scenario {
        audit_bound: Bound::Preemptions(5),
        witnesses: &["it slept"],
        hang: "MQ-6",
        ..Scenario::new(
            "queue/listener-under",
            &["MQ-6", "MQ-3"],
            "A thread waits for a message, and a listener is set: the thread is told so.",
            listener_under,
        )
    },
    Scenario {
        witnesses: &["accepted", "refused"],
        hang: "MQ-7",
        choices: &[2],
        runs: &[Run::loom_bounded(2, 3, Level::Default), Run::portfolio(2, Level::Quick)],
        ..Scenario::new(
            "queue/close-races-send",
            &["MQ-7", "MQ-3"],
            "A send races the close of either end: accepted before one's own close, it arrives; refused, it comes back.",
            close_races_send,
        )
    },
];

/// A message with a memory of its own, and where that is.
pub(super) fn owned(text: &str) -> (Bytes, usize) {
    let message = Bytes::from(text.as_bytes().to_vec());
    let address = message.as_ptr() as usize;
    (message, address)
}

/// Two senders, two messages each, room for three; from size 2 on somebody receives meanwhile.
fn two_senders(cx: &Cx) -> String {
    let (here, there) = ends(3);
    let mut sent = Vec::new();
    let mut senders = Vec::new();
    for name in ["a", "b"] {
        let both = [0, 1].map(|number| (format!("{name}{number}"), owned(&format!("{name}{number}"))));
        sent.extend(both.iter().map(|(text, (_, address))| (text.clone(), *address)));
        let here = here.clone();
        senders.push(cx.spawn(name, move || both.map(|(text, (message, _))| (text, here.send(message)))));
    }
    let receiver = (cx.size() > 1).then(|| {
        let there = there.clone();
        cx.spawn("receiver", move || there.receive())
    });
    let results: Vec<_> = senders.into_iter().flat_map(join).collect();
    let mut got: Vec<_> = receiver.and_then(|receiver| join(receiver).ok()).into_iter().collect();
    got.extend(std::iter::from_fn(|| there.receive().ok()));
    let texts: Vec<_> = got.iter().map(text_of).collect();
    for message in &got {
        let at = (text_of(message), message.as_ptr() as usize);
        rule!("MQ-2", sent.contains(&at), "{} is not the memory that was sent", at.0);
    }
    for (text, result) in &results {
        let times = texts.iter().filter(|it| *it == text).count();
        rule!(
            "MQ-1",
            times == usize::from(result.is_ok()),
            "{text} was sent with {result:?} and arrived {times} times"
        );
        if let Err(why) = result {
            let back =
                matches!(why, SendError::Full(message) if sent.contains(&(text.clone(), message.as_ptr() as usize)));
            rule!("MQ-3", back, "a refused message did not come back: {why:?}");
            cx.witness("full");
        }
    }
    rule!("MQ-3", texts.len() >= 3, "{} of 3 places were used", texts.len());
    for name in ["a", "b"] {
        let mine: Vec<_> = texts.iter().filter(|text| text.starts_with(name)).collect();
        rule!("MQ-4", mine.is_sorted(), "one sender's messages arrived as {texts:?}");
    }
    cx.witness(if texts[0].starts_with('a') { "a before b" } else { "b before a" });
    texts.join(" ")
}

/// One message stands in the only place; a sender sends as many more as the size says, a receiver takes all.
fn blocking(cx: &Cx) -> String {
    const TEXTS: [&str; 4] = ["0", "1", "2", "3"];
    let (here, there) = ends(1);
    let size = cx.size();
    rule!("MQ-3", here.send(message(TEXTS[0])).is_ok(), "an empty queue refused a message");
    let sender = {
        let here = here.clone();
        cx.spawn("sender", move || (1..=size).all(|number| here.blocking_send(message(TEXTS[number])).is_ok()))
    };
    let receiver = {
        let there = there.clone();
        cx.spawn("receiver", move || (0..=size).map(|_| there.blocking_receive()).collect::<Vec<_>>())
    };
    let sent = join(sender);
    let got: Vec<_> =
        join(receiver).iter().map(|got| got.as_ref().map_or_else(|why| format!("{why:?}"), text_of)).collect();
    if waits() > 0 {
        cx.witness("somebody slept");
    }
    rule!("MQ-3", sent, "a blocking send to an open queue failed");
    rule!("MQ-1", got == TEXTS[..=size], "sent 0, 1, ..., received {got:?}");
    got.join(" ")
}

/// Two wait for messages, of which two come, or for room, which is made twice. At size 1 the first of the two is there from the beginning.
fn two_waiting(cx: &Cx) -> String {
    let (here, there) = ends(2);
    let (for_room, early) = (cx.choice(0) == 1, usize::from(cx.size() == 1));
    let before = if for_room { 2 - early } else { early };
    (0..before).for_each(|_| rule!("MQ-3", here.send(message("0")).is_ok(), "an empty queue refused a message"));
    let waiter = |name| {
        let (here, there) = (here.clone(), there.clone());
        cx.spawn(name, move || match for_room {
            true => here.blocking_send(message("1")).is_ok(),
            false => there.blocking_receive().is_ok(),
        })
    };
    let waiters = [waiter("first"), waiter("second")];
    let helper = {
        let (here, there) = (here.clone(), there.clone());
        cx.spawn("helper", move || {
            (early..2).all(|_| if for_room { there.receive().is_ok() } else { here.send(message("1")).is_ok() })
        })
    };
    let done = waiters.map(join);
    let helped = join(helper);
    if waits() > 0 {
        cx.witness("somebody slept");
    }
    rule!("MQ-3", done == [true, true] && helped, "waited {done:?}, helped {helped}");
    let left = drain(&there);
    rule!("MQ-4", left.0.len() == if for_room { 2 } else { 0 }, "{left:?} is left");
    format!("{left:?}")
}

/// A sender waits at a full queue or a receiver at an empty one, by choice; either end is closed, by choice.
fn closed_under(cx: &Cx) -> String {
    let (here, there) = ends(1);
    let (sends, own) = (cx.choice(0) == 1, cx.choice(1) == 1);
    rule!("MQ-3", here.send(message("0")).is_ok(), "an empty queue refused a message");
    let waiter = {
        let here = here.clone();
        cx.spawn("waiter", move || match sends {
            true => matches!(here.blocking_send(message("1")), Err(SendError::Closed(back)) if back == "1"),
            false => here.blocking_receive() == Err(ReceiveError::Closed),
        })
    };
    let closer = {
        let closed = if own { here.clone() } else { there.clone() };
        cx.spawn("closer", move || closed.close())
    };
    let told = join(waiter);
    join(closer);
    if waits() > 0 {
        cx.witness("it slept");
    }
    rule!("MQ-7", told, "a thread that waited at a queue that was closed was not told so");
    let left = drain(&there);
    rule!("MQ-7", left == (if own { vec!["0".to_owned()] } else { vec![] }, ReceiveError::Closed), "{left:?}");
    format!("{left:?}")
}

/// A receive with a time-out beside a send, or a close of the peer.
fn timeout(cx: &Cx) -> String {
    let (here, there) = ends(1);
    let closes = cx.choice(0) == 1;
    let receiver = {
        let there = there.clone();
        cx.spawn("receiver", move || there.receive_timeout(SHORT))
    };
    let other = {
        let here = here.clone();
        cx.spawn("other", move || if closes { here.close() } else { drop(here.send(message("0"))) })
    };
    let got = join(receiver).map(|got| text_of(&got));
    join(other);
    cx.witness(if got == Err(ReceiveError::Timeout) { "too late" } else { "in time" });
    let left = drain(&there);
    let in_time = if closes { Err(ReceiveError::Closed) } else { Ok("0".to_owned()) };
    rule!("MQ-3", got == in_time || got == Err(ReceiveError::Timeout), "receive_timeout said {got:?}");
    rule!("MQ-1", left.0.len() + usize::from(got.is_ok()) == usize::from(!closes), "{got:?}, and then {left:?}");
    format!("{got:?} {left:?}")
}

/// A blocking receive beside a listener.
fn listener_under(cx: &Cx) -> String {
    let ((here, there), (pump, handle)) = (ends(1), pump());
    let receiver = {
        let there = there.clone();
        cx.spawn("receiver", move || there.blocking_receive())
    };
    let setter = {
        let (there, handle) = (there.clone(), handle.clone());
        cx.spawn("setter", move || there.set_listener(&handle, Ear::new("ear", &Log::default())).is_ok())
    };
    let (got, set) = (join(receiver), join(setter));
    if waits() > 0 {
        cx.witness("it slept");
    }
    rule!("MQ-6", set && got == Err(ReceiveError::HasListener), "blocking_receive said {got:?}");
    drop((here, pump));
    format!("{got:?}")
}

/// A send, and a close of its own end or of the other, by choice; from size 2 on a receiver waits there.
fn close_races_send(cx: &Cx) -> String {
    let (here, there) = ends(1);
    let own = cx.choice(0) == 0;
    let sender = {
        let here = here.clone();
        cx.spawn("sender", move || {
            let closed = here.is_closed();
            let sent = here.send(message("0"));
            rule!("MQ-7", sent.is_err() || !closed, "a message was accepted after the close");
            sent
        })
    };
    let closer = {
        let closed = if own { here.clone() } else { there.clone() };
        cx.spawn("closer", move || closed.close())
    };
    let receiver = (cx.size() > 1).then(|| {
        let there = there.clone();
        cx.spawn("receiver", move || there.blocking_receive())
    });
    let sent = join(sender);
    join(closer);
    let received = receiver.map(join);
    check_closed(cx, &there, own, &sent, received)
}

fn check_closed(
    cx: &Cx,
    there: &MessageQueue,
    own: bool,
    sent: &Result<(), SendError>,
    received: Option<Result<Bytes, ReceiveError>>,
) -> String {
    let early = received.and_then(Result::ok).map(|message| text_of(&message));
    let waits_there = own && sent.is_ok() && early.is_none();
    rule!("MQ-7", there.is_closed() != waits_there, "closed {}, a message waits: {waits_there}", there.is_closed());
    let (late, why) = drain(there);
    let got: Vec<_> = early.into_iter().chain(late).collect();
    let text = format!("{sent:?}, received {got:?}");
    match sent {
        Ok(()) => {
            cx.witness("accepted");
            rule!("MQ-7", if own { got == ["0"] } else { got.len() <= 1 }, "{text}");
        }
        Err(why) => {
            cx.witness("refused");
            let back = matches!(why, SendError::Closed(message) if message == "0");
            rule!("MQ-3", back && got.is_empty(), "{text}");
        }
    }
    rule!("MQ-7", why == ReceiveError::Closed && there.is_closed(), "after the close: {why:?}");
    text
}
