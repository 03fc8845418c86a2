//! Values that may have several forms: the form is chosen by what was written, and the findings are of that form only.

use afctl_contract::codes::structure;
use afctl_contract::diagnostic::{At, Related};
use indexmap::IndexMap;
use serde_json::Value;

use super::super::node::{Entry, Kind, Node};
use super::super::schema::{self, Object};
use super::super::words;
use super::Walk;
use super::describe::{choices, found};
use super::keys::is_tag;

impl<'d> Walk<'d> {
    /// A value against alternatives.
    pub(super) fn choice(&mut self, node: &Node, object: &'d Object, branches: &[&'d Object]) {
        let words = choices(object, branches);
        let forms: Vec<&'d Object> = branches
            .iter()
            .copied()
            .filter(|b| !b.contains_key("const") && !b.contains_key("enum") && schema::types(b) != ["null"])
            .collect();
        let of = |wanted: &[&str]| -> Vec<&'d Object> {
            forms.iter().copied().filter(|f| schema::types(f).iter().any(|t| wanted.contains(t))).collect()
        };
        match &node.kind {
            Kind::Null | Kind::Broken => {}
            Kind::Str { text, .. } => self.text_choice(node, text, object, &words, &of(&["string"]), &forms),
            Kind::Seq(_) => self.one_of(node, object, &of(&["array"])),
            Kind::Int(_) | Kind::Float(_) => {
                let numbers = of(&["integer", "number"]);
                let units: Vec<_> =
                    forms.iter().copied().filter(|f| f.contains_key("x-afctl-unit")).collect();
                self.one_of(node, object, if numbers.is_empty() { &units } else { &numbers });
            }
            Kind::Bool(_) => self.one_of(node, object, &of(&["boolean"])),
            Kind::Map(entries) => {
                let mappings = of(&["object"]);
                if !mappings.is_empty() && mappings.iter().all(|m| is_tag(m)) {
                    self.tagged(node, entries, &words, &mappings);
                } else {
                    self.one_of(node, object, &mappings);
                }
            }
        }
    }

    fn text_choice(
        &mut self,
        node: &Node,
        text: &str,
        object: &'d Object,
        words: &[&str],
        texts: &[&'d Object],
        forms: &[&'d Object],
    ) {
        if words.contains(&text) {
            return;
        }
        if let [one] = texts {
            let before = self.found.len();
            self.plain(node, one);
            if let (Some(finding), [word]) = (self.found.get_mut(before), words)
                && let Some(help) = &mut finding.said.help
            {
                *help = format!("{help}; or write `{word}`");
            }
            return;
        }
        if !texts.is_empty() {
            return self.one_of(node, object, texts);
        }
        let tags: Vec<&str> =
            forms.iter().filter(|f| is_tag(f)).filter_map(|f| schema::keys(f).next()).collect();
        let tag = tags.iter().find(|t| **t == text).copied().or_else(|| {
            words::nearest(text, tags.iter().copied())
                .filter(|_| words::nearest(text, words.iter().copied()).is_none())
        });
        if let Some(tag) = tag
            && let Some(form) = forms.iter().find(|f| schema::property(f, tag).is_some())
        {
            let example = self.example(form);
            let name = self.name();
            return self.value(
                node,
                &structure::WRONG_TYPE,
                format!("`{tag}` is a kind with settings of its own"),
                "a mapping is needed",
                Some(format!("write `{name}: {example}`")),
            );
        }
        let plain_forms = forms.iter().any(|f| !schema::types(f).contains(&"object"));
        if words.is_empty() || plain_forms {
            return self.wrong_type(node, object);
        }
        self.unknown_word(node, text, words, &tags);
        let keys: Vec<&str> = forms.iter().filter(|f| !is_tag(f)).flat_map(|f| schema::keys(f)).collect();
        if let (false, Some(Some(help))) = (keys.is_empty(), self.found.last_mut().map(|f| &mut f.said.help))
        {
            *help = format!("{help}; or a mapping with {}", words::list(keys, 6, "and"));
        }
    }

    /// A word that is none of those possible; some kinds may be possible besides.
    pub(super) fn unknown_word(&mut self, node: &Node, text: &str, words: &[&str], tags: &[&str]) {
        let near = if self.may_hint() { words::nearest(text, words.iter().copied()) } else { None };
        let list = words::list(words.iter().copied(), 16, "or");
        let mut help = match near {
            Some(near) => format!("did you mean `{near}`? Possible: {list}"),
            None => format!("possible: {list}"),
        };
        if !tags.is_empty() {
            help = format!("{help}; or a mapping of kind {}", words::list(tags.iter().copied(), 12, "or"));
        }
        let name = self.name();
        let message = format!("`{}` is not a value of `{name}`", words::cut(text, 60));
        self.value(node, &structure::UNKNOWN_WORD, message, "unknown word", Some(help));
    }

    /// The one form that fits the kind of node; of several the one with the fewest findings.
    fn one_of(&mut self, node: &Node, object: &'d Object, forms: &[&'d Object]) {
        match forms {
            [] => self.wrong_type(node, object),
            [one] => self.plain(node, one),
            several => {
                let start = self.found.len();
                let mut best = None;
                for form in several {
                    self.plain(node, form);
                    let said = self.found.split_off(start);
                    if best.as_ref().is_none_or(|b: &Vec<_>| said.len() < b.len()) {
                        best = Some(said);
                    }
                }
                self.found.extend(best.unwrap_or_default());
            }
        }
    }

    /// A mapping whose one key says the kind.
    fn tagged(
        &mut self,
        node: &Node,
        entries: &IndexMap<String, Entry>,
        words: &[&str],
        forms: &[&'d Object],
    ) {
        let tags: Vec<&'d str> = forms.iter().filter_map(|f| schema::keys(f).next()).collect();
        let list = words::list(tags.iter().copied(), 16, "or");
        let inner = |tag: &str| {
            let form = forms.iter().find(|f| schema::property(f, tag).is_some())?;
            Some(schema::resolve(schema::property(form, tag)?))
        };
        let given: Vec<&str> = entries.keys().map(String::as_str).filter(|k| tags.contains(k)).collect();
        let name = self.name();
        match given.as_slice() {
            [] if entries.is_empty() => {
                let help =
                    forms.first().map(|f| format!("write `{name}: {}`; kinds are {list}", self.example(f)));
                self.key(node, &structure::ONE_KIND, format!("`{name}` has no kind"), "empty", help);
            }
            [] => self.no_kind(node, entries, words, &tags, &inner),
            [tag] => {
                for (key, entry) in entries.iter().filter(|(k, _)| k != tag) {
                    let inside = inner(tag).is_some_and(|o| schema::property(o, key).is_some());
                    if inside {
                        let message = format!("`{}` does not belong beside `{tag}`", words::cut(key, 60));
                        let help =
                            format!("it belongs one level in, in `{tag}`: write `{tag}: {{{key}: …}}`");
                        self.about_key(
                            key,
                            entry,
                            &structure::MISPLACED_KEY,
                            message,
                            "at the wrong level",
                            help,
                        );
                    } else {
                        let message =
                            format!("`{}` is not known beside the kind `{tag}`", words::cut(key, 60));
                        let help = format!("`{name}` has one key, its kind; settings belong inside `{tag}`");
                        self.about_key(key, entry, &structure::UNKNOWN_KEY, message, "unknown key", help);
                    }
                }
                let (tag, entry) = (*tag, entries.get(*tag));
                let form = forms.iter().find(|f| schema::property(f, tag).is_some());
                if let (Some(entry), Some(schema)) = (entry, form.and_then(|f| schema::property(f, tag))) {
                    self.inside(tag, |walk| match entry.value.kind {
                        Kind::Null => walk.no_value(&entry.value, schema::resolve(schema)),
                        _ => walk.check(&entry.value, schema),
                    });
                }
            }
            [first, second, ..] => {
                let message = format!("`{name}` is of one kind, and here are {}", given.len());
                let help = format!(
                    "keep `{first}` or `{second}`; a second one needs an entry with a name of its own"
                );
                let related = entries[*first].key;
                self.about_key(
                    second,
                    &entries[*second],
                    &structure::ONE_KIND,
                    message,
                    "a second kind",
                    help,
                );
                if let Some(finding) = self.found.last_mut() {
                    finding.said.related.push(Related { at: At::Span(related), label: "the first".into() });
                }
            }
        }
    }

    /// No key of the mapping is a kind: it is misspelt, or was left out.
    fn no_kind(
        &mut self,
        node: &Node,
        entries: &IndexMap<String, Entry>,
        words: &[&str],
        tags: &[&'d str],
        inner: &dyn Fn(&str) -> Option<&'d Object>,
    ) {
        let list = words::list(tags.iter().copied(), 16, "or");
        let name = self.name();
        let fits = |tag: &str| {
            let known =
                inner(tag).map(|o| entries.keys().filter(|k| schema::property(o, k).is_some()).count());
            known.unwrap_or(0)
        };
        let likely = tags
            .iter()
            .copied()
            .max_by_key(|tag| (fits(tag), std::cmp::Reverse(tags.iter().position(|t| t == tag))));
        if let Some(tag) = likely
            && fits(tag) > 0
            && fits(tag) * 2 >= entries.len()
            && !(entries.len() == 1
                && words::nearest(entries.keys().next().map_or("", String::as_str), tags.iter().copied())
                    .is_some())
        {
            let first = entries.keys().next().map_or("…", String::as_str);
            let help = format!("write `{name}: {{{tag}: {{{first}: …}}}}`; kinds are {list}");
            return self.key(
                node,
                &structure::UNKNOWN_KIND,
                format!("`{name}` does not say its kind"),
                "the kind is missing",
                Some(help),
            );
        }
        for (key, entry) in entries.iter().take(1) {
            let short = words::cut(key, 60);
            if words.contains(&key.as_str()) {
                let message = format!("`{short}` has no settings");
                self.about_key(
                    key,
                    entry,
                    &structure::WRONG_TYPE,
                    message,
                    "only a word is needed",
                    format!("write `{name}: {key}`"),
                );
                continue;
            }
            let help = match words::nearest(key, tags.iter().copied()) {
                Some(near) => format!("did you mean `{near}`? Kinds are {list}"),
                None => format!("kinds are {list}"),
            };
            let message = format!("`{short}` is not a kind of `{name}`");
            self.about_key(key, entry, &structure::UNKNOWN_KIND, message, "unknown kind", help);
        }
    }

    /// A value of the wrong type.
    pub(super) fn wrong_type(&mut self, node: &Node, object: &'d Object) {
        let expected = super::describe::expected(object);
        let name = self.name();
        let written = self.written(node);
        let forms = super::keys::forms(object);
        let wants = |form: &str| forms.contains(&form);
        let code = &structure::WRONG_TYPE;
        let (code, help) = match &node.kind {
            Kind::Str { text, .. } if wants("boolean") => (
                &structure::BOOLEAN_WORD,
                match words::bare(text).as_str() {
                    "yes" | "y" | "on" | "true" | "enabled" | "t" => Some("write `true`".to_owned()),
                    "no" | "n" | "off" | "false" | "disabled" | "f" => Some("write `false`".to_owned()),
                    _ => Some("write `true` or `false`".to_owned()),
                },
            ),
            Kind::Str { text, plain: true } if wants("object") && joined_key(text).is_some() => {
                let (key, value) = joined_key(text).unwrap_or_default();
                (
                    code,
                    Some(format!(
                        "a space is missing after the colon: write `{key}: {}`",
                        words::cut(value, 40)
                    )),
                )
            }
            Kind::Str { text, .. } if (wants("integer") || wants("number")) && as_number(text).is_some() => (
                code,
                as_number(text).map(|number| format!("write it as a number, without quotes: {number}")),
            ),
            Kind::Str { .. } | Kind::Int(_) | Kind::Float(_) | Kind::Bool(_) if wants("array") => {
                (code, Some(format!("write it as a list: `{name}: [{}]`", words::cut(written, 40))))
            }
            Kind::Int(_) | Kind::Float(_) | Kind::Bool(_)
                if wants("string") && choices(object, &schema::alternatives(object)).is_empty() =>
            {
                (code, Some(format!("put it in quotes: `{name}: \"{written}\"`")))
            }
            Kind::Seq(items) if items.len() == 1 && !wants("object") => (
                code,
                Some(format!(
                    "only one can stand here: write it without the list (`- ` or `[ ]`), as `{name}: {}`",
                    words::cut(self.written(&items[0]), 40)
                )),
            ),
            Kind::Seq(_) if named_entries(object) => (
                code,
                Some(format!(
                    "entries have names here: write `{name}: {{a-name: {{…}}}}` and not `- name: a-name`"
                )),
            ),
            _ => {
                let example = self.example(object);
                (code, Some(format!("write `{name}: {example}`")))
            }
        };
        let message = format!("`{name}` must be {expected}, and this is {}", found(node));
        let label = format!("{} found", found(node).trim_start_matches("a "));
        self.value(node, code, message, &label, help);
    }
}

/// Whether a mapping of named entries is wanted.
fn named_entries(object: &Object) -> bool {
    object.get("additionalProperties").is_some_and(Value::is_object)
}

/// `key:value`, where the space is missing.
fn joined_key(text: &str) -> Option<(&str, &str)> {
    let (key, value) = text.split_once(':')?;
    let fits = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    (fits && !value.starts_with("//")).then_some((key, value))
}

/// The number that a text was meant to be: `"4"`, `1,000`, `1_000`, `4 cores`.
fn as_number(text: &str) -> Option<String> {
    let plain = text.trim().replace([',', '_', ' '], "");
    let end = plain.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(plain.len());
    let number = &plain[..end];
    (number.parse::<f64>().is_ok() && plain.len() - end <= 6).then(|| number.to_owned())
}
