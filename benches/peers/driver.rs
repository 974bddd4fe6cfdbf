//! Contestants in turns.

use std::time::Duration;

use serde::Serialize;

use crate::meter::Meter;

/// What somebody is in a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum Kind {
    /// One of our paths.
    Ours,
    /// A peer that sleeps when it waits.
    Blocking,
    /// A ring that cannot wait, with a short spin and a park put beside it.
    Parked,
    /// Somebody who burns a core while waiting.
    Burning,
    /// Ours without something.
    Without,
    /// What the machine can do at all.
    Limit,
}

/// Somebody who does the work of a case.
pub(crate) struct Contestant {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    meter: Meter,
    /// Does so many units of work, and tells how long that took.
    run: Box<dyn FnMut(u64) -> Duration>,
}

impl Contestant {
    pub(crate) fn new(name: impl Into<String>, kind: Kind, run: impl FnMut(u64) -> Duration + 'static) -> Self {
        Self { name: name.into(), kind, meter: Meter::Time, run: Box::new(run) }
    }

    /// The same work, and something else than its time is what counts.
    pub(crate) fn by(self, meter: Meter) -> Self {
        Self { meter, ..self }
    }
}

/// What one contestant showed in one case: a sample per round, sorted.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Samples {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// What the meter counts, per unit of work, or bytes.
    sorted: Vec<f64>,
}

impl Samples {
    pub(crate) fn new(name: String, kind: Kind, mut samples: Vec<f64>) -> Self {
        samples.sort_by(f64::total_cmp);
        Self { name, kind, sorted: samples }
    }

    /// The value that so large a part of the samples stays below, between the samples next to it.
    pub(crate) fn quantile(&self, part: f64) -> f64 {
        let at = part * (self.sorted.len() - 1) as f64;
        let (low, high) = (self.sorted[at.floor() as usize], self.sorted[at.ceil() as usize]);
        low + (high - low) * at.fract()
    }

    pub(crate) fn median(&self) -> f64 {
        self.quantile(0.5)
    }
}

/// How long a round is, and how many there are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rounds {
    pub(crate) count: usize,
    pub(crate) length: Duration,
}

impl Rounds {
    /// Has all contestants run, one round each, in a new order every time.
    pub(crate) fn run(self, mut contestants: Vec<Contestant>) -> Vec<Samples> {
        let work: Vec<u64> = contestants.iter_mut().map(|one| self.calibrate(one)).collect();
        let mut samples = vec![Vec::new(); contestants.len()];
        let mut order: Vec<usize> = (0..contestants.len()).collect();
        for _ in 0..self.count {
            fastrand::shuffle(&mut order);
            for &one in &order {
                let Contestant { meter, run, .. } = &mut contestants[one];
                samples[one].push(meter.amount(run, work[one]) / work[one] as f64);
            }
        }
        let named = contestants.into_iter().zip(samples);
        named.map(|(one, samples)| Samples::new(one.name, one.kind, samples)).collect()
    }

    /// How much work fills a round. Warms up on the way.
    fn calibrate(self, one: &mut Contestant) -> u64 {
        let mut work = 1;
        // What happens once does not count.
        (one.run)(work);
        loop {
            let took = (one.run)(work);
            // What is far too short says little about what is longer.
            if took * 4 >= self.length {
                let fitting = work as f64 * self.length.as_secs_f64() / took.as_secs_f64();
                return (fitting as u64).max(1);
            }
            work *= if took * 64 < self.length { 16 } else { 4 };
        }
    }
}
