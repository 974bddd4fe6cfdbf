//! The meetings of one broker against `rdv_spec::meeting`: RDV-1 to RDV-5, RDV-8.
//!
//! The script runs in one thread. A call that is to wait gets a thread of its own, and the next step comes when it sleeps:
//! so there is one order of events, and the specification knows the one right answer to each.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use proptest::prelude::{Just, any, prop_oneof};
use proptest::strategy::{BoxedStrategy, Strategy};
use quickcheck::{Arbitrary, Gen};
use rdv::{AcceptError, Broker, BrokerManager, Channel, ConnectError};
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
    Accept(u16, Wait),
    /// Somebody connects to that port.
    Connect(u16, Wait),
    /// The broker of those who connect is closed, and a new one takes its place.
    CloseClient,
    /// The broker is closed.
    CloseServer,
}

use Step::{Accept, CloseClient, CloseServer, Connect};

/// More than a thread needs to return that has nothing to wait for.
const PATIENCE: Duration = Duration::from_secs(10);

/// How a call ended.
enum Ended {
    Met(Box<Channel>),
    Without(Response),
}

impl Ended {
    fn accept(result: Result<Channel, AcceptError>) -> Self {
        match result {
            Ok(channel) => Self::Met(Box::new(channel)),
            Err(AcceptError::WouldBlock { .. }) => Self::Without(Response::WouldBlock),
            Err(AcceptError::Timeout { .. }) => Self::Without(Response::TimedOut),
            Err(AcceptError::BrokerClosed { .. }) => Self::Without(Response::Closed),
            Err(other) => panic!("accept: {other}"),
        }
    }

    fn connect(result: Result<Channel, ConnectError>) -> Self {
        match result {
            Ok(channel) => Self::Met(Box::new(channel)),
            Err(ConnectError::WouldBlock { .. }) => Self::Without(Response::WouldBlock),
            Err(ConnectError::Timeout { .. }) => Self::Without(Response::TimedOut),
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
            Self::Met(_) => "a channel".to_owned(),
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

/// Whether these are the two ends of one channel.
fn are_connected(mut one: Channel, mut other: Channel) -> bool {
    let mut heard = [0];
    one.write_all(&[1]).is_ok() && matches!(other.try_read(&mut heard), Ok(1)) && heard == [1]
}

impl Meetings {
    /// The call itself.
    fn call(&self, side: Side, port: u16, wait: Wait) -> Blocking<Ended> {
        let (server, client) = (self.server.clone(), self.client.clone());
        let moment = Duration::from_micros(50);
        match side {
            Side::Accept => starting("accept", move || {
                Ended::accept(match wait {
                    Not => server.try_accept(port),
                    AMoment => server.accept_timeout(port, moment),
                    Forever => server.accept(port),
                })
            }),
            Side::Connect => starting("connect", move || {
                Ended::connect(match wait {
                    Not => client.try_connect(SERVER, port),
                    AMoment => client.connect_timeout(SERVER, port, moment),
                    Forever => client.connect(SERVER, port),
                })
            }),
        }
    }

    fn arrive(&mut self, side: Side, port: u16, wait: Wait) -> Result<(), String> {
        let party = self.next;
        self.next += 1;
        let arrival = Operation::Arrive { party, side, port, kind: Kind::Bytes, waits: wait != Not };
        let rule = self.spec.rule(&arrival);
        let mut answer = self.spec.apply(&arrival);
        let call = self.call(side, port, wait);
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
            (Ended::Met(channel), Response::Met(other)) => {
                let settled = self.spec.apply(&Operation::Collect(*other));
                assert!(matches!(settled, Response::Met(_)), "the specification agrees with itself");
                let (call, _) = self.waiting.remove(other).expect("it waits");
                match Ended::of(call, "RDV-4")? {
                    Ended::Met(its) => are_connected(*channel, *its)
                        .then_some(())
                        .ok_or_else(|| format!("RDV-1: party {other} met somebody else")),
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
        let wait = || prop_oneof![3 => Just(Forever), 2 => Just(Not), 1 => Just(AMoment)];
        let call = (any::<bool>(), 0..2u16, wait());
        let call =
            call.prop_map(|(accepts, port, wait)| if accepts { Accept(port, wait) } else { Connect(port, wait) });
        prop_oneof![16 => call, 1 => Just(CloseClient), 1 => Just(CloseServer)].boxed()
    }

    fn any_setup(_: &mut Gen) {}

    fn any_step(g: &mut Gen) -> Step {
        let (port, wait) = (u16::from(bool::arbitrary(g)), *g.choose(&[Forever, Forever, Not, AMoment]).expect("four"));
        let rare = *g.choose(&[Accept(port, wait), Connect(port, wait), CloseClient, CloseServer]).expect("four");
        *g.choose(&[Accept(port, wait), Accept(port, wait), Connect(port, wait), Connect(port, wait), rare])
            .expect("five")
    }

    fn simpler_setups((): &()) -> Vec<()> {
        Vec::new()
    }

    fn simpler_steps(step: &Step) -> Vec<Step> {
        match *step {
            Accept(port, AMoment) => vec![Accept(port, Not)],
            Connect(port, AMoment) => vec![Connect(port, Not)],
            Accept(1, wait) => vec![Accept(0, wait)],
            Connect(1, wait) => vec![Connect(0, wait)],
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
            Accept(port, wait) => self.arrive(Side::Accept, port, wait)?,
            Connect(port, wait) => self.arrive(Side::Connect, port, wait)?,
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
