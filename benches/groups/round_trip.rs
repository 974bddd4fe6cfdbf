//! A byte there and back, through every variant.

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, SamplingMode};

use rdv::buffer::Ring;
use rdv::channel::pair_with;
use rdv_benches::{CAPACITY, for_each_variant, round_trip};

pub(super) fn measure(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("round-trip");
    group.sampling_mode(SamplingMode::Flat);
    for_each_variant!(V => hot::<V>(&mut group));
    group.finish();
}

fn hot<V: Ring<u8>>(group: &mut BenchmarkGroup<'_, WallTime>) {
    let (mut here, mut there) = pair_with::<V>(CAPACITY).expect("a modest capacity");
    group.bench_function(V::NAME, |bencher| {
        bencher.iter_custom(|rounds| round_trip::ping_pong(&mut here, &mut there, rounds));
    });
}
