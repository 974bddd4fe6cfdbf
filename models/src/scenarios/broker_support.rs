//! What the scenarios of the upper floors share: a small universe, and ways to tell which ends belong together.

use std::time::Duration;

use rdv::{AcceptError, Broker, BrokerManager, Channel, ConnectError, Port};

use super::support::JOINED;
use crate::engine::{self, pause};
use crate::rule;
use crate::scenario::Cx;

/// The port where everybody meets.
pub const PORT: Port = 1;

/// How long a timed call waits: about as long as others take on real threads; in the checked worlds, as long as the explorer wants.
pub const SHORT: Duration = Duration::from_micros(20);

/// What a call to accept came to.
pub type Accepted = Result<Channel, AcceptError>;

/// What a call to connect came to.
pub type Connected = Result<Channel, ConnectError>;

/// Runs two actors at once. The first spawns the second and joins it: main's own steps between two spawns or two joins change nothing,
/// but a checker without reduction tries them at every moment, five times as many executions.
pub fn race<A: Send + 'static, B: Send + 'static>(
    cx: &Cx,
    first: (&'static str, impl FnOnce() -> A + Send + 'static),
    second: (&'static str, impl FnOnce() -> B + Send + 'static),
) -> (A, B) {
    let inner = cx.clone();
    cx.spawn(first.0, move || beside(&inner, first.1, second)).join().expect(JOINED)
}

/// Runs three actors at once.
pub fn race_3<A: Send + 'static, B: Send + 'static, C: Send + 'static>(
    cx: &Cx,
    first: (&'static str, impl FnOnce() -> A + Send + 'static),
    second: (&'static str, impl FnOnce() -> B + Send + 'static),
    third: (&'static str, impl FnOnce() -> C + Send + 'static),
) -> (A, B, C) {
    let inner = cx.clone();
    let others = (second.0, move || beside(&inner, second.1, third));
    let (a, (b, c)) = race(cx, first, others);
    (a, b, c)
}

/// Runs four actors at once, as many as loom can.
pub fn race_4<A: Send + 'static, B: Send + 'static, C: Send + 'static, D: Send + 'static>(
    cx: &Cx,
    first: (&'static str, impl FnOnce() -> A + Send + 'static),
    second: (&'static str, impl FnOnce() -> B + Send + 'static),
    third: (&'static str, impl FnOnce() -> C + Send + 'static),
    fourth: (&'static str, impl FnOnce() -> D + Send + 'static),
) -> (A, B, C, D) {
    let inner = cx.clone();
    let others = (third.0, move || beside(&inner, third.1, fourth));
    let (a, b, (c, d)) = race_3(cx, first, second, others);
    (a, b, c, d)
}

fn beside<A, B: Send + 'static>(
    cx: &Cx,
    own: impl FnOnce() -> A,
    other: (&'static str, impl FnOnce() -> B + Send + 'static),
) -> (A, B) {
    let spawned = cx.notes().actors;
    let other = cx.spawn(other.0, other.1);
    // On real threads the spawned one would always come second.
    pause::for_actor(spawned + LATER).wait();
    let own = own();
    (own, other.join().expect(JOINED))
}

/// Sets the pauses after a spawn apart from those before an actor.
const LATER: u32 = 100;

/// Connects from a broker, or from nowhere.
pub fn connect(manager: &BrokerManager, from: Option<&Broker>, to: &str) -> Connected {
    match from {
        Some(from) => from.connect(to, PORT),
        None => manager.connect(to, PORT),
    }
}

/// An empty universe with the smallest channels.
#[must_use]
pub fn manager() -> BrokerManager {
    BrokerManager::builder().channel_capacity(1).build().expect("one byte can be had")
}

/// A broker of that name.
#[must_use]
pub fn broker(manager: &BrokerManager, name: &str) -> Broker {
    Broker::new(manager, name).expect("the name is free")
}

/// How many waits the execution has begun so far: whoever begun one has lined up before. Not part of the model, so it orders nothing; and
/// unknown on real threads, where it stays zero.
#[must_use]
pub fn waits() -> u32 {
    engine::usage().waits
}

/// Pairs the ends of channels by what they say to each other: each writes its number and reads its peer's. `accepted[i]` talks to
/// `connected[answer[i]]`. Run by the main thread, after all actors.
pub fn pair(accepted: &mut [Channel], connected: &mut [Channel]) -> Vec<usize> {
    let (here, there) = (accepted.len(), connected.len());
    rule!("RDV-1", here == there, "{here} accepts and {there} connects were completed");
    for (number, end) in accepted.iter_mut().chain(connected.iter_mut()).enumerate() {
        let said = end.try_write(&[number as u8]);
        rule!("RDV-1", matches!(said, Ok(1)), "end {number} of a fresh channel could not speak: {said:?}");
    }
    let peers: Vec<_> = accepted.iter_mut().map(hear).collect();
    for (number, peer) in peers.iter().enumerate() {
        let index = peer.checked_sub(here).filter(|index| *index < there);
        rule!(
            "RDV-1",
            index.is_some(),
            "accept {number} of {here} holds an end of a channel with {peer}, another accept"
        );
        let heard = index.map(|index| hear(&mut connected[index]));
        rule!("RDV-1", heard == Some(number), "accept {number} hears {peer}, who hears {heard:?}");
    }
    peers.into_iter().map(|peer| peer - here).collect()
}

/// The one byte that the peer wrote.
fn hear(end: &mut Channel) -> usize {
    let mut byte = [0];
    let heard = end.try_read(&mut byte);
    rule!("RDV-1", matches!(heard, Ok(1)), "a peer that spoke was not heard: {heard:?}");
    byte[0].into()
}

/// Checks that nobody is left at the port: whoever tries meets nobody. Run by the main thread, after all actors.
pub fn nobody_waits(at: &Broker, probe: &Broker) {
    let connected = probe.try_connect(at.name(), PORT);
    rule!("RDV-5", matches!(connected, Err(ConnectError::WouldBlock { .. })), "a ghost accepts: {connected:?}");
    let accepted = at.try_accept(PORT);
    rule!("RDV-5", matches!(accepted, Err(AcceptError::WouldBlock { .. })), "a ghost connects: {accepted:?}");
}

/// The word for a result in an outcome.
pub trait Word {
    /// One word.
    fn word(&self) -> &'static str;
}

impl Word for Accepted {
    fn word(&self) -> &'static str {
        match self {
            Ok(_) => "met",
            Err(AcceptError::UnknownBroker { .. }) => "unknown",
            Err(AcceptError::BrokerClosed { .. }) => "closed",
            Err(AcceptError::Timeout { .. }) => "late",
            Err(AcceptError::WouldBlock { .. }) => "nobody",
            Err(_) => "refused",
        }
    }
}

impl Word for Connected {
    fn word(&self) -> &'static str {
        match self {
            Ok(_) => "met",
            Err(ConnectError::UnknownBroker { .. }) => "unknown",
            Err(ConnectError::BrokerClosed { .. }) => "closed",
            Err(ConnectError::Timeout { .. }) => "late",
            Err(ConnectError::WouldBlock { .. }) => "nobody",
            Err(_) => "refused",
        }
    }
}
