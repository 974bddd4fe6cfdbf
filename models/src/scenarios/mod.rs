//! The suites, one file per component. A new file is one `mod` line and one entry of [`SUITES`].

use crate::scenario::Scenario;

pub mod broker;
pub mod broker_close;
pub mod broker_connections;
pub mod broker_support;
pub mod channel;
pub mod channel_cut;
pub mod channel_independent;
pub mod channel_pieces;
pub mod event;
pub mod event_inside;
pub mod event_own;
pub mod event_stop;
pub mod event_support;
pub mod lin;
pub mod lin_broker;
pub mod lin_shared;
pub mod lin_support;
pub mod listen;
pub mod listen_bind;
pub mod listen_ports;
pub mod listen_worlds;
pub mod queue;
pub mod queue_close;
pub mod queue_grows;
pub mod queue_listen;
pub mod rdv;
pub mod rdv_ending;
pub mod rdv_line;
pub mod ring;
pub mod ring_anywhere;
pub mod ring_clones;
pub mod ring_first;
pub mod ring_judge;
pub mod ring_leaving;
pub mod ring_passage;
pub mod ring_shared;
pub mod ring_slices;
pub mod ring_words;
pub mod support;
pub mod sync;
pub mod task;
pub mod wait;

/// Every suite: what `cargo models --list` shows, in this order.
pub const SUITES: &[&[Scenario]] = &[
    sync::SCENARIOS,
    ring::SCENARIOS,
    ring_anywhere::SCENARIOS,
    ring_first::SCENARIOS,
    ring_first::MADE,
    ring_first::DROPS,
    ring_leaving::SCENARIOS,
    ring_leaving::DROPS,
    ring_shared::SCENARIOS,
    ring_clones::SCENARIOS,
    ring_slices::SCENARIOS,
    ring_slices::ENDED,
    ring_passage::SCENARIOS,
    wait::SCENARIOS,
    channel::SCENARIOS,
    channel_cut::SCENARIOS,
    channel_independent::SCENARIOS,
    channel_pieces::SCENARIOS,
    rdv::SCENARIOS,
    rdv_ending::SCENARIOS,
    broker::SCENARIOS,
    broker_close::SCENARIOS,
    broker_connections::SCENARIOS,
    task::SCENARIOS,
    event::SCENARIOS,
    event_own::SCENARIOS,
    event_stop::SCENARIOS,
    queue::SCENARIOS,
    queue_close::SCENARIOS,
    queue_grows::SCENARIOS,
    queue_listen::SCENARIOS,
    event_inside::SCENARIOS,
    listen::SCENARIOS,
    listen_bind::SCENARIOS,
    listen_ports::SCENARIOS,
    listen_worlds::SCENARIOS,
    lin::SCENARIOS,
    lin_shared::SCENARIOS,
    lin_broker::SCENARIOS,
];

/// Every scenario of every suite.
pub fn all() -> impl Iterator<Item = &'static Scenario> {
    SUITES.iter().copied().flatten()
}
