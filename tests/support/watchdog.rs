//! Kills a test that hangs, with a message that says where each thread of the process was.
//!
//! The body of a test runs in a thread of its own; when its time is up, every thread is interrupted by a signal, whose
//! handler captures a backtrace. Capturing one may allocate, so a thread that is interrupted inside the allocator may
//! never answer: it gets a moment, and then the next one is asked. The process is about to die, nothing is lost.
//!
//! Where there are no such signals, the message gives the limit and the name of the test only.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::io::Write;
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::Duration;

/// The exit status of a process that the watchdog killed: what a failed test harness exits with.
pub const KILLED: i32 = 101;

/// Runs `body` in a thread of its own and returns what it returns, or panics as it panics.
///
/// If that takes longer than `limit`, the process ends, after a message to standard error that says where each of
/// its threads is.
pub fn within<T: Send + 'static>(limit: Duration, body: impl FnOnce() -> T + Send + 'static) -> T {
    let name = thread::current().name().unwrap_or("unnamed test").to_owned();
    let (over, end) = mpsc::channel::<()>();
    let run = move || {
        let _over = over;
        body()
    };
    let thread = thread::Builder::new().name(name.clone()).spawn(run).expect("a thread for the test");
    if end.recv_timeout(limit) == Err(mpsc::RecvTimeoutError::Timeout) {
        kill(&name, limit);
    }
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// What the tests are at, by the name of their thread.
static DOING: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());

/// Notes what the test in this thread is at: if it hangs, that is part of the message.
pub fn doing(what: &impl Debug) {
    let name = thread::current().name().unwrap_or("unnamed test").to_owned();
    DOING.lock().expect("no panic under this lock").insert(name, format!("{what:?}"));
}

/// Ends the process with a report on every thread.
fn kill(name: &str, limit: Duration) -> ! {
    // Not `eprint!`: the harness would capture it, and then the process is gone.
    let mut to = std::io::stderr().lock();
    let _ = writeln!(to, "\nwatchdog: {name} still runs after {limit:?}; this is where each thread is:\n");
    threads::report(&mut to);
    if let Some(doing) = DOING.lock().expect("no panic under this lock").get(name) {
        let _ = writeln!(to, "watchdog: {name} was at this:\n{doing}\n");
    }
    let _ = writeln!(to, "watchdog: killing the process because of {name}");
    let _ = to.flush();
    std::process::exit(KILLED);
}

#[cfg(target_os = "linux")]
mod threads {
    use std::backtrace::Backtrace;
    use std::fs;
    use std::io::Write;
    use std::ptr;
    use std::sync::atomic::{AtomicPtr, Ordering};
    use std::thread;
    use std::time::{Duration, Instant};

    /// How long a thread has to say where it is.
    const PATIENCE: Duration = Duration::from_secs(3);

    /// Nothing else in the tests uses it.
    const QUESTION: libc::c_int = libc::SIGUSR2;

    /// Where a thread was when it was asked.
    struct Answer {
        tid: libc::pid_t,
        trace: Backtrace,
    }

    /// The place for the one answer that is awaited.
    static ANSWER: AtomicPtr<Answer> = AtomicPtr::new(ptr::null_mut());

    pub(super) fn report(to: &mut impl Write) {
        listen();
        for tid in all() {
            let name = name(tid);
            let trace = if tid == own() { Some("    (asking)\n".to_owned()) } else { ask(tid) };
            let trace = trace.unwrap_or_else(|| "    (no answer)\n".to_owned());
            let _ = writeln!(to, "thread {tid} \"{name}\":\n{trace}");
        }
    }

    /// The threads of this process.
    fn all() -> Vec<libc::pid_t> {
        let tasks = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
        tasks.filter_map(|task| task.file_name().to_str()?.parse().ok()).collect()
    }

    /// The name of a thread, as far as the system keeps it: 15 bytes.
    fn name(tid: libc::pid_t) -> String {
        fs::read_to_string(format!("/proc/self/task/{tid}/comm"))
            .map_or_else(|_| "gone".into(), |name| name.trim().into())
    }

    fn own() -> libc::pid_t {
        // SAFETY: gettid has no preconditions.
        unsafe { libc::gettid() }
    }

    /// Makes the signal known.
    fn listen() {
        // SAFETY: a sigaction is plain data, for which all zeros are valid: no flags, an empty mask.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        action.sa_sigaction = answer as extern "C" fn(libc::c_int) as libc::sighandler_t;
        action.sa_flags = libc::SA_RESTART;
        // SAFETY: `action` is initialised and names a function of the type that these flags ask for.
        let result = unsafe { libc::sigaction(QUESTION, &raw const action, ptr::null_mut()) };
        assert_eq!(result, 0, "{QUESTION} is a signal");
    }

    /// Asks one thread where it is.
    fn ask(tid: libc::pid_t) -> Option<String> {
        // SAFETY: tgkill takes any numbers; the handler is installed.
        let sent = unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), tid, QUESTION) };
        let start = Instant::now();
        while sent == 0 && start.elapsed() < PATIENCE {
            let answer = ANSWER.swap(ptr::null_mut(), Ordering::Acquire);
            if !answer.is_null() {
                // SAFETY: what is not null was made by `Box::into_raw` in `answer`, and the swap made it ours alone.
                let answer = unsafe { Box::from_raw(answer) };
                if answer.tid == tid {
                    return Some(trimmed(&answer.trace));
                }
            }
            thread::sleep(Duration::from_millis(1));
        }
        None
    }

    /// The handler: runs in the thread that is asked.
    extern "C" fn answer(_signal: libc::c_int) {
        let answer = Box::new(Answer { tid: own(), trace: Backtrace::force_capture() });
        let late = ANSWER.swap(Box::into_raw(answer), Ordering::AcqRel);
        if !late.is_null() {
            // SAFETY: as in `ask`; this answer came too late for its question.
            drop(unsafe { Box::from_raw(late) });
        }
    }

    /// The trace, one frame a line, without the handler's own frames and those below the thread's first function.
    fn trimmed(trace: &Backtrace) -> String {
        let text = trace.to_string();
        let frames = frames(&text);
        let handler = frames.iter().rposition(|frame| frame.contains("threads::answer"));
        let asked = frames.iter().skip(handler.map_or(0, |at| at + 1)).filter(|frame| !frame.starts_with("<unknown>"));
        let own = asked.take_while(|frame| !frame.contains("__rust_begin_short_backtrace"));
        own.map(|frame| format!("    {frame}\n")).collect()
    }

    /// The frames of a trace as std prints it: the function in one line, its place perhaps in the next.
    fn frames(text: &str) -> Vec<String> {
        let mut frames: Vec<String> = Vec::new();
        for line in text.lines().map(str::trim_start) {
            match (line.strip_prefix("at "), frames.last_mut()) {
                (Some(place), Some(frame)) => *frame = format!("{frame} ({place})"),
                _ => frames.push(line.split_once(": ").map_or(line, |(_number, function)| function).to_owned()),
            }
        }
        frames
    }
}

#[cfg(not(target_os = "linux"))]
mod threads {
    pub(super) fn report(to: &mut impl std::io::Write) {
        let _ = writeln!(to, "(not known on this system)");
    }
}
