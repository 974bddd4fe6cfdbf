use std::path::Path;

use super::*;

fn step(thread: &str, operation: &str, object: &str, kind: Kind) -> Step {
    let at = "src/buffer/cursor.rs:123:45".to_owned();
    let made = "models/src/none.rs:1:1".to_owned();
    let (thread, operation, object) = (thread.into(), operation.into(), object.into());
    Step { thread, operation, object, made, at, kind, value: "0x10 -> 0x18".into(), ..Step::default() }
}

fn life(thread: &str, kind: Kind, whom: &str) -> Step {
    let operation = format!("{kind:?}").to_lowercase().trim_end_matches('s').to_owned();
    Step { value: whom.into(), ..step(thread, &operation, "", kind) }
}

/// Main makes something, spawns two; one writes, the other reads, sleeps and is woken.
fn steps() -> Vec<Step> {
    vec![
        step("main", "store Relaxed", "atomic#1", Kind::Access),
        life("main", Kind::Spawns, "writer"),
        life("main", Kind::Spawns, "reader"),
        life("reader", Kind::Starts, ""),
        Step { from: vec![1], ..step("reader", "load Acquire", "atomic#1", Kind::Access) },
        step("reader", "sleep", "condvar#2", Kind::Blocks),
        life("writer", Kind::Starts, ""),
        step("writer", "store Release", "atomic#1", Kind::Access),
        step("writer", "notify", "condvar#2", Kind::Notifies),
        life("writer", Kind::Ends, ""),
        Step { from: vec![9], since: Some(6), ..step("reader", "woken", "condvar#2", Kind::Resumes) },
        Step { from: vec![1], newer: Some(8), ..step("reader", "load Acquire", "atomic#1", Kind::Access) },
    ]
}

fn failure(thread: &str) -> Failure {
    let [message, at, tape] = ["the <second> load is stale", "src/a.rs:1:2", "-"].map(str::to_owned);
    let (rule, thread, steps) = ("RING-1".to_owned(), thread.to_owned(), Vec::new());
    Failure { rule, message, at, thread, scheduler: None, seed: 0, tape, execution: 3, steps }
}

#[test]
fn a_story_folds_the_setup_and_names_what_steps_follow_from() {
    let story = Story::of(&steps(), Some(&failure("reader")), Path::new(""));
    assert_eq!(story.lanes, ["reader", "writer"]);
    assert!(matches!(&story.rows[0], Row::Fold { first: 1, last: 1, text, .. } if text == "main sets up (1 step)"));
    assert!(
        matches!(&story.rows[1], Row::Fold { first: 2, last: 3, text, .. } if text == "main spawns writer, reader")
    );
    let notes: Vec<_> = story.told().map(|(_, told)| told.note.as_str()).collect();
    assert_eq!(notes, ["\u{2190}setup", "", "", "wakes 11", "since 6, by 9", "\u{2190}setup, stale: 8 is newer"]);
    let wrong: Vec<_> = story.told().filter(|(_, told)| told.is_wrong).map(|(_, told)| told.number).collect();
    assert_eq!(wrong, [12]);
    assert_eq!(story.blocked(0).len(), 1);
    assert_eq!(story.row_of(11), story.blocked(0)[0].1);
}

#[test]
fn whoever_is_not_woken_sleeps_for_ever_in_a_deadlock() {
    let mut failure = failure("");
    let story = Story::of(&steps()[..6], Some(&failure), Path::new(""));
    let last = |story: &Story| story.told().last().map(|(_, told)| told.note.clone());
    assert_eq!(last(&story).as_deref(), Some("for ever"));
    failure.thread = "writer".into();
    assert_eq!(last(&Story::of(&steps()[..6], Some(&failure), Path::new(""))).as_deref(), Some("still"));
}

#[test]
fn steps_on_what_one_alone_touches_stand_in_its_lane() {
    let own = |count: usize| (0..count).map(|_| step("writer", "swap Release", "atomic#9", Kind::Access));
    let mut steps = steps();
    steps.splice(7..7, own(2));
    let story = Story::of(&steps, None, Path::new(""));
    let folded = story.rows.iter().find(|row| matches!(row, Row::Fold { first: 8, last: 9, .. })).unwrap();
    assert_eq!(folded.lane(), story.lanes.iter().position(|lane| lane == "writer"));
    assert_eq!(text::summary(folded), "writer: 2 steps on its own atomic#2");
    assert!(!text::said(folded).contains("writer"));
}

#[test]
fn what_others_do_after_the_first_join_is_folded_too() {
    let mut steps = steps();
    steps.insert(7, life("main", Kind::Joins, "somebody"));
    let story = Story::of(&steps, Some(&failure("")), Path::new(""));
    assert!(story.told().all(|(_, told)| !matches!(told.kind, Kind::Starts | Kind::Ends)));
}

#[test]
fn a_deadlock_names_who_is_left() {
    let failure = Failure { message: "deadlock, everybody left sleeps: at length".into(), ..failure("") };
    let verdict = |steps: &[Step]| Story::of(steps, Some(&failure), Path::new("")).verdict.unwrap();
    assert_eq!(verdict(&steps()[..6]), "RING-1: deadlock, everybody left sleeps: reader since 6, never notified");
    assert!(verdict(&steps()[..9]).ends_with("sleeps: reader since 6"));
}

#[test]
fn a_picture_is_well_formed_and_the_same_every_time() {
    let story = Story::of(&steps(), Some(&failure("reader")), Path::new(""));
    let picture = draw(&story, "a <title> & more", true);
    assert_eq!(picture, draw(&story, "a <title> & more", true));
    assert!(picture.contains("a &lt;title&gt; &amp; more"), "{picture}");
    assert!(svg::read(&picture).expect("SVG").all(|event| !matches!(event, svg::parser::Event::Error(_))));
    assert!(!draw(&story, "", false).contains("cursor.rs"));
}

#[test]
fn places_are_short() {
    assert_eq!(short("src/a.rs:12:5"), "src/a.rs:12");
    assert_eq!(short("/home/me/.cargo/registry/src/index-1a2b/loom-0.7.2/src/a.rs:1:2"), "loom-0.7.2/src/a.rs:1");
    assert_eq!(short(""), "");
}
