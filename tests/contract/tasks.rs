//! Tasks: named threads that own a handle to a broker.

use std::thread;

use rdv::{BrokerManager, ConnectError, Task};

use crate::support::world::{PORT, broker, broker_in, connection, join};
use crate::test;

#[test]
fn a_task_knows_its_broker_and_returns_a_value() {
    test(|| {
        let task = Task::spawn(broker("named"), |task| {
            assert_eq!(Task::current().expect("in a task").broker().name(), "named");
            task.broker().name().len()
        });
        assert_eq!(join(task.expect("a thread")), 5);
    });
}

#[test]
fn a_task_is_a_thread_with_its_brokers_name() {
    test(|| {
        let task = Task::spawn(broker("named"), |_| thread::current().name().map(str::to_owned));
        assert!(join(task.expect("a thread")).expect("a name").contains("named"));
    });
}

#[test]
fn outside_of_a_task_there_is_none() {
    test(|| {
        assert!(Task::current().is_none());
        let inside = Task::spawn(broker("a"), |_| {
            thread::spawn(|| Task::current().is_none()).join().expect("a thread of its own is no task")
        });
        assert!(join(inside.expect("a thread")));
        assert!(Task::current().is_none());
    });
}

#[test]
fn a_task_handle_may_be_kept_and_used_elsewhere() {
    test(|| {
        let kept: Task = join(Task::spawn(broker("a"), Task::clone).expect("a thread"));
        assert_eq!(kept.broker().name(), "a");
        let again = Task::spawn(kept.broker().clone(), |inner| {
            let outer = Task::current().expect("in a task");
            (outer.broker().name().to_owned(), inner.broker().name().to_owned())
        });
        assert_eq!(join(again.expect("a thread")), ("a".into(), "a".into()));
    });
}

#[test]
fn rdv_8_a_task_keeps_its_broker_alive_until_it_ends() {
    test(|| {
        let manager = BrokerManager::new();
        let task = Task::spawn(broker_in(&manager, "server"), |task| task.broker().accept(PORT).map(drop));
        manager.connect("server", PORT).expect("the task accepts");
        join(task.expect("a thread")).expect("it was met");
        assert!(matches!(manager.connect("server", PORT), Err(ConnectError::UnknownBroker { .. })));
    });
}

#[test]
fn join_returns_the_panic_of_a_task() {
    test(|| {
        let task = Task::spawn(broker("a"), |_| -> () { panic!("its own words") });
        let panic = task.expect("a thread").join().expect_err("it panicked");
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"its own words"));
    });
}

#[test]
fn chan_8_a_task_that_panics_disconnects_what_it_held_and_frees_its_broker() {
    test(|| {
        let manager = BrokerManager::new();
        let (server, client) = (broker_in(&manager, "server"), broker_in(&manager, "client"));
        let (accepted, connected) = connection(&client, &server, PORT);
        let (bystander, _friend) = connection(&client, &server, PORT);
        let task = Task::spawn(server, move |_| -> () {
            let _held = accepted;
            panic!("as the test wants")
        });
        task.expect("a thread").join().expect_err("it panicked");
        assert!(connected.is_disconnected());
        assert!(!bystander.is_disconnected(), "nobody else is harmed");
        assert_eq!(client.connections().len(), 1);
        broker_in(&manager, "server");
    });
}

#[test]
fn all_4_a_name_that_no_thread_can_have_is_no_panic() {
    test(|| {
        for name in ["nul\0inside", "\0", &"long ".repeat(10_000)] {
            let task = Task::spawn(broker(name), |task| task.broker().name().to_owned());
            assert_eq!(join(task.expect("a thread")), name);
        }
    });
}
