//! What holds for every text: no panic, places at boundaries of characters, the merge that RFC 7386 describes, and a
//! typed strawman for whatever passes the check.

use afctl::cli::diagnostics::{Look, github, json, pointed_at, sarif, text};
use afctl::source::merge::merge;
use afctl::source::node::{Kind, Node};
use afctl::source::{Input, Reading, read};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn everything_holds(inputs: &[Input]) -> Reading {
    let reading = read(inputs);
    let files = reading.sources.files();
    assert_eq!(files.len(), inputs.len());
    for diagnostic in &reading.diagnostics {
        if let Some(span) = diagnostic.span(&reading.sources) {
            assert!(files[span.source].text.get(span.start..span.end).is_some(), "{diagnostic:?}");
            assert!(pointed_at(diagnostic, &reading.sources).is_some());
        }
        assert_ne!(diagnostic.code.id, "AF0199", "the check let pass what the types refuse: {diagnostic:?}");
        assert!(
            !diagnostic.message.ends_with('.') || diagnostic.message.ends_with(".."),
            "{}",
            diagnostic.message
        );
    }
    if let Some(document) = &reading.document {
        spans_hold(document, &reading);
    }
    let (found, sources) = (&reading.diagnostics, &reading.sources);
    let _ = (
        text(found, sources, Look::default()),
        json(found, sources),
        sarif(found, sources),
        github(found, sources),
    );
    assert!(reading.strawman.is_some() || found.has_errors(), "nothing read and nothing said");
    reading
}

fn spans_hold(node: &Node, reading: &Reading) {
    let text =
        |span: afctl_contract::Span| reading.sources.files()[span.source].text.get(span.start..span.end);
    assert!(text(node.span).is_some());
    match &node.kind {
        Kind::Seq(items) => items.iter().for_each(|item| spans_hold(item, reading)),
        Kind::Map(entries) => entries.values().for_each(|entry| {
            assert!(text(entry.key).is_some());
            spans_hold(&entry.value, reading);
        }),
        Kind::Str { text: value, plain: true } if node.via.is_none() && !value.contains([' ', '\n']) => {
            assert_eq!(text(node.span), Some(value.as_str()));
        }
        _ => {}
    }
}

const GOOD: &str = include_str!("../providers/contract/tests/sketch.yaml");

/// Pieces that YAML and the language are made of.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "a",
            "spec:",
            "kind: Strawman\n",
            "apiVersion: afctl.dev/v1alpha1\n",
            "nodePools",
            ": ",
            ":",
            "\n",
            "\n  ",
            "\n    ",
            "- ",
            "[",
            "]",
            "{",
            "}",
            ", ",
            "\"",
            "'",
            "#",
            " # ",
            "&a ",
            "*a",
            "<<: ",
            "!!str ",
            "!x ",
            "|\n",
            ">-\n",
            "---\n",
            "...\n",
            "%",
            "@",
            "`",
            "\t",
            "\r\n",
            "~",
            "null",
            "true",
            "512",
            "512GiB",
            "1e3",
            ".inf",
            "? ",
            "é",
            "東",
            "🚀",
            "\u{feff}",
            "\u{85}",
            "\\",
            "patch",
            "variants",
        ])
        .prop_map(str::to_owned),
        "[ -~]{0,6}",
        "\\PC{0,3}",
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0..9_i64).prop_map(Value::from),
        "[a-c]{1,2}".prop_map(Value::from)
    ]
}

fn document() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[a-d]", inner, 0..4)
                .prop_map(|m| Value::Object(m.into_iter().collect())),
        ]
    })
}

fn mapping() -> impl Strategy<Value = Value> {
    prop::collection::btree_map("[a-d]", document(), 0..4)
        .prop_map(|m| Value::Object(m.into_iter().collect()))
}

/// RFC 7386, word for word.
fn rfc7386(target: Value, patch: &Value) -> Value {
    let Value::Object(patch) = patch else { return patch.clone() };
    let mut target = if let Value::Object(target) = target { target } else { Map::new() };
    for (key, value) in patch {
        if value.is_null() {
            target.remove(key);
        } else {
            let old = target.remove(key).unwrap_or(Value::Null);
            target.insert(key.clone(), rfc7386(old, value));
        }
    }
    Value::Object(target)
}

fn node(value: &Value) -> Node {
    let reading = read(&[Input::new("x", value.to_string())]);
    reading.document.unwrap_or_else(|| panic!("{value} is YAML"))
}

fn merged(base: &Value, patch: &Value) -> Value {
    merge(node(base), node(patch), &mut Vec::new()).to_value()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        everything_holds(&[Input::new("x", bytes)]);
    }

    #[test]
    fn any_pieces_are_answered(text in pieces()) {
        everything_holds(&[Input::new("x", text)]);
    }

    #[test]
    fn any_two_files_are_answered(base in pieces(), overlay in pieces()) {
        everything_holds(&[Input::new("a", base), Input::new("b", overlay)]);
    }

    /// A strawman with one edit anywhere is still answered, and pointed at somewhere.
    #[test]
    fn one_edit_is_answered(at in 0..GOOD.len(), gone in 0..30_usize, put in pieces()) {
        let (mut start, mut end) = (at, (at + gone).min(GOOD.len()));
        while !GOOD.is_char_boundary(start) { start -= 1; }
        while !GOOD.is_char_boundary(end) { end += 1; }
        everything_holds(&[Input::new("x", format!("{}{put}{}", &GOOD[..start], &GOOD[end..]))]);
    }

    /// The check and the types are of one mind about every value that could stand anywhere.
    #[test]
    fn one_other_value_is_refused_or_read(place in any::<prop::sample::Index>(), value in odd_value()) {
        let mut document = read(&[Input::new("x", GOOD)]).value;
        let pointers = pointers(&document);
        if let Some(old) = document.pointer_mut(place.get::<String>(&pointers)) {
            *old = value;
        }
        everything_holds(&[Input::new("x", document.to_string())]);
    }

    #[test]
    fn overlays_merge_as_rfc_7386_says(base in mapping(), patch in mapping()) {
        prop_assert_eq!(merged(&base, &patch), rfc7386(base.clone(), &patch));
        prop_assert_eq!(merged(&base, &json!({})), base.clone(), "an empty overlay changes nothing");
        let once = merged(&base, &patch);
        prop_assert_eq!(merged(&once, &patch), once.clone(), "the same overlay again changes nothing");
    }

    /// Without deletions it does not matter which two of three files are merged first.
    #[test]
    fn overlays_are_associative_without_nulls(a in mapping(), b in mapping(), c in mapping()) {
        let full = |value: &Value| merged(&json!({}), value);
        let (a, b, c) = (full(&a), full(&b), full(&c));
        // Where a later file turns a mapping into something else and back, the order shows, as RFC 7386 has it.
        prop_assume!(alike(&a, &b) && alike(&b, &c) && alike(&a, &c));
        prop_assert_eq!(merged(&merged(&a, &b), &c), merged(&a, &merged(&b, &c)));
    }
}

/// Every place of a document, as JSON pointers.
fn pointers(value: &Value) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut add = |key: String, below: &Value| {
        let key = key.replace('~', "~0").replace('/', "~1");
        found.extend(pointers(below).into_iter().map(|p| format!("/{key}{p}")));
    };
    match value {
        Value::Array(items) => items.iter().enumerate().for_each(|(i, item)| add(i.to_string(), item)),
        Value::Object(entries) => entries.iter().for_each(|(key, below)| add(key.clone(), below)),
        _ => {}
    }
    found
}

/// Values that are right somewhere and wrong elsewhere.
fn odd_value() -> impl Strategy<Value = Value> {
    let texts = [
        "", "x", "unknown", "none", "8GiB", "4h", "10%", "110%", "1 USD", "10Gbps", "2026-08", "a b", "500m",
    ];
    let others = vec![
        json!(null),
        json!(true),
        json!(0),
        json!(1),
        json!(-1),
        json!(1.5),
        json!(0.5),
        json!(1e300),
        json!(u32::MAX),
        json!(4_294_967_296_u64),
        json!(i64::MIN),
        json!(i64::MAX),
        json!([]),
        json!(["x"]),
        json!([[]]),
        json!([1]),
        json!([null]),
        json!({}),
        json!({"x": 1}),
        json!({"x": null}),
        json!({"value": 1}),
        json!({"value": "8GiB"}),
        json!({"value": "unknown"}),
        json!({"value": null}),
        json!({"slurm": {"cluster": "c"}}),
        json!({"none": {}}),
        json!({"min": 1, "max": 2}),
        json!({"guarantee": 1, "limit": 2}),
        json!({"mig": {}}),
        json!({"choices": ["a"]}),
        json!({"value": 3, "low": 4, "others": []}),
    ];
    prop::sample::select(texts.into_iter().map(Value::from).chain(others).collect::<Vec<_>>())
}

/// Whether two documents are mappings at the same places.
fn alike(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            a.iter().all(|(key, value)| b.get(key).is_none_or(|other| alike(value, other)))
        }
        (Value::Object(_), _) | (_, Value::Object(_)) => false,
        _ => true,
    }
}

#[test]
fn the_sketch_is_read() {
    let reading = everything_holds(&[Input::new("sketch.yaml", GOOD)]);
    assert!(reading.strawman.is_some());
}
