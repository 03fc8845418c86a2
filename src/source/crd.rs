//! The strawman as a custom resource: the definition that an API server takes, made from the one schema.
//!
//! A definition must be *structural*: every node has one type, nothing recurses, and closed objects and alternatives do
//! not exist. What cannot be said so (a field that may be bare or a mapping) is left open there, and afctl checks it.

use afctl_contract::language::KIND;
use serde_json::{Map, Value, json};

use super::schema::{self, Object};
use super::shape::describe;

/// What a description may take: a definition is held in memory by every API server.
const LONGEST_DESCRIPTION: usize = 400;

/// The custom resource definition `strawmen.afctl.dev`.
pub fn crd() -> Value {
    let spec = schema::property(schema::resolve(schema::strawman()), "spec").map_or(json!({}), structural);
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": "strawmen.afctl.dev",
            "labels": {"applyset.kubernetes.io/is-parent-type": "true"},
        },
        "spec": {
            "group": "afctl.dev",
            "scope": "Namespaced",
            "names": {
                "kind": KIND,
                "listKind": "StrawmanList",
                "plural": "strawmen",
                "singular": "strawman",
                "shortNames": ["straw"],
            },
            "versions": [{
                "name": "v1alpha1",
                "served": true,
                "storage": true,
                "subresources": {"status": {}},
                "additionalPrinterColumns": [
                    {"name": "Topology", "type": "string", "jsonPath": ".spec.topology"},
                    {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
                ],
                "schema": {"openAPIV3Schema": {
                    "description": "An analysis facility, as it is or as it might be.",
                    "type": "object",
                    "required": ["spec"],
                    "properties": {
                        "apiVersion": {"type": "string"},
                        "kind": {"type": "string"},
                        "metadata": {"type": "object"},
                        "spec": spec,
                        "status": {
                            "description": "What afctl found and did.",
                            "type": "object",
                            "x-kubernetes-preserve-unknown-fields": true,
                        },
                    },
                }},
            }],
        },
    })
}

/// A strawman as an object of the API server: what the file says in `metadata` beyond an object's own metadata goes into
/// annotations `afctl.dev/…`.
pub fn as_object(strawman: &Value) -> Value {
    let mut object = strawman.clone();
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        for (key, annotation) in [("asOf", "afctl.dev/as-of"), ("description", "afctl.dev/description")] {
            let Some(value) = metadata.shift_remove(key) else { continue };
            let annotations = metadata.entry("annotations").or_insert_with(|| json!({}));
            if let Some(annotations) = annotations.as_object_mut() {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                annotations.insert(annotation.to_owned(), Value::from(text));
            }
        }
    }
    object
}

/// A schema in structural form.
fn structural(schema: &Value) -> Value {
    let object = schema::resolve(schema);
    let mut out = form(object);
    let description = schema.get("description").or_else(|| object.get("description")).and_then(Value::as_str);
    if let (Some(out), Some(description)) = (out.as_object_mut(), description) {
        out.insert(
            "description".into(),
            Value::from(super::words::cut(&description.replace('\n', " "), LONGEST_DESCRIPTION)),
        );
    }
    out
}

/// Anything at all; afctl checks it.
fn open() -> Value {
    json!({"x-kubernetes-preserve-unknown-fields": true})
}

fn form(object: &Object) -> Value {
    let mut branches = schema::alternatives(object);
    branches.retain(|b| schema::types(b) != ["null"]);
    let words = describe::choices(object, &branches);
    if !words.is_empty() {
        let only_words = branches.iter().all(|b| b.contains_key("const") || b.contains_key("enum"));
        return if only_words { json!({"type": "string", "enum": words}) } else { open() };
    }
    match branches.as_slice() {
        [] => plain(object),
        [one] => form(one),
        several if several.iter().all(|b| is_kind(b)) => {
            let properties: Map<String, Value> = several
                .iter()
                .flat_map(|b| {
                    schema::keys(b).filter_map(|k| Some((k.to_owned(), structural(schema::property(b, k)?))))
                })
                .collect();
            json!({"type": "object", "properties": properties, "minProperties": 1, "maxProperties": 1})
        }
        _ => open(),
    }
}

/// Whether an object has exactly one key, which it must have.
fn is_kind(object: &Object) -> bool {
    schema::keys(object).count() == 1 && schema::required(object).count() == 1
}

fn plain(object: &Object) -> Value {
    let mut types = schema::types(object);
    types.retain(|t| *t != "null");
    let [kind] = types.as_slice() else { return open() };
    let mut out = Map::new();
    out.insert("type".into(), Value::from(*kind));
    let keep: &[&str] = match *kind {
        "object" => &["required", "minProperties", "maxProperties"],
        "array" => &["minItems", "maxItems"],
        "string" => &["pattern", "minLength", "maxLength"],
        _ => &["minimum", "maximum"],
    };
    for key in keep {
        if let Some(value) = object.get(*key) {
            out.insert((*key).to_owned(), value.clone());
        }
    }
    match *kind {
        "object" => {
            let properties: Map<String, Value> = schema::keys(object)
                .filter_map(|key| Some((key.to_owned(), structural(schema::property(object, key)?))))
                .collect();
            match object.get("additionalProperties") {
                Some(entries) if entries.is_object() => {
                    out.insert("additionalProperties".into(), structural(entries));
                }
                Some(Value::Bool(true)) | None if properties.is_empty() => {
                    out.insert("x-kubernetes-preserve-unknown-fields".into(), Value::Bool(true));
                }
                _ => {
                    out.insert("properties".into(), Value::Object(properties));
                }
            }
        }
        "array" => {
            out.insert("items".into(), object.get("items").map_or_else(open, structural));
        }
        "integer" if object.get("format").and_then(Value::as_str) == Some("uint32") => {
            out.entry("maximum").or_insert_with(|| Value::from(u32::MAX));
        }
        _ => {}
    }
    Value::Object(out)
}
