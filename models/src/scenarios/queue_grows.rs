//! MessageQueue while it makes more slots.

use rdv::SendError;

use super::event_support::{drain, ends, join, text_of};
use super::queue::owned;
use crate::rule;
use crate::scenario::{Bound, Cx, Scenario};

/// The suite.
pub const SCENARIOS: &[Scenario] = &[Scenario {
    audit_bound: Bound::Preemptions(3),
    choices: &[2],
    witnesses: &["full", "both were sent"],
    ..Scenario::new(
        "queue/grows",
        &["MQ-1", "MQ-3"],
        "Two threads send where all slots are taken and the capacity is not; another one receives, by choice: what is on its way stays so.",
        grows,
    )
}];

/// So many messages have slots without growth.
const HELD: usize = 16;

/// Two senders, a message each, at a queue with no slot left and one place more; somebody receives meanwhile, by choice.
fn grows(cx: &Cx) -> String {
    let (here, there) = ends(HELD + 1);
    let before: Vec<String> = (0..HELD).map(|number| number.to_string()).collect();
    for text in &before {
        rule!("MQ-3", here.send(text.clone()).is_ok(), "{text} was refused by a queue for {}", HELD + 1);
    }
    let senders = ["a", "b"].map(|name| {
        let here = here.clone();
        let (message, address) = owned(name);
        (name, address, cx.spawn(name, move || here.send(message)))
    });
    let receiver = (cx.choice(0) == 1).then(|| {
        let there = there.clone();
        cx.spawn("receiver", move || there.receive())
    });
    let mut sent = Vec::new();
    for (name, address, sender) in senders {
        match join(sender) {
            Ok(()) => sent.push(name),
            Err(why) => {
                let back = matches!(&why, SendError::Full(message) if message.as_ptr() as usize == address);
                rule!("MQ-3", back, "{name} did not come back: {why:?}");
                cx.witness("full");
            }
        }
    }
    if sent.len() == 2 {
        cx.witness("both were sent");
    }
    let first = receiver.map(|receiver| join(receiver).map(|first| text_of(&first)));
    let got: Vec<String> = first.into_iter().flatten().chain(drain(&there).0).collect();
    let (old, new) = got.split_at(HELD.min(got.len()));
    rule!("MQ-1", old == before, "{old:?} came out instead of what was there");
    let mut in_any_order = new.to_vec();
    in_any_order.sort();
    rule!("MQ-1", in_any_order == sent, "{sent:?} were sent, and {new:?} came");
    rule!("MQ-3", !sent.is_empty(), "the place that was left was not used");
    new.join(" ")
}
