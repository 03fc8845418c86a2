//! Keys of a mapping: unknown, misplaced, missing, and without a value.

use afctl_contract::codes::structure;
use afctl_contract::diagnostic::{At, Related};
use afctl_contract::place::Half;
use afctl_contract::{Diagnostic, Path, Span};
use indexmap::IndexMap;
use serde_json::Value;

use super::super::node::{Entry, Kind, Node};
use super::super::schema::{self, Object};
use super::super::words;
use super::{Finding, Walk};

/// What people write for a key, from Slurm, Kubernetes and habit, and the key that it is here. Only those count that
/// the mapping at hand knows.
const OTHER_WORDS: &[(&str, &str)] = &[
    ("partitions", "queues"),
    ("partition", "queues"),
    ("groups", "accounts"),
    ("ram", "memory"),
    ("mem", "memory"),
    ("cpus", "cores"),
    ("cpu", "cores"),
    ("threads", "threadsPerCore"),
    ("hyperthreads", "threadsPerCore"),
    ("walltime", "maxWalltime"),
    ("timelimit", "maxWalltime"),
    ("maxtime", "maxWalltime"),
    ("gpucount", "perNode"),
    ("count", "perNode"),
    ("number", "count"),
    ("hosts", "nodes"),
    ("hostnames", "names"),
    ("hostlist", "names"),
    ("nodelist", "names"),
    ("nodeselector", "selector"),
    ("size", "usable"),
    ("capacity", "usable"),
    ("type", "system"),
    ("accessmode", "access"),
    ("accessmodes", "access"),
    ("quota", "quotaPerUser"),
    ("shares", "fairShare"),
    ("share", "fairShare"),
    ("users", "members"),
    ("group", "idpGroup"),
    ("timeout", "maxSession"),
    ("instancetype", "instanceTypes"),
    ("location", "site"),
    ("cluster", "site"),
    ("weight", "priority"),
    ("comment", "description"),
    ("title", "description"),
    ("people", "support"),
    ("prices", "costs"),
    ("goals", "targets"),
    ("bandwidth", "wan"),
    ("src", "source"),
    ("ref", "source"),
    ("url", "source"),
    ("date", "asOf"),
    ("year", "asOf"),
    ("comment", "note"),
];

impl<'d> Walk<'d> {
    /// A mapping, closed or of named entries.
    pub(super) fn mapping(&mut self, node: &Node, object: &'d Object) {
        let Some(entries) = node.as_map() else { return };
        let open = object.get("additionalProperties");
        let named = open.filter(|schema| schema.is_object());
        let closed =
            open == Some(&Value::Bool(false)) || object.contains_key("properties") && named.is_none();
        if closed {
            self.around.push((self.at.len(), object));
        }
        let mut guessed = Vec::new();
        for (key, entry) in entries {
            if self.full() {
                break;
            }
            // The envelope has been looked at before everything else.
            if self.at.is_empty() && matches!(key.as_str(), "apiVersion" | "kind") {
                continue;
            }
            let known = schema::property(object, key).or(named);
            match known {
                Some(schema) => self.inside(key.as_str(), |walk| walk.entry(key, entry, object, schema)),
                None if closed => self.unknown_key(key, entry, entries, object, &mut guessed),
                None => {}
            }
        }
        self.count(node, entries.len(), object);
        self.missing(node, entries, object, &guessed);
        if closed {
            self.around.pop();
        }
    }

    fn entry(&mut self, key: &str, entry: &Entry, object: &Object, schema: &'d Value) {
        if !matches!(entry.value.kind, Kind::Null) {
            self.check(&entry.value, schema);
            return;
        }
        let wanted = schema::resolve(schema);
        if forms(wanted).is_empty() {
            return;
        }
        let needed = schema::required(object).any(|k| k == key) || schema::property(object, key).is_none();
        let section = forms(wanted).iter().all(|form| matches!(*form, "object" | "array"));
        if section && !needed {
            let path = self.path();
            self.empty.push(path);
            self.key(
                &entry.value,
                &structure::EMPTY_SECTION,
                format!("`{}` is empty and counts as left out", words::cut(key, 60)),
                "nothing below",
                None,
            );
        } else {
            self.no_value(&entry.value, wanted);
        }
    }

    pub(super) fn no_value(&mut self, node: &Node, wanted: &'d Object) {
        let name = self.name();
        let example = self.example(wanted);
        let sep = if example.starts_with('\n') { "" } else { " " };
        self.key(
            node,
            &structure::NO_VALUE,
            format!("`{name}` has no value"),
            "nothing behind the colon",
            Some(format!(
                "write `{name}:{sep}{example}`, or remove the key; what belongs to it must be indented"
            )),
        );
    }

    fn count(&mut self, node: &Node, count: usize, object: &Object) {
        let least = object.get("minProperties").and_then(Value::as_u64).unwrap_or(0);
        let most = object.get("maxProperties").and_then(Value::as_u64).unwrap_or(u64::MAX);
        let count = count as u64;
        if count < least || count > most {
            let (bound, word) = if count < least { (least, "least") } else { (most, "most") };
            let name = self.name();
            self.key(
                node,
                &structure::WRONG_COUNT,
                format!("`{name}` needs at {word} {bound}, and has {count}"),
                "",
                None,
            );
        }
    }

    fn missing(
        &mut self,
        node: &Node,
        entries: &IndexMap<String, Entry>,
        object: &'d Object,
        guessed: &[&str],
    ) {
        let root = self.at.is_empty();
        let missing: Vec<&str> = schema::required(object)
            .filter(|key| !entries.contains_key(*key) && !guessed.contains(key))
            .filter(|key| !(root && matches!(*key, "apiVersion" | "kind")))
            .collect();
        if missing.is_empty() {
            return;
        }
        let lines: Vec<String> = missing
            .iter()
            .filter_map(|key| {
                let example = self.example(schema::resolve(schema::property(object, key)?));
                Some(format!("{key}: {example}"))
            })
            .collect();
        let what = words::list(missing.iter().copied(), 6, "and");
        let name = if root { "the strawman".to_owned() } else { format!("`{}`", self.name()) };
        self.key(
            node,
            &structure::MISSING_KEY,
            format!("{name} lacks {what}"),
            if missing.len() == 1 { "a key is missing here" } else { "keys are missing here" },
            Some(format!("add `{}`", lines.join("`, `"))),
        );
    }

    fn unknown_key(
        &mut self,
        key: &str,
        entry: &Entry,
        entries: &IndexMap<String, Entry>,
        object: &'d Object,
        guessed: &mut Vec<&'d str>,
    ) {
        let short = words::cut(key, 60);
        let place =
            if self.at.is_empty() { "at the top level".into() } else { format!("in `{}`", self.name()) };
        if let Some(near) = same_word(key, object) {
            guessed.push(near);
            let at_hand = entries.get(near).map(|other| (other.key, near));
            return self.unknown(
                entry,
                key,
                format!("`{short}` is not known {place}"),
                format!("did you mean `{near}`?"),
                at_hand,
            );
        }
        if let Some(help) = self.elsewhere(key, object) {
            let path = self.path().join(key);
            let said =
                Diagnostic::new(&structure::MISPLACED_KEY, format!("`{short}` does not belong {place}"))
                    .at_key(path)
                    .label("at the wrong level")
                    .help(help);
            return self.push(&entry.value, Finding { said, cause: None });
        }
        let near = if self.may_hint() { words::nearest(key, schema::keys(object)) } else { None };
        let near = near.or_else(|| other_word(key, object));
        let at_hand = near.and_then(|near| Some((entries.get(near)?.key, near)));
        let help = if let Some(near) = near {
            guessed.push(near);
            format!("did you mean `{near}`?")
        } else {
            let free: Vec<&str> = schema::keys(object).filter(|k| !entries.contains_key(*k)).collect();
            if free.is_empty() {
                "remove it; notes of your own go into comments (#)".to_owned()
            } else {
                format!("possible here: {}", words::list(free, 12, "and"))
            }
        };
        self.unknown(entry, key, format!("`{short}` is not known {place}"), help, at_hand);
    }

    fn unknown(
        &mut self,
        entry: &Entry,
        key: &str,
        message: String,
        help: String,
        at_hand: Option<(Span, &str)>,
    ) {
        let mut said = Diagnostic::new(&structure::UNKNOWN_KEY, message)
            .at_key(self.path().join(key))
            .label("unknown key")
            .help(help);
        if let Some((span, near)) = at_hand {
            said.related
                .push(Related { at: At::Span(span), label: format!("`{near}` is given here already") });
        }
        self.push(&entry.value, Finding { said, cause: None });
    }

    /// Where a key of this name belongs: one level in, or in one of the mappings around.
    fn elsewhere(&self, key: &str, object: &'d Object) -> Option<String> {
        for inner in schema::keys(object) {
            let below = schema::resolve(schema::property(object, inner)?);
            let mut within = std::iter::once(below).chain(schema::alternatives(below));
            if within.any(|o| {
                !o.contains_key("x-afctl-figure") && schema::property(o, key).is_some() && !is_tag(o)
            }) {
                let figure = below.contains_key("x-afctl-figure")
                    || schema::alternatives(below).iter().any(|o| schema::property(o, "asOf").is_some());
                if !figure {
                    return Some(format!(
                        "it belongs one level in, in `{inner}`: write `{inner}: {{{key}: …}}`"
                    ));
                }
            }
        }
        let outer = self.around.iter().rev().skip(1).find(|(_, o)| schema::property(o, key).is_some())?;
        let depth = outer.0;
        let place = match self.at.get(..depth).and_then(|at| at.last()) {
            Some(_) => format!("`{}`", self.at[..depth].iter().cloned().collect::<Path>()),
            None => "the top level".to_owned(),
        };
        Some(format!("it belongs further out, in {place}: check the indentation"))
    }

    /// Says something about a key that stands in the mapping here.
    pub(super) fn about_key(
        &mut self,
        key: &str,
        entry: &Entry,
        code: &'static afctl_contract::Code,
        message: String,
        label: &str,
        help: String,
    ) {
        self.inside(key, |walk| walk.say(&entry.value, code, message, label, Some(help), Half::Key));
    }
}

/// The property that is the same word in another spelling: case, separators, singular or plural.
fn same_word<'o>(key: &str, object: &'o Object) -> Option<&'o str> {
    let plain = words::bare(key);
    if plain.is_empty() {
        return None;
    }
    schema::keys(object).find(|k| words::bare(k) == plain).or_else(|| {
        schema::keys(object).find(|k| {
            let other = words::bare(k);
            format!("{other}s") == plain || format!("{plain}s") == other
        })
    })
}

fn other_word<'o>(key: &str, object: &'o Object) -> Option<&'o str> {
    let plain = words::bare(key);
    let mut meant = OTHER_WORDS.iter().filter(|(word, _)| *word == plain).map(|(_, meant)| *meant);
    meant.find_map(|meant| schema::keys(object).find(|k| *k == meant))
}

/// Whether an object is one of several that are told apart by their one key.
pub(super) fn is_tag(object: &Object) -> bool {
    object.get("properties").and_then(Value::as_object).is_some_and(|p| p.len() == 1)
        && schema::required(object).count() == 1
        && object.get("additionalProperties") == Some(&Value::Bool(false))
}

/// The types that a schema allows, those of its alternatives included; null aside. Empty: anything.
pub(super) fn forms(object: &Object) -> Vec<&str> {
    let mut found = schema::types(object);
    for branch in schema::alternatives(object) {
        if branch.contains_key("const") || branch.contains_key("enum") {
            found.push("string");
        }
        found.extend(schema::types(branch));
    }
    if object.contains_key("const") || object.contains_key("enum") {
        found.push("string");
    }
    found.retain(|t| *t != "null");
    found
}
