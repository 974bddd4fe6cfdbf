//! A byte there and back with nothing around it: what the machine allows.

use std::hint::spin_loop;
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::thread::futex;

use crate::driver::Kind;

use super::Simplex;

/// A word on a line of its own: a byte is there, or not.
#[repr(align(128))]
#[derive(Default)]
pub(crate) struct Word(AtomicU32);

pub(crate) struct Writer<S>(Arc<Word>, S);
pub(crate) struct Reader<S>(Arc<Word>, S);

/// The reader looks at the line until it changes.
pub(crate) struct CacheLine;

/// The reader sleeps on the word, the writer wakes it.
pub(crate) struct Futex;

macro_rules! simplex {
    ($name:ident, $title:literal) => {
        impl Simplex for $name {
            const NAME: &'static str = $title;
            const KIND: Kind = Kind::Limit;
            type Writer = Writer<Self>;
            type Reader = Reader<Self>;

            fn open(_capacity: usize) -> (Writer<Self>, Reader<Self>) {
                let word = Arc::<Word>::default();
                (Writer(word.clone(), Self), Reader(word, Self))
            }
        }
    };
}

simplex!(CacheLine, "cache line");
simplex!(Futex, "futex");

impl Write for Writer<CacheLine> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.0.store(1, Ordering::Release);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Reader<CacheLine> {
    #[inline]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.0.0.load(Ordering::Acquire) == 0 {
            spin_loop();
        }
        self.0.0.store(0, Ordering::Relaxed);
        Ok(buffer.len())
    }
}

impl Write for Writer<Futex> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.0.store(1, Ordering::Release);
        futex::wake(&self.0.0, futex::Flags::PRIVATE, 1)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Reader<Futex> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.0.0.load(Ordering::Acquire) == 0 {
            // Interrupted, or too late: the word tells.
            let _ = futex::wait(&self.0.0, futex::Flags::PRIVATE, 0, None);
        }
        self.0.0.store(0, Ordering::Relaxed);
        Ok(buffer.len())
    }
}
