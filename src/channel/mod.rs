//! Floor 3: Channel, one end of a full-duplex lossless byte stream.
//!
//! ```text
//!   Channel                                                  Channel
//!   writer --write--> [ CircularBuffer ] --read--> reader
//!   reader <--read--- [ CircularBuffer ] <--write-- writer
//! ```
//!
//! Both directions are independent. One end has one reader and one writer, by type (`&mut self`); [`Channel::split`] puts them
//! into different threads. Hanging up is *hang up after bye*: [`Channel::disconnect`] takes no bytes back, the peer reads
//! what was written and then end-of-stream.
//!
//! | after | this end's reads | this end's writes | the peer's reads | the peer's writes |
//! |---|---|---|---|---|
//! | `disconnect` here | `NotConnected` | `NotConnected` | what is left, then `Ok(0)` | `BrokenPipe` |
//! | reader half dropped here | | go on | go on | `BrokenPipe` |
//! | writer half dropped here | go on | | what is left, then `Ok(0)` | go on |
//!
//! # Proof sketch
//! CHAN-1: the two rings share nothing that an operation waits for. CHAN-2, CHAN-4, CHAN-7: each operation is one ring
//! operation, which refuses as the ring's marks say, one's own departure before the peer's. CHAN-5: the ring's tail is final once
//! a departure is marked on it (invariant C2 of the cursor), so a racing write is either before it or refused whole; and marking takes the sleepers'
//! marks along, so they are woken. The rest is in `connection`.
//!
//! An operation that finds room or data takes no lock, and memory is let go by the last of its two owners to leave: an operation
//! that returns closed, or a drop.

mod connection;
mod endpoint;
mod reader;
mod writer;

use std::fmt;
use std::io::{self, BufRead, Read, Write};

use crate::buffer::spsc::Spsc;
use crate::buffer::{LinkEnd, Ring, link};
use crate::error::CapacityError;

pub use connection::Disconnector;
#[doc(hidden)]
pub use connection::{Control, End, Entry, Ledger};
pub use endpoint::Endpoint;
pub use reader::ChannelReader;
pub use writer::ChannelWriter;

/// The most bytes that go in or out of a ring at once: a part of it, so that both sides can copy at the same time.
fn piece(capacity: usize) -> u16 {
    u16::try_from(capacity / 8).unwrap_or(u16::MAX).max(4 << 10)
}

/// One end of a full-duplex FIFO lossless byte stream.
///
/// Reads and writes through [`std::io::Read`], [`BufRead`] and [`Write`]; blocking, unless the name begins with `try_`.
/// Dropping it disconnects it.
///
/// `V` is the variant of the circular buffers, see [`crate::buffer`].
///
/// ```
/// use std::io::{Read, Write};
///
/// let (mut here, mut there) = rdv::channel::pair(1024)?;
/// here.write_all(b"bye")?;
/// here.disconnect();
/// let mut heard = String::new();
/// there.read_to_string(&mut heard)?;
/// assert_eq!(heard, "bye");
/// assert!(there.is_disconnected());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
// On cache lines of its own: what it remembers is written with each operation, and another thread's end may stand beside it.
#[repr(align(64))]
pub struct Channel<V: Ring<u8> = Spsc<u8>> {
    // Dropped first, and with it the whole end.
    reader: ChannelReader<V>,
    writer: ChannelWriter<V>,
}

/// Two connected ends of the default variant, without a broker. `capacity` is in bytes, per direction.
///
/// # Errors
/// [`CapacityError`] for a capacity of zero or one that cannot be had.
pub fn pair(capacity: usize) -> Result<(Channel, Channel), CapacityError> {
    pair_with(capacity)
}

/// As [`pair`], with the buffer variant `V`.
///
/// # Errors
/// [`CapacityError`] for a capacity of zero or one that cannot be had.
///
/// ```
/// use rdv::buffer::mirrored::Mirrored;
///
/// let (_here, _there) = rdv::channel::pair_with::<Mirrored>(4096)?;
/// # Ok::<(), rdv::CapacityError>(())
/// ```
pub fn pair_with<V: Ring<u8>>(capacity: usize) -> Result<(Channel<V>, Channel<V>), CapacityError> {
    V::check(capacity)?;
    connect(capacity, [End::default(), End::default()])
}

/// Two connected ends that know who they are.
///
/// # Errors
/// A capacity that cannot be counted.
#[doc(hidden)]
pub fn connect<V: Ring<u8>>(capacity: usize, ends: [End; 2]) -> Result<(Channel<V>, Channel<V>), CapacityError> {
    let rings = [V::starting_at(capacity, 0)?, V::starting_at(capacity, 0)?];
    let [end_0, end_1] = link(rings, Control::new(ends));
    Ok((Channel::new(end_0), Channel::new(end_1)))
}

impl<V: Ring<u8>> Channel<V> {
    fn new((producer, consumer): LinkEnd<u8, V, Control>) -> Self {
        Self { reader: ChannelReader::new(consumer), writer: ChannelWriter::new(producer) }
    }

    /// Both directions by themselves, for two threads. Dropping one half ends its direction only.
    #[must_use]
    pub fn split(mut self) -> (ChannelReader<V>, ChannelWriter<V>) {
        self.reader.whole = false;
        self.writer.whole = false;
        (self.reader, self.writer)
    }

    /// Reads what is there, up to the length of `buffer`, without waiting.
    ///
    /// # Errors
    /// `WouldBlock` if there is nothing to read now; else as [`read`](Read::read).
    pub fn try_read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.try_read(buffer)
    }

    /// Writes what there is room for, up to the length of `bytes`, without waiting.
    ///
    /// # Errors
    /// `WouldBlock` if there is no room now; else as [`write`](Write::write).
    pub fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.try_write(bytes)
    }

    /// Moves at most so many bytes at once, for models, whose rings are far smaller than a piece.
    #[doc(hidden)]
    pub fn set_piece(&mut self, bytes: u16) {
        self.reader.piece = bytes;
        self.writer.piece = bytes;
    }

    /// Hangs up, without waiting for anybody: the peer can read what was written, then reaches end-of-stream; what this end has not
    /// read is discarded. Operations that wait on either end are woken. Again is no error and does nothing.
    pub fn disconnect(&self) {
        self.reader.connection().disconnect(self.reader.end());
    }

    /// Whether this end has hung up, or its peer has and everything it wrote has been read.
    #[must_use]
    pub fn is_disconnected(&self) -> bool {
        self.reader.is_disconnected()
    }

    /// Who is at the other end.
    #[must_use]
    pub fn peer(&self) -> &Endpoint {
        self.reader.peer()
    }

    /// Who is at this end.
    #[must_use]
    pub fn local(&self) -> &Endpoint {
        self.reader.local()
    }
}

impl<V: Ring<u8> + 'static> Channel<V> {
    /// A handle that disconnects this end from any thread.
    #[must_use]
    pub fn disconnector(&self) -> Disconnector {
        self.reader.disconnector()
    }
}

impl<V: Ring<u8>> Read for Channel<V> {
    /// See [`ChannelReader`]'s `read`.
    #[inline]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer)
    }
}

impl<V: Ring<u8>> BufRead for Channel<V> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.reader.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.reader.consume(amount);
    }
}

impl<V: Ring<u8>> Write for Channel<V> {
    /// See [`ChannelWriter`]'s `write`.
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl<V: Ring<u8>> fmt::Debug for Channel<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel").field("local", self.local()).field("peer", self.peer()).finish_non_exhaustive()
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::piece;

    #[test]
    fn a_piece_is_an_eighth_of_the_ring_within_bounds() {
        let capacities = [1, 32 << 10, 64 << 10, (64 << 10) + 8, 512 << 10, usize::MAX];
        assert_eq!(capacities.map(piece), [4 << 10, 4 << 10, 8 << 10, (8 << 10) + 1, u16::MAX, u16::MAX]);
    }
}
