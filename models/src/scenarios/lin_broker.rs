//! Linearizability of the meetings at a port and of the names in a manager. How scripts come about is told in `lin`.

use std::collections::BTreeMap;

use rdv::{AcceptError, Broker, BrokerManager, Channel, ConnectError, MessageQueue};
use rdv_spec::history::Call;
use rdv_spec::meeting::calls::{Calls, Operation};
use rdv_spec::meeting::{Kind, Party, Response, Side};
use rdv_spec::names::{self, Registry};

use super::broker_support::{PORT, SHORT, broker, manager};
use super::event_support::join;
use super::lin_support::{Pen, Recorder, check};
use crate::rule;
use crate::scenario::{Bound, Cx, Level, Run, Scenario};

/// The suite.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        choices: &[4, 3],
        scripts: const { &[0..1, 1..2] },
        deadlines: 4,
        witnesses: &["met", "late", "nobody", "mismatch", "closed"],
        audit_bound: Bound::Preemptions(2),
        runs: &[Run::portfolio(3, Level::Quick), Run::dfs_bounded(2, 1, Level::Default)],
        ..Scenario::new(
            "lin/rdv",
            &["RDV-1", "RDV-3", "RDV-4", "RDV-5", "RDV-8", "RDV-9"],
            "Accepts and connects of both kinds, with time-outs or without waiting, and a close: each is met as the table of one port says.",
            of_meetings,
        )
    },
    Scenario {
        choices: &[3, 3, 3, 3],
        scripts: const { &[0..2, 2..4] },
        witnesses: &["registered", "taken", "found", "unknown"],
        audit_bound: Bound::Preemptions(2),
        runs: &[Run::portfolio(3, Level::Quick), Run::dfs_bounded(2, 1, Level::Default)],
        ..Scenario::new(
            "lin/broker",
            &["RDV-7", "RDV-8"],
            "Two register a name, look for it, and close or drop what they have: a name is somebody's from its registration to its end.",
            of_names,
        )
    },
];

/// What a call that met somebody holds.
enum Link {
    Bytes(Channel),
    Messages(MessageQueue),
}

impl Link {
    /// Says who holds this end.
    fn say(&mut self, party: Party) {
        let said = match self {
            Self::Bytes(channel) => channel.try_write(&[party as u8]).is_ok(),
            Self::Messages(queue) => queue.send(vec![party as u8]).is_ok(),
        };
        rule!("RDV-1", said, "a fresh connection is mute");
    }

    /// Who holds the other one.
    fn hear(&mut self) -> Party {
        let mut heard = [u8::MAX];
        match self {
            Self::Bytes(channel) => drop(channel.try_read(&mut heard)),
            Self::Messages(queue) => heard[0] = queue.receive().map_or(u8::MAX, |message| message[0]),
        }
        heard[0].into()
    }
}

/// How a call ended; whom it met is asked later.
type Ended = Result<Link, Response>;

fn accepted(result: Result<Link, AcceptError>) -> Ended {
    result.map_err(|why| match why {
        AcceptError::Timeout { .. } => Response::TimedOut,
        AcceptError::WouldBlock { .. } => Response::WouldBlock,
        AcceptError::BrokerClosed { .. } => Response::Closed,
        why => panic!("RDV-6: {why:?} at a port that nobody has bound"),
    })
}

/// `None`: there was no broker to come to.
fn connected(result: Result<Link, ConnectError>) -> Option<Ended> {
    Some(Err(match result {
        Ok(link) => return Some(Ok(link)),
        Err(ConnectError::Timeout { .. }) => Response::TimedOut,
        Err(ConnectError::WouldBlock { .. }) => Response::WouldBlock,
        Err(ConnectError::BrokerClosed { .. }) => Response::Closed,
        Err(ConnectError::KindMismatch { .. }) => Response::KindMismatch,
        Err(ConnectError::UnknownBroker { .. }) => return None,
        Err(why) => panic!("RDV-8: connect said {why:?}"),
    }))
}

/// Whoever is yet to be asked whom it met.
const SOMEBODY: Party = Party::MAX;

type Met = Vec<(Party, Link)>;

/// One acceptor, who may close, and one that connects.
fn of_meetings(cx: &Cx) -> String {
    let manager = manager();
    let (server, client, record) = (broker(&manager, "server"), broker(&manager, "client"), Recorder::new());
    let acceptor = {
        let (server, pen, script) = (server.clone(), record.actor(0), cx.script(0));
        cx.spawn("acceptor", move || {
            let mut met = Met::new();
            for (party, step) in (0..).zip(script) {
                met.extend(accept(step, party, &server, &pen).map(|link| (party, link)));
            }
            met
        })
    };
    let connector = {
        let (pen, script) = (record.actor(1), cx.script(1));
        cx.spawn("connector", move || {
            let mut met = Met::new();
            for (party, step) in (100..).zip(script) {
                met.extend(connect(step, party, &client, &pen).map(|link| (party, link)));
            }
            (met, client)
        })
    };
    let mut met = join(acceptor);
    let (others, client) = join(connector);
    met.extend(others);
    let partners = partners(&mut met);
    let calls: Vec<_> = record.calls().into_iter().filter_map(|call| told(call, &partners)).collect();
    let answers: Vec<_> = calls.iter().filter_map(|call| Some(call.answer.as_ref()?.0.clone())).collect();
    check(&Calls::new(), &calls);
    let seen = [
        ("met", !partners.is_empty()),
        ("late", answers.contains(&Response::TimedOut)),
        ("nobody", answers.contains(&Response::WouldBlock)),
        ("mismatch", answers.contains(&Response::KindMismatch)),
        ("closed", answers.contains(&Response::Closed)),
    ];
    seen.iter().filter(|(_, seen)| *seen).for_each(|(name, _)| cx.witness(name));
    drop((met, client, server));
    let mut text: Vec<_> =
        calls.iter().map(|call| format!("{}{:?}", call.actor, call.answer.as_ref().map(|it| &it.0))).collect();
    text.sort_unstable();
    text.join(" ")
}

fn halves(party: Party, side: Side, kind: Kind, waits: bool) -> Vec<Operation> {
    vec![Operation::Arrives { party, side, kind, waits }, Operation::Ends(party)]
}

fn answers(ended: &Ended) -> Vec<Response> {
    let how = ended.as_ref().map_or_else(Response::clone, |_| Response::Met(SOMEBODY));
    vec![Response::Done, how]
}

fn accept(step: usize, party: Party, server: &Broker, pen: &Pen<Calls>) -> Option<Link> {
    if step == 3 {
        pen.call(Operation::Close, || {
            server.close();
            Response::Done
        });
        return None;
    }
    let (kind, waits) = (if step == 1 { Kind::Messages } else { Kind::Bytes }, step < 2);
    let mut link = None;
    pen.call_in_parts(halves(party, Side::Accept, kind, waits), || {
        let ended = accepted(match step {
            0 => server.accept_timeout(PORT, SHORT).map(Link::Bytes),
            1 => server.accept_queue_timeout(PORT, SHORT).map(Link::Messages),
            _ => server.try_accept(PORT).map(Link::Bytes),
        });
        let answers = answers(&ended);
        link = ended.ok();
        answers
    });
    link
}

fn connect(step: usize, party: Party, client: &Broker, pen: &Pen<Calls>) -> Option<Link> {
    let (kind, waits) = (if step == 1 { Kind::Messages } else { Kind::Bytes }, step < 2);
    let mut link = None;
    pen.call_in_parts(halves(party, Side::Connect, kind, waits), || {
        let ended = connected(match step {
            0 => client.connect_timeout("server", PORT, SHORT).map(Link::Bytes),
            1 => client.connect_queue_timeout("server", PORT, SHORT).map(Link::Messages),
            _ => client.try_connect("server", PORT).map(Link::Bytes),
        });
        let Some(ended) = ended else { return Vec::new() };
        let answers = answers(&ended);
        link = ended.ok();
        answers
    });
    link
}

/// Who met whom.
fn partners(met: &mut Met) -> BTreeMap<Party, Party> {
    met.iter_mut().for_each(|(party, link)| link.say(*party));
    met.iter_mut().map(|(party, link)| (*party, link.hear())).collect()
}

/// The call as it is known afterwards. Who found no broker of the name has not come to the table.
fn told(mut call: Call<Calls>, partners: &BTreeMap<Party, Party>) -> Option<Call<Calls>> {
    if let (Operation::Ends(party), Some((response @ Response::Met(_), _))) = (&call.operation, &mut call.answer) {
        *response = Response::Met(partners.get(party).copied().unwrap_or(SOMEBODY));
    }
    call.answer.is_some().then_some(call)
}

/// The name that everybody wants.
const NAME: &str = "name";

/// Two that want a name; the first closes what it has, the second drops it.
fn of_names(cx: &Cx) -> String {
    let (manager, record) = (manager(), Recorder::new());
    let asking = broker(&manager, "who asks");
    let actor = |number: usize| {
        let (manager, asking, pen) = (manager.clone(), asking.clone(), record.actor(number));
        let script = cx.script(number);
        cx.spawn(["closes", "drops"][number], move || {
            let mut own = Vec::new();
            let answers = script.iter().zip(10 * number..).map(|(step, id)| match step {
                0 => register(id, &manager, &mut own, &pen),
                1 if !own.is_empty() => end(number == 0, &mut own, &pen),
                _ => find(&asking, &pen),
            });
            let answers: Vec<_> = answers.collect();
            pen.record().check(&Registry::new());
            (answers, own)
        })
    };
    let actors = [actor(0), actor(1)].map(join);
    record.check(&Registry::new());
    let answers = actors.each_ref().map(|(answers, _)| answers.clone());
    let seen = |answer| answers.iter().flatten().any(|it| *it == answer);
    let seen = [
        ("registered", actors.iter().any(|(_, own)| !own.is_empty())),
        ("taken", seen(names::Response::NameTaken)),
        ("found", seen(names::Response::Found)),
        ("unknown", seen(names::Response::UnknownBroker)),
    ];
    seen.iter().filter(|(_, seen)| *seen).for_each(|(name, _)| cx.witness(name));
    drop(actors);
    format!("{answers:?}")
}

/// The brokers of an actor that are still open, the last one last.
type Own = Vec<(names::Id, Broker)>;

fn register(id: names::Id, manager: &BrokerManager, own: &mut Own, pen: &Pen<Registry>) -> names::Response {
    pen.call(names::Operation::Register(id, NAME.to_owned()), || match Broker::new(manager, NAME) {
        Ok(broker) => {
            own.push((id, broker));
            names::Response::Done
        }
        Err(_) => names::Response::NameTaken,
    })
}

/// Closes or drops the last broker.
fn end(closes: bool, own: &mut Own, pen: &Pen<Registry>) -> names::Response {
    let (id, broker) = own.pop().expect("there is one");
    let operation = if closes { names::Operation::Close(id) } else { names::Operation::DropHandle(id) };
    pen.call(operation, || {
        if closes {
            broker.close();
        }
        drop(broker);
        names::Response::Done
    })
}

fn find(asking: &Broker, pen: &Pen<Registry>) -> names::Response {
    pen.call(names::Operation::Find(NAME.to_owned()), || match asking.try_connect(NAME, PORT) {
        Err(ConnectError::UnknownBroker { .. }) => names::Response::UnknownBroker,
        // It was closed, or nobody accepted there, when it had been found.
        _ => names::Response::Found,
    })
}
