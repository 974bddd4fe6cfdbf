//! The half of a channel that writes.

use std::fmt;
use std::io::{self, Write};

use crate::buffer::spsc::Spsc;
use crate::buffer::{Linked, Producer, PushError, Pushed, Ring};
use crate::sync::Arc;
use crate::wait::{Attempt, StreamSpin, wait_in_stream};

use super::connection::{Connection, Control, Operation};
use super::{Disconnector, Endpoint, piece};

/// The writing half of a [`Channel`](super::Channel), from [`split`](super::Channel::split).
///
/// Writes as the channel does. Dropping it ends this direction only: the peer reads what was written, then end-of-stream.
pub struct ChannelWriter<V: Ring<u8> = Spsc<u8>> {
    producer: Producer<u8, Linked<V, Control>>,
    spin: StreamSpin,
    /// At most so many bytes are put at once.
    pub(super) piece: u16,
    // Nothing will be taken any more.
    over: bool,
    /// The other half is beside it, and dropped before: that dropped the end.
    pub(super) whole: bool,
}

struct Push<'a, V: Ring<u8>> {
    producer: &'a mut Producer<u8, Linked<V, Control>>,
    source: &'a [u8],
}

impl<V: Ring<u8>> Attempt for Push<'_, V> {
    type Output = Result<Pushed, PushError>;

    fn attempt(&mut self) -> Option<Self::Output> {
        match self.producer.push_slice(self.source) {
            Err(PushError::Full) => None,
            other => Some(other),
        }
    }

    fn arm(&mut self) -> bool {
        self.producer.arm()
    }

    fn disarm(&mut self) -> bool {
        self.producer.disarm()
    }

    fn amount(&self, output: &Self::Output) -> usize {
        output.map_or(0, |pushed| pushed.count + self.producer.known_room())
    }

    /// An eighth of the ring: the reader still has enough to go on with.
    fn plenty(&self) -> usize {
        self.producer.capacity() / 8
    }
}

impl<V: Ring<u8>> ChannelWriter<V> {
    pub(super) fn new(producer: Producer<u8, Linked<V, Control>>) -> Self {
        let piece = piece(producer.capacity());
        Self { producer, spin: StreamSpin::default(), piece, over: false, whole: true }
    }

    pub(super) fn connection(&self) -> &Arc<Connection<V>> {
        self.producer.hold().link()
    }

    fn end(&self) -> usize {
        self.producer.number().into()
    }

    /// Whether `disconnect` was called on this end, or the peer has hung up and everything it wrote has been read, or the reading
    /// direction is over as well.
    #[must_use]
    pub fn is_disconnected(&self) -> bool {
        self.connection().is_over(self.end())
    }

    /// Who is at the other end.
    #[must_use]
    pub fn peer(&self) -> &Endpoint {
        &self.connection().shared().ends[1 - self.end()].local
    }

    /// Who is at this end.
    #[must_use]
    pub fn local(&self) -> &Endpoint {
        &self.connection().shared().ends[self.end()].local
    }

    /// Writes what there is room for, up to the length of `bytes`, without waiting.
    ///
    /// # Errors
    /// `WouldBlock` if there is no room now; else as [`write`](Write::write).
    pub fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.producer.push_slice(bytes) {
            Ok(pushed) => Ok(self.put(pushed)),
            Err(PushError::Full) => Err(io::ErrorKind::WouldBlock.into()),
            Err(why) => Err(self.closed(why)),
        }
    }

    /// Writes at once what there is room for, up to the length of `bytes`.
    // Always: see `push_slice`.
    #[inline(always)]
    fn write_once(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.producer.push_slice(bytes) {
            Ok(pushed) => Ok(self.put(pushed)),
            refused => self.write_slowly(bytes, refused),
        }
    }

    /// Writes piece by piece, so that the reader copies while this side does. Only the first piece is waited for.
    // Never: it would take registers from the short way.
    #[inline(never)]
    fn write_in_pieces(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut pieces = bytes.chunks(usize::from(self.piece));
        let Some(first) = pieces.next() else { return Ok(0) };
        let mut count = self.write_once(first)?;
        let mut whole = count == usize::from(self.piece);
        while let Some(piece) = pieces.next().filter(|_| whole) {
            // A refusal is for the next call to tell.
            let Ok(pushed) = self.producer.push_slice(piece) else { break };
            count += self.put(pushed);
            whole = pushed.count == piece.len();
        }
        Ok(count)
    }

    #[cold]
    fn write_slowly(&mut self, bytes: &[u8], mut result: Result<Pushed, PushError>) -> io::Result<usize> {
        if result == Err(PushError::Full) {
            let end = self.end();
            let shared = self.producer.hold().link().shared();
            let beside = self.spin.is_beside(|| shared.is_beside_peer(end));
            let mut push = Push { producer: &mut self.producer, source: bytes };
            // On this very core nobody acts meanwhile.
            let brief = if beside { None } else { self.spin.briefly(&mut push) };
            result = match brief {
                Some(output) => output,
                None => {
                    let connection = push.producer.hold().link().clone();
                    let parking = connection.begin(end, Operation::Write);
                    let output = wait_in_stream(&mut push, &parking, &mut self.spin);
                    connection.finish(end, Operation::Write);
                    output.unwrap_or(result)
                }
            };
        }
        match result {
            Ok(pushed) => Ok(self.put(pushed)),
            Err(why) => Err(self.closed(why)),
        }
    }

    /// Follows up on bytes put: wakes the peer's reader.
    #[inline]
    fn put(&mut self, pushed: Pushed) -> usize {
        if pushed.wake {
            self.connection().wake(1 - self.end(), Operation::Read);
        }
        pushed.count
    }

    /// What it means that nothing went in. Lets go of the buffer if that is for good.
    #[cold]
    fn closed(&mut self, why: PushError) -> io::Error {
        if why == PushError::OutOfMemory {
            return io::ErrorKind::OutOfMemory.into();
        }
        self.over |= why == PushError::ConsumerGone;
        let _ = self.producer.leave();
        // K3: waits out the disconnect that this is a consequence of.
        if self.over && !self.connection().has_left(self.end()) {
            io::ErrorKind::BrokenPipe.into()
        } else {
            io::ErrorKind::NotConnected.into()
        }
    }
}

impl<V: Ring<u8> + 'static> ChannelWriter<V> {
    /// A handle that disconnects the whole end, both halves, from any thread.
    #[must_use]
    pub fn disconnector(&self) -> Disconnector {
        Disconnector::new(self.connection(), self.end())
    }
}

impl<V: Ring<u8>> Write for ChannelWriter<V> {
    /// Writes 1 to `bytes.len()` bytes; waits only while there is no room. `Ok(n)` says that `n` bytes will be read before end-of-stream
    /// unless the peer discards them; it does not say that they have been read.
    ///
    /// # Errors
    /// `BrokenPipe` once the peer has hung up, `NotConnected` after this end was disconnected, both also while it waits;
    /// `OutOfMemory` if there is no memory for the buffer, which comes with the first byte. Nothing was written then.
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > usize::from(self.piece) {
            return self.write_in_pieces(bytes);
        }
        self.write_once(bytes)
    }

    /// Nothing to do: what was written can be read.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<V: Ring<u8>> Drop for ChannelWriter<V> {
    fn drop(&mut self) {
        if !self.whole {
            self.connection().close_writer(self.end());
        }
    }
}

impl<V: Ring<u8>> fmt::Debug for ChannelWriter<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChannelWriter").field("local", self.local()).field("peer", self.peer()).finish_non_exhaustive()
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::super::pair;
    use super::{Attempt, Push, PushError};

    #[test]
    fn what_a_wait_has_brought_is_what_it_fills_and_what_it_leaves() {
        let (mut here, _there) = pair(64).expect("a small capacity");
        let mut push = Push { producer: &mut here.writer.producer, source: &[7; 10] };
        let put = push.attempt().expect("there is room");
        assert_eq!((push.amount(&put), push.amount(&Err(PushError::ConsumerGone)), push.plenty()), (64, 0, 64 / 8));
    }
}
