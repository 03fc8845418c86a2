//! Names of entries of other sections: `site: uchicago` needs `spec.sites.uchicago`.

use afctl_contract::codes::structure;
use afctl_contract::place::{Half, Segment};
use afctl_contract::{Code, Diagnostic, Path};

use super::super::node::{Kind, Node};
use super::super::words;
use super::{Finding, Walk};

impl<'d> Walk<'d> {
    /// The names that a section of `spec` defines; none if the section is not a mapping.
    pub(super) fn defined(&self, section: &str) -> Option<impl Iterator<Item = &'d str> + use<'d>> {
        let mut at = self.document.get("spec")?;
        for key in section.split('.') {
            match at.get(key) {
                Some(below) => at = below,
                None => return Some(DefinedNames(None)),
            }
        }
        match &at.kind {
            Kind::Map(entries) => Some(DefinedNames(Some(entries.keys()))),
            Kind::Null => Some(DefinedNames(None)),
            _ => None,
        }
    }

    fn is_defined(&self, section: &str, name: &str) -> bool {
        let mut at = self.document.get("spec");
        for key in section.split('.') {
            at = at.and_then(|node| node.get(key));
        }
        at.is_some_and(|node| node.get(name).is_some())
    }

    /// A text, or each text of a list, names an entry of `section`.
    pub(super) fn names(&mut self, node: &Node, section: &str) {
        match &node.kind {
            Kind::Str { text, .. } => self.one_name(node, text, section, Half::Value),
            Kind::Seq(items) => {
                let mut seen = std::collections::HashSet::new();
                for (index, item) in items.iter().enumerate() {
                    let Some(text) = item.as_str() else { continue };
                    let repeated = !seen.insert(text);
                    self.inside(index, |walk| {
                        if repeated {
                            let message = format!("`{}` is named twice in this list", words::cut(text, 60));
                            let help = Some("remove one of the two".to_owned());
                            walk.value(item, &structure::REPEATED_ITEM, message, "again", help);
                        } else {
                            walk.one_name(item, text, section, Half::Value);
                        }
                    });
                }
            }
            _ => {}
        }
    }

    /// The keys of a mapping name entries of `section`.
    pub(super) fn key_names(&mut self, node: &Node, section: &str) {
        for (key, entry) in node.as_map().into_iter().flatten() {
            self.inside(key.as_str(), |walk| walk.one_name(&entry.value, key, section, Half::Key));
        }
    }

    fn one_name(&mut self, node: &Node, name: &str, section: &str, half: Half) {
        if self.is_defined(section, name) {
            return;
        }
        let Some(names) = self.defined(section) else { return };
        // More than these are neither compared nor listed.
        let names: Vec<&str> = names.take(1000).collect();
        let short = words::cut(name, 60);
        let near = if self.may_hint() { words::nearest(name, names.iter().copied()) } else { None };
        let one = singular(section);
        let code: &'static Code = &structure::UNKNOWN_NAME;
        let help = match (near, names.as_slice()) {
            (Some(near), [_]) => format!("did you mean `{near}`?"),
            (Some(near), all) => {
                format!("did you mean `{near}`? There are {}", words::list(all.iter().copied(), 12, "and"))
            }
            (None, []) => format!("`spec.{section}` defines none: add `{section}: {{{short}: {{…}}}}`"),
            (None, all) => {
                format!("`spec.{section}` has {}", words::list(all.iter().copied(), 12, "and"))
            }
        };
        let message = format!("there is no {one} `{short}`");
        let said = Diagnostic { help: Some(help), ..Diagnostic::new(code, message).label("not defined") };
        let path = self.path();
        let said = if half == Half::Key { said.at_key(path) } else { said.at(path) };
        let cause: Path = std::iter::once(Segment::from("spec"))
            .chain(section.split('.').map(Segment::from))
            .chain(std::iter::once(Segment::from(name)))
            .collect();
        self.push(node, Finding { said, cause: Some(cause) });
    }
}

struct DefinedNames<'d>(Option<indexmap::map::Keys<'d, String, super::super::node::Entry>>);

impl<'d> Iterator for DefinedNames<'d> {
    type Item = &'d str;
    fn next(&mut self) -> Option<&'d str> {
        self.0.as_mut()?.next().map(String::as_str)
    }
}

/// What an entry of a section is called.
fn singular(section: &str) -> String {
    match section {
        "nodePools" => "node pool".into(),
        "qos" => "QOS".into(),
        "storage" => "storage".into(),
        other => other.rsplit('.').next().unwrap_or(other).trim_end_matches('s').into(),
    }
}
