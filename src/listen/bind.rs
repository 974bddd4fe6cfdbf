//! A port that is bound by a listener.
//!
//! ```text
//!   bound, listener here --- accept event, somebody waits ---> bound, listener runs --- returns ---> bound, listener here
//!           |                                                        | unbind
//!           | unbind                                                 v
//!           +----> unbound, listener here --- last event --->  unbound, listener runs --- returns ---+
//!                                                  |                                                 v
//!                                                  +----------- unbound() is called, listener dropped
//! ```
//!
//! * **A1** every connect that lines up at the port while it is bound posts one accept event, and so does the bind for every connect
//!   that waited before. An event meets the first in the line or, if that has withdrawn, nobody: so as long as the pump
//!   runs, nobody waits for ever at a bound port (RDV-4).
//! * **A2** an accept event meets only while this binding still is the one at the port, which is asked under the lock that unbinds it.
//! * **A3** the listener is taken out while it runs; whoever unbinds meanwhile leaves `ended`, and the event makes the last call.
//! * **A4** the last call is made by whoever takes the listener out after `ended` was set, which happens once.

use crate::Port;
use crate::broker::{Arrived, Bound, Broker};
use crate::error::BindError;
use crate::event::{Kind, Member, Membership, PumpHandle};
use crate::queue::MessageQueue;
use crate::sync::panic::catch;
use crate::sync::{Arc, Mutex};

use super::AcceptListener;

/// A port and its listener.
pub(super) struct Binding {
    /// Keeps the broker open.
    broker: Broker,
    port: Port,
    pump: PumpHandle,
    state: Mutex<State>,
}

struct State {
    listener: Option<Box<dyn AcceptListener>>,
    /// It has been at the port.
    bound: bool,
    ended: bool,
    /// The last call was, or is being, made.
    told: bool,
    membership: Option<Membership>,
}

impl Binding {
    pub(super) fn bind(
        broker: &Broker,
        pump: &PumpHandle,
        port: Port,
        listener: Box<dyn AcceptListener>,
    ) -> Result<(), BindError> {
        let state = State { listener: Some(listener), bound: false, ended: false, told: false, membership: None };
        let binding = Arc::new(Self { broker: broker.clone(), port, pump: pump.clone(), state: Mutex::new(state) });
        let membership = pump.join(Kind::Port, binding.clone()).ok_or(BindError::PumpStopped)?;
        binding.state.lock().membership = Some(membership);
        let waiting = broker.core().bind(port, binding.clone()).inspect_err(|_| pump.part(membership))?;
        binding.state.lock().bound = true;
        if pump.is_stopped() && broker.core().unbind(port, Some(&*binding)).is_some() {
            // The pump may have ended its members before this one was bound. If it was in time after all, the listener was told.
            let mut state = binding.state.lock();
            let (told, untold) = (state.told, state.listener.take());
            drop(state);
            drop(untold);
            pump.part(membership);
            return if told { Ok(()) } else { Err(BindError::PumpStopped) };
        }
        for _ in 0..waiting {
            binding.clone().somebody_waits();
        }
        Ok(())
    }

    /// The accept event: meets the first who waits, and tells the listener. A panic of the listener goes on to the pump; the port
    /// stays bound.
    fn accept(self: &Arc<Self>) {
        let Some(mut listener) = self.state.lock().listener.take() else { return };
        let called = match self.broker.core().next_for::<MessageQueue>(self.port, &**self) {
            Arrived::Met(caller, party) => {
                let queue = self.broker.core().meet(self.port, caller.as_ref(), party);
                catch(|| listener.accepted(queue))
            }
            Arrived::Waiting(_) | Arrived::Refused(_) => Ok(()),
        };
        let mut state = self.state.lock();
        state.listener = Some(listener);
        let ended = state.ended;
        drop(state);
        if ended {
            self.last_call();
        }
        if let Err(payload) = called {
            std::panic::resume_unwind(payload);
        }
    }

    /// A4: tells the listener that this was all, and drops it, on the pump thread.
    fn last_call(&self) {
        let mut state = self.state.lock();
        let (listener, membership) = (state.listener.take(), state.membership.take());
        state.told |= listener.is_some();
        drop(state);
        if let Some(membership) = membership {
            self.pump.part(membership);
        }
        if let Some(mut listener) = listener {
            listener.unbound();
        }
    }
}

impl Bound for Binding {
    fn somebody_waits(self: Arc<Self>) {
        let pump = self.pump.clone();
        // A pump that has stopped unbinds the port; who waits there goes on waiting.
        let _ = pump.post(move || self.accept());
    }

    fn unbound(self: Arc<Self>) {
        let mut state = self.state.lock();
        state.ended = true;
        let runs = state.listener.is_none();
        drop(state);
        if !runs {
            let pump = self.pump.clone();
            // A pump that has stopped makes the last call itself.
            let _ = pump.post(move || self.last_call());
        }
    }
}

impl Member for Binding {
    fn pump_stopped(&self, last_words: bool) {
        let was_there = self.broker.core().unbind(self.port, Some(self)).is_some();
        let mut state = self.state.lock();
        state.ended = true;
        let speaks = last_words && (was_there || state.bound);
        let silenced = if speaks { None } else { state.listener.take() };
        drop(state);
        drop(silenced);
        self.last_call();
    }
}
