//! What is meant by the end of an address, by a field, and by a value on the command line.

use afctl_contract::place::Segment;
use afctl_contract::world::World;
use afctl_contract::{Address, Path};
use serde_json::Value;

use crate::cli::exit::Failure;
use crate::source::words;

/// How many addresses a message names.
const NAMED: usize = 6;

/// The one thing whose address ends so.
pub(super) fn address(world: &World, text: &str) -> Result<Address, Failure> {
    one_of(world.addresses()?, text)
}

fn one_of(addresses: Vec<Address>, text: &str) -> Result<Address, Failure> {
    let ends =
        |whole: &str| whole.strip_suffix(text).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
    let (mut found, others): (Vec<Address>, Vec<Address>) =
        addresses.into_iter().partition(|address| ends(&address.to_string()));
    match (found.pop(), found.len()) {
        (Some(only), 0) => Ok(only),
        (Some(last), more) => {
            let mut names: Vec<String> = found.iter().take(NAMED - 1).map(ToString::to_string).collect();
            names.push(last.to_string());
            let rest = more + 1 - names.len();
            let rest = if rest > 0 { format!(" and {rest} more") } else { String::new() };
            Err(Failure::usage(format!("`{text}` is the end of {} addresses", more + 1))
                .help(format!("write more of it: {}{rest}", names.join(", "))))
        }
        (None, _) => {
            let failure = Failure::usage(format!("nothing in the simulated world is called `{text}`"));
            let parts = text.split('/').count();
            let endings: Vec<String> = others.iter().map(|address| ending(address, parts)).collect();
            Err(match words::nearest(text, endings.iter().map(String::as_str)) {
                Some(near) => failure.help(format!("did you mean {near}?")),
                None => failure.help("afctl sandbox show lists what is there"),
            })
        }
    }
}

/// The last parts of an address.
fn ending(address: &Address, parts: usize) -> String {
    let whole = address.to_string();
    let all: Vec<&str> = whole.split('/').collect();
    all[all.len().saturating_sub(parts)..].join("/")
}

/// What stands at a path.
pub(super) fn field<'v>(live: &'v Value, path: &Path) -> Option<&'v Value> {
    path.segments().iter().try_fold(live, |value, segment| match segment {
        Segment::Key(key) => value.get(key),
        Segment::Index(index) => value.get(index),
    })
}

/// A path that is there and means what this one says, where a key holds the dots: `spec.hard.requests.cpu`.
pub(super) fn dotted_field(live: &Value, path: &Path) -> Option<Path> {
    let segments = path.segments();
    (0..segments.len()).find_map(|depth| {
        let above: Path = segments[..depth].iter().cloned().collect();
        let map = field(live, &above)?.as_object()?;
        let keys: Vec<&str> = segments[depth..]
            .iter()
            .map_while(|segment| match segment {
                Segment::Key(key) => Some(key.as_str()),
                Segment::Index(_) => None,
            })
            .collect();
        (2..=keys.len()).rev().find_map(|taken| {
            let key = keys[..taken].join(".");
            let rest = &segments[depth + taken..];
            map.contains_key(&key)
                .then(|| rest.iter().fold(above.join(key), |path, segment| path.join(segment.clone())))
        })
    })
}

/// A path that is there and is written much like this one, which is not.
pub(super) fn near_field(live: &Value, path: &Path) -> Option<Path> {
    let segments = path.segments();
    let there = (0..segments.len()).rev().find_map(|depth| {
        let above: Path = segments[..depth].iter().cloned().collect();
        field(live, &above).map(|value| (above, value))
    });
    let (above, value) = there?;
    let Some(Segment::Key(missing)) = segments.get(above.segments().len()) else { return None };
    let near = words::nearest(missing, value.as_object()?.keys().map(String::as_str))?;
    let rest = &segments[above.segments().len() + 1..];
    Some(rest.iter().fold(above.join(near), |path, segment| path.join(segment.clone())))
}

/// What a text means where `before` stands: a text where a text stood, else JSON, else a text.
pub(super) fn value(text: &str, before: Option<&Value>) -> Value {
    let json: Option<Value> = serde_json::from_str(text).ok();
    match (json, before) {
        (Some(json @ Value::String(_)), _) => json,
        (Some(json), Some(Value::String(_))) if !json.is_object() && !json.is_array() => Value::from(text),
        (Some(json), _) => json,
        (None, _) => Value::from(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use afctl_contract::path;
    use serde_json::json;

    fn all() -> Vec<Address> {
        [
            "s/kubernetes/ResourceQuota/higgs/quota",
            "s/kubernetes/ResourceQuota/top/quota",
            "t/kubernetes/Namespace/top",
        ]
        .map(|text| text.parse().unwrap())
        .to_vec()
    }

    #[test]
    fn an_end_is_enough_if_it_is_the_end_of_one() {
        assert_eq!(one_of(all(), "higgs/quota").unwrap(), all()[0]);
        assert_eq!(one_of(all(), "top").unwrap(), all()[2]);
        let many = one_of(all(), "quota").unwrap_err();
        assert!(many.help.unwrap().contains("s/kubernetes/ResourceQuota/top/quota"));
        let near = one_of(all(), "higs/quota").unwrap_err();
        assert_eq!(near.help.unwrap(), "did you mean higgs/quota?");
        assert!(one_of(all(), "uota").is_err(), "an end begins after a slash");
    }

    #[test]
    fn fields_are_found_and_guessed() {
        let live = json!({"spec": {"hard": {"pods": 5, "requests.cpu": "1"}, "list": [{"a": 1}]}});
        assert_eq!(field(&live, &path!["spec", "list", 0, "a"]), Some(&json!(1)));
        assert_eq!(near_field(&live, &path!["spec", "hrad", "pods"]), Some(path!["spec", "hard", "pods"]));
        assert_eq!(near_field(&live, &path!["spec", "hard", "pod"]), Some(path!["spec", "hard", "pods"]));
        assert_eq!(near_field(&live, &path!["metadata"]), None);
        let dotted = path!["spec", "hard", "requests", "cpu"];
        assert_eq!(dotted_field(&live, &dotted), Some(path!["spec", "hard", "requests.cpu"]));
        assert_eq!(dotted_field(&live, &path!["spec", "hard", "limits", "cpu"]), None);
    }

    #[test]
    fn values_are_what_stood_there() {
        assert_eq!(value("5", None), json!(5));
        assert_eq!(value("5", Some(&json!("4"))), json!("5"));
        assert_eq!(value("true", Some(&json!(false))), json!(true));
        assert_eq!(value("[1]", Some(&json!("x"))), json!([1]));
        assert_eq!(value("64Gi", None), json!("64Gi"));
        assert_eq!(value("\"5\"", None), json!("5"));
    }
}
