//! Tasks. That a panic ends a task alone, and disconnects what it held, is for the tests: in a model every panic is a failure, and
//! both checkers stop at the first.

use rdv::sync::thread::JoinHandle;
use rdv::{Broker, Task};

use super::broker_support::{PORT, Word, broker, manager, race};
use super::support::JOINED;
use crate::rule;
use crate::scenario::{Cx, Level, Run, Scenario};

/// The suite.
pub const SCENARIOS: &[Scenario] = &[Scenario {
    runs: &[Run::loom(2, Level::Quick)],
    ..Scenario::new(
        "task/ends",
        &["RDV-8", "ALL-3"],
        "A task that owns the last handle of its broker ends (size 2: while a connect waits for it): the broker is closed when it is joined.",
        ends,
    )
}];

fn ends(cx: &Cx) -> String {
    let manager = manager();
    let worker = broker(&manager, "worker");
    let own = manager.clone();
    let parent = move || {
        let named = spawn(worker).join().expect(JOINED);
        rule!("ALL-3", named == ["worker", "worker"], "a task and the current task are called {named:?}");
        rule!("ALL-3", Task::current().is_none(), "who is no task is a task after one was joined");
        let again = Broker::new(&own, "worker");
        rule!("RDV-8", again.is_ok(), "the task was joined and its broker is not closed: {again:?}");
    };
    let connector = {
        let (manager, waits) = (manager.clone(), cx.size() > 1);
        move || if waits { manager.connect("worker", PORT).word() } else { manager.accept("nobody", PORT).word() }
    };
    let ((), connected) = race(cx, ("parent", parent), ("connector", connector));
    rule!("RDV-8", matches!(connected, "closed" | "unknown"), "a connect to a task that ends came to {connected}");
    drop(broker(&manager, "worker"));
    connected.to_owned()
}

/// A task that says what it is called, and what the task is called that it thinks it is.
fn spawn(worker: Broker) -> JoinHandle<[String; 2]> {
    let body = |task: &Task| {
        let current = Task::current().map_or(String::new(), |task| task.broker().name().to_owned());
        [task.broker().name().to_owned(), current]
    };
    Task::spawn(worker, body).expect("a thread can be had")
}
