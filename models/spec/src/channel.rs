//! The two ends of a connected channel: CHAN-1 to CHAN-8.
//!
//! Two [rings](crate::ring), one per direction, and for each end what it has let go of. No operation waits: what
//! would block answers `WouldBlock`.
//!
//! | state, first match counts | `Write(bytes)` | `Read(max)` | `FillBuf` |
//! |---|---|---|---|
//! | nothing asked for | `Moved(0)` | `Took([])` | |
//! | this end disconnected (CHAN-7) | `NotConnected` | `NotConnected` | `NotConnected` |
//! | the peer reads no more (CHAN-4) | `BrokenPipe` | | |
//! | the peer writes no more, all is drained (CHAN-4) | | `Took([])` | `Shown([])` |
//! | full / empty | `WouldBlock` | `WouldBlock` | `WouldBlock` |
//! | else (CHAN-2) | `Moved(1..=min(len, room))` | `Took` the first `1..=min(max, held)` | `Shown` the first `1..=held` |
//!
//! An end *is disconnected* once it disconnected itself, or once neither of its directions can move a byte any
//! more: its output because the peer reads no more or its writer was dropped, its input because the peer writes no
//! more and all is drained or its reader was dropped. So a peer that hung up leaves the end connected until the last
//! byte is taken (CHAN-3), and one dropped half leaves it connected (CHAN-8).

use crate::ring::{self, Ring};
use crate::{Mismatch, Spec};

/// One of the two ends.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Side {
    /// The first end of the pair.
    Left,
    /// The second end of the pair.
    Right,
}

impl Side {
    /// The other end.
    pub fn peer(self) -> Self {
        match self {
            Side::Left => Side::Right,
            Side::Right => Side::Left,
        }
    }
}

/// Who does what.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Operation(pub Side, pub Action);

/// What an end does, without ever waiting.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Action {
    /// Offers bytes; a prefix of them is taken in.
    Write(Vec<u8>),
    /// Asks for up to so many bytes.
    Read(usize),
    /// Looks at bytes without taking them.
    FillBuf,
    /// Takes so many of the bytes that the last look showed.
    Consume(usize),
    /// Hangs up.
    Disconnect,
    /// Drops the reading half.
    DropReader,
    /// Drops the writing half.
    DropWriter,
    /// Asks whether this end is disconnected.
    IsDisconnected,
}

/// What an end is answered.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Response {
    /// So many of the offered bytes were taken in.
    Moved(usize),
    /// These bytes came out; none at all is end-of-stream, or the answer to a read of none.
    Took(Vec<u8>),
    /// These bytes are next; none at all is end-of-stream.
    Shown(Vec<u8>),
    /// Nothing could move now.
    WouldBlock,
    /// The peer will never read what is written.
    BrokenPipe,
    /// This end hung up itself.
    NotConnected,
    /// Whether the end is disconnected.
    Flag(bool),
    /// Done, whatever the state.
    Done,
}

/// What one end still holds.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct End {
    reader: bool,
    writer: bool,
    disconnected: bool,
    /// How many bytes the last look showed and nobody took since.
    shown: usize,
}

/// The state of a connected channel.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Pair {
    /// What `Left` and `Right` have written.
    output: [Ring<u8>; 2],
    ends: [End; 2],
}

impl Pair {
    /// A fresh channel with room for `capacity` bytes in each direction.
    ///
    /// # Panics
    /// If `capacity` is 0: there is no such channel.
    pub fn new(capacity: usize) -> Self {
        let end = End { reader: true, writer: true, disconnected: false, shown: 0 };
        Self { output: [Ring::new(capacity), Ring::new(capacity)], ends: [end.clone(), end] }
    }

    /// Whether whoever does `operation` still holds what it takes.
    pub fn can(&self, Operation(side, action): &Operation) -> bool {
        let end = self.end(*side);
        match action {
            Action::Write(_) | Action::DropWriter => end.writer,
            Action::Read(_) | Action::FillBuf | Action::DropReader => end.reader,
            Action::Consume(count) => end.reader && *count <= end.shown,
            Action::IsDisconnected => end.reader || end.writer,
            Action::Disconnect => true,
        }
    }

    /// Whether a blocking `operation` would wait in this state.
    pub fn would_block(&self, operation: &Operation) -> bool {
        self.clone().apply(operation) == Response::WouldBlock
    }

    /// Whether the end of `side` is disconnected.
    pub fn is_disconnected(&self, side: Side) -> bool {
        let end = self.end(side);
        let can_send = end.writer && !self.output(side).consumer_gone();
        let can_receive = end.reader && !(self.input(side).is_empty() && self.input(side).producer_gone());
        end.disconnected || !(can_send || can_receive)
    }

    /// How many bytes wait to be read by `side`.
    pub fn waiting(&self, side: Side) -> usize {
        self.input(side).len()
    }

    fn end(&self, side: Side) -> &End {
        &self.ends[side as usize]
    }

    fn end_mut(&mut self, side: Side) -> &mut End {
        &mut self.ends[side as usize]
    }

    fn output(&self, side: Side) -> &Ring<u8> {
        &self.output[side as usize]
    }

    fn output_mut(&mut self, side: Side) -> &mut Ring<u8> {
        &mut self.output[side as usize]
    }

    fn input(&self, side: Side) -> &Ring<u8> {
        self.output(side.peer())
    }

    fn input_mut(&mut self, side: Side) -> &mut Ring<u8> {
        self.output_mut(side.peer())
    }

    fn write(&mut self, side: Side, bytes: &[u8]) -> Response {
        if bytes.is_empty() {
            return Response::Moved(0);
        }
        if self.end(side).disconnected {
            return Response::NotConnected;
        }
        match self.output_mut(side).apply(&ring::Operation::Put(bytes.to_vec())) {
            ring::Response::Moved(count) => Response::Moved(count),
            ring::Response::PeerGone => Response::BrokenPipe,
            _ => Response::WouldBlock,
        }
    }

    fn read(&mut self, side: Side, max: usize) -> Response {
        if max == 0 {
            return Response::Took(Vec::new());
        }
        if self.end(side).disconnected {
            return Response::NotConnected;
        }
        match self.input_mut(side).apply(&ring::Operation::Take(max)) {
            ring::Response::Took(bytes) => {
                let end = self.end_mut(side);
                end.shown = end.shown.saturating_sub(bytes.len());
                Response::Took(bytes)
            }
            ring::Response::PeerGone => Response::Took(Vec::new()),
            _ => Response::WouldBlock,
        }
    }

    fn fill_buf(&mut self, side: Side, max: usize) -> Response {
        let mut looked = self.clone();
        match looked.read(side, max) {
            Response::Took(bytes) => {
                self.end_mut(side).shown = bytes.len();
                Response::Shown(bytes)
            }
            nothing => nothing,
        }
    }

    fn consume(&mut self, side: Side, count: usize) {
        assert!(count <= self.end(side).shown, "{side:?} consumes {count} bytes, which it was not shown");
        let taken = self.read(side, count);
        debug_assert!(matches!(taken, Response::Took(bytes) if bytes.len() == count));
    }

    fn drop_reader(&mut self, side: Side) {
        self.input_mut(side).apply(&ring::Operation::CloseConsumer);
        let end = self.end_mut(side);
        end.reader = false;
        end.shown = 0;
    }

    fn drop_writer(&mut self, side: Side) {
        self.output_mut(side).apply(&ring::Operation::CloseProducer);
        self.end_mut(side).writer = false;
    }

    /// Leaves both directions, though the halves are still held.
    fn disconnect(&mut self, side: Side) {
        self.input_mut(side).apply(&ring::Operation::CloseConsumer);
        self.output_mut(side).apply(&ring::Operation::CloseProducer);
        let end = self.end_mut(side);
        end.disconnected = true;
        end.shown = 0;
    }

    /// The operation that moves exactly as much as `response` says, where that is less than was asked for.
    fn narrowed(Operation(side, action): &Operation, response: &Response) -> Option<Operation> {
        let narrowed = match (action, response) {
            (Action::Write(bytes), Response::Moved(count)) if (1..bytes.len()).contains(count) => {
                Action::Write(bytes[..*count].to_vec())
            }
            (Action::Read(max), Response::Took(bytes)) if (1..*max).contains(&bytes.len()) => Action::Read(bytes.len()),
            _ => return None,
        };
        Some(Operation(*side, narrowed))
    }
}

impl Spec for Pair {
    type Operation = Operation;
    type Response = Response;

    fn apply(&mut self, operation: &Operation) -> Response {
        assert!(self.can(operation), "{operation:?} by an end that does not hold what it takes");
        let Operation(side, action) = operation;
        match action {
            Action::Write(bytes) => return self.write(*side, bytes),
            Action::Read(max) => return self.read(*side, *max),
            Action::FillBuf => return self.fill_buf(*side, usize::MAX),
            Action::IsDisconnected => return Response::Flag(self.is_disconnected(*side)),
            Action::Consume(count) => self.consume(*side, *count),
            Action::Disconnect => self.disconnect(*side),
            Action::DropReader => self.drop_reader(*side),
            Action::DropWriter => self.drop_writer(*side),
        }
        Response::Done
    }

    fn allows(&mut self, operation: &Operation, response: &Response) -> Result<(), Mismatch> {
        let mut after = self.clone();
        let expected = match (operation, response) {
            (Operation(side, Action::FillBuf), Response::Shown(bytes)) if !bytes.is_empty() => {
                after.fill_buf(*side, bytes.len())
            }
            _ => after.apply(&Self::narrowed(operation, response).unwrap_or_else(|| operation.clone())),
        };
        if expected != *response {
            return Err(Mismatch::new(self.rule(operation), &self.clone().apply(operation), response));
        }
        *self = after;
        Ok(())
    }

    fn rule(&self, Operation(side, action): &Operation) -> &'static str {
        match action {
            Action::Write(bytes) if bytes.is_empty() => "CHAN-2",
            Action::Read(0) => "CHAN-2",
            Action::IsDisconnected => "CHAN-3",
            Action::Disconnect => "CHAN-5",
            Action::DropReader | Action::DropWriter => "CHAN-8",
            _ if self.end(*side).disconnected => "CHAN-7",
            Action::Write(_) if self.output(*side).consumer_gone() => "CHAN-4",
            Action::Write(_) => "CHAN-2",
            _ if !self.input(*side).producer_gone() => "CHAN-2",
            _ if self.input(*side).is_empty() => "CHAN-4",
            _ => "CHAN-3",
        }
    }
}

#[cfg(test)]
#[path = "channel_tests.rs"]
mod tests;
