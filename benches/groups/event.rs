//! Events through a pump.

use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, SamplingMode, Throughput};

use rdv::EventPump;
use rdv_benches::event::{self, Running};
use rdv_benches::message::{Load, Served};
use rdv_benches::tally::Tally;

/// How many events are posted before they run, where both happen on one thread.
const BURST: u64 = 64;

/// What is asked of a pump that serves queues, per iteration.
const REQUESTS: usize = 1000;

/// By then a pump without events sleeps: its spin is a matter of microseconds.
const PAUSE: Duration = Duration::from_micros(200);

/// One per poster; events refer to them.
static TALLIES: [Tally; 4] = [const { Tally::new() }; 4];

pub(super) fn measure(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("event/dispatch");
    same_thread(&mut group);
    group.sampling_mode(SamplingMode::Flat).throughput(Throughput::Elements(1));
    posters(&mut group, "1-poster", &TALLIES[..1]);
    posters(&mut group, "4-posters", &TALLIES);
    chain(&mut group);
    group.finish();

    let mut group = criterion.benchmark_group("event/idle-round-trip");
    group.sampling_mode(SamplingMode::Flat);
    post_and_see(&mut group, "asleep", PAUSE);
    post_and_see(&mut group, "awake", Duration::ZERO);
    group.finish();

    let mut group = criterion.benchmark_group("event/thousand-queues");
    group.sampling_mode(SamplingMode::Flat).throughput(Throughput::Elements(REQUESTS as u64));
    for queues in [1, REQUESTS] {
        serve(&mut group, queues);
    }
    group.finish();
}

fn same_thread(group: &mut BenchmarkGroup<'_, WallTime>) {
    let mut pump = EventPump::new();
    let handle = pump.handle();
    group.throughput(Throughput::Elements(BURST));
    group.bench_function("same-thread", |bencher| bencher.iter(|| event::here(&mut pump, &handle, BURST)));
}

fn posters(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, tallies: &'static [Tally]) {
    let pump = Running::start();
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|events| event::dispatch(pump.handle(), tallies, events));
    });
}

fn chain(group: &mut BenchmarkGroup<'_, WallTime>) {
    let pump = Running::start();
    group.bench_function("chain", |bencher| {
        bencher.iter_custom(|events| event::chain(pump.handle(), &TALLIES[0], events));
    });
}

fn post_and_see(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, pause: Duration) {
    let pump = Running::start();
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|rounds| event::post_and_see(pump.handle(), &TALLIES[0], pause, rounds));
    });
}

/// As many requests whether they come through one queue or through one each.
fn serve(group: &mut BenchmarkGroup<'_, WallTime>, queues: usize) {
    let (served, load) = (Served::open(queues, REQUESTS), Load::recycled(64));
    group.bench_function(BenchmarkId::new("echo", format!("{queues}-to-1")), |bencher| {
        bencher.iter(|| served.serve(REQUESTS, &load));
    });
}
