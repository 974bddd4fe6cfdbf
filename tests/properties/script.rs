//! Scripts: how they are drawn, shrunk, run and printed.

use std::fmt::{self, Debug};
use std::marker::PhantomData;

use proptest::collection::vec;
use proptest::strategy::{BoxedStrategy, Strategy};
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use quickcheck::{Arbitrary, Gen, QuickCheck, TestResult};

use crate::support::{LIMIT, watchdog, within};

/// Something that scripts are run on.
pub(crate) trait Subject: 'static {
    /// What is decided before the first step.
    type Setup: Clone + Debug + Send;
    /// One step.
    type Step: Clone + Debug + Send;

    /// How many steps a script has at most.
    const STEPS: usize = 50;

    /// For proptest.
    fn setups() -> BoxedStrategy<Self::Setup>;
    /// For proptest.
    fn steps() -> BoxedStrategy<Self::Step>;
    /// For quickcheck.
    fn any_setup(g: &mut Gen) -> Self::Setup;
    /// For quickcheck.
    fn any_step(g: &mut Gen) -> Self::Step;
    /// For quickcheck: what to try instead, when a script fails.
    fn simpler_setups(setup: &Self::Setup) -> Vec<Self::Setup>;
    /// For quickcheck: what to try instead, when a script fails.
    fn simpler_steps(step: &Self::Step) -> Vec<Self::Step>;

    /// The subject before the first step, beside its specification.
    fn start(setup: &Self::Setup) -> Self;
    /// Takes one step in both; a step that makes no sense in this state is none.
    fn step(&mut self, step: &Self::Step) -> Result<(), String>;
    /// After the last step.
    fn end(self) -> Result<(), String>;
}

/// A setup and the steps after it.
pub(crate) struct Script<S: Subject> {
    setup: S::Setup,
    steps: Vec<S::Step>,
    subject: PhantomData<fn() -> S>,
}

impl<S: Subject> Script<S> {
    /// The script as it prints.
    pub(crate) fn of(setup: S::Setup, steps: Vec<S::Step>) -> Self {
        Self { setup, steps, subject: PhantomData }
    }

    /// Runs it.
    ///
    /// # Errors
    /// Which step went wrong, and how.
    pub(crate) fn run(&self) -> Result<(), String> {
        watchdog::doing(self);
        let mut subject = S::start(&self.setup);
        for (number, step) in self.steps.iter().enumerate() {
            subject.step(step).map_err(|why| format!("{why} in step {}", number + 1))?;
        }
        subject.end().map_err(|why| format!("{why} after the last step"))
    }
}

impl<S: Subject> Clone for Script<S> {
    fn clone(&self) -> Self {
        Self::of(self.setup.clone(), self.steps.clone())
    }
}

impl<S: Subject> Debug for Script<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // One step a line, whatever the tool's formatting would make of it.
        writeln!(f, "Script::<{}>::of({:?}, vec![", short_name::<S>(), self.setup)?;
        self.steps.iter().try_for_each(|step| writeln!(f, "    {step:?},"))?;
        write!(f, "])")
    }
}

/// The name of a type without the paths.
fn short_name<T>() -> String {
    let mut short = String::new();
    for part in std::any::type_name::<T>().split_inclusive(['<', '>', ',', ' ']) {
        short.push_str(part.rsplit("::").next().unwrap_or(part));
    }
    short
}

impl<S: Subject> Arbitrary for Script<S> {
    fn arbitrary(g: &mut Gen) -> Self {
        let count = usize::arbitrary(g) % S::STEPS;
        let setup = S::any_setup(g);
        Self::of(setup, (0..count).map(|_| S::any_step(g)).collect())
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        let (setup, steps) = (self.setup.clone(), self.steps.clone());
        let halves = [&steps[..steps.len() / 2], &steps[steps.len() / 2..]].map(<[_]>::to_vec);
        let halves = halves.into_iter().filter(|_| steps.len() > 1);
        let without = (0..steps.len()).map(|at| [&steps[..at], &steps[at + 1..]].concat());
        let simpler = (0..steps.len()).flat_map(|at| {
            let replaced = |step| [&steps[..at], &[step], &steps[at + 1..]].concat();
            S::simpler_steps(&steps[at]).into_iter().map(replaced).collect::<Vec<_>>()
        });
        let shorter: Vec<_> =
            halves.chain(without).chain(simpler).map(|steps| Self::of(setup.clone(), steps)).collect();
        let setups: Vec<_> =
            S::simpler_setups(&setup).into_iter().map(|setup| Self::of(setup, steps.clone())).collect();
        Box::new(shorter.into_iter().chain(setups))
    }
}

/// Tries random scripts that proptest draws.
#[track_caller]
pub(crate) fn proptest<S: Subject>() {
    within(LIMIT, || {
        let scripts =
            (S::setups(), vec(S::steps(), 0..S::STEPS)).prop_map(|(setup, steps)| Script::<S>::of(setup, steps));
        let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
        let run = |script: Script<S>| script.run().map_err(TestCaseError::fail);
        runner.run(&scripts, run).unwrap_or_else(|failure| panic!("{failure}"));
    });
}

/// Tries random scripts that quickcheck draws.
#[track_caller]
pub(crate) fn quickcheck<S: Subject>() {
    fn run<S: Subject>(script: Script<S>) -> TestResult {
        script.run().map_or_else(TestResult::error, |()| TestResult::passed())
    }
    within(LIMIT, || QuickCheck::new().quickcheck(run as fn(Script<S>) -> TestResult));
}

/// Both tools on each subject: a module per subject.
#[macro_export]
macro_rules! subjects {
    ($($name:ident: $subject:ty),+ $(,)?) => {$(
        mod $name {
            use super::*;

            #[test]
            fn proptest() {
                $crate::script::proptest::<$subject>();
            }

            #[test]
            fn quickcheck() {
                $crate::script::quickcheck::<$subject>();
            }
        }
    )+};
}

mod tests {
    use super::{Script, Subject};
    use proptest::strategy::{BoxedStrategy, Just, Strategy};
    use quickcheck::{Arbitrary, Gen};

    /// A counter that breaks at three.
    struct Broken(u32);

    impl Subject for Broken {
        type Setup = ();
        type Step = u32;

        fn setups() -> BoxedStrategy<()> {
            Just(()).boxed()
        }

        fn steps() -> BoxedStrategy<u32> {
            (0..9u32).boxed()
        }

        fn any_setup(_: &mut Gen) {}

        fn any_step(g: &mut Gen) -> u32 {
            u32::arbitrary(g) % 9
        }

        fn simpler_setups((): &()) -> Vec<()> {
            Vec::new()
        }

        fn simpler_steps(step: &u32) -> Vec<u32> {
            step.shrink().collect()
        }

        fn start((): &()) -> Self {
            Self(0)
        }

        fn step(&mut self, step: &u32) -> Result<(), String> {
            self.0 += step;
            if self.0 >= 3 { Err(format!("RING-1: {} is too much", self.0)) } else { Ok(()) }
        }

        fn end(self) -> Result<(), String> {
            Ok(())
        }
    }

    #[test]
    fn a_script_prints_as_a_list_of_steps() {
        let printed = format!("{:?}", Script::<Broken>::of((), vec![1, 2]));
        assert_eq!(printed, "Script::<Broken>::of((), vec![\n    1,\n    2,\n])");
    }

    #[test]
    #[should_panic(expected = "minimal failing input: Script::<Broken>::of((), vec![")]
    fn proptest_shrinks_to_a_script() {
        super::proptest::<Broken>();
    }

    #[test]
    #[should_panic(expected = "is too much in step")]
    fn quickcheck_shrinks_to_a_script() {
        super::quickcheck::<Broken>();
    }
}
