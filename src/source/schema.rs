//! The JSON Schema of the language, made from its Rust types, and how to look things up in it.
//!
//! Assumes what the types give: `$ref` into `$defs` only, no recursion, closed objects. A test over the whole schema
//! holds that no keyword occurs which the structural check does not know.

use std::sync::OnceLock;

use afctl_contract::language::Strawman;
use serde_json::{Map, Value};

/// An object of the schema.
pub type Object = Map<String, Value>;

/// The schema of a strawman, as `afctl schema` gives it.
pub fn strawman() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let mut schema = schemars::schema_for!(Strawman).to_value();
        if let Some(root) = schema.as_object_mut() {
            root.insert("$id".into(), "https://afctl.dev/schemas/v1alpha1/strawman.json".into());
        }
        schema
    })
}

/// A copy of the schema, as a document.
pub fn schema() -> Value {
    strawman().clone()
}

/// The object that `schema` stands for once its `$ref` is followed; an object with nothing in it allows anything.
pub fn resolve(schema: &Value) -> &Object {
    static ANYTHING: OnceLock<Object> = OnceLock::new();
    let mut at = schema;
    // The language does not recurse; the bound is for a schema that breaks that.
    for _ in 0..16 {
        let Some(object) = at.as_object() else { break };
        let target = object.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix("#/$defs/"));
        let Some(found) = target.and_then(|name| strawman().get("$defs")?.get(name)) else { return object };
        at = found;
    }
    ANYTHING.get_or_init(Object::new)
}

/// The schema of the property `key` of an object, if it has one by name.
pub fn property<'s>(object: &'s Object, key: &str) -> Option<&'s Value> {
    object.get("properties")?.get(key)
}

/// The names of an object's properties.
pub fn keys(object: &Object) -> impl Iterator<Item = &str> {
    object.get("properties").and_then(Value::as_object).into_iter().flat_map(|p| p.keys().map(String::as_str))
}

/// The keys that an object must have.
pub fn required(object: &Object) -> impl Iterator<Item = &str> {
    strings(object, "required")
}

/// The texts in the list under `key`.
pub fn strings<'s>(object: &'s Object, key: &str) -> impl Iterator<Item = &'s str> {
    object.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// The types that an object of the schema allows; none when it does not say.
pub fn types(object: &Object) -> Vec<&str> {
    match object.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// The alternatives of an object, those of alternatives included; empty if it has none.
pub fn alternatives(object: &Object) -> Vec<&Object> {
    let mut found = Vec::new();
    for keyword in ["oneOf", "anyOf"] {
        for branch in object.get(keyword).and_then(Value::as_array).into_iter().flatten() {
            let branch = resolve(branch);
            let below = alternatives(branch);
            if below.is_empty() { found.push(branch) } else { found.extend(below) }
        }
    }
    found
}
