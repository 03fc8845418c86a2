//! What a field of the language is, from the schema: for `afctl explain`.

use serde_json::{Map, Value, json};

use super::schema::{self, Object};
use super::shape::describe;

/// A field by its path, such as `spec.nodePools.NAME.gpu` (any name stands for an entry, or none; list indexes are left out
/// or written `[0]`; `spec.` may be left out). `None` if the language has no such field.
///
/// `{schemaVersion, path, description, type, unit, choices, names, default, examples, required, fields: {name: about}}`.
pub fn explain(path: &str) -> Option<Value> {
    let segments: Vec<&str> =
        path.split(['.', '[']).map(|s| s.trim_end_matches(']')).filter(|s| !s.is_empty()).collect();
    let root = schema::strawman();
    walk(root, &segments)
        .or_else(|| walk(schema::property(schema::resolve(root), "spec")?, &segments))
        .map(|found| about(path, found))
}

fn walk<'s>(schema: &'s Value, segments: &[&str]) -> Option<&'s Value> {
    let Some((first, rest)) = segments.split_first() else { return Some(schema) };
    let object = schema::resolve(schema);
    if schema::types(object).contains(&"array") {
        // An index says which item; without one the items are meant anyway.
        let rest = if first.bytes().all(|b| b.is_ascii_digit()) { rest } else { segments };
        return walk(object.get("items")?, rest);
    }
    let mut forms = vec![object];
    forms.extend(schema::alternatives(object));
    forms.iter().find_map(|form| {
        if let Some(property) = schema::property(form, first) {
            return walk(property, rest);
        }
        if schema::types(form).contains(&"array") {
            return walk(form.get("items")?, segments);
        }
        let entry = form.get("additionalProperties").filter(|s| s.is_object())?;
        // The name of an entry may be left out where what follows is a field of every entry.
        let field = schema::property(schema::resolve(entry), first).and_then(|_| walk(entry, segments));
        field.or_else(|| walk(entry, rest))
    })
}

fn about<'s>(path: &str, schema: &'s Value) -> Value {
    let object = schema::resolve(schema);
    let branches = schema::alternatives(object);
    let beside = schema.as_object();
    let keyword = |key: &str| beside.and_then(|o| o.get(key)).or_else(|| object.get(key)).cloned();
    let deep = |key: &str| keyword(key).or_else(|| branches.iter().find_map(|b| b.get(key).cloned()));
    let mut fields = Map::new();
    for form in std::iter::once(&object).chain(&branches) {
        add_fields(form, &mut fields);
    }
    // A list, and entries by name, are explained by what they hold.
    let held = |form: &&'s Object| {
        form.get("items").or_else(|| form.get("additionalProperties")).filter(|held| held.is_object())
    };
    let items =
        std::iter::once(object).chain(branches.iter().copied()).find_map(|f| held(&f)).map(schema::resolve);
    if let (true, Some(items)) = (fields.is_empty(), items) {
        for form in std::iter::once(items).chain(schema::alternatives(items)) {
            add_fields(form, &mut fields);
        }
    }
    let words = describe::choices(object, &branches);
    json!({
        "schemaVersion": "afctl.dev/field/v1",
        "path": path,
        "description": keyword("description"),
        "type": describe::expected(object),
        "unit": deep("x-afctl-unit"),
        "choices": if words.is_empty() { Value::Null } else { json!(words) },
        "names": keyword("x-afctl-ref").or_else(|| keyword("x-afctl-key-ref")).map(|s| format!("spec.{}", s.as_str().unwrap_or_default())),
        "default": keyword("default"),
        "examples": deep("examples"),
        "pattern": keyword("pattern"),
        "required": schema::required(object).collect::<Vec<_>>(),
        "fields": fields,
    })
}

fn add_fields(form: &Object, fields: &mut Map<String, Value>) {
    for key in schema::keys(form) {
        let Some(property) = schema::property(form, key) else { continue };
        let own = property.get("description").or_else(|| schema::resolve(property).get("description"));
        // The one key of a kind is described beside it.
        let about = own.or_else(|| form.get("description")).and_then(Value::as_str).unwrap_or_default();
        let first = about.split_once(". ").map_or(about, |(first, _)| first).replace('\n', " ");
        fields.entry(key).or_insert_with(|| Value::from(first.trim_end_matches('.')));
    }
}
