//! The steps of the scripts: what there is, and how they are drawn and made simpler.

use proptest::prelude::{Just, any, prop_oneof};
use proptest::strategy::{BoxedStrategy, Strategy};
use quickcheck::{Arbitrary, Gen};
use rdv_spec::events::{Event, Reaction, Welcome};

/// How many pumps there are.
pub(crate) const PUMPS: usize = 2;

/// What the script does. An end is named by its place among those that the script holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// A new queue.
    Pair,
    /// One more handle.
    Clone(usize),
    /// One handle less.
    Drop(usize),
    /// Send.
    Send(usize),
    /// Receive.
    Receive(usize),
    /// Close.
    Close(usize),
    /// Set a listener on that pump.
    Listen(usize, usize, Reaction),
    /// Post to that pump.
    Post(usize, Event),
    /// Let that pump call somebody.
    Run(usize),
    /// Stop it.
    Stop(usize),
    /// Drop it.
    DropPump(usize),
    /// The server binds that port, on that pump.
    Bind(u16, usize, Welcome),
    /// It unbinds it.
    Unbind(u16),
    /// The client connects to it, on that pump; `true` if it waits.
    Connect(u16, usize, bool),
    /// The server closes.
    CloseServer,
    /// The client closes.
    CloseClient,
}

/// For proptest.
pub(crate) fn steps() -> BoxedStrategy<Step> {
    let (end, pump, port) = (|| 0..6usize, || 0..PUMPS, || 0..2u16);
    let reaction = || {
        prop_oneof![
            3 => Just(Reaction::Nothing),
            3 => Just(Reaction::Echo),
            1 => Just(Reaction::Close),
            1 => Just(Reaction::Panic),
            1 => Just(Reaction::Stop),
            2 => (0..PUMPS).prop_map(Reaction::Replace),
            1 => (0..PUMPS).prop_map(Reaction::AwayAndBack),
        ]
    };
    let welcome = prop_oneof![
        3 => Just(Welcome::Keep),
        1 => Just(Welcome::Drop),
        3 => reaction().prop_map(Welcome::Serve),
        1 => Just(Welcome::Unbind),
        1 => Just(Welcome::Panic),
    ];
    let event = prop_oneof![3 => Just(Event::Plain), 1 => Just(Event::Panics), 1 => Just(Event::Stops), 2 => Just(Event::Posts)];
    prop_oneof![
        20 => pump().prop_map(Step::Run),
        14 => end().prop_map(Step::Send),
        5 => end().prop_map(Step::Receive),
        8 => (end(), pump(), reaction()).prop_map(|(end, pump, reaction)| Step::Listen(end, pump, reaction)),
        5 => Just(Step::Pair),
        3 => end().prop_map(Step::Clone),
        5 => end().prop_map(Step::Drop),
        3 => end().prop_map(Step::Close),
        4 => (pump(), event).prop_map(|(pump, event)| Step::Post(pump, event)),
        6 => (port(), pump(), welcome).prop_map(|(port, pump, welcome)| Step::Bind(port, pump, welcome)),
        3 => port().prop_map(Step::Unbind),
        8 => (port(), pump(), any::<bool>()).prop_map(|(port, pump, waits)| Step::Connect(port, pump, waits)),
        1 => pump().prop_map(Step::Stop),
        1 => pump().prop_map(Step::DropPump),
        1 => prop_oneof![Just(Step::CloseServer), Just(Step::CloseClient)],
    ]
    .boxed()
}

/// For quickcheck.
pub(crate) fn any_step(g: &mut Gen) -> Step {
    let (end, pump, port) = (usize::arbitrary(g) % 6, usize::arbitrary(g) % PUMPS, u16::from(bool::arbitrary(g)));
    let (nothing, echo) = (Reaction::Nothing, Reaction::Echo);
    let rare = [Reaction::Close, Reaction::Panic, Reaction::Stop, Reaction::AwayAndBack(1 - pump)];
    let rare = *g.choose(&rare).expect("four");
    let reaction =
        *g.choose(&[nothing, echo, rare, Reaction::Replace(pump), Reaction::Replace(1 - pump)]).expect("five");
    let welcomes = [Welcome::Keep, Welcome::Serve(reaction), Welcome::Drop, Welcome::Unbind, Welcome::Panic];
    let event = *g.choose(&[Event::Plain, Event::Panics, Event::Stops, Event::Posts]).expect("four");
    let rare = [Step::Stop(pump), Step::DropPump(pump), Step::CloseServer, Step::CloseClient];
    let steps = [
        [Step::Run(pump), Step::Run(1 - pump), Step::Run(pump), Step::Send(end)],
        [Step::Send(end), Step::Receive(end), Step::Listen(end, pump, reaction), Step::Pair],
        [Step::Clone(end), Step::Drop(end), Step::Close(end), Step::Post(pump, event)],
        [
            Step::Bind(port, pump, *g.choose(&welcomes).expect("five")),
            Step::Unbind(port),
            Step::Send(end),
            Step::Run(pump),
        ],
        [
            Step::Connect(port, pump, bool::arbitrary(g)),
            Step::Send(end),
            Step::Run(pump),
            *g.choose(&rare).expect("four"),
        ],
    ];
    let of_a_kind = *g.choose(&steps).expect("five");
    *g.choose(&of_a_kind).expect("four")
}

/// For quickcheck: what to try instead.
pub(crate) fn simpler(step: &Step) -> Vec<Step> {
    match *step {
        Step::Listen(end, pump, reaction) if reaction != Reaction::Nothing => {
            vec![Step::Listen(end, pump, Reaction::Nothing)]
        }
        Step::Bind(port, pump, welcome) if welcome != Welcome::Keep => vec![Step::Bind(port, pump, Welcome::Keep)],
        Step::Post(pump, event) if event != Event::Plain => vec![Step::Post(pump, Event::Plain)],
        Step::Run(1) => vec![Step::Run(0)],
        Step::Connect(port, pump, false) => vec![Step::Connect(port, pump, true)],
        _ => Vec::new(),
    }
}
