//! Bytes through every variant, by chunk size and capacity.

use std::hint::black_box;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, SamplingMode, Throughput};

use rdv::buffer::{Ring, ends};
use rdv::channel::pair_with;
use rdv_benches::{CAPACITIES, CHUNKS, for_each_variant, in_words, stream};

pub(super) fn measure(criterion: &mut Criterion) {
    for capacity in CAPACITIES {
        let name = in_words(capacity, "");
        let mut group = criterion.benchmark_group(format!("buffer/same-thread/{name}"));
        for chunk in CHUNKS {
            group.throughput(Throughput::BytesDecimal(chunk as u64));
            for_each_variant!(V => same_thread::<V>(&mut group, capacity, chunk));
        }
        group.finish();
    }
    for capacity in CAPACITIES {
        let name = in_words(capacity, "");
        let mut group = criterion.benchmark_group(format!("buffer/two-threads/{name}"));
        // Each sample starts a thread and finds its stride: let all be equally long.
        group.sampling_mode(SamplingMode::Flat);
        for chunk in CHUNKS {
            group.throughput(Throughput::BytesDecimal(chunk as u64));
            for_each_variant!(V => two_threads::<V>(&mut group, capacity, chunk));
        }
        group.finish();
    }
}

fn same_thread<V: Ring<u8>>(group: &mut BenchmarkGroup<'_, WallTime>, capacity: usize, chunk: usize) {
    let (mut producer, mut consumer) = ends::<u8, V>(capacity).expect("a modest capacity");
    let (source, mut target) = (vec![1; chunk], vec![0; chunk]);
    group.bench_function(BenchmarkId::new(V::NAME, chunk), |bencher| {
        bencher.iter(|| {
            stream::in_turns(&mut producer, &mut consumer, black_box(&source), &mut target);
            black_box(&target);
        });
    });
}

fn two_threads<V: Ring<u8>>(group: &mut BenchmarkGroup<'_, WallTime>, capacity: usize, chunk: usize) {
    let (mut here, mut there) = pair_with::<V>(capacity).expect("a modest capacity");
    group.bench_function(BenchmarkId::new(V::NAME, chunk), |bencher| {
        bencher.iter_custom(|chunks| stream::across(&mut there, &mut here, chunk, chunks));
    });
}
