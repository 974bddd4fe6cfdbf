//! Whole messages through a queue.

use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, SamplingMode, Throughput};

use rdv::EventPump;
use rdv_benches::event::Running;
use rdv_benches::message::{self, Batches, Load};
use rdv_benches::tally::Tally;

/// How many bytes a message has.
const BYTES: [usize; 3] = [64, 4 << 10, 1 << 20];

/// How many messages are sent before they are received, where both happen on one thread.
const BURST: u64 = 64;

/// How many threads send.
const SENDERS: [usize; 2] = [1, 4];

/// What listeners count; they refer to it.
static TALLY: Tally = Tally::new();

type Group<'a> = BenchmarkGroup<'a, WallTime>;

pub(super) fn measure(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("message/one-way");
    group.sampling_mode(SamplingMode::Flat).throughput(Throughput::Elements(1));
    for senders in SENDERS {
        for load in BYTES.map(Load::recycled).into_iter().chain(BYTES.map(Load::fresh)) {
            receive(&mut group, "", &load, senders);
        }
    }
    group.finish();
    delivery(criterion);
    let mut group = criterion.benchmark_group("message/round-trip");
    group.sampling_mode(SamplingMode::Flat);
    thread_thread(&mut group);
    thread_pump(&mut group);
    group.finish();
}

/// One event per message (MQ-5) beside one per batch, and beside a thread that receives.
fn delivery(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("message/delivery");
    let loads = [Load::recycled(64), Load::fresh(4 << 10)];
    group.throughput(Throughput::Elements(BURST));
    for load in &loads {
        to_listener_here(&mut group, load);
        batch_here(&mut group, load);
        receive_here(&mut group, load);
    }
    group.sampling_mode(SamplingMode::Flat).throughput(Throughput::Elements(1));
    for senders in SENDERS {
        for load in &loads {
            to_listener(&mut group, load, senders);
            batch(&mut group, load, senders);
            receive(&mut group, "receive/", load, senders);
        }
    }
    group.finish();
}

fn to_listener_here(group: &mut Group<'_>, load: &Load) {
    let (here, there) = load.queues();
    let mut pump = EventPump::new();
    message::count_each(&there, &pump.handle(), &TALLY);
    TALLY.expect(u64::MAX);
    group.bench_function(BenchmarkId::new("to-listener/same-thread", load.name()), |bencher| {
        bencher.iter(|| message::run_here(&mut pump, BURST, || message::send(&here, load.message())));
    });
}

fn batch_here(group: &mut Group<'_>, load: &Load) {
    let (here, there) = load.queues();
    let mut pump = EventPump::new();
    let batches = Batches::new(there, pump.handle(), &TALLY);
    TALLY.expect(u64::MAX);
    let send = || {
        message::send(&here, load.message());
        batches.announce();
    };
    group.bench_function(BenchmarkId::new("batch/same-thread", load.name()), |bencher| {
        bencher.iter(|| message::run_here(&mut pump, BURST, send));
    });
}

fn receive_here(group: &mut Group<'_>, load: &Load) {
    let (here, there) = load.queues();
    group.bench_function(BenchmarkId::new("receive/same-thread", load.name()), |bencher| {
        bencher.iter(|| {
            (0..BURST).for_each(|_| message::send(&here, load.message()));
            message::receive(&there, BURST);
        });
    });
}

fn to_listener(group: &mut Group<'_>, load: &Load, senders: usize) {
    let (here, there) = load.queues();
    let pump = Running::start();
    message::count_each(&there, pump.handle(), &TALLY);
    let send = || message::send(&here, load.message());
    group.bench_function(BenchmarkId::new(format!("to-listener/{senders}-to-1"), load.name()), |bencher| {
        bencher.iter_custom(|messages| counted(senders, messages, send));
    });
}

fn batch(group: &mut Group<'_>, load: &Load, senders: usize) {
    let (here, there) = load.queues();
    let pump = Running::start();
    let batches = Batches::new(there, pump.handle().clone(), &TALLY);
    let send = || {
        message::send(&here, load.message());
        batches.announce();
    };
    group.bench_function(BenchmarkId::new(format!("batch/{senders}-to-1"), load.name()), |bencher| {
        bencher.iter_custom(|messages| counted(senders, messages, send));
    });
}

/// How long it takes until the pump has counted what was sent.
fn counted(senders: usize, messages: u64, send: impl Fn() + Sync) -> Duration {
    TALLY.expect(messages);
    message::from_crowd(senders, messages, send, || TALLY.wait())
}

fn receive(group: &mut Group<'_>, prefix: &str, load: &Load, senders: usize) {
    let (here, there) = load.queues();
    let send = || message::send(&here, load.message());
    group.bench_function(BenchmarkId::new(format!("{prefix}{senders}-to-1"), load.name()), |bencher| {
        bencher.iter_custom(|messages| {
            message::from_crowd(senders, messages, send, || message::receive(&there, messages))
        });
    });
}

fn thread_thread(group: &mut Group<'_>) {
    let load = Load::recycled(64);
    let (here, there) = load.queues();
    group.bench_function("thread-thread", |bencher| {
        bencher.iter_custom(|rounds| message::ping_pong(&here, &there, load.message(), rounds));
    });
}

fn thread_pump(group: &mut Group<'_>) {
    let load = Load::recycled(64);
    let (here, there) = load.queues();
    let pump = Running::start();
    message::echo(&there, pump.handle());
    group.bench_function("thread-pump", |bencher| {
        bencher.iter_custom(|rounds| {
            let start = Instant::now();
            message::play(&here, load.message(), rounds);
            start.elapsed()
        });
    });
}
