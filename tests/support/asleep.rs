//! Threads of which a test can tell that they have gone to sleep.

use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A thread that is expected to block.
#[derive(Debug)]
pub struct Blocking<T> {
    thread: JoinHandle<T>,
    place: place::Place,
}

/// Starts `body` and returns once it sleeps in the call that blocks it.
///
/// # Panics
/// If it ends instead.
#[track_caller]
pub fn blocking<T: Send + 'static>(name: &str, body: impl FnOnce() -> T + Send + 'static) -> Blocking<T> {
    let started = starting(name, body);
    started.until_asleep();
    started
}

/// Starts `body`, which may or may not block.
#[track_caller]
pub fn starting<T: Send + 'static>(name: &str, body: impl FnOnce() -> T + Send + 'static) -> Blocking<T> {
    let (tell, told) = mpsc::channel();
    let run = move || {
        tell.send(place::Place::here()).expect("the test waits for it");
        drop(tell);
        body()
    };
    let thread = thread::Builder::new().name(name.to_owned()).spawn(run).expect("a thread");
    Blocking { thread, place: told.recv().expect("the thread says where it is") }
}

impl<T> Blocking<T> {
    /// Waits until the thread sleeps.
    ///
    /// # Panics
    /// If it ends instead.
    #[track_caller]
    pub fn until_asleep(&self) {
        super::eventually("the thread blocks", || {
            assert!(!self.thread.is_finished(), "{:?} did not block", self.thread.thread().name());
            self.place.is_asleep()
        });
    }

    /// Whether it still runs.
    pub fn is_blocked(&self) -> bool {
        !self.thread.is_finished()
    }

    /// What it returned, if it does so in time; else the thread is left alone.
    pub fn join_within(self, limit: Duration) -> Option<T> {
        let start = Instant::now();
        while self.is_blocked() && start.elapsed() < limit {
            thread::yield_now();
        }
        (!self.is_blocked()).then(|| self.join())
    }

    /// What it returned.
    #[track_caller]
    pub fn join(self) -> T {
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

#[cfg(target_os = "linux")]
mod place {
    use std::fs;
    use std::thread;
    use std::time::Duration;

    /// Where the system tells about a thread.
    #[derive(Debug)]
    pub(super) struct Place(libc::pid_t);

    /// A thread counts as asleep if it slept through this many looks.
    const LOOKS: u32 = 4;

    /// How std waits, in contrast to the C library's locks: a thread that waits for the allocator has not arrived yet.
    const WAIT: libc::c_int = libc::FUTEX_WAIT_BITSET | libc::FUTEX_PRIVATE_FLAG;

    impl Place {
        pub(super) fn here() -> Self {
            // SAFETY: gettid has no preconditions.
            Self(unsafe { libc::gettid() })
        }

        /// Whether the thread sleeps, and has not run between a few looks at it.
        pub(super) fn is_asleep(&self) -> bool {
            let first = self.look();
            (1..LOOKS).all(|_| {
                thread::sleep(Duration::from_micros(300));
                first.is_some() && self.look() == first
            })
        }

        /// How often the thread has given up its processor, if it sleeps now.
        fn look(&self) -> Option<String> {
            let status = fs::read_to_string(format!("/proc/self/task/{}/status", self.0)).ok()?;
            let field = |name: &str| status.lines().find(|line| line.starts_with(name)).map(str::to_owned);
            field("State:").filter(|state| state.contains('S') && self.waits_as_std_does())?;
            field("voluntary_ctxt_switches:")
        }

        /// Whether the system call that it sleeps in is std's way to wait; yes, where the system does not tell.
        fn waits_as_std_does(&self) -> bool {
            let Ok(call) = fs::read_to_string(format!("/proc/self/task/{}/syscall", self.0)) else { return true };
            let words: Vec<&str> = call.split_whitespace().take(3).collect();
            words.first() == Some(&&*libc::SYS_futex.to_string()) && words.get(2) == Some(&&*format!("{WAIT:#x}"))
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod place {
    use std::cell::Cell;
    use std::time::{Duration, Instant};

    /// Where nobody tells, time has to do: a test holds then too, but may show less.
    #[derive(Debug)]
    pub(super) struct Place(Cell<Option<Instant>>);

    impl Place {
        pub(super) fn here() -> Self {
            Self(Cell::new(None))
        }

        pub(super) fn is_asleep(&self) -> bool {
            let first = self.0.get().unwrap_or_else(Instant::now);
            self.0.set(Some(first));
            first.elapsed() > Duration::from_millis(100)
        }
    }
}
