//! The marks by which afctl knows its own in a cluster, and by which other tools know them too.
//!
//! Guarantees: every label value made here is one that Kubernetes takes, and different names never give the same
//! value: a name that cannot stand as it is gets a hash of the whole. Everything afctl makes carries the labels of
//! [`selector`], so one list by label finds it; [`ApplySet`] follows KEP-3659 as kubectl 1.36 enforces it. Digest and
//! origin are annotations: the first says what was applied, the second where the strawman asks for it, and neither
//! is part of the first, so moving an entry in the file writes nothing.

use std::collections::BTreeSet;
use std::fmt::Write;

use afctl_contract::{Owner, Path, units::Taint};
use base64::Engine;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::kinds::{self, Kind};

/// Label: the facility that owns the object.
pub const FACILITY: &str = "afctl.dev/facility";
/// Label: the site of the strawman.
pub const SITE: &str = "afctl.dev/site";
/// Label: the node pool of a node or a flavour.
pub const POOL: &str = "afctl.dev/pool";
/// Label: the account that an object is for.
pub const ACCOUNT: &str = "afctl.dev/account";
/// Label: what an object of a namespace is for, where it is not an account: `system`.
pub const ROLE: &str = "afctl.dev/role";
/// Prefix of the labels of a pool's features.
pub const FEATURE: &str = "feature.afctl.dev/";
/// Annotation: the place of the strawman that asks for the object.
pub const ORIGIN: &str = "afctl.dev/origin";
/// Annotation: [`digest_of`] the object as it was applied.
pub const DIGEST: &str = "afctl.dev/digest";
/// Annotation of a node: the taints that are ours, as in the strawman, separated by commas. `spec.taints` is one atomic
/// list to the server, so its field managers cannot say whose a taint is.
pub const TAINTS: &str = "afctl.dev/taints";
/// Label: the tool that manages an object.
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// Label: what an object is part of.
pub const PART_OF: &str = "app.kubernetes.io/part-of";
/// Label: what an object is.
pub const NAME: &str = "app.kubernetes.io/name";
/// Labels that say that an object is afctl's.
pub const OWNERSHIP: &[&str] = &[MANAGED_BY, PART_OF, FACILITY, SITE, APPLYSET_PART_OF];
/// What stands in [`MANAGED_BY`], and the field manager of everything that is applied.
pub const MANAGER: &str = "afctl";

const APPLYSET_ID: &str = "applyset.kubernetes.io/id";
const APPLYSET_PART_OF: &str = "applyset.kubernetes.io/part-of";
const APPLYSET_TOOLING: &str = "applyset.kubernetes.io/tooling";
const APPLYSET_KINDS: &str = "applyset.kubernetes.io/contains-group-kinds";
const APPLYSET_NAMESPACES: &str = "applyset.kubernetes.io/additional-namespaces";

/// All annotations of an object together may have 256 KiB.
const MOST_ANNOTATION: usize = 200 * 1024;

/// The first `digits` hexadecimal digits of a text's SHA-256.
pub(crate) fn hash(text: &str, digits: usize) -> String {
    let mut out = String::with_capacity(64);
    for byte in Sha256::digest(text.as_bytes()) {
        // Writing to a String cannot fail.
        let _ = write!(out, "{byte:02x}");
    }
    out.truncate(digits);
    out
}

/// `text` as the value of a label: itself where Kubernetes takes it, else what can be kept of it and a hash of the whole.
pub fn label_value(text: &str) -> String {
    if afctl_contract::units::is_label_value(text) {
        return text.to_owned();
    }
    let kept: String = text
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' })
        .take(50)
        .collect();
    let kept = kept.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let hash = hash(text, 12);
    if kept.is_empty() { hash } else { format!("{kept}-{hash}") }
}

/// `text` as a DNS label of at most `most` characters: itself where it is one, else what can be kept of it and a hash of
/// the whole.
pub fn dns_label(text: &str, most: usize) -> String {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !text.is_empty()
        && text.len() <= most
        && text.chars().all(fits)
        && !text.starts_with('-')
        && !text.ends_with('-')
    {
        return text.to_owned();
    }
    let kept: String = text
        .chars()
        .map(|c| c.to_ascii_lowercase())
        .map(|c| if fits(c) { c } else { '-' })
        .take(most.saturating_sub(9))
        .collect();
    let kept = kept.trim_matches('-');
    let hash = hash(text, 8);
    if kept.is_empty() { format!("x{hash}") } else { format!("{kept}-{hash}") }
}

/// The label selector of everything that is an owner's.
pub fn selector(owner: &Owner) -> String {
    format!("{FACILITY}={},{SITE}={}", label_value(&owner.facility), label_value(&owner.site))
}

/// Whether these labels (an object's `metadata.labels`) are an owner's.
pub fn owned_by(labels: &Value, owner: &Owner) -> bool {
    labels[FACILITY] == label_value(&owner.facility) && labels[SITE] == label_value(&owner.site)
}

/// The labels that every object of an owner bears; of a node, only those that say whose its pool is.
pub fn marks(owner: &Owner, kind: &Kind) -> Map<String, Value> {
    let mut labels = Map::new();
    if kind.management == afctl_contract::Management::Whole {
        labels.insert(MANAGED_BY.into(), MANAGER.into());
        labels.insert(PART_OF.into(), label_value(&owner.facility).into());
    }
    labels.insert(FACILITY.into(), label_value(&owner.facility).into());
    labels.insert(SITE.into(), label_value(&owner.site).into());
    labels
}

/// Digest of an object as it is applied: all of it but the annotations that [`ORIGIN`] and [`DIGEST`] name.
pub fn digest_of(object: &Value) -> String {
    let mut bare = object.clone();
    if let Some(annotations) = bare.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        annotations.remove(ORIGIN);
        annotations.remove(DIGEST);
    }
    afctl_contract::digest(&bare)
}

/// Writes origin and digest into an object that is otherwise complete.
pub(crate) fn seal(object: &mut Value, origin: &Path) {
    object["metadata"]["annotations"][ORIGIN] = origin.to_string().into();
    object["metadata"]["annotations"][DIGEST] = digest_of(object).into();
}

/// Taints as a node's annotation [`TAINTS`] has them.
pub fn write_taints(taints: &[Taint]) -> String {
    taints.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// The taints that a node's annotation [`TAINTS`] names; what cannot be read is left out.
pub fn read_taints(text: &str) -> Vec<Taint> {
    text.split(',').filter_map(|taint| taint.parse().ok()).collect()
}

/// A taint as it stands in `spec.taints`.
pub fn taint_json(taint: &Taint) -> Value {
    let mut object = json!({"key": taint.key, "effect": taint.effect.as_str()});
    if !taint.value.is_empty() {
        object["value"] = taint.value.as_str().into();
    }
    object
}

/// The parent of the `ApplySet` that an owner's objects are members of (KEP-3659).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplySet {
    /// Name of the parent, a `ConfigMap`.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
}

impl ApplySet {
    /// The set of an owner, whose parent stands in `namespace`.
    pub fn new(owner: &Owner, namespace: &str) -> Self {
        let name = dns_label(&format!("afctl-{}-{}", owner.facility, owner.site), 63);
        Self { name, namespace: namespace.to_owned() }
    }

    /// Its ID: `applyset-<base64url(sha256(name.namespace.kind.group))>-v1`.
    pub fn id(&self) -> String {
        let text = format!(
            "{}.{}.{}.{}",
            self.name,
            self.namespace,
            kinds::CONFIG_MAP.kind,
            kinds::CONFIG_MAP.group()
        );
        let hashed = Sha256::digest(text.as_bytes());
        format!("applyset-{}-v1", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(hashed))
    }

    /// The label of its members. A node is never one: whoever prunes the set would delete it.
    pub fn member(&self) -> (&'static str, String) {
        (APPLYSET_PART_OF, self.id())
    }

    /// Label and annotations of the parent, given what the set holds. A list of namespaces too long for an annotation is
    /// left out, which the specification allows.
    pub fn parent(
        &self,
        kinds: &BTreeSet<&str>,
        namespaces: &BTreeSet<&str>,
    ) -> (Map<String, Value>, Map<String, Value>) {
        let kinds: Vec<&str> = kinds.iter().copied().collect();
        let others: Vec<&str> = namespaces.iter().copied().filter(|n| *n != self.namespace).collect();
        let others = others.join(",");
        let mut labels = Map::new();
        labels.insert(APPLYSET_ID.into(), self.id().into());
        let mut annotations = Map::new();
        annotations.insert(APPLYSET_TOOLING.into(), concat!("afctl/v", env!("CARGO_PKG_VERSION")).into());
        annotations.insert(APPLYSET_KINDS.into(), kinds.join(",").into());
        if !others.is_empty() && others.len() <= MOST_ANNOTATION {
            annotations.insert(APPLYSET_NAMESPACES.into(), others.into());
        }
        (labels, annotations)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use afctl_contract::path;
    use proptest::prelude::*;

    fn owner() -> Owner {
        Owner { facility: "af".into(), site: "here".into() }
    }

    proptest! {
        #[test]
        fn label_values_are_valid_and_differ(a in "\\PC{0,90}", b in "\\PC{0,90}") {
            for text in [&a, &b] {
                prop_assert!(afctl_contract::units::is_label_value(&label_value(text)));
                let dns = dns_label(text, 40);
                prop_assert!(!dns.is_empty() && dns.len() <= 40, "{}", dns);
                prop_assert_eq!(&dns_label(&dns, 40), &dns);
            }
            prop_assert!(a == b || label_value(&a) != label_value(&b));
            prop_assert!(a == b || dns_label(&a, 40) != dns_label(&b, 40));
        }
    }

    #[test]
    fn long_names_with_one_beginning_stay_apart() {
        let (a, b) = (format!("{}1", "a".repeat(80)), format!("{}2", "a".repeat(80)));
        assert_ne!(label_value(&a), label_value(&b));
        assert_ne!(dns_label(&a, 63), dns_label(&b, 63));
        assert_eq!(label_value("higgs"), "higgs");
        assert_ne!(dns_label("Higgs", 63), dns_label("higgs", 63));
    }

    #[test]
    fn the_origin_is_not_in_the_digest() {
        let mut a = json!({"metadata": {"name": "a", "annotations": {}}, "spec": {"x": 1}});
        let mut b = a.clone();
        seal(&mut a, &path!["spec", "accounts", "a"]);
        seal(&mut b, &path!["spec", "accounts", "b"]);
        assert_eq!(a["metadata"]["annotations"][DIGEST], b["metadata"]["annotations"][DIGEST]);
        assert_eq!(digest_of(&a), a["metadata"]["annotations"][DIGEST]);
        b["spec"]["x"] = 2.into();
        assert_ne!(digest_of(&a), digest_of(&b));
    }

    /// The ID as kubectl computes it: `printf %s NAME.NAMESPACE.ConfigMap. | sha256sum`, in URL-safe base64.
    #[test]
    fn the_apply_set_is_kubectls() {
        let set = ApplySet { name: "afctl-af-here".into(), namespace: "afctl-af".into() };
        assert_eq!(set.id(), "applyset-9MA8Irz8sS5jr38JsZmDvsfhNGIjJNjIIV84xkpi5NA-v1");
        assert!(afctl_contract::units::is_label_value(&set.id()));
        assert_eq!(ApplySet::new(&owner(), "afctl-af"), set);
        let (labels, annotations) =
            set.parent(&BTreeSet::from(["Namespace", "LimitRange"]), &BTreeSet::from(["afctl-af", "b", "a"]));
        assert_eq!(labels[APPLYSET_ID], set.id());
        assert_eq!(annotations[APPLYSET_KINDS], "LimitRange,Namespace");
        assert_eq!(annotations[APPLYSET_NAMESPACES], "a,b");
    }

    #[test]
    fn nodes_are_not_marked_as_managed() {
        assert!(!marks(&owner(), &kinds::NODE).contains_key(MANAGED_BY));
        assert!(owned_by(&Value::Object(marks(&owner(), &kinds::NODE)), &owner()));
        assert!(!owned_by(&json!({}), &owner()));
    }

    #[test]
    fn taints_read_back() {
        let taints: Vec<Taint> = ["a.example.org/gpu=true:NoSchedule", "dedicated:NoExecute"]
            .iter()
            .filter_map(|t| t.parse().ok())
            .collect();
        assert_eq!(read_taints(&write_taints(&taints)), taints);
        assert_eq!(read_taints(""), []);
        assert_eq!(taint_json(&taints[1]), json!({"key": "dedicated", "effect": "NoExecute"}));
    }
}
