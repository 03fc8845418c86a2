//! Short texts with a form of their own: host lists and taints.

use std::fmt;
use std::str::FromStr;

use super::{Unit, UnitError, unit_as_text};

/// Names of nodes in Slurm's short form: `c[001-014,020],login1`. Kept as written; [`HostList::names`] expands it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostList {
    text: String,
    names: Vec<String>,
}

/// The most nodes that one host list may name.
const MOST_HOSTS: usize = 100_000;

impl HostList {
    /// Every name, in the order written.
    pub fn names(&self) -> &[String] {
        &self.names
    }
}

impl Unit for HostList {
    const NAME: &'static str = "hostList";
    const ABOUT: &'static str = "Names of nodes, with ranges in brackets: c[001-014,020],login1.";
    const EXAMPLES: &'static [&'static str] = &["c[001-014]", "g[1-2],login1"];
    const BARE_NUMBER: bool = false;
}

impl FromStr for HostList {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let wrong = |why: &str| {
            UnitError::new(
                format!("`{text}` is not a list of hosts: {why}"),
                "write names with ranges in brackets: c[001-014],login1",
            )
        };
        let mut names = Vec::new();
        for part in split_outside_brackets(text).ok_or_else(|| wrong("a bracket is not closed"))? {
            let part = part.trim();
            if part.is_empty() {
                return Err(wrong("a name is empty"));
            }
            expand(part, &mut names).map_err(&wrong)?;
            if names.len() > MOST_HOSTS {
                return Err(wrong("it names more than 100000 hosts"));
            }
        }
        Ok(Self { text: text.trim().to_owned(), names })
    }
}

fn split_outside_brackets(text: &str) -> Option<Vec<&str>> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    for (i, c) in text.char_indices() {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.checked_sub(1)?,
            ',' if depth == 0 => {
                parts.push(&text[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    (depth == 0).then_some(parts)
}

fn expand(part: &str, names: &mut Vec<String>) -> Result<(), &'static str> {
    let mut prefixes = vec![String::new()];
    let mut rest = part;
    loop {
        let (plain, tail) = rest.split_once('[').map_or((rest, None), |(plain, tail)| (plain, Some(tail)));
        if !plain.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.' || b == b'_') {
            return Err("a name has letters, digits, `-`, `.` and `_` only");
        }
        for prefix in &mut prefixes {
            prefix.push_str(plain);
        }
        let Some(tail) = tail else { break };
        let (ranges, after) = tail.split_once(']').ok_or("a bracket is not closed")?;
        let mut numbers = Vec::new();
        for range in ranges.split(',') {
            let (from, to) = range.split_once('-').unwrap_or((range, range));
            let is_number = |t: &str| !t.is_empty() && t.len() <= 9 && t.bytes().all(|b| b.is_ascii_digit());
            if !is_number(from) || !is_number(to) {
                return Err("brackets hold numbers and ranges such as 001-014");
            }
            let width = from.len();
            let (Ok(from), Ok(to)) = (from.parse::<usize>(), to.parse::<usize>()) else {
                return Err("a number is too large");
            };
            if to < from {
                return Err("a range runs backwards");
            }
            if to - from >= MOST_HOSTS {
                return Err("it names more than 100000 hosts");
            }
            numbers.extend((from..=to).map(|n| format!("{n:0width$}")));
        }
        if prefixes.len().saturating_mul(numbers.len()) > MOST_HOSTS {
            return Err("it names more than 100000 hosts");
        }
        prefixes = prefixes.iter().flat_map(|p| numbers.iter().map(move |n| format!("{p}{n}"))).collect();
        rest = after;
    }
    if prefixes.iter().any(String::is_empty) {
        return Err("a name is empty");
    }
    names.append(&mut prefixes);
    Ok(())
}

impl fmt::Display for HostList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
unit_as_text!(HostList);

/// What a taint does to pods that do not tolerate it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TaintEffect {
    /// They are not put there.
    NoSchedule,
    /// They are put there last.
    PreferNoSchedule,
    /// They are put out.
    NoExecute,
}

impl TaintEffect {
    /// Kubernetes' name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoSchedule => "NoSchedule",
            Self::PreferNoSchedule => "PreferNoSchedule",
            Self::NoExecute => "NoExecute",
        }
    }
}

/// A taint: `key=value:Effect`, or `key:Effect` with no value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Taint {
    /// Its key.
    pub key: String,
    /// Its value; may be empty.
    pub value: String,
    /// What it does.
    pub effect: TaintEffect,
}

impl Unit for Taint {
    const NAME: &'static str = "taint";
    const ABOUT: &'static str = "A taint: key=value:Effect, with NoSchedule, PreferNoSchedule or NoExecute.";
    const EXAMPLES: &'static [&'static str] = &["nvidia.com/gpu=present:NoSchedule", "dedicated:NoExecute"];
    const BARE_NUMBER: bool = false;
}

impl FromStr for Taint {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let wrong = |why: &str| {
            UnitError::new(
                format!("`{text}` is not a taint: {why}"),
                "write key=value:Effect, where Effect is NoSchedule, PreferNoSchedule or NoExecute",
            )
        };
        let (rest, effect) = text.trim().rsplit_once(':').ok_or_else(|| wrong("it has no effect"))?;
        let effect = match effect {
            "NoSchedule" => TaintEffect::NoSchedule,
            "PreferNoSchedule" => TaintEffect::PreferNoSchedule,
            "NoExecute" => TaintEffect::NoExecute,
            _ => return Err(wrong("its effect is unknown")),
        };
        let (key, value) = rest.split_once('=').unwrap_or((rest, ""));
        if !is_qualified_name(key) {
            return Err(wrong("its key is not a Kubernetes label key"));
        }
        if !is_label_value(value) {
            return Err(wrong("its value is not a Kubernetes label value"));
        }
        Ok(Self { key: key.to_owned(), value: value.to_owned(), effect })
    }
}

/// Whether Kubernetes takes this as the key of a label.
pub fn is_qualified_name(key: &str) -> bool {
    let (prefix, name) = key.split_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    let prefix_fits = prefix.is_none_or(|p| {
        !p.is_empty()
            && p.len() <= 253
            && p.split('.').all(|part| {
                !part.is_empty()
                    && !part.starts_with('-')
                    && !part.ends_with('-')
                    && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            })
    });
    prefix_fits && !name.is_empty() && is_label_value(name)
}

/// Whether Kubernetes takes this as the value of a label.
pub fn is_label_value(value: &str) -> bool {
    let ends = |c: Option<u8>| c.is_none_or(|b| b.is_ascii_alphanumeric());
    value.len() <= 63
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        && ends(value.bytes().next())
        && ends(value.bytes().last())
}

impl fmt::Display for Taint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.key)?;
        if !self.value.is_empty() {
            write!(f, "={}", self.value)?;
        }
        write!(f, ":{}", self.effect.as_str())
    }
}
unit_as_text!(Taint);
