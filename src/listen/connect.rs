//! A connect whose outcome an event tells.
//!
//! * **O1** `tell` is taken out under the lock by whoever tells the outcome, on the pump thread, so it is told once (MQ-8).
//! * **O2** from `Ok` of the connect on, somebody is going to take it out: the event that a settled party posts; or, if the pump
//!   stops before, the pump, which this is a member of until it is told (PUMP-5).
//! * **O3** whatever the outcome leaves behind is withdrawn when it is told: the place in the line, the entry among the broker's
//!   attempts, the timer. What is only being put in place then is withdrawn by whoever puts it there and finds the outcome told.

use crate::Port;
use crate::broker::{Arrived, Attempt, Broker, Failed, Outcome, Visit};
use crate::error::ConnectError;
use crate::event::{Kind, Member, Membership, PumpHandle, TimerId};
use crate::queue::MessageQueue;
use crate::rdv::{Party, Role};
use crate::sync::time::Deadline;
use crate::sync::{Arc, Mutex};

use super::ConnectOptions;

/// Tells the listener.
pub(super) type Tell = Box<dyn FnOnce(Result<MessageQueue, ConnectError>) + Send>;

/// A connect that has not been told its outcome.
pub(super) struct Pending {
    broker: Broker,
    pump: PumpHandle,
    name: Box<str>,
    port: Port,
    state: Mutex<State>,
}

struct State {
    tell: Option<Tell>,
    membership: Option<Membership>,
    behind: Behind,
}

/// What a waiting connect leaves in other places.
#[derive(Default)]
struct Behind {
    line: Option<Attempt>,
    entry: Option<u64>,
    timer: Option<TimerId>,
}

impl Pending {
    /// `None` if the pump has stopped.
    pub(super) fn new(broker: &Broker, pump: &PumpHandle, name: &str, port: Port, tell: Tell) -> Option<Arc<Self>> {
        let state = State { tell: Some(tell), membership: None, behind: Behind::default() };
        let pending = Arc::new(Self {
            broker: broker.clone(),
            pump: pump.clone(),
            name: name.into(),
            port,
            state: Mutex::new(state),
        });
        let membership = pump.join(Kind::Connect, pending.clone())?;
        pending.state.lock().membership = Some(membership);
        Some(pending)
    }

    /// Arrives at the port.
    pub(super) fn start(self: Arc<Self>, options: ConnectOptions) {
        let own = self.broker.core();
        if own.is_closed() {
            return self.clone().post(Err(Failed::Closed(own.name().clone()).connecting(&self.name, self.port)));
        }
        let Some(target) = own.registry().core(&self.name) else {
            return self.clone().post(Err(ConnectError::UnknownBroker { broker: self.name.as_ref().into() }));
        };
        let or_else = options.refuse_if_unbound.then_some(Failed::Unbound);
        let visit = Visit { role: Role::Connect, caller: Some(own.clone()), or_else };
        match target.arrive::<MessageQueue>(self.port, visit, || self.clone()) {
            Arrived::Met(_, party) => {
                let queue = target.be_met(self.port, Some(own), party);
                self.clone().post(Ok(queue));
            }
            Arrived::Waiting(ticket) => {
                let line = Attempt::new::<MessageQueue>(target, self.port, ticket);
                let entry = own.enter_attempt(line.clone());
                let behind = Behind { line: Some(line), entry, timer: None };
                self.leave_behind(behind);
                if let Some(wait) = options.timeout {
                    self.set_timer(Deadline::after(wait));
                }
            }
            Arrived::Refused(why) => self.clone().post(Err(why.connecting(&self.name, self.port))),
        }
    }

    fn set_timer(self: &Arc<Self>, due: Deadline) {
        let weak = Arc::downgrade(self);
        let timer = self.pump.post_at(due, move || {
            if let Some(pending) = weak.upgrade() {
                pending.expire();
            }
        });
        self.leave_behind(Behind { timer, ..Behind::default() });
    }

    /// O3: notes what is left in other places, or withdraws it if the outcome has been told.
    fn leave_behind(&self, new: Behind) {
        let mut state = self.state.lock();
        if state.tell.is_none() {
            drop(state);
            return self.withdraw(new);
        }
        let behind = &mut state.behind;
        behind.line = behind.line.take().or(new.line);
        behind.entry = behind.entry.or(new.entry);
        behind.timer = behind.timer.or(new.timer);
    }

    fn withdraw(&self, behind: Behind) {
        if let Some(entry) = behind.entry {
            self.broker.core().strike_attempt(entry);
        }
        if let Some(timer) = behind.timer {
            self.pump.cancel(timer);
        }
        if let Some(line) = behind.line {
            // Whoever took it out before has settled this party, or will; its outcome finds nobody to tell (O1).
            drop(line.withdraw::<MessageQueue>());
        }
    }

    /// The deadline event: withdraws from the line, unless somebody was faster, whose outcome then is on its way.
    fn expire(self: Arc<Self>) {
        let line = self.state.lock().behind.line.clone();
        if line.is_some_and(|line| line.withdraw::<MessageQueue>().is_some()) {
            self.tell(Err(Failed::Timeout.connecting(&self.name, self.port)));
        }
    }

    /// Posts the event that tells the outcome.
    fn post(self: Arc<Self>, outcome: Result<MessageQueue, ConnectError>) {
        let pump = self.pump.clone();
        // A pump that has stopped tells its members itself; the queue is dropped, which closes it.
        let _ = pump.post(move || self.tell(outcome));
    }

    /// Tells the outcome, once, on the pump thread.
    fn tell(&self, outcome: Result<MessageQueue, ConnectError>) {
        let mut state = self.state.lock();
        let (tell, membership) = (state.tell.take(), state.membership.take());
        let behind = std::mem::take(&mut state.behind);
        drop(state);
        if let Some(membership) = membership {
            self.pump.part(membership);
        }
        self.withdraw(behind);
        if let Some(tell) = tell {
            tell(outcome);
        }
    }
}

impl Party<Outcome<MessageQueue>> for Pending {
    fn settle(self: Arc<Self>, outcome: Outcome<MessageQueue>) {
        let outcome = outcome.map_err(|why| why.connecting(&self.name, self.port));
        self.post(outcome);
    }
}

impl Member for Pending {
    fn pump_stopped(&self, last_words: bool) {
        if !last_words {
            let silenced = self.state.lock().tell.take();
            drop(silenced);
        }
        self.tell(Err(ConnectError::PumpStopped));
    }
}
