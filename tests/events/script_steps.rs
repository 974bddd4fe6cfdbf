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
    // Mostly the two ends of one queue, else too little happens at each.
    let end = || prop_oneof![3 => 0..2usize, 1 => 0..6usize];
    let (pump, port) = (|| 0..PUMPS, || 0..2u16);
    let reaction = || {
        prop_oneof![
            8 => Just(Reaction::Nothing),
            8 => Just(Reaction::Echo),
            2 => Just(Reaction::Close),
            2 => Just(Reaction::Panic),
            1 => Just(Reaction::Stop),
            4 => pump().prop_map(Reaction::Replace),
            2 => pump().prop_map(Reaction::AwayAndBack),
        ]
    };
    let welcome = prop_oneof![
        4 => Just(Welcome::Keep),
        1 => Just(Welcome::Drop),
        4 => reaction().prop_map(Welcome::Serve),
        1 => Just(Welcome::Unbind),
        1 => Just(Welcome::Panic),
    ];
    let event = prop_oneof![4 => Just(Event::Plain), 2 => Just(Event::Panics), 1 => Just(Event::Stops), 3 => Just(Event::Posts)];
    prop_oneof![
        24 => pump().prop_map(Step::Run),
        24 => end().prop_map(Step::Send),
        10 => end().prop_map(Step::Receive),
        7 => (end(), pump(), reaction()).prop_map(|(end, pump, reaction)| Step::Listen(end, pump, reaction)),
        2 => Just(Step::Pair),
        3 => end().prop_map(Step::Clone),
        4 => end().prop_map(Step::Drop),
        1 => end().prop_map(Step::Close),
        4 => (pump(), event).prop_map(|(pump, event)| Step::Post(pump, event)),
        4 => (port(), pump(), welcome).prop_map(|(port, pump, welcome)| Step::Bind(port, pump, welcome)),
        2 => port().prop_map(Step::Unbind),
        6 => (port(), pump(), any::<bool>()).prop_map(|(port, pump, waits)| Step::Connect(port, pump, waits)),
        1 => prop_oneof![
            pump().prop_map(Step::Stop),
            pump().prop_map(Step::DropPump),
            Just(Step::CloseServer),
            Just(Step::CloseClient)
        ],
    ]
    .boxed()
}

/// For quickcheck.
pub(crate) fn any_step(g: &mut Gen) -> Step {
    let (any, pump, port) = (usize::arbitrary(g) % 6, usize::arbitrary(g) % PUMPS, u16::from(bool::arbitrary(g)));
    let end = *g.choose(&[0, 0, 1, 1, any]).expect("five");
    let rare = [Reaction::Close, Reaction::Panic, Reaction::Stop, Reaction::AwayAndBack(1 - pump)];
    let rare = *g.choose(&rare).expect("four");
    let moves = *g.choose(&[Reaction::Replace(pump), Reaction::Replace(1 - pump)]).expect("two");
    let reaction = *g.choose(&[Reaction::Nothing, Reaction::Nothing, Reaction::Echo, rare, moves]).expect("five");
    let welcomes = [Welcome::Keep, Welcome::Serve(reaction), Welcome::Drop, Welcome::Unbind, Welcome::Panic];
    let welcome = *g.choose(&welcomes).expect("five");
    let event = *g.choose(&[Event::Plain, Event::Plain, Event::Panics, Event::Stops, Event::Posts]).expect("five");
    let rare = [Step::Stop(pump), Step::DropPump(pump), Step::CloseServer, Step::CloseClient, Step::Close(end)];
    let rare = *g.choose(&rare).expect("five");
    let sometimes =
        *g.choose(&[Step::Pair, Step::Clone(end), Step::Drop(end), Step::Unbind(port), rare]).expect("five");
    let often = [
        [Step::Run(pump), Step::Run(1 - pump), Step::Run(pump), Step::Send(end)],
        [Step::Send(end), Step::Send(end), Step::Receive(end), Step::Receive(end)],
        [Step::Send(end), Step::Listen(end, pump, reaction), Step::Post(pump, event), sometimes],
        [
            Step::Run(pump),
            Step::Bind(port, pump, welcome),
            Step::Connect(port, pump, true),
            Step::Connect(port, pump, false),
        ],
    ];
    let of_a_kind = *g.choose(&often).expect("four");
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
