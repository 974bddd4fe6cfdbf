//! Names in a manager, and brokers that connect to each other or to themselves.

use rdv::{Broker, BrokerError, BrokerManager, Channel};

use super::broker_support::{PORT, Word, broker, manager, nobody_waits, pair, race, race_3, race_4};
use crate::rule;
use crate::scenario::{Cx, Level, Run, Scenario};

/// The suite.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        runs: &[Run::loom(2, Level::Quick), Run::loom(3, Level::Quick), Run::loom(4, Level::Quick)],
        ..Scenario::new(
            "broker/names",
            &["RDV-7", "RDV-8", "ALL-4"],
            "Who gets a name: one of two rivals (1), a newcomer beside a closing broker (2, closed twice: 3); a connect before and after (4).",
            names,
        )
    },
    Scenario {
        hang: "ALL-2",
        runs: &[
            Run::loom(2, Level::Quick),
            Run::loom(3, Level::Quick),
            Run::loom_bounded(4, 3, Level::Quick),
            Run::loom_bounded(4, 4, Level::Default),
            Run::loom_bounded(5, 2, Level::Quick),
            Run::loom_bounded(5, 3, Level::Default),
            Run::loom_bounded(5, 4, Level::Deep),
        ],
        ..Scenario::new(
            "broker/both-ways",
            &["RDV-7", "RDV-8", "ALL-2"],
            "A connects to B while B connects to A: tries (1), one to itself (2), in turns (3), all at once (4), both closing (5).",
            both_ways,
        )
    },
];

fn names(cx: &Cx) -> String {
    let manager = manager();
    match cx.size() {
        1 => rivals(cx, &manager),
        2 => newcomer(cx, &manager),
        3 => newcomer_beside_two_closes(cx, &manager),
        _ => unknown(cx, &manager),
    }
}

/// Registers a broker of the name that everybody wants; `None` if somebody has it.
fn claim(manager: &BrokerManager) -> Option<Broker> {
    match Broker::new(manager, "server") {
        Ok(broker) => Some(broker),
        Err(error) => {
            let named = matches!(&error, BrokerError::NameTaken { name } if name == "server");
            rule!("RDV-7", named, "a name that somebody has was refused with {error:?}");
            None
        }
    }
}

/// Checks that the broker has its name and is open, whatever became of others who wanted it.
fn is_as_it_was(manager: &BrokerManager, holder: &Broker) {
    let probe = broker(manager, "probe");
    let connected = probe.try_connect("server", PORT);
    rule!("RDV-7", connected.word() == "nobody", "a connect to the holder of a name came to {connected:?}");
    let accepted = holder.try_accept(PORT);
    rule!("RDV-7", accepted.word() == "nobody", "an accept of the holder of a name came to {accepted:?}");
    rule!("RDV-7", claim(manager).is_none(), "a name was given twice");
    nobody_waits(holder, &probe);
}

fn rivals(cx: &Cx, manager: &BrokerManager) -> String {
    let rival = || {
        let manager = manager.clone();
        move || claim(&manager)
    };
    let (one, other) = race(cx, ("rival 1", rival()), ("rival 2", rival()));
    let first = one.is_some();
    let holders: Vec<_> = one.into_iter().chain(other).collect();
    rule!("RDV-7", holders.len() == 1, "{} of 2 rivals have the name", holders.len());
    is_as_it_was(manager, &holders[0]);
    let empty = Broker::new(manager, "");
    let invalid = matches!(&empty, Err(BrokerError::InvalidName { name }) if name.is_empty());
    rule!("ALL-4", invalid, "a broker without a name is {empty:?}");
    format!("rival {}", if first { 1 } else { 2 })
}

/// A broker closes and claims its name anew, while somebody else claims it.
fn newcomer(cx: &Cx, manager: &BrokerManager) -> String {
    let old = broker(manager, "server");
    let closer = {
        let (old, manager) = (old.clone(), manager.clone());
        move || {
            old.close();
            claim(&manager)
        }
    };
    let comer = {
        let manager = manager.clone();
        move || claim(&manager)
    };
    let (again, new) = race(cx, ("closer", closer), ("newcomer", comer));
    let outcome = format!("{} {}", again.is_some(), new.is_some());
    let holders: Vec<_> = again.into_iter().chain(new).collect();
    rule!("RDV-8", holders.len() == 1, "the name of a closed broker was given {} times", holders.len());
    old.close();
    drop(old);
    is_as_it_was(manager, &holders[0]);
    outcome
}

/// A broker is closed twice at once, while somebody claims its name.
fn newcomer_beside_two_closes(cx: &Cx, manager: &BrokerManager) -> String {
    let old = broker(manager, "server");
    let closer = || {
        let old = old.clone();
        move || old.close()
    };
    let comer = {
        let manager = manager.clone();
        move || claim(&manager)
    };
    let ((), (), new) = race_3(cx, ("closer 1", closer()), ("closer 2", closer()), ("newcomer", comer));
    let outcome = format!("{}", new.is_some());
    drop(old);
    let holder = new.or_else(|| claim(manager));
    rule!("RDV-8", holder.is_some(), "the name of a closed broker is not free");
    holder.iter().for_each(|holder| is_as_it_was(manager, holder));
    outcome
}

/// A connect to a name that is given, accepts for a moment and goes again.
fn unknown(cx: &Cx, manager: &BrokerManager) -> String {
    let server = {
        let manager = manager.clone();
        move || {
            let server = broker(&manager, "server");
            server.try_accept(PORT)
        }
    };
    let connector = {
        let manager = manager.clone();
        move || manager.connect("server", PORT)
    };
    let (connected, accepted) = race(cx, ("connector", connector), ("server", server));
    let words = (accepted.word(), connected.word());
    let expected = words == ("met", "met") || words.0 == "nobody" && matches!(words.1, "closed" | "unknown");
    rule!("RDV-7", expected, "the accept was {}, the connect {}", words.0, words.1);
    check_pair(accepted.ok(), connected.ok());
    drop(broker(manager, "server"));
    format!("{words:?}")
}

fn check_pair(accepted: Option<Channel>, connected: Option<Channel>) {
    let (mut ours, mut theirs) = (Vec::from_iter(accepted), Vec::from_iter(connected));
    pair(&mut ours, &mut theirs);
}

fn both_ways(cx: &Cx) -> String {
    let manager = manager();
    let (a, b) = (broker(&manager, "a"), broker(&manager, "b"));
    match cx.size() {
        1 => {
            let trier = |from: &Broker, to: &'static str| {
                let from = from.clone();
                move || from.try_connect(to, PORT).word()
            };
            let words = race(cx, ("a", trier(&a, "b")), ("b", trier(&b, "a")));
            rule!("RDV-7", words == ("nobody", "nobody"), "tries came to {words:?}");
            format!("{words:?}")
        }
        2 => to_itself(cx, &a),
        3 => in_turns(cx, &a, &b),
        4 => all_at_once(cx, &a, &b),
        _ => both_closing(cx, &a, &b),
    }
}

fn to_itself(cx: &Cx, a: &Broker) -> String {
    let (acceptor, connector) = (a.clone(), a.clone());
    let (accepted, connected) =
        race(cx, ("acceptor", move || acceptor.accept(PORT)), ("connector", move || connector.connect("a", PORT)));
    let words = (accepted.word(), connected.word());
    rule!("RDV-7", words == ("met", "met"), "a broker that connects to itself came to {words:?}");
    let known = a.connections();
    let ends: Vec<_> = known.iter().map(|(here, there)| (here.port(), there.port())).collect();
    let expected = [(Some(PORT), None), (None, Some(PORT))];
    rule!("RDV-10", ends.len() == 2 && expected.iter().all(|end| ends.contains(end)), "it knows {known:?}");
    check_pair(accepted.ok(), connected.ok());
    let left = a.connections();
    rule!("RDV-10", left.is_empty(), "it still knows {left:?}");
    format!("{words:?}")
}

fn in_turns(cx: &Cx, a: &Broker, b: &Broker) -> String {
    let (first, second) = (a.clone(), b.clone());
    let connect_first = move || (first.connect("b", PORT), first.accept(PORT));
    let accept_first = move || (second.accept(PORT), second.connect("a", PORT));
    let ((to_b, at_a), (at_b, to_a)) = race(cx, ("a", connect_first), ("b", accept_first));
    let words = [at_a.word(), to_a.word(), at_b.word(), to_b.word()];
    rule!("RDV-1", words == ["met"; 4], "they came to {words:?}");
    check_pair(at_a.ok(), to_a.ok());
    let left = [a, b].map(|broker| broker.connections().len());
    rule!("RDV-10", left == [1, 1], "of two connections one is disconnected, and they know {left:?}");
    check_pair(at_b.ok(), to_b.ok());
    words.concat()
}

fn all_at_once(cx: &Cx, a: &Broker, b: &Broker) -> String {
    let acceptor = |at: &Broker| {
        let at = at.clone();
        move || at.accept(PORT)
    };
    let (at_a, to_b, at_b, to_a) = race_4(
        cx,
        ("acceptor of a", acceptor(a)),
        ("connector of a", connector(a, "b")),
        ("acceptor of b", acceptor(b)),
        ("connector of b", connector(b, "a")),
    );
    let words = [at_a.word(), to_a.word(), at_b.word(), to_b.word()];
    rule!("RDV-1", words == ["met"; 4], "they came to {words:?}");
    check_pair(at_a.ok(), to_a.ok());
    check_pair(at_b.ok(), to_b.ok());
    words.concat()
}

fn connector(from: &Broker, to: &'static str) -> impl FnOnce() -> super::broker_support::Connected + Send + 'static {
    let from = from.clone();
    move || from.connect(to, PORT)
}

fn both_closing(cx: &Cx, a: &Broker, b: &Broker) -> String {
    let closer = |broker: &Broker| {
        let broker = broker.clone();
        move || broker.close()
    };
    let (to_b, to_a, (), ()) = race_4(
        cx,
        ("connector of a", connector(a, "b")),
        ("connector of b", connector(b, "a")),
        ("closer of a", closer(a)),
        ("closer of b", closer(b)),
    );
    let words = [to_b.word(), to_a.word()];
    let released = words.iter().all(|word| matches!(*word, "closed" | "unknown"));
    rule!("RDV-8", released, "connects of closing brokers came to {words:?}");
    words.join(" ")
}
