//! A whole channel against `rdv_spec::channel`, with every buffer variant: both ends, whole and split, all operations.
//!
//! Everything happens in one thread, so a blocking operation is called only where it must not block; one that does
//! hangs, and the watchdog tells where.

use std::io::{self, BufRead, ErrorKind, Write};

use proptest::prelude::{Just, any, prop_oneof};
use proptest::strategy::{BoxedStrategy, Strategy};
use quickcheck::{Arbitrary, Gen};
use rdv::buffer::Ring;
use rdv::buffer::locked::Locked;
use rdv::buffer::mirrored::Mirrored;
use rdv::buffer::mpmc::Mpmc;
use rdv::buffer::spsc::Spsc;
use rdv::channel::{self, Channel, ChannelReader, ChannelWriter, Disconnector};
use rdv_spec::Spec;
use rdv_spec::channel::{Action, Operation, Pair, Response, Side};

use crate::script::Subject;
use crate::subjects;

subjects! {
    locked: ChannelOf<Locked<u8>>,
    spsc: ChannelOf<Spsc<u8>>,
    mirrored: ChannelOf<Mirrored>,
    mpmc: ChannelOf<Mpmc<u8>>,
}

/// Who does what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step(Side, Act);

/// What an end does; written bytes are numbered through.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    /// Offers so many bytes, without waiting.
    TryWrite(usize),
    /// The same, if that need not wait.
    Write(usize),
    /// Asks for so many bytes, without waiting.
    TryRead(usize),
    /// The same, if that need not wait.
    Read(usize),
    /// Looks at what is next, if that need not wait.
    FillBuf,
    /// Takes so many of the bytes seen.
    Consume(usize),
    /// Hangs up, through a disconnector.
    Disconnect,
    /// Becomes two halves.
    Split,
    /// Drops the end, or the half, if it is split.
    DropReader,
    /// Drops the end, or the half, if it is split.
    DropWriter,
}

use Act::{Consume, Disconnect, DropReader, DropWriter, FillBuf, Split, TryRead, TryWrite};

/// What is left of one end.
enum End<V: Ring<u8>> {
    Whole(Box<Channel<V>>),
    Halves(Option<ChannelReader<V>>, Option<ChannelWriter<V>>),
}

impl<V: Ring<u8>> End<V> {
    fn try_read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Whole(channel) => channel.try_read(buffer),
            Self::Halves(reader, _) => reader.as_mut().expect("held").try_read(buffer),
        }
    }

    fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Whole(channel) => channel.try_write(bytes),
            Self::Halves(_, writer) => writer.as_mut().expect("held").try_write(bytes),
        }
    }

    fn reader(&mut self) -> &mut dyn BufRead {
        match self {
            Self::Whole(channel) => channel,
            Self::Halves(reader, _) => reader.as_mut().expect("held"),
        }
    }

    fn writer(&mut self) -> &mut dyn Write {
        match self {
            Self::Whole(channel) => channel,
            Self::Halves(_, writer) => writer.as_mut().expect("held"),
        }
    }

    /// What each part that is left says.
    fn is_disconnected(&self) -> Vec<bool> {
        match self {
            Self::Whole(channel) => vec![channel.is_disconnected()],
            Self::Halves(reader, writer) => {
                let reader = reader.as_ref().map(ChannelReader::is_disconnected);
                reader.into_iter().chain(writer.as_ref().map(ChannelWriter::is_disconnected)).collect()
            }
        }
    }

    fn split(self) -> Self {
        match self {
            Self::Whole(channel) => {
                let (reader, writer) = (*channel).split();
                Self::Halves(Some(reader), Some(writer))
            }
            halves @ Self::Halves(..) => halves,
        }
    }
}

/// A channel beside its specification.
pub(crate) struct ChannelOf<V: Ring<u8>> {
    ends: [End<V>; 2],
    disconnectors: [Disconnector; 2],
    spec: Pair,
    next: u8,
}

/// An answer as the specification sees it.
fn response(result: io::Result<Response>) -> Result<Response, String> {
    result.or_else(|error| match error.kind() {
        ErrorKind::WouldBlock => Ok(Response::WouldBlock),
        ErrorKind::BrokenPipe => Ok(Response::BrokenPipe),
        ErrorKind::NotConnected => Ok(Response::NotConnected),
        other => Err(format!("ALL-4: an error of kind {other:?}: {error}")),
    })
}

impl<V: Ring<u8> + 'static> ChannelOf<V> {
    fn end(&mut self, side: Side) -> &mut End<V> {
        &mut self.ends[side as usize]
    }

    fn judge(&mut self, operation: &Operation, result: io::Result<Response>) -> Result<(), String> {
        self.spec.allows(operation, &response(result)?).map_err(|mismatch| mismatch.to_string())
    }

    fn write(&mut self, side: Side, count: usize, waits: bool) -> Result<(), String> {
        let bytes: Vec<u8> = (0..count).map(|number| self.next.wrapping_add(number as u8)).collect();
        let operation = Operation(side, Action::Write(bytes.clone()));
        if !self.spec.can(&operation) || waits && self.spec.would_block(&operation) {
            return Ok(());
        }
        let end = self.end(side);
        let result = if waits { end.writer().write(&bytes) } else { end.try_write(&bytes) };
        self.next = self.next.wrapping_add(*result.as_ref().unwrap_or(&0) as u8);
        self.judge(&operation, result.map(Response::Moved))
    }

    fn read(&mut self, side: Side, max: usize, waits: bool) -> Result<(), String> {
        let operation = Operation(side, Action::Read(max));
        if !self.spec.can(&operation) || waits && self.spec.would_block(&operation) {
            return Ok(());
        }
        let mut buffer = vec![0; max];
        let end = self.end(side);
        let result = if waits { end.reader().read(&mut buffer) } else { end.try_read(&mut buffer) };
        self.judge(&operation, result.map(|count| Response::Took(buffer[..count].to_vec())))
    }

    fn fill_buf(&mut self, side: Side) -> Result<(), String> {
        let operation = Operation(side, Action::FillBuf);
        if !self.spec.can(&operation) || self.spec.would_block(&operation) {
            return Ok(());
        }
        let result = self.end(side).reader().fill_buf().map(|shown| Response::Shown(shown.to_vec()));
        self.judge(&operation, result)
    }

    /// An operation that always succeeds.
    fn just(&mut self, side: Side, action: Action, act: impl FnOnce(&mut Self)) -> Result<(), String> {
        let operation = Operation(side, action);
        if !self.spec.can(&operation) {
            return Ok(());
        }
        act(self);
        self.judge(&operation, Ok(Response::Done))
    }

    /// A whole end goes at once, a half by itself.
    fn drop_half(&mut self, side: Side, half: Action) -> Result<(), String> {
        match self.end(side) {
            End::Whole(_) => {
                *self.end(side) = End::Halves(None, None);
                self.just(side, Action::DropReader, |_| ())?;
                self.just(side, Action::DropWriter, |_| ())
            }
            End::Halves(reader, _) if half == Action::DropReader => {
                let reader = reader.take();
                self.just(side, half, |_| drop(reader))
            }
            End::Halves(_, writer) => {
                let writer = writer.take();
                self.just(side, half, |_| drop(writer))
            }
        }
    }

    /// What every part of both ends says must be so.
    fn check_states(&mut self) -> Result<(), String> {
        for side in [Side::Left, Side::Right] {
            for flag in self.end(side).is_disconnected() {
                self.judge(&Operation(side, Action::IsDisconnected), Ok(Response::Flag(flag)))?;
            }
        }
        Ok(())
    }

    fn act(&mut self, side: Side, act: Act) -> Result<(), String> {
        match act {
            TryWrite(count) => self.write(side, count, false),
            Act::Write(count) => self.write(side, count, true),
            TryRead(max) => self.read(side, max, false),
            Act::Read(max) => self.read(side, max, true),
            FillBuf => self.fill_buf(side),
            Consume(count) => self.just(side, Action::Consume(count), |this| this.end(side).reader().consume(count)),
            Disconnect => self.just(side, Action::Disconnect, |this| this.disconnectors[side as usize].disconnect()),
            DropReader => self.drop_half(side, Action::DropReader),
            DropWriter => self.drop_half(side, Action::DropWriter),
            Split => {
                let end = std::mem::replace(self.end(side), End::Halves(None, None));
                *self.end(side) = end.split();
                Ok(())
            }
        }
    }
}

impl<V: Ring<u8> + 'static> Subject for ChannelOf<V> {
    type Setup = usize;
    type Step = Step;

    fn setups() -> BoxedStrategy<usize> {
        prop_oneof![6 => 1..=5usize, 1 => 6..=40usize].boxed()
    }

    fn steps() -> BoxedStrategy<Step> {
        let few = 0..=6usize;
        let act = prop_oneof![
            5 => few.clone().prop_map(TryWrite),
            3 => few.clone().prop_map(Act::Write),
            5 => few.clone().prop_map(TryRead),
            3 => few.clone().prop_map(Act::Read),
            2 => Just(FillBuf),
            2 => few.prop_map(Consume),
            1 => prop_oneof![Just(Disconnect), Just(Split), Just(DropReader), Just(DropWriter)],
        ];
        let side = any::<bool>().prop_map(|left| if left { Side::Left } else { Side::Right });
        (side, act).prop_map(|(side, act)| Step(side, act)).boxed()
    }

    fn any_setup(g: &mut Gen) -> usize {
        1 + usize::arbitrary(g) % 8
    }

    fn any_step(g: &mut Gen) -> Step {
        let few = usize::arbitrary(g) % 7;
        let rare = *g.choose(&[FillBuf, FillBuf, Disconnect, Split, DropReader, DropWriter]).expect("six");
        let acts = [TryWrite(few), Act::Write(few), TryRead(few), Act::Read(few), FillBuf, Consume(few), rare];
        Step(*g.choose(&[Side::Left, Side::Right]).expect("two"), *g.choose(&acts).expect("seven"))
    }

    fn simpler_setups(capacity: &usize) -> Vec<usize> {
        (1..*capacity).collect()
    }

    fn simpler_steps(&Step(side, act): &Step) -> Vec<Step> {
        let simpler = match act {
            Act::Write(count) => vec![TryWrite(count)],
            Act::Read(count) => vec![TryRead(count)],
            TryWrite(count @ 1..) => vec![TryWrite(count - 1)],
            TryRead(count @ 1..) => vec![TryRead(count - 1)],
            Consume(count @ 1..) => vec![Consume(count - 1)],
            _ => Vec::new(),
        };
        simpler.into_iter().map(|act| Step(side, act)).collect()
    }

    fn start(&capacity: &usize) -> Self {
        let (left, right) = channel::pair_with::<V>(capacity).expect("a small capacity");
        let disconnectors = [left.disconnector(), right.disconnector()];
        let ends = [left, right].map(|end| End::Whole(Box::new(end)));
        Self { ends, disconnectors, spec: Pair::new(capacity), next: 0 }
    }

    fn step(&mut self, &Step(side, act): &Step) -> Result<(), String> {
        self.act(side, act)?;
        self.check_states()
    }

    fn end(self) -> Result<(), String> {
        Ok(())
    }
}
