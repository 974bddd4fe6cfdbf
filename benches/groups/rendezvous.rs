//! Meetings of brokers, and pairs without one.

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, SamplingMode};

use rdv::buffer::Ring;
use rdv::{Broker, BrokerManager, Port};
use rdv_benches::{CAPACITY, for_each_variant, rendezvous};

const PORT: Port = 80;

pub(super) fn measure(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("rendezvous");
    for_each_variant!(V => pair::<V>(&mut group));
    group.sampling_mode(SamplingMode::Flat);
    for connectors in [1, 8] {
        connect_accept(&mut group, connectors);
    }
    group.finish();
}

fn pair<V: Ring<u8>>(group: &mut BenchmarkGroup<'_, WallTime>) {
    group.bench_function(BenchmarkId::new("pair", V::NAME), |bencher| {
        bencher.iter(|| rendezvous::pair::<V>(CAPACITY));
    });
    group.bench_function(BenchmarkId::new("pair-used", V::NAME), |bencher| {
        bencher.iter(|| rendezvous::pair_used::<V>(CAPACITY));
    });
}

/// Every connector has a broker of its own, as a task would.
fn connect_accept(group: &mut BenchmarkGroup<'_, WallTime>, connectors: usize) {
    let manager = BrokerManager::new();
    let broker = |name: String| Broker::new(&manager, name).expect("a name of its own");
    let server = broker("server".into());
    let connect = |client: Broker| move || client.connect("server", PORT).expect("the server is open");
    let mut connects: Vec<_> = (0..connectors).map(|number| connect(broker(format!("client {number}")))).collect();
    group.bench_function(BenchmarkId::new("connect-accept", format!("{connectors}-to-1")), |bencher| {
        bencher.iter_custom(|meetings| {
            rendezvous::meet(|| server.accept(PORT).expect("the server is open"), &mut connects, meetings)
        });
    });
}
