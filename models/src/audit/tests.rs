use super::*;
use crate::job::{Budget, Orderings};
use crate::record::Sighting;
use crate::scenario::{Bound, Cx};

const SCENARIO: Scenario = Scenario {
    witnesses: &["full"],
    deadlines: 1,
    spurious: 1,
    ..Scenario::new("test/audit", &["RING-1"], "None.", |_: &Cx| String::new())
};

fn explored(engine: Engine, tallies: Vec<Tally>) -> Explored {
    let budget = Budget { milliseconds: 1, executions: 1, patience_milliseconds: 1 };
    let scenario = SCENARIO.name.to_owned();
    let job = Job {
        scenario,
        engine,
        size: 1,
        bound: Bound::Full,
        seed: 0,
        budget,
        choices: Choices::Engine,
        replay: None,
        scheduler: None,
        orderings: Orderings::AsWritten,
    };
    Explored { tallies, executions: 9, ..Explored::nothing(&job) }
}

fn tally(tape: &str, outcomes: &[&str]) -> Tally {
    Tally {
        tape: tape.to_owned(),
        executions: 9,
        outcomes: outcomes.iter().map(|outcome| ((*outcome).to_owned(), 1)).collect(),
        witnesses: [("full".to_owned(), Sighting { steps: 3, execution: 1 })].into(),
        actors: 2,
        ..Tally::default()
    }
}

/// The checks that fail if one tally is changed like that.
fn checks(engine: Engine, change: impl Fn(&mut Tally)) -> Vec<Check> {
    let mut changed = tally("-", &["a"]);
    change(&mut changed);
    check(&SCENARIO, &explored(engine, vec![changed])).into_iter().map(|finding| finding.check).collect()
}

#[test]
fn what_is_as_declared_passes() {
    assert_eq!(checks(Engine::Loom, |_| {}), []);
    let all = |tally: &mut Tally| tally.usage = Usage { deadlines: 1, waits: 1, max_stores: 6, ..Usage::default() };
    assert_eq!(checks(Engine::Loom, all), []);
}

#[test]
fn each_check_fails_by_itself() {
    assert_eq!(checks(Engine::Loom, |tally| tally.witnesses.clear()), [Check::Witnesses]);
    assert_eq!(checks(Engine::Dfs, |tally| tally.executions = 3), [Check::Floor]);
    assert_eq!(checks(Engine::Loom, |tally| tally.usage.max_stores = 7), [Check::Stores]);
    assert_eq!(checks(Engine::Dfs, |tally| tally.main_acted = Some("load".into())), [Check::Main]);
    assert_eq!(checks(Engine::Portfolio, |tally| tally.usage.deadlines = 2), [Check::Deadlines]);
    assert_eq!(checks(Engine::Dfs, |tally| tally.usage.waits = 2), [Check::Spurious]);
}

#[test]
fn what_is_random_or_sequentially_consistent_is_held_to_less() {
    assert_eq!(checks(Engine::Stress, |tally| tally.witnesses.clear()), []);
    assert_eq!(checks(Engine::Portfolio, |tally| tally.executions = 1), []);
    assert_eq!(checks(Engine::Dfs, |tally| tally.usage.max_stores = 70), []);
    // A spurious wake-up adds a wait.
    let woken = |tally: &mut Tally| (tally.tape, tally.usage.waits) = ("s0".into(), 2);
    assert_eq!(checks(Engine::Loom, woken), []);
}

#[test]
fn a_spent_budget_is_a_finding() {
    let mut capped = explored(Engine::Loom, vec![]);
    capped.end = End::Capped(7);
    assert_eq!(check(&SCENARIO, &capped)[0].check, Check::Complete);
    assert!(!capped.is_complete());
}

#[test]
fn loom_has_to_see_what_shuttle_sees_tape_by_tape() {
    let dfs = explored(Engine::Dfs, vec![timed("-", &["a"]), timed("f1", &["a", "b"])]);
    let more = explored(Engine::Loom, vec![timed("-", &["a", "c"]), timed("f1", &["a", "b"])]);
    assert!(is_pair(&more, &dfs) && compare(&more, &dfs).is_empty());
    let elsewhere = explored(Engine::Loom, vec![timed("-", &["a", "b"]), timed("f1", &["a"])]);
    assert_eq!(compare(&elsewhere, &dfs)[0].check, Check::Outcomes);
    let without = explored(Engine::Loom, vec![timed("-", &["a", "b"])]);
    assert!(compare(&without, &dfs)[0].text.contains("f1"));
}

/// A tally of executions that made one deadline.
fn timed(tape: &str, outcomes: &[&str]) -> Tally {
    Tally { usage: Usage { deadlines: 1, ..Usage::default() }, ..tally(tape, outcomes) }
}

#[test]
fn a_drawn_tape_is_compared_with_the_one_that_says_what_is_read() {
    let loom = explored(Engine::Loom, vec![timed("c1", &["a"]), timed("c1-f1", &["b"]), tally("c1-s0", &["c"])]);
    let finds = |tape, outcome| compare(&loom, &explored(Engine::Portfolio, vec![tally(tape, &[outcome])])).is_empty();
    assert!(finds("c1-f01", "a") && finds("c1-f11", "b") && finds("c1-f1-s1", "b") && finds("c1-s0", "c"));
    assert!(!finds("c1-f01", "b") && !finds("c1-s0", "a") && !finds("c0", "a"));
}

#[test]
fn only_a_complete_loom_judges_and_only_its_size() {
    let mut dfs = explored(Engine::Dfs, vec![]);
    let mut loom = explored(Engine::Loom, vec![]);
    loom.job.size = 2;
    assert!(!is_pair(&loom, &dfs));
    loom.job.size = 1;
    loom.job.bound = Bound::Preemptions(3);
    assert!(!is_pair(&loom, &dfs));
    loom.job.bound = Bound::Full;
    loom.end = End::Capped(1);
    assert!(!is_pair(&loom, &dfs));
    loom.end = End::Done;
    dfs.end = End::Capped(1);
    assert!(is_pair(&loom, &dfs), "what was seen was seen");
    assert!(is_pair(&loom, &explored(Engine::Portfolio, vec![])) && !is_pair(&loom, &explored(Engine::Stress, vec![])));
}

#[test]
fn an_actor_alone_needs_a_reason() {
    assert_eq!(checks(Engine::Loom, |tally| tally.actors = 1), [Check::Alone]);
    assert_eq!(checks(Engine::Portfolio, |tally| tally.actors = 1), []);
    let alone = Scenario { alone: Some("there is nobody else"), ..SCENARIO };
    let mut single = tally("-", &["a"]);
    single.actors = 1;
    assert_eq!(check(&alone, &explored(Engine::Dfs, vec![single])), []);
}
