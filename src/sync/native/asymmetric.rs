//! Two halves of a barrier, of which the frequent one costs nothing.
//!
//! The kernel makes every running thread of the process execute a full barrier (`membarrier`), so that the threads on the other side need
//! none. See P. E. McKenney, M. Desnoyers, L. Jiangshan, *User-space RCU: memory-barrier menagerie* (2013), and
//! [P1202](https://wg21.link/p1202), which proposes these two for C++.
//!
//! Where the kernel refuses, both halves are full fences.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering, compiler_fence, fence};

use rustix::thread::{MembarrierCommand, membarrier};

/// Whether the light half may do nothing: the kernel has promised the heavy one. Never goes back.
static LIGHT: AtomicBool = AtomicBool::new(false);

/// What two sides of a protocol order their stores and loads by.
#[derive(Debug)]
pub struct Barrier;

impl Default for Barrier {
    fn default() -> Self {
        Self::new()
    }
}

impl Barrier {
    /// Nothing but its two halves. The first one ever asks the kernel for its promise: in a process of one thread that takes a
    /// microsecond, in one of several up to 20 ms, which is better spent here than where somebody waits.
    #[must_use]
    pub fn new() -> Self {
        is_promised();
        Self
    }

    /// Orders this thread's earlier stores before its later loads, in the eyes of whoever runs the [heavy](Self::heavy) half.
    #[inline]
    pub fn light(&self) {
        if LIGHT.load(Ordering::Relaxed) {
            compiler_fence(Ordering::SeqCst);
        } else {
            full();
        }
    }

    /// Orders this thread's earlier stores before its later loads, in the eyes of everybody, and makes every [light](Self::light) half of
    /// another thread do the same. Costs some 2 µs, and running threads of the process an interrupt. False if the kernel does not
    /// keep its promise, which takes a filter of system calls that was set up in the meantime.
    #[cold]
    #[must_use]
    pub fn heavy(&self) -> bool {
        fence(Ordering::SeqCst);
        // Asked for first: whoever runs a light half without a fence has seen the promise that is made in there.
        !is_promised() || membarrier(MembarrierCommand::PrivateExpedited).is_ok()
    }
}

#[cold]
fn full() {
    fence(Ordering::SeqCst);
}

/// Asks the kernel, once.
fn is_promised() -> bool {
    static PROMISED: OnceLock<bool> = OnceLock::new();
    *PROMISED.get_or_init(|| {
        let registered = membarrier(MembarrierCommand::RegisterPrivateExpedited);
        let promised = registered.and_then(|()| membarrier(MembarrierCommand::PrivateExpedited)).is_ok();
        LIGHT.store(promised, Ordering::Relaxed);
        promised
    })
}
