//! The envelope: `apiVersion`, `kind`, and what to say when the file is something else altogether.

use afctl_contract::Diagnostic;
use afctl_contract::codes::structure;
use afctl_contract::language::{API_VERSION, KIND};
use indexmap::IndexMap;

use super::super::node::{Entry, Kind, Node};
use super::super::schema;
use super::super::words;
use super::describe::found;
use super::{Finding, Walk};

impl Walk<'_> {
    /// Looks at the envelope. Says whether the rest is worth checking: not in a file of another program.
    pub(super) fn envelope(&mut self, node: &Node) -> bool {
        let help =
            || Some(format!("begin with `apiVersion: {API_VERSION}` and `kind: {KIND}`; see afctl init"));
        let code = &structure::NOT_A_STRAWMAN;
        let Kind::Map(entries) = &node.kind else {
            let message = format!("a strawman is a mapping, and this is {}", found(node));
            self.value(node, code, message, "not a mapping", help());
            return false;
        };
        let text = |key: &str| entries.get(key).and_then(|e| e.value.as_str());
        let spec_keys = schema::strawman().get("$defs").and_then(|d| d.get("Spec")).map(schema::resolve);
        let ours = |key: &String| {
            matches!(key.as_str(), "spec" | "metadata")
                || spec_keys.is_some_and(|s| schema::property(s, key).is_some())
        };
        let (version, kind) = (text("apiVersion"), text("kind"));
        let foreign = version.is_some_and(|v| !v.contains("afctl") && v.contains(['/', '1']))
            && kind.is_some_and(|k| words::nearest(k, [KIND]).is_none());
        let unlike = version.is_none() && kind.is_none() && !entries.keys().any(ours);
        if foreign {
            let what = kind.unwrap_or_default();
            self.entry_at(
                "kind",
                entries,
                format!(
                    "this is {} {what} of Kubernetes, not a strawman",
                    words::article(&what.to_lowercase())
                ),
                "another kind of file",
                format!("give the strawman; it begins with `apiVersion: {API_VERSION}` and `kind: {KIND}`"),
            );
            return false;
        }
        if unlike {
            let message =
                "this does not look like a strawman: it has neither `apiVersion` nor `kind` nor `spec`";
            let said = Diagnostic { help: help(), ..Diagnostic::new(code, message).label("the document") };
            let first = entries.keys().next().map_or_else(|| self.path(), |key| self.path().join(key));
            self.push(node, Finding { said: said.at_key(first), cause: None });
            return false;
        }
        self.word("apiVersion", API_VERSION, node, entries);
        self.word("kind", KIND, node, entries);
        true
    }

    /// One of the two lines of the envelope.
    fn word(&mut self, key: &str, wanted: &str, node: &Node, entries: &IndexMap<String, Entry>) {
        match entries.get(key) {
            // A misspelt key is said where the keys are checked.
            None if entries.keys().any(|k| words::bare(k) == words::bare(key)) => {}
            None => {
                let message = format!("the strawman lacks `{key}`");
                let help = Some(format!("begin the file with `{key}: {wanted}`"));
                self.key(node, &structure::NOT_A_STRAWMAN, message, "a line is missing here", help);
            }
            Some(entry)
                if entry.value.as_str() == Some(wanted) || matches!(entry.value.kind, Kind::Broken) => {}
            Some(entry) => {
                let is = self.written(&entry.value);
                let message = match (key, is) {
                    (_, "") => format!("`{key}` has no value"),
                    ("apiVersion", v) if v.starts_with("afctl.dev/") => {
                        format!("version `{}` of the language is not known to this afctl", words::cut(v, 60))
                    }
                    (_, v) => format!("`{key}` is `{}`, not `{wanted}`", words::cut(v, 60)),
                };
                let help = if key == "apiVersion" && is.starts_with("afctl.dev/") {
                    format!("write `{key}: {wanted}`, or use an afctl that knows it")
                } else {
                    format!("write `{key}: {wanted}`")
                };
                self.entry_at(key, entries, message, "not known", help);
            }
        }
    }

    fn entry_at(
        &mut self,
        key: &str,
        entries: &IndexMap<String, Entry>,
        message: String,
        label: &str,
        help: String,
    ) {
        if let Some(entry) = entries.get(key) {
            self.inside(key, |walk| {
                walk.value(&entry.value, &structure::NOT_A_STRAWMAN, message, label, Some(help));
            });
        }
    }
}
