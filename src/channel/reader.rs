//! The half of a channel that reads.

use std::fmt;
use std::io::{self, BufRead, Read};

use crate::buffer::spsc::Spsc;
use crate::buffer::{Consumer, Linked, PopError, Popped, Ring};
use crate::sync::Arc;
use crate::wait::{Attempt, StreamSpin, wait_in_stream};

use super::connection::{Connection, Control, Operation};
use super::{Disconnector, Endpoint, piece};

/// The reading half of a [`Channel`](super::Channel), from [`split`](super::Channel::split).
///
/// Reads as the channel does. Dropping it ends this direction only: the peer's writes fail with `BrokenPipe`.
pub struct ChannelReader<V: Ring<u8> = Spsc<u8>> {
    consumer: Consumer<u8, Linked<V, Control>>,
    spin: StreamSpin,
    /// At most so many bytes are taken at once.
    pub(super) piece: u16,
    // Nothing will come any more.
    over: bool,
    /// The other half is beside it: dropping this one drops the end.
    pub(super) whole: bool,
}

struct Pop<'a, V: Ring<u8>> {
    consumer: &'a mut Consumer<u8, Linked<V, Control>>,
    target: Option<&'a mut [u8]>,
}

impl<V: Ring<u8>> Attempt for Pop<'_, V> {
    type Output = Result<Popped, PopError>;

    fn attempt(&mut self) -> Option<Self::Output> {
        self.consumer.expect();
        let result = match &mut self.target {
            Some(target) => self.consumer.pop_slice(target),
            None => lendable(self.consumer),
        };
        (result != Err(PopError::Empty)).then_some(result)
    }

    fn arm(&mut self) -> bool {
        self.consumer.arm()
    }

    fn disarm(&mut self) -> bool {
        self.consumer.disarm()
    }

    fn amount(&self, output: &Self::Output) -> usize {
        output.map_or(0, |popped| popped.count + self.consumer.known())
    }

    /// An eighth of the ring: the writer still has room to go on in.
    fn plenty(&self) -> usize {
        self.consumer.capacity() / 8
    }
}

/// Whether there is something to lend, taking nothing.
fn lendable<V: Ring<u8>>(consumer: &mut Consumer<u8, Linked<V, Control>>) -> Result<Popped, PopError> {
    consumer.lend().map(|_| Popped { count: 0, wake: false, ended: false })
}

impl<V: Ring<u8>> ChannelReader<V> {
    pub(super) fn new(consumer: Consumer<u8, Linked<V, Control>>) -> Self {
        let piece = piece(consumer.capacity());
        Self { consumer, spin: StreamSpin::default(), piece, over: false, whole: true }
    }

    pub(super) fn connection(&self) -> &Arc<Connection<V>> {
        self.consumer.hold().link()
    }

    pub(super) fn end(&self) -> usize {
        1 - usize::from(self.consumer.number())
    }

    /// Whether `disconnect` was called on this end, or the peer has hung up and everything it wrote has been read, and the writing
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

    /// Reads what is there, up to the length of `buffer`, without waiting.
    ///
    /// # Errors
    /// `WouldBlock` if there is nothing to read now; else as [`read`](Read::read).
    pub fn try_read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        match self.consumer.pop_slice(buffer) {
            Ok(popped) => Ok(self.took(popped)),
            Err(PopError::Empty) => Err(io::ErrorKind::WouldBlock.into()),
            Err(why) => self.closed(why).map(|()| 0),
        }
    }

    /// Reads at once what there is, up to the length of `buffer`.
    // Always: see `pop_slice`.
    #[inline(always)]
    fn read_once(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        match self.consumer.pop_slice(buffer) {
            Ok(popped) => Ok(self.took(popped)),
            refused => match self.wait_for(Some(buffer), refused)? {
                Some(popped) => Ok(self.took(popped)),
                None => Ok(0),
            },
        }
    }

    /// Reads piece by piece, so that the writer gets room while this side copies. Only the first piece is waited for.
    // Never: it would take registers from the short way.
    #[inline(never)]
    fn read_in_pieces(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut pieces = buffer.chunks_mut(usize::from(self.piece));
        let Some(first) = pieces.next() else { return Ok(0) };
        let mut count = self.read_once(first)?;
        let mut whole = count == usize::from(self.piece);
        while let Some(piece) = pieces.next().filter(|_| whole) {
            // A refusal is for the next call to tell.
            let Ok(popped) = self.consumer.pop_slice(piece) else { break };
            count += self.took(popped);
            whole = popped.count == piece.len();
        }
        Ok(count)
    }

    /// Follows up on a first attempt: if it was refused for now, waits until something can be read into `target`, or lent if there is
    /// none. `None` at end-of-stream.
    #[cold]
    fn wait_for(
        &mut self,
        target: Option<&mut [u8]>,
        mut result: Result<Popped, PopError>,
    ) -> io::Result<Option<Popped>> {
        if result == Err(PopError::Empty) {
            let end = self.end();
            let shared = self.consumer.hold().link().shared();
            let beside = self.spin.is_beside(|| shared.is_beside_peer(end));
            let mut pop = Pop { consumer: &mut self.consumer, target };
            // On this very core nobody acts meanwhile.
            let brief = if beside { None } else { self.spin.briefly(&mut pop) };
            result = match brief {
                Some(output) => output,
                None => {
                    let connection = pop.consumer.hold().link().clone();
                    let parking = connection.begin(end, Operation::Read);
                    let output = wait_in_stream(&mut pop, &parking, &mut self.spin);
                    connection.finish(end, Operation::Read);
                    output.unwrap_or(result)
                }
            };
        }
        match result {
            Ok(popped) => Ok(Some(popped)),
            Err(why) => self.closed(why).map(|()| None),
        }
    }

    /// Follows up on bytes taken: wakes the peer's writer, notes the end.
    #[inline]
    fn took(&mut self, popped: Popped) -> usize {
        if popped.wake {
            self.connection().wake(1 - self.end(), Operation::Write);
        }
        if popped.ended {
            self.connection().drained(self.end());
        }
        popped.count
    }

    /// What it means that nothing came out: end-of-stream, or an error. Lets go of the buffer either way.
    #[cold]
    fn closed(&mut self, why: PopError) -> io::Result<()> {
        if why == PopError::ProducerGone {
            self.over = true;
            self.connection().drained(self.end());
        }
        let _ = self.consumer.leave();
        // K3: looking waits out the disconnect that this is a consequence of.
        if self.over && !self.connection().has_left(self.end()) {
            return Ok(());
        }
        Err(io::ErrorKind::NotConnected.into())
    }
}

impl<V: Ring<u8> + 'static> ChannelReader<V> {
    /// A handle that disconnects the whole end, both halves, from any thread.
    #[must_use]
    pub fn disconnector(&self) -> Disconnector {
        Disconnector::new(self.connection(), self.end())
    }
}

impl<V: Ring<u8>> Read for ChannelReader<V> {
    /// Reads 1 to `buffer.len()` bytes; waits only while there are none. `Ok(0)` is end-of-stream: the peer has hung up and everything it
    /// wrote has been read (or `buffer` is empty).
    ///
    /// # Errors
    /// `NotConnected` after this end was disconnected, also while it waits.
    #[inline]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.len() > usize::from(self.piece) {
            return self.read_in_pieces(buffer);
        }
        self.read_once(buffer)
    }
}

impl<V: Ring<u8>> BufRead for ChannelReader<V> {
    /// The bytes that can be read now, in place as far as the buffer variant allows; waits while there are none. Empty is end-of-stream.
    ///
    /// # Errors
    /// As [`read`](Read::read).
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let first = lendable(&mut self.consumer);
        if first.is_err() && self.wait_for(None, first)?.is_none() {
            return Ok(&[]);
        }
        // Nobody but this end takes bytes away, so they are still there, unless the end was disconnected just now.
        self.consumer.lend().map_err(|_| io::ErrorKind::NotConnected.into())
    }

    /// Takes `amount` of the bytes that [`fill_buf`](BufRead::fill_buf) showed; all of them if `amount` is more.
    fn consume(&mut self, amount: usize) {
        if let Ok(popped) = self.consumer.consume(amount) {
            self.took(popped);
        }
    }
}

impl<V: Ring<u8>> Drop for ChannelReader<V> {
    fn drop(&mut self) {
        if self.whole {
            self.connection().disconnect(self.end());
        } else if !self.over {
            self.connection().close_reader(self.end());
        }
    }
}

impl<V: Ring<u8>> fmt::Debug for ChannelReader<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChannelReader").field("local", self.local()).field("peer", self.peer()).finish_non_exhaustive()
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use std::io::Write;

    use super::super::pair;
    use super::{Attempt, Pop, PopError};

    #[test]
    fn what_a_wait_has_brought_is_what_it_takes_and_what_it_leaves() {
        let (mut here, mut there) = pair(64).expect("a small capacity");
        there.write_all(&[7; 10]).expect("there is room");
        let mut pop = Pop { consumer: &mut here.reader.consumer, target: Some(&mut [0; 3]) };
        let taken = pop.attempt().expect("ten bytes are there");
        assert_eq!((pop.amount(&taken), pop.amount(&Err(PopError::ProducerGone)), pop.plenty()), (10, 0, 64 / 8));
    }
}
