//! A fault that no short script shows: whoever draws longer ones has to find it, and make what it found small.

use std::collections::VecDeque;

use rdv::sync::{Arc, Mutex};
use rdv_spec::ring::{Operation, Response, Ring};

use super::{Broken, Expected};
use crate::scenario::{Cx, Engine, Scenario};
use crate::scenarios::lin_support::Recorder;

pub(super) const LAST_FOR_FIRST: Broken = Broken {
    scenario: Scenario {
        choices: &[1, 1],
        scripts: const { &[0..1, 1..2] },
        ..Scenario::new(
            "broken/last-for-first",
            &["RING-1"],
            "What is last moves to where the first was taken: in a queue of one or two that is where it belongs.",
            last_for_first,
        )
    },
    engines: &[Engine::Portfolio],
    size: 5,
    executions: 20_000,
    expected: Expected::Script("RING-1", "a0.0.0/0.0"),
};

fn last_for_first(cx: &Cx) -> String {
    let (queue, record) = (Arc::new(Mutex::new(VecDeque::new())), Recorder::new());
    let producer = {
        let (queue, pen, script) = (Arc::clone(&queue), record.actor(0), cx.script(0));
        cx.spawn("producer", move || {
            for element in 0..script.len() {
                pen.call(Operation::Put(vec![element]), || {
                    queue.lock().push_back(element);
                    Response::Moved(1)
                });
            }
        })
    };
    let consumer = {
        let (pen, script) = (record.actor(1), cx.script(1));
        cx.spawn("consumer", move || {
            for _ in script {
                pen.call(Operation::Take(1), || match queue.lock().swap_remove_back(0) {
                    Some(element) => Response::Took(vec![element]),
                    None => Response::WouldBlock,
                });
            }
        })
    };
    let _ = (producer.join(), consumer.join());
    record.check(&Ring::new(usize::MAX));
    "in order".into()
}
