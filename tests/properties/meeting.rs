//! The meetings of one broker against `rdv_spec::meeting`: RDV-1 to RDV-5, RDV-8, RDV-9.
//!
//! The script runs in one thread. A call that is to wait gets a thread of its own, and the next step comes when it sleeps:
//! so there is one order of events, and the specification knows the one right answer to each.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use proptest::prelude::{Just, any, prop_oneof};
use proptest::strategy::{BoxedStrategy, Strategy};
use quickcheck::{Arbitrary, Gen};
use rdv::{AcceptError, Broker, BrokerManager, Channel, ConnectError, MessageQueue};
use rdv_spec::Spec;
use rdv_spec::meeting::{Kind, Operation, Party, Response, Side, Table};

use crate::script::Subject;
use crate::subjects;
use crate::support::asleep::{Blocking, starting};
use crate::support::world::broker_in;

subjects! { broker: Meetings }

/// How long a call waits that finds nobody.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wait {
    /// Not at all: a `try_`.
    Not,
    /// A moment that passes before the next step.
    AMoment,
    /// As long as it takes.
    Forever,
}

use Wait::{AMoment, Forever, Not};

/// What happens at the broker.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// Somebody accepts on that port.
    Accept(u16, Kind, Wait),
    /// Somebody connects to that port.
    Connect(u16, Kind, Wait),
    /// The broker of those who connect is closed, and a new one takes its place.
    CloseClient,
    /// The broker is closed.
    CloseServer,
}

use Step::{Accept, CloseClient, CloseServer, Connect};

/// More than a thread needs to return that has nothing to wait for.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a call that met somebody holds.
enum Link {
    Bytes(Channel),
    Messages(MessageQueue),
}

impl Link {
    /// Whether these are the two ends of one connection.
    fn reaches(self, other: Self) -> bool {
        let mut heard = [0];
        match (self, other) {
            (Self::Bytes(mut one), Self::Bytes(mut other)) => {
                one.write_all(&[1]).is_ok() && matches!(other.try_read(&mut heard), Ok(1)) && heard == [1]
            }
            (Self::Messages(one), Self::Messages(other)) => {
                one.send(vec![1]).is_ok() && other.receive().is_ok_and(|message| message[..] == [1])
            }
            _ => false,
        }
    }
}

/// How a call ended.
enum Ended {
    Met(Link),
    Without(Response),
}

impl Ended {
    fn accept(result: Result<Link, AcceptError>) -> Self {
        match result {
            Ok(link) => Self::Met(link),
            Err(AcceptError::WouldBlock { .. }) => Self::Without(Response::WouldBlock),
            Err(AcceptError::Timeout { .. }) => Self::Without(Response::TimedOut),
            Err(AcceptError::BrokerClosed { .. }) => Self::Without(Response::Closed),
            Err(other) => panic!("accept: {other}"),
        }
    }

    fn connect(result: Result<Link, ConnectError>) -> Self {
        match result {
            Ok(link) => Self::Met(link),
            Err(ConnectError::WouldBlock { .. }) => Self::Without(Response::WouldBlock),
            Err(ConnectError::Timeout { .. }) => Self::Without(Response::TimedOut),
            Err(ConnectError::KindMismatch { .. }) => Self::Without(Response::KindMismatch),
            // A broker that is closed has no name any more (RDV-7).
            Err(ConnectError::BrokerClosed { .. } | ConnectError::UnknownBroker { .. }) => {
                Self::Without(Response::Closed)
            }
            Err(other) => panic!("connect: {other}"),
        }
    }

    /// How a call ended that has no reason to wait any more: one that does is no hang, but a script to shrink.
    fn of(call: Blocking<Self>, rule: &str) -> Result<Self, String> {
        call.join_within(PATIENCE).ok_or_else(|| format!("{rule}: a call still waits"))
    }

    fn describe(&self) -> String {
        match self {
            Self::Met(_) => "a connection".to_owned(),
            Self::Without(response) => format!("{response:?}"),
        }
    }
}

/// A broker, those who wait, and the specification.
pub(crate) struct Meetings {
    manager: BrokerManager,
    server: Broker,
    client: Broker,
    waiting: BTreeMap<Party, (Blocking<Ended>, Side)>,
    spec: Table,
    next: Party,
}

const SERVER: &str = "server";

/// A wait that passes before the next step.
const MOMENT: Duration = Duration::from_micros(50);

/// Accepts, as the step says.
fn accept(broker: &Broker, port: u16, kind: Kind, wait: Wait) -> Ended {
    Ended::accept(match (kind, wait) {
        (Kind::Bytes, Not) => broker.try_accept(port).map(Link::Bytes),
        (Kind::Bytes, AMoment) => broker.accept_timeout(port, MOMENT).map(Link::Bytes),
        (Kind::Bytes, Forever) => broker.accept(port).map(Link::Bytes),
        (Kind::Messages, Forever) => broker.accept_queue(port).map(Link::Messages),
        (Kind::Messages, _) => broker.accept_queue_timeout(port, MOMENT).map(Link::Messages),
    })
}

/// Connects, as the step says.
fn connect(broker: &Broker, port: u16, kind: Kind, wait: Wait) -> Ended {
    Ended::connect(match (kind, wait) {
        (Kind::Bytes, Not) => broker.try_connect(SERVER, port).map(Link::Bytes),
        (Kind::Bytes, AMoment) => broker.connect_timeout(SERVER, port, MOMENT).map(Link::Bytes),
        (Kind::Bytes, Forever) => broker.connect(SERVER, port).map(Link::Bytes),
        (Kind::Messages, Forever) => broker.connect_queue(SERVER, port).map(Link::Messages),
        (Kind::Messages, _) => broker.connect_queue_timeout(SERVER, port, MOMENT).map(Link::Messages),
    })
}

impl Meetings {
    /// The call itself, in a thread of its own.
    fn call(&self, side: Side, port: u16, kind: Kind, wait: Wait) -> Blocking<Ended> {
        let (server, client) = (self.server.clone(), self.client.clone());
        match side {
            Side::Accept => starting("accept", move || accept(&server, port, kind, wait)),
            Side::Connect => starting("connect", move || connect(&client, port, kind, wait)),
        }
    }

    fn arrive(&mut self, side: Side, port: u16, kind: Kind, wait: Wait) -> Result<(), String> {
        let party = self.next;
        self.next += 1;
        // There is no `try_` for messages: the shortest wait is a moment.
        let wait = if kind == Kind::Messages && wait == Not { AMoment } else { wait };
        let arrival = Operation::Arrive { party, side, port, kind, waits: wait != Not };
        let rule = self.spec.rule(&arrival);
        let mut answer = self.spec.apply(&arrival);
        let call = self.call(side, port, kind, wait);
        if answer == Response::Waits && wait == Forever {
            call.until_asleep();
            self.waiting.insert(party, (call, side));
            return Ok(());
        }
        if answer == Response::Waits {
            answer = self.spec.apply(&Operation::Withdraw(party));
        }
        self.check(rule, Ended::of(call, rule)?, &answer)
    }

    /// Compares how a call ended with how it should have; a call that met somebody ends that call, too.
    fn check(&mut self, rule: &str, ended: Ended, answer: &Response) -> Result<(), String> {
        match (ended, answer) {
            (Ended::Met(link), Response::Met(other)) => {
                let settled = self.spec.apply(&Operation::Collect(*other));
                assert!(matches!(settled, Response::Met(_)), "the specification agrees with itself");
                let (call, _) = self.waiting.remove(other).expect("it waits");
                match Ended::of(call, "RDV-4")? {
                    Ended::Met(its) => {
                        link.reaches(its).then_some(()).ok_or_else(|| format!("RDV-1: party {other} met somebody else"))
                    }
                    without => Err(format!("RDV-1: party {other} was met and got {}", without.describe())),
                }
            }
            (Ended::Without(response), answer) if response == *answer => Ok(()),
            (ended, answer) => Err(format!("{rule}: expected {answer:?}, got {}", ended.describe())),
        }
    }

    /// Ends those that wait on one side, or on both, with `Closed`.
    fn expect_closed(&mut self, side: Option<Side>) -> Result<(), String> {
        let ended: Vec<Party> = self
            .waiting
            .iter()
            .filter(|(_, (_, its))| side.is_none_or(|side| side == *its))
            .map(|(party, _)| *party)
            .collect();
        for party in ended {
            let (call, _) = self.waiting.remove(&party).expect("it waits");
            let answer = self.spec.apply(&Operation::Collect(party));
            self.check("RDV-8", Ended::of(call, "RDV-8")?, &answer)?;
        }
        Ok(())
    }

    fn close_client(&mut self) -> Result<(), String> {
        self.client.close();
        self.client = broker_in(&self.manager, "client");
        let connects = self.waiting.iter().filter(|(_, (_, side))| *side == Side::Connect);
        for party in connects.map(|(party, _)| *party).collect::<Vec<_>>() {
            self.spec.apply(&Operation::Release(party));
        }
        self.expect_closed(Some(Side::Connect))
    }

    fn close_server(&mut self) -> Result<(), String> {
        self.server.close();
        self.spec.apply(&Operation::Close);
        self.expect_closed(None)
    }
}

impl Subject for Meetings {
    type Setup = ();
    type Step = Step;

    const STEPS: usize = 16;

    fn setups() -> BoxedStrategy<()> {
        Just(()).boxed()
    }

    fn steps() -> BoxedStrategy<Step> {
        let kind = prop_oneof![2 => Just(Kind::Bytes), 1 => Just(Kind::Messages)];
        let wait = prop_oneof![3 => Just(Forever), 2 => Just(Not), 1 => Just(AMoment)];
        let call = (any::<bool>(), 0..2u16, kind, wait).prop_map(|(accepts, port, kind, wait)| {
            if accepts { Accept(port, kind, wait) } else { Connect(port, kind, wait) }
        });
        prop_oneof![16 => call, 1 => Just(CloseClient), 1 => Just(CloseServer)].boxed()
    }

    fn any_setup(_: &mut Gen) {}

    fn any_step(g: &mut Gen) -> Step {
        let (port, wait) = (u16::from(bool::arbitrary(g)), *g.choose(&[Forever, Forever, Not, AMoment]).expect("four"));
        let kind = *g.choose(&[Kind::Bytes, Kind::Bytes, Kind::Messages]).expect("three");
        let [accept, connect] = [Accept(port, kind, wait), Connect(port, kind, wait)];
        let rare = *g.choose(&[accept, connect, CloseClient, CloseServer]).expect("four");
        *g.choose(&[accept, accept, connect, connect, rare]).expect("five")
    }

    fn simpler_setups((): &()) -> Vec<()> {
        Vec::new()
    }

    fn simpler_steps(step: &Step) -> Vec<Step> {
        match *step {
            Accept(port, kind, AMoment) => vec![Accept(port, kind, Not)],
            Connect(port, kind, AMoment) => vec![Connect(port, kind, Not)],
            Accept(1, kind, wait) => vec![Accept(0, kind, wait)],
            Connect(1, kind, wait) => vec![Connect(0, kind, wait)],
            Accept(port, Kind::Messages, wait) => vec![Accept(port, Kind::Bytes, wait)],
            Connect(port, Kind::Messages, wait) => vec![Connect(port, Kind::Bytes, wait)],
            _ => Vec::new(),
        }
    }

    fn start((): &()) -> Self {
        let manager = BrokerManager::new();
        let (server, client) = (broker_in(&manager, SERVER), broker_in(&manager, "client"));
        Self { manager, server, client, waiting: BTreeMap::new(), spec: Table::new(), next: 0 }
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        match *step {
            Accept(port, kind, wait) => self.arrive(Side::Accept, port, kind, wait)?,
            Connect(port, kind, wait) => self.arrive(Side::Connect, port, kind, wait)?,
            CloseClient => self.close_client()?,
            CloseServer => self.close_server()?,
        }
        let woken = self.waiting.iter().find(|(_, (call, _))| !call.is_blocked());
        woken.map_or(Ok(()), |(party, _)| Err(format!("RDV-3: party {party} waits no more, though nobody met it")))
    }

    fn end(mut self) -> Result<(), String> {
        self.close_server()
    }
}
