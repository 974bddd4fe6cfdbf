//! What one writes without a crate: a queue behind a mutex, and two condition variables.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::sync::{Arc, Condvar, Mutex};

use crate::driver::Kind;

use super::Simplex;

pub(crate) struct MutexQueue;

pub(crate) struct Shared {
    queue: Mutex<VecDeque<u8>>,
    filled: Condvar,
    emptied: Condvar,
    capacity: usize,
}

pub(crate) struct Writer(Arc<Shared>);
pub(crate) struct Reader(Arc<Shared>);

impl Simplex for MutexQueue {
    const NAME: &'static str = "mutex + condvars";
    const KIND: Kind = Kind::Blocking;
    type Writer = Writer;
    type Reader = Reader;

    fn open(capacity: usize) -> (Writer, Reader) {
        let (filled, emptied) = (Condvar::new(), Condvar::new());
        let queue = Mutex::new(VecDeque::with_capacity(capacity));
        let shared = Arc::new(Shared { queue, filled, emptied, capacity });
        (Writer(shared.clone()), Reader(shared))
    }
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Shared { queue, filled, emptied, capacity } = &*self.0;
        let full = |queue: &mut VecDeque<u8>| queue.len() == *capacity;
        let mut queue = emptied.wait_while(queue.lock().expect("nobody panics"), full).expect("nobody panics");
        let count = bytes.len().min(capacity - queue.len());
        queue.extend(&bytes[..count]);
        drop(queue);
        filled.notify_one();
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Shared { queue, filled, emptied, .. } = &*self.0;
        let empty = |queue: &mut VecDeque<u8>| queue.is_empty();
        let mut queue = filled.wait_while(queue.lock().expect("nobody panics"), empty).expect("nobody panics");
        // The standard library copies the first of the two slices that a queue consists of, at once.
        let count = queue.read(buffer)?;
        drop(queue);
        emptied.notify_one();
        Ok(count)
    }
}
