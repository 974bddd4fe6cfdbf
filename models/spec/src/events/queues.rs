//! The queues of the event world.

use std::collections::VecDeque;

use super::{End, Message, Posted, Pump, Reaction, Response, Said, World};

/// A listener that is set.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Listener {
    number: u32,
    pump: Pump,
    reaction: Reaction,
}

/// One end of a queue.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
struct Side {
    inbox: VecDeque<Message>,
    left: bool,
    /// Handles, the one lent to a callback included.
    handles: u32,
    listener: Option<Listener>,
    /// Its callback runs.
    running: bool,
    /// Who replaces it then.
    next: Option<Listener>,
    /// A send was refused, and nobody has made room since.
    refused: bool,
    /// `writable` calls that are owed.
    due: u32,
    /// Its listener was told `closed`, or is about to be.
    closed: bool,
}

/// A queue.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Pair {
    sides: [Side; 2],
    of_brokers: bool,
}

impl World {
    fn side(&mut self, at: End) -> &mut Side {
        &mut self.pairs[at.pair].sides[at.end]
    }

    fn look(&self, at: End) -> &Side {
        &self.pairs[at.pair].sides[at.end]
    }

    /// Whether an end is closed: by itself, or by its peer with nothing left to receive (MQ-7).
    #[must_use]
    pub fn is_closed(&self, at: End) -> bool {
        let (own, peer) = (self.look(at), self.look(at.peer()));
        own.left || peer.left && own.inbox.is_empty()
    }

    /// How many open connections the server and the client know (RDV-10).
    #[must_use]
    pub fn connections(&self) -> [usize; 2] {
        [0, 1].map(|end| {
            let open = |pair: &usize| self.pairs[*pair].of_brokers && !self.is_closed(End { pair: *pair, end });
            (0..self.pairs.len()).filter(open).count()
        })
    }

    /// A new queue with one handle to each end; its end 0.
    pub(super) fn make(&mut self, of_brokers: bool) -> (End, Response) {
        let side = Side { handles: 1, ..Side::default() };
        self.pairs.push(Pair { sides: [side.clone(), side], of_brokers });
        (End { pair: self.pairs.len() - 1, end: 0 }, Response::Done)
    }

    pub(super) fn retain(&mut self, at: End) -> Response {
        self.side(at).handles += 1;
        Response::Done
    }

    pub(super) fn release(&mut self, at: End) -> Response {
        self.side(at).handles -= 1;
        self.tidy(at);
        Response::Done
    }

    /// MQ-11.
    fn tidy(&mut self, at: End) {
        for end in [End { end: 0, ..at }, End { end: 1, ..at }] {
            if self.look(end).handles == 0 && self.look(end).listener.is_none() {
                self.leave(end);
            }
        }
        let still = |side: &Side| side.handles == 0 && side.inbox.is_empty() && side.due == 0;
        if self.pairs[at.pair].sides.iter().all(still) {
            self.leave(End { end: 0, ..at });
            self.leave(End { end: 1, ..at });
        }
    }

    /// Where callbacks of an end are posted; nowhere while its listener is about to move to another pump.
    fn pump_of(&self, at: End) -> Option<Pump> {
        let side = self.look(at);
        let listener = side.listener?;
        side.next.is_none_or(|next| next.pump == listener.pump).then_some(listener.pump)
    }

    pub(super) fn send(&mut self, from: End, message: Message) -> Response {
        let to = from.peer();
        if self.look(from).left || self.look(to).left {
            return Response::Closed;
        }
        if self.look(to).inbox.len() >= self.capacity {
            self.side(from).refused = true;
            return Response::Full;
        }
        if let Some(pump) = self.pump_of(to)
            && !self.post(pump, Posted::Message(to))
        {
            return Response::Closed;
        }
        self.side(to).inbox.push_back(message);
        Response::Done
    }

    pub(super) fn receive(&mut self, at: End) -> Response {
        if self.look(at).listener.is_some() {
            Response::HasListener
        } else if let Some(message) = self.take(at) {
            Response::Received(message)
        } else if self.is_closed(at) {
            Response::Closed
        } else {
            Response::Empty
        }
    }

    /// Takes the next message of an end, which makes room for its peer (MQ-3).
    fn take(&mut self, at: End) -> Option<Message> {
        let message = self.side(at).inbox.pop_front()?;
        let peer = at.peer();
        if std::mem::take(&mut self.side(peer).refused) {
            let owed = if self.look(peer).listener.is_some() { self.look(peer).due + 1 } else { 1 };
            self.side(peer).due = owed;
            if let Some(pump) = self.pump_of(peer) {
                self.post(pump, Posted::Writable(peer));
            }
        }
        self.tidy(at);
        Some(message)
    }

    pub(super) fn close(&mut self, at: End) -> Response {
        self.leave(at);
        self.tidy(at);
        Response::Done
    }

    /// MQ-7.
    fn leave(&mut self, at: End) {
        if std::mem::replace(&mut self.side(at).left, true) {
            return;
        }
        self.side(at).inbox.clear();
        self.forget(|posted| *posted == Posted::Message(at));
        for end in [at, at.peer()] {
            self.side(end).refused = false;
            self.side(end).due = 0;
            self.forget(|posted| *posted == Posted::Writable(end));
        }
        self.post_closed(at);
        self.post_closed(at.peer());
    }

    fn post_closed(&mut self, at: End) {
        if let Some(pump) = self.pump_of(at)
            && !std::mem::replace(&mut self.side(at).closed, true)
        {
            self.post(pump, Posted::Closed(at));
        }
    }

    fn forget(&mut self, what: impl Fn(&Posted) -> bool) {
        self.pumps.iter_mut().for_each(|pump| pump.fifo.retain(|posted| !what(posted)));
    }

    /// Sets a listener; one that runs is replaced when it has returned (MQ-6).
    pub(super) fn listen(&mut self, at: End, pump: Pump, reaction: Reaction) -> Response {
        let number = self.listeners;
        self.listeners += 1;
        if self.is_stopped(pump) {
            return Response::PumpStopped;
        }
        let listener = Listener { number, pump, reaction };
        if self.look(at).running {
            self.side(at).next = Some(listener);
        } else {
            self.install(at, listener);
            self.tidy(at);
        }
        Response::Done
    }

    /// On the same pump a listener takes over what is posted; what is not, is posted now.
    fn install(&mut self, at: End, listener: Listener) {
        let before = self.side(at).listener.replace(listener);
        if before.is_none_or(|before| before.pump != listener.pump) {
            self.forget(|posted| [Posted::Message(at), Posted::Writable(at), Posted::Closed(at)].contains(posted));
            self.side(at).closed = false;
        }
        let posted = |what| self.pumps[listener.pump].fifo.iter().filter(|posted| **posted == what).count();
        let messages = self.look(at).inbox.len() - posted(Posted::Message(at));
        let due = self.look(at).due as usize - posted(Posted::Writable(at));
        for _ in 0..messages {
            self.post(listener.pump, Posted::Message(at));
        }
        for _ in 0..due {
            self.post(listener.pump, Posted::Writable(at));
        }
        if self.look(at).left || self.look(at.peer()).left {
            self.post_closed(at);
        }
    }

    /// The callback begins: whom to call.
    fn begin(&mut self, at: End) -> Listener {
        let side = self.side(at);
        side.running = true;
        side.handles += 1;
        side.listener.expect("callbacks of an end without a listener are forgotten")
    }

    /// The callback has returned.
    fn finish(&mut self, at: End, panicked: bool, was_last: bool) {
        let side = self.side(at);
        side.running = false;
        let next = side.next.take();
        if was_last {
            side.listener = None;
        }
        if let Some(next) = next {
            self.install(at, next);
        }
        if panicked {
            self.leave(at);
        }
        self.release(at);
    }

    pub(super) fn tell_message(&mut self, at: End) -> Vec<Said> {
        let listener = self.begin(at);
        let message = self.take(at).expect("one event for each message");
        let mut said = vec![Said::Received(listener.number, message)];
        match listener.reaction {
            Reaction::Nothing => {}
            Reaction::Echo => drop(self.send(at, message)),
            Reaction::Close => {
                self.send(at, message);
                self.close(at);
            }
            Reaction::Panic => said.push(Said::Panicked),
            Reaction::Stop => self.pumps[listener.pump].fifo.stop(),
            Reaction::Replace(pump) => drop(self.listen(at, pump, Reaction::Nothing)),
            Reaction::AwayAndBack(pump) => {
                self.listen(at, pump, Reaction::Nothing);
                self.close(at);
                self.listen(at, listener.pump, Reaction::Nothing);
            }
        }
        self.finish(at, listener.reaction == Reaction::Panic, false);
        said
    }

    pub(super) fn tell_writable(&mut self, at: End) -> Vec<Said> {
        let listener = self.begin(at);
        self.side(at).due -= 1;
        self.finish(at, false, false);
        vec![Said::Writable(listener.number)]
    }

    pub(super) fn tell_closed(&mut self, at: End) -> Vec<Said> {
        let listener = self.begin(at);
        self.finish(at, false, true);
        vec![Said::Closed(listener.number)]
    }

    /// Closes the ends whose listeners are on a pump that ends, in the order the listeners were set (PUMP-5, MQ-11).
    pub(super) fn end_queues(&mut self, pump: Pump) -> Vec<Said> {
        let ends = (0..self.pairs.len()).flat_map(|pair| [End { pair, end: 0 }, End { pair, end: 1 }]);
        let listener = |at| self.look(at).listener.filter(|listener| listener.pump == pump).map(|it| (it.number, at));
        let mut listeners: Vec<_> = ends.filter_map(listener).collect();
        listeners.sort_unstable();
        for (_, at) in &listeners {
            self.side(*at).closed = true;
            self.leave(*at);
            self.side(*at).listener = None;
            self.tidy(*at);
        }
        listeners.into_iter().map(|(number, _)| Said::Closed(number)).collect()
    }
}
