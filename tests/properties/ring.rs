//! Every buffer variant against `rdv_spec::ring`: RING-1, RING-2, RING-3, RING-6, and the marks that RING-5 needs.
//!
//! Besides what the specification knows, a ring promises this to the floor above, and the subject keeps a note of it:
//! an end that armed the ring is woken exactly once, by the next operation that could release it.

use std::fmt::Debug;

use proptest::prelude::{Just, any, prop_oneof};
use proptest::strategy::{BoxedStrategy, Strategy};
use quickcheck::{Arbitrary, Gen};
use rdv::buffer::locked::Locked;
use rdv::buffer::mirrored::Mirrored;
use rdv::buffer::mpmc::Mpmc;
use rdv::buffer::spsc::Spsc;
use rdv::buffer::{Closed, Consumer, PopError, Popped, Producer, PushError, Ring, ends_at};
use rdv::sync::Arc;
use rdv_spec::ring::{self, Operation, Response};
use rdv_spec::{Mismatch, Spec};

use crate::script::Subject;
use crate::subjects;

subjects! {
    locked: RingOf<Locked<u8>>,
    spsc: RingOf<Spsc<u8>>,
    mirrored: RingOf<Mirrored>,
    mpmc: RingOf<Mpmc<u8>>,
}

/// A ring, and where its running indices begin.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub capacity: usize,
    pub start: usize,
}

/// What the ends of a ring do.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// Offers so many elements; they are numbered through.
    Put(usize),
    /// Asks for so many.
    Take(usize),
    /// Looks at what is next.
    Lend,
    /// Takes so many of those seen.
    Consume(usize),
    /// After a full ring: the producer wants to be woken.
    ArmProducer,
    /// After an empty ring: the consumer wants to be woken.
    ArmConsumer,
    /// The producer no longer wants to be woken.
    DisarmProducer,
    /// The consumer no longer wants to be woken.
    DisarmConsumer,
    /// Ends the producing side.
    CloseProducer,
    /// Ends the consuming side.
    CloseConsumer,
}

use Step::{
    ArmConsumer, ArmProducer, CloseConsumer, CloseProducer, Consume, DisarmConsumer, DisarmProducer, Lend, Put, Take,
};

/// What the specification does not know about one side.
#[derive(Default)]
struct Waiting {
    /// Its last operation found nothing to do, so it may arm the ring.
    refused: bool,
    /// It armed the ring and was not woken since.
    asleep: bool,
}

impl Waiting {
    fn wake(&mut self) -> bool {
        std::mem::take(&mut self.asleep)
    }
}

/// One variant beside its specification.
pub(crate) struct RingOf<R: Ring<u8>> {
    producer: Producer<u8, Arc<R>>,
    consumer: Consumer<u8, Arc<R>>,
    spec: ring::Ring<u8>,
    producing: Waiting,
    consuming: Waiting,
    next: u8,
    lent: usize,
}

type Outcome = Result<(), String>;

fn expect(rule: &str, what: &str, right: impl PartialEq + Debug, answered: impl PartialEq + Debug) -> Outcome
where
    String: Sized,
{
    let (right, answered) = (format!("{right:?}"), format!("{answered:?}"));
    if right == answered { Ok(()) } else { Err(format!("{rule}: {what} should be {right}, is {answered}")) }
}

impl<R: Ring<u8>> RingOf<R> {
    fn judge(&mut self, operation: &Operation<u8>, response: &Response<u8>) -> Outcome {
        self.spec.allows(operation, response).map_err(|mismatch: Mismatch| mismatch.to_string())
    }

    fn put(&mut self, count: usize) -> Outcome {
        let items: Vec<u8> = (0..count).map(|number| self.next.wrapping_add(number as u8)).collect();
        let pushed = self.producer.push_slice(&items);
        let moved = pushed.map_or(0, |pushed| pushed.count);
        self.next = self.next.wrapping_add(moved as u8);
        self.producing.refused = pushed == Err(PushError::Full);
        if let Ok(pushed) = pushed {
            let asleep = moved > 0 && self.consuming.wake();
            expect("RING-5", "whether the push owes the consumer a wake-up", asleep, pushed.wake)?;
        }
        let response = match pushed {
            Ok(pushed) => Response::Moved(pushed.count),
            Err(PushError::Full) => Response::WouldBlock,
            Err(PushError::ConsumerGone) => Response::PeerGone,
            Err(PushError::ProducerGone) => Response::Left,
            Err(PushError::OutOfMemory) => return Err("ALL-4: no memory for a small ring".into()),
        };
        self.judge(&Operation::Put(items), &response)
    }

    fn take(&mut self, max: usize) -> Outcome {
        let mut target = vec![0; max];
        let popped = self.consumer.pop_slice(&mut target);
        self.lent = self.lent.saturating_sub(popped.map_or(0, |popped| popped.count));
        self.consuming.refused = popped == Err(PopError::Empty);
        self.judge(&Operation::Take(max), &taken(popped, |count| target[..count].to_vec()))?;
        self.check_popped(popped)
    }

    fn lend(&mut self) -> Outcome {
        let shown = self.consumer.lend().map(<[u8]>::to_vec);
        self.lent = shown.as_ref().map_or(0, Vec::len);
        self.consuming.refused = shown == Err(PopError::Empty);
        let response = match shown {
            Ok(shown) => Response::Took(shown),
            Err(why) => nothing(why),
        };
        // Looking takes nothing: only a copy of the specification goes on.
        let mut looked = self.spec.clone();
        looked.allows(&Operation::Take(usize::MAX), &response).map_err(|mismatch| mismatch.to_string())
    }

    fn consume(&mut self, count: usize) -> Outcome {
        let count = count.min(self.lent);
        let popped = self.consumer.consume(count);
        self.lent -= count;
        let next: Vec<u8> = self.spec.held().take(count).copied().collect();
        self.judge(&Operation::Take(count), &taken(popped, |_| next))?;
        expect(
            "CHAN-2",
            "how many were consumed",
            if popped.is_ok() { count } else { 0 },
            popped.map_or(0, |some| some.count),
        )?;
        self.check_popped(popped)
    }

    fn check_popped(&mut self, popped: Result<Popped, PopError>) -> Outcome {
        let Ok(Popped { count: 1.., wake, ended }) = popped else { return Ok(()) };
        expect("RING-5", "whether the pop owes the producer a wake-up", self.producing.wake(), wake)?;
        expect("RING-6", "whether these were the last", self.spec.is_empty() && self.spec.producer_gone(), ended)
    }

    fn check_closed(&mut self, closed: Closed) -> Outcome {
        expect("RING-5", "whether a producer is woken", self.producing.wake(), closed.wake_producer)?;
        expect("RING-5", "whether a consumer is woken", self.consuming.wake(), closed.wake_consumer)?;
        if self.spec.consumer_gone() {
            return Ok(());
        }
        expect("RING-6", "whether nothing was left", self.spec.is_empty(), closed.drained)
    }

    fn arm_producer(&mut self) -> Outcome {
        let full = self.spec.room() == 0 && !self.spec.producer_gone() && !self.spec.consumer_gone();
        let armed = self.producer.arm();
        self.producing = Waiting { refused: false, asleep: armed };
        expect("RING-5", "whether a producer may sleep", full, armed)
    }

    fn arm_consumer(&mut self) -> Outcome {
        let empty = self.spec.is_empty() && !self.spec.producer_gone() && !self.spec.consumer_gone();
        let armed = self.consumer.arm();
        self.consuming = Waiting { refused: false, asleep: armed };
        expect("RING-5", "whether a consumer may sleep", empty, armed)
    }
}

/// A pop as the specification sees it.
fn taken(popped: Result<Popped, PopError>, items: impl FnOnce(usize) -> Vec<u8>) -> Response<u8> {
    match popped {
        Ok(popped) => Response::Took(items(popped.count)),
        Err(why) => nothing(why),
    }
}

fn nothing(why: PopError) -> Response<u8> {
    match why {
        PopError::Empty => Response::WouldBlock,
        PopError::ProducerGone => Response::PeerGone,
        PopError::ConsumerGone => Response::Left,
    }
}

/// The indices begin at the beginning, or a few steps before the number overflows.
fn start(before_overflow: Option<u8>) -> usize {
    before_overflow.map_or(0, |steps| usize::MAX - usize::from(steps))
}

impl<R: Ring<u8> + 'static> Subject for RingOf<R> {
    type Setup = Setup;
    type Step = Step;

    fn setups() -> BoxedStrategy<Setup> {
        let capacity = prop_oneof![6 => 1..=6usize, 1 => 7..=70usize];
        (capacity, any::<Option<u8>>()).prop_map(|(capacity, steps)| Setup { capacity, start: start(steps) }).boxed()
    }

    fn steps() -> BoxedStrategy<Step> {
        let few = 0..=8usize;
        prop_oneof![
            8 => few.clone().prop_map(Put),
            7 => few.clone().prop_map(Take),
            2 => Just(Lend),
            2 => few.prop_map(Consume),
            2 => Just(ArmProducer),
            2 => Just(ArmConsumer),
            1 => Just(DisarmProducer),
            1 => Just(DisarmConsumer),
            1 => Just(CloseProducer),
            1 => Just(CloseConsumer),
        ]
        .boxed()
    }

    fn any_setup(g: &mut Gen) -> Setup {
        Setup { capacity: 1 + usize::arbitrary(g) % 12, start: start(Option::arbitrary(g)) }
    }

    fn any_step(g: &mut Gen) -> Step {
        let few = usize::arbitrary(g) % 9;
        let rare = [ArmProducer, ArmConsumer, DisarmProducer, DisarmConsumer, CloseProducer, CloseConsumer];
        let steps = [Put(few), Put(few), Take(few), Take(few), Lend, Consume(few), *g.choose(&rare).expect("six")];
        *g.choose(&steps).expect("seven")
    }

    fn simpler_setups(setup: &Setup) -> Vec<Setup> {
        let from_zero = (setup.start > 0).then_some(Setup { start: 0, ..*setup });
        let smaller = (setup.capacity > 1).then(|| Setup { capacity: setup.capacity - 1, ..*setup });
        from_zero.into_iter().chain(smaller).collect()
    }

    fn simpler_steps(step: &Step) -> Vec<Step> {
        match *step {
            Put(count @ 1..) => vec![Put(count / 2), Put(count - 1)],
            Take(count @ 1..) => vec![Take(count / 2), Take(count - 1)],
            Consume(count @ 1..) => vec![Consume(count / 2), Consume(count - 1)],
            _ => Vec::new(),
        }
    }

    fn start(&Setup { capacity, start }: &Setup) -> Self {
        let (producer, consumer) = ends_at::<u8, R>(capacity, start).expect("a small capacity");
        let spec = ring::Ring::new(capacity);
        let (producing, consuming) = Default::default();
        Self { producer, consumer, spec, producing, consuming, next: 0, lent: 0 }
    }

    fn step(&mut self, step: &Step) -> Outcome {
        let (producing, consuming) = (!self.producing.asleep, !self.consuming.asleep);
        match *step {
            Put(count) if producing => self.put(count),
            Take(max) if consuming => self.take(max),
            Lend if consuming => self.lend(),
            Consume(count) if consuming => self.consume(count),
            ArmProducer if self.producing.refused => self.arm_producer(),
            ArmConsumer if self.consuming.refused => self.arm_consumer(),
            DisarmProducer if self.producing.wake() => expect("RING-5", "disarmed", true, self.producer.disarm()),
            DisarmConsumer if self.consuming.wake() => expect("RING-5", "disarmed", true, self.consumer.disarm()),
            CloseProducer => {
                let closed = self.producer.close();
                self.check_closed(closed)?;
                self.judge(&Operation::CloseProducer, &Response::Done)
            }
            CloseConsumer => {
                let closed = self.consumer.close();
                self.check_closed(closed)?;
                self.judge(&Operation::CloseConsumer, &Response::Done)
            }
            // The end is asleep, or has no reason to be.
            _ => Ok(()),
        }
    }

    fn end(self) -> Outcome {
        Ok(())
    }
}

#[test]
fn ring_2_every_variant_holds_exactly_its_capacity() {
    fn check<R: Ring<u8>>() {
        for capacity in (1..=40).chain([255, 256, 257, 4095, 4096, 4097, 70_000]) {
            let (mut producer, mut consumer) = ends_at::<u8, R>(capacity, 0).expect("a small capacity");
            for lap in 0..3 {
                let count = (0..=capacity).take_while(|_| producer.push(7).is_ok()).count();
                assert_eq!(count, capacity, "RING-2: {} of capacity {capacity} in lap {lap}", R::NAME);
                let count = (0..=capacity).take_while(|_| consumer.pop().is_ok()).count();
                assert_eq!(count, capacity, "RING-2: {} of capacity {capacity} in lap {lap}", R::NAME);
            }
        }
    }
    check::<Locked<u8>>();
    check::<Spsc<u8>>();
    check::<Mirrored>();
    check::<Mpmc<u8>>();
}
