use super::{Site, read};

fn sites(text: &str) -> Vec<Site> {
    let (sites, complaints) = read("a.rs", text).unwrap();
    assert_eq!(complaints, [""; 0]);
    sites
}

fn complaints(text: &str) -> Vec<String> {
    read("a.rs", text).unwrap().1
}

#[test]
fn a_site_stands_where_the_compiler_says() {
    let text = "fn f() {
    // ORDERING(go): see. ORDERING(stop): too.
    a
        .load(Ordering::Acquire);
    look(&word, Ordering::Acquire);
}";
    let found = sites(text);
    assert_eq!((found[0].line, found[0].column), (4, 10));
    assert_eq!((found[1].line, found[1].column), (5, 5));
    assert_eq!(found[0].labels, ["go", "stop"]);
    assert_eq!((found[0].function.as_str(), found[0].operation.as_str()), ("f", "load"));
    assert_eq!(found[0].to_string(), "a.rs:4:10 (go, stop)");
}

#[test]
fn both_orderings_of_an_exchange_are_told_apart() {
    let found = sites("fn f() { w.compare_exchange(a, b, Ordering::AcqRel, Ordering::Acquire); }");
    assert_eq!(
        found.iter().map(|site| (site.number, site.ordering.as_str())).collect::<Vec<_>>(),
        [(0, "AcqRel"), (1, "Acquire")]
    );
    assert_eq!(found[0].weaker(), ["Acquire", "Release", "Relaxed"]);
    assert_eq!(found[1].weaker(), ["Relaxed"]);
}

#[test]
fn a_weaker_ordering_is_one_that_the_operation_may_have() {
    let weaker = |call: &str| sites(&format!("fn f() {{ {call}; }}"))[0].weaker();
    assert_eq!(weaker("w.load(Ordering::SeqCst)"), ["Acquire", "Relaxed"]);
    assert_eq!(weaker("w.store(1, Ordering::SeqCst)"), ["Release", "Relaxed"]);
    assert_eq!(weaker("fence(Ordering::SeqCst)"), ["AcqRel", "Acquire", "Release", "Relaxed"]);
    assert!(weaker("w.swap(1, Ordering::Relaxed)").is_empty());
}

#[test]
fn an_ordering_that_is_not_where_its_operation_is_cannot_be_forgotten() {
    for text in [
        "fn f() { helper(Ordering::Acquire); }",
        "fn f() { let order = Ordering::Acquire; }",
        "fn f() { atomic::fence(Ordering::SeqCst); }",
        "fn f() { w.load({ Ordering::Acquire }); }",
        "fn f() { w.compare_exchange(a, b, order, Ordering::Acquire); }",
        "fn f() { go!(w.load(Ordering::Acquire)); }",
        "use std::sync::atomic::Ordering::Acquire;",
        "#[track_caller] fn f() { w.load(Ordering::Acquire); }",
    ] {
        assert_eq!(complaints(text).len(), 1, "{text}");
    }
}

#[test]
fn tests_and_comparisons_are_no_sites() {
    assert!(sites("#[cfg(test)] mod tests { fn f() { w.load(Ordering::Acquire); } }").is_empty());
    assert!(sites("#[cfg(all(test, not(any(loom, shuttle))))] fn f() { w.load(Ordering::Acquire); }").is_empty());
    assert!(sites("fn f() { a.cmp(b) == Ordering::Less; file.load(path); }").is_empty());
}
