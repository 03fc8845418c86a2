//! The files in `specs/` that are made from the types are those that the types make today, and the schema keeps to what
//! the reader's check understands.
//!
//! After a change of the language: `UPDATE=1 cargo test --test generated`.

use std::fs;
use std::path::Path;

use afctl::source::{crd, explain, schema};
use serde_json::Value;

fn up_to_date(name: &str, made: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs").join(name);
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(path.parent().expect("it is in specs")).expect("specs can be made");
        fs::write(&path, made).expect("specs can be written");
        return;
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == made,
        "specs/{name} is not what the types make; run UPDATE=1 cargo test --test generated"
    );
}

#[test]
fn the_json_schema_is_up_to_date() {
    let text = serde_json::to_string_pretty(&schema()).expect("JSON can be written");
    up_to_date("strawman.schema.json", &format!("{text}\n"));
}

#[test]
fn the_custom_resource_definition_is_up_to_date() {
    let text = serde_yaml::to_string(&crd()).expect("YAML can be written");
    up_to_date(
        "crd.yaml",
        &format!("# Made from the types by tests/generated.rs; do not edit.\n{}\n", text.trim_end()),
    );
}

/// The keywords that the structural check understands or may ignore.
const KNOWN: &[&str] = &[
    "$defs",
    "$id",
    "$ref",
    "$schema",
    "additionalProperties",
    "anyOf",
    "const",
    "default",
    "description",
    "enum",
    "examples",
    "format",
    "items",
    "maxItems",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "oneOf",
    "pattern",
    "properties",
    "required",
    "title",
    "type",
    "x-afctl-figure",
    "x-afctl-key-ref",
    "x-afctl-ref",
    "x-afctl-unit",
];

fn each_schema(value: &Value, visit: &mut impl FnMut(&serde_json::Map<String, Value>)) {
    let Some(object) = value.as_object() else { return };
    visit(object);
    for (key, below) in object {
        match key.as_str() {
            "properties" | "$defs" => {
                below.as_object().into_iter().flat_map(|o| o.values()).for_each(|s| each_schema(s, visit));
            }
            "oneOf" | "anyOf" => below.as_array().into_iter().flatten().for_each(|s| each_schema(s, visit)),
            "items" | "additionalProperties" => each_schema(below, visit),
            _ => {}
        }
    }
}

#[test]
fn the_schema_has_no_keyword_that_the_check_does_not_know() {
    let schema = schema();
    let spec = &schema["$defs"]["Spec"]["properties"];
    each_schema(&schema, &mut |object| {
        for key in object.keys() {
            assert!(
                KNOWN.contains(&key.as_str()),
                "`{key}` is not known to the structural check: {object:?}"
            );
        }
        if let Some(unit) = object.get("x-afctl-unit").and_then(Value::as_str) {
            assert!(afctl_contract::units::check(unit, "").is_some(), "there is no unit {unit}");
            let examples = object["examples"].as_array().cloned().unwrap_or_default();
            assert!(!examples.is_empty(), "{unit} has no example");
            for example in examples.iter().filter_map(Value::as_str) {
                assert_eq!(
                    afctl_contract::units::check(unit, example),
                    Some(Ok(())),
                    "{example} is no {unit}"
                );
            }
        }
        if let Some(pattern) = object.get("pattern").and_then(Value::as_str) {
            assert!(regex::Regex::new(pattern).is_ok(), "{pattern} is not a pattern");
        }
        for key in ["x-afctl-ref", "x-afctl-key-ref"] {
            if let Some(section) = object.get(key).and_then(Value::as_str) {
                assert!(spec.get(section).is_some(), "there is no section {section}");
            }
        }
    });
}

/// Everything that a definition must be for an API server to take it.
#[test]
fn the_definition_is_structural() {
    fn walk(schema: &Value, at: &str) {
        let object = schema.as_object().unwrap_or_else(|| panic!("{at} is no schema"));
        let open = object.get("x-kubernetes-preserve-unknown-fields") == Some(&Value::Bool(true));
        assert!(open || object.get("type").is_some_and(Value::is_string), "{at} has no type");
        for key in object.keys() {
            assert!(!key.starts_with("x-afctl") && !key.starts_with('$'), "{at} has {key}");
            assert!(
                !matches!(key.as_str(), "oneOf" | "anyOf" | "const" | "examples" | "default"),
                "{at} has {key}"
            );
        }
        assert!(
            !(object.contains_key("properties") && object.contains_key("additionalProperties")),
            "{at} has both"
        );
        for (key, below) in object.get("properties").and_then(Value::as_object).into_iter().flatten() {
            walk(below, &format!("{at}.{key}"));
        }
        for key in ["items", "additionalProperties"] {
            if let Some(below) = object.get(key) {
                walk(below, &format!("{at}.{key}"));
            }
        }
    }
    walk(&crd()["spec"]["versions"][0]["schema"]["openAPIV3Schema"], "");
}

#[test]
fn fields_are_explained() {
    let memory = explain("spec.nodePools.NAME.memory").expect("it is a field");
    assert_eq!(memory["unit"], "bytes");
    let pools = explain("queues.batch.pools[0]").expect("`spec.` may be left out");
    assert_eq!(pools["type"], "a text");
    assert_eq!(explain("queues.batch.pools").expect("it is a field")["names"], "spec.nodePools");
    let scheduler = explain("spec.sites.x.scheduler").expect("it is a field");
    assert!(scheduler["fields"].get("slurm").is_some());
    assert!(explain("spec.nodePools.x.gpu.model").is_some(), "through one or many");
    let gpu = explain("spec.nodePools.gpu").expect("the name may be left out");
    assert!(gpu["fields"].get("perNode").is_some(), "{gpu}");
    let pools = explain("spec.nodePools").expect("it is a section");
    assert!(pools["fields"].get("cores").is_some(), "entries are explained by their fields: {pools}");
    assert!(explain("spec.nodePool").is_none());
    // Every field of the language says what it is.
    each_schema(&schema(), &mut |object| {
        for (key, field) in object.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let own = field.get("description").is_some()
                || field.get("$ref").is_some()
                || object.get("description").is_some();
            assert!(
                own || matches!(key.as_str(), "value" | "source" | "low" | "high"),
                "{key} is not described"
            );
        }
    });
}

#[test]
fn the_reference_of_the_language_is_up_to_date() {
    up_to_date("../docs/language.md", &afctl::reference::markdown());
}

#[test]
fn the_list_of_codes_is_up_to_date() {
    up_to_date("codes.md", &afctl::reference::codes());
}
