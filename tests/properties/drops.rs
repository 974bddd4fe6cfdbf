//! Every element that goes into a ring is dropped exactly once, wherever it is when the ends go: RING-4, ALL-3.

use proptest::prelude::{Just, prop_oneof};
use proptest::strategy::{BoxedStrategy, Strategy};
use quickcheck::{Arbitrary, Gen};
use rdv::buffer::locked::Locked;
use rdv::buffer::mpmc::Mpmc;
use rdv::buffer::spsc::Spsc;
use rdv::buffer::{Consumer, Producer, Ring, ends_at};
use rdv::sync::Arc;
use std::sync::Mutex;

use crate::script::Subject;
use crate::subjects;

subjects! {
    locked: DropsOf<Locked<Token>>,
    spsc: DropsOf<Spsc<Token>>,
    mpmc: DropsOf<Mpmc<Token>>,
}

/// How often each element was dropped, by its number.
type Ledger = Arc<Mutex<Vec<u32>>>;

/// An element that enters its end into a ledger.
#[derive(Debug)]
pub(crate) struct Token {
    number: usize,
    ledger: Ledger,
}

impl Token {
    fn new(ledger: &Ledger) -> Self {
        let mut drops = ledger.lock().expect("no panic under this lock");
        drops.push(0);
        Self { number: drops.len() - 1, ledger: ledger.clone() }
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        self.ledger.lock().expect("no panic under this lock")[self.number] += 1;
    }
}

/// What happens to the elements and the ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// One element goes in, or is given back.
    Push,
    /// One element comes out.
    Pop,
    /// Ends the producing side.
    CloseProducer,
    /// Ends the consuming side.
    CloseConsumer,
    /// The producing end goes.
    DropProducer,
    /// The consuming end goes.
    DropConsumer,
}

use Step::{CloseConsumer, CloseProducer, DropConsumer, DropProducer, Pop, Push};

/// The ends of a ring while they last, and the ledger of what went in.
pub(crate) struct DropsOf<R: Ring<Token>> {
    producer: Option<Producer<Token, Arc<R>>>,
    consumer: Option<Consumer<Token, Arc<R>>>,
    ledger: Ledger,
}

impl<R: Ring<Token> + 'static> Subject for DropsOf<R> {
    type Setup = usize;
    type Step = Step;

    fn setups() -> BoxedStrategy<usize> {
        (1..=5usize).boxed()
    }

    fn steps() -> BoxedStrategy<Step> {
        let leaving = prop_oneof![Just(CloseProducer), Just(CloseConsumer), Just(DropProducer), Just(DropConsumer)];
        prop_oneof![8 => Just(Push), 6 => Just(Pop), 1 => leaving].boxed()
    }

    fn any_setup(g: &mut Gen) -> usize {
        1 + usize::arbitrary(g) % 5
    }

    fn any_step(g: &mut Gen) -> Step {
        let leaving = *g.choose(&[CloseProducer, CloseConsumer, DropProducer, DropConsumer]).expect("four");
        *g.choose(&[Push, Push, Push, Push, Pop, Pop, Pop, leaving]).expect("eight")
    }

    fn simpler_setups(capacity: &usize) -> Vec<usize> {
        (1..*capacity).collect()
    }

    fn simpler_steps(_: &Step) -> Vec<Step> {
        Vec::new()
    }

    fn start(capacity: &usize) -> Self {
        let (producer, consumer) = ends_at::<Token, R>(*capacity, usize::MAX - 3).expect("a small capacity");
        Self { producer: Some(producer), consumer: Some(consumer), ledger: Ledger::default() }
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        match (step, &mut self.producer, &mut self.consumer) {
            (Push, Some(producer), _) => drop(producer.push(Token::new(&self.ledger))),
            (Pop, _, Some(consumer)) => drop(consumer.pop()),
            (CloseProducer, Some(producer), _) => drop(producer.close()),
            (CloseConsumer, _, Some(consumer)) => drop(consumer.close()),
            (DropProducer, producer, _) => *producer = None,
            (DropConsumer, _, consumer) => *consumer = None,
            _ => {}
        }
        let twice = self.ledger.lock().expect("no panic under this lock").iter().position(|&drops| drops > 1);
        twice.map_or(Ok(()), |number| Err(format!("RING-4: element {number} was dropped twice")))
    }

    fn end(self) -> Result<(), String> {
        let Self { producer, consumer, ledger } = self;
        drop((producer, consumer));
        let drops = ledger.lock().expect("no panic under this lock");
        let wrong = drops.iter().position(|&drops| drops != 1);
        wrong.map_or(Ok(()), |number| Err(format!("RING-4: element {number} was dropped {} times", drops[number])))
    }
}
