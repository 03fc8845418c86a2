//! What holds for every strawman: the examples are valid, nothing panics, nothing is slow, texts are as they should be.

use std::time::Instant;

use afctl_contract::language::Strawman;
use afctl_contract::{Diagnostics, Level, SourceMap};
use proptest::prelude::*;
use serde_json::Value;

use super::check;
use crate::source::{Input, Reading, read};

const EXAMPLES: [(&str, &str); 4] = [
    ("quickstart", include_str!("../../examples/quickstart.yaml")),
    ("uchicago-af", include_str!("../../examples/uchicago-af.yaml")),
    ("coffea-casa", include_str!("../../examples/coffea-casa.yaml")),
    ("example", include_str!("../../specs/example.yaml")),
];

fn reading(name: &str, text: &str) -> (Reading, Diagnostics) {
    let reading = read(&[Input::new(name, text)]);
    let mut found = reading.diagnostics.clone();
    if let Some(strawman) = &reading.strawman {
        found.extend(check(strawman, &reading.sources));
    }
    (reading, found)
}

fn warnings(found: &Diagnostics) -> Vec<&str> {
    found.iter().filter(|finding| finding.level > Level::Note).map(|finding| finding.code.id).collect()
}

#[test]
fn the_examples_warn_of_what_they_say_they_do() {
    let expected: [&[&str]; 4] = [&[], &["AF0901"; 3], &[], &["AF0907"]];
    for ((name, text), expected) in EXAMPLES.iter().zip(expected) {
        let (_, found) = reading(name, text);
        assert_eq!(warnings(&found), expected, "{name}");
    }
}

#[test]
fn the_variants_of_the_sketch_can_be_checked() {
    let (base, _) = reading("example", EXAMPLES[3].1);
    let variant = base.variant("without-slac").expect("the sketch has it");
    let strawman = variant.strawman.as_ref().expect("it reads");
    let mut found = variant.diagnostics.clone();
    found.extend(super::check_variant(strawman, &variant.sources));
    assert!(!found.has_errors(), "{found:?}");
}

#[test]
fn every_finding_says_where_and_what_to_do() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics");
    let mut seen = std::collections::BTreeSet::new();
    for family in ["sites", "compute", "gpus", "storage", "accounts", "scheduling", "menu", "goals"] {
        for case in std::fs::read_dir(folder.join(family)).expect("the family has cases") {
            let text = std::fs::read_to_string(case.expect("it is listed").path()).expect("it can be read");
            let (reading, found) = reading("case.yaml", &text);
            for finding in found.iter().filter(|finding| finding.code.id >= "AF0200") {
                let id = finding.code.id;
                seen.insert(id);
                assert!(finding.help.is_some(), "{id} has no help: {}", finding.message);
                assert!(finding.span(&reading.sources).is_some(), "{id} has no place: {}", finding.message);
                assert!(!finding.message.ends_with('.'), "{id}: {}", finding.message);
                assert!(!finding.message.contains("  "), "{id}: {}", finding.message);
            }
        }
    }
    let codes =
        afctl_contract::codes::all().map(|code| code.id).filter(|id| ("AF0200".."AF1000").contains(id));
    let unseen: Vec<_> = codes.filter(|id| !seen.contains(id)).collect();
    assert!(unseen.is_empty(), "no case for {unseen:?}");
}

/// Every place below `value`, so that one can be taken out.
fn places(value: &Value, here: &str, all: &mut Vec<String>) {
    let mut go = |key: String, inner: &Value| {
        all.push(format!("{here}/{key}"));
        places(inner, &format!("{here}/{key}"), all);
    };
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                go(key.replace('~', "~0").replace('/', "~1"), inner);
            }
        }
        Value::Array(items) => {
            for (i, inner) in items.iter().enumerate() {
                go(i.to_string(), inner);
            }
        }
        _ => {}
    }
}

fn take_out(value: &mut Value, place: &str) {
    let Some((parent, key)) = place.rsplit_once('/') else { return };
    match value.pointer_mut(parent) {
        Some(Value::Object(map)) => {
            map.shift_remove(&key.replace("~1", "/").replace("~0", "~"));
        }
        Some(Value::Array(items)) => {
            if let Ok(i) = key.parse::<usize>()
                && i < items.len()
            {
                items.remove(i);
            }
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Names that lead nowhere, empty lists, missing sections: whatever still reads is checked without falling over.
    #[test]
    fn nothing_falls_over(which in 0usize..4, cuts in prop::collection::vec(any::<prop::sample::Index>(), 1..6)) {
        let (whole, _) = reading(EXAMPLES[which].0, EXAMPLES[which].1);
        let mut value = whole.value;
        for cut in cuts {
            let mut all = Vec::new();
            places(&value, "", &mut all);
            if all.is_empty() {
                // Cut by cut everything has gone.
                break;
            }
            let place = cut.get(&all).clone();
            take_out(&mut value, &place);
        }
        if let Ok(strawman) = serde_json::from_value::<Strawman>(value) {
            check(&strawman, &SourceMap::default());
        }
    }
}

#[test]
fn large_facilities_take_no_time_to_speak_of() {
    use std::fmt::Write as _;
    let mut text = "apiVersion: afctl.dev/v1alpha1\nkind: Strawman\nmetadata: {name: large}\nspec:\n  topology: single-site\n  \
                    sites: {here: {scheduler: {kubernetes: {context: here, kueue: true}}}}\n  nodePools:\n"
        .to_owned();
    for pool in 0..100 {
        let _ = writeln!(
            text,
            "    p{pool}: {{site: here, nodes: {{names: \"n{pool}-[0001-1000]\"}}, cores: 64, memory: 256GiB}}"
        );
    }
    text.push_str("  queues:\n");
    for queue in 0..50 {
        let _ = writeln!(text, "    q{queue}: {{pools: [p{queue}, p{}], accounts: [a{queue}]}}", queue + 50);
    }
    text.push_str("  accounts:\n");
    for account in 0..10_000 {
        let parent = if account < 50 { String::new() } else { format!("parent: a{}, ", account % 50) };
        let _ = writeln!(
            text,
            "    a{account}: {{{parent}fairShare: 1, members: {{users: [u{account}, v{account}]}}, quota: {{cpu: 64}}}}"
        );
    }
    let read = read(&[Input::new("large.yaml", text)]);
    let strawman = read.strawman.expect("it reads");
    let start = Instant::now();
    let found = check(&strawman, &read.sources);
    let took = start.elapsed();
    assert!(warnings(&found).is_empty(), "{:?}", warnings(&found).first());
    assert!(took.as_secs_f64() < 8.0, "{took:?}");
    println!("100,000 hosts and 10,000 accounts were checked in {took:?}");
}
