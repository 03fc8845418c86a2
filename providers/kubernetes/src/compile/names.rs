//! What everything is called.
//!
//! Guarantees: names are ones that Kubernetes takes, stay the same as long as the entry's name does, and are joined so
//! that different entries have different ones: parts hold no point, and a point joins them.

use afctl_contract::Owner;
use afctl_contract::language::Kubernetes;

use crate::labels::{dns_label, hash};

/// The most letters of a name. Some kinds take more, but Kueue puts names of queues into labels.
const MOST: usize = 63;

/// Namespaces that the cluster itself uses.
const RESERVED: [&str; 3] = ["default", "kueue-system", "rook-ceph"];

/// The namespace for what belongs to no account.
pub fn system(owner: &Owner, settings: &Kubernetes) -> String {
    settings.system_namespace.clone().unwrap_or_else(|| dns_label(&format!("afctl-{}", owner.facility), MOST))
}

/// The namespace of an account.
pub fn namespace(settings: &Kubernetes, account: &str) -> String {
    dns_label(&format!("{}{account}", settings.namespace_prefix.as_deref().unwrap_or("")), MOST)
}

/// Whether a namespace is the cluster's own.
pub fn is_reserved(namespace: &str) -> bool {
    namespace.starts_with("kube-") || RESERVED.contains(&namespace)
}

/// The name of an object of the whole cluster: the facility, and what it is.
pub fn of_cluster(owner: &Owner, parts: &[&str]) -> String {
    let mut name = dns_label(&owner.facility, MOST);
    for part in parts {
        name.push('.');
        name.push_str(&dns_label(part, MOST));
    }
    if name.len() <= MOST {
        return name;
    }
    let hash = hash(&name, 10);
    let kept = name[..MOST - hash.len() - 1].trim_end_matches(['-', '.']);
    format!("{kept}-{hash}")
}

/// The name of an object in a namespace.
pub fn in_namespace(name: &str) -> String {
    dns_label(name, MOST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn owner(facility: &str) -> Owner {
        Owner { facility: facility.into(), site: "s".into() }
    }

    proptest! {
        #[test]
        fn different_entries_have_different_names(
            a in prop::collection::vec("[a-c-]{1,3}|[A-Za-z:]{1,60}", 1..3),
            b in prop::collection::vec("[a-c-]{1,3}|[A-Za-z:]{1,60}", 1..3),
        ) {
            let name = |parts: &[String]| of_cluster(&owner("af"), &parts.iter().map(String::as_str).collect::<Vec<_>>());
            prop_assert!(name(&a).len() <= MOST);
            prop_assert!(a == b || name(&a) != name(&b), "{}", name(&a));
        }
    }

    #[test]
    fn names_are_readable() {
        assert_eq!(of_cluster(&owner("af"), &["higgs", "batch"]), "af.higgs.batch");
        let settings = Kubernetes { namespace_prefix: Some("af-".into()), ..Kubernetes::default() };
        assert_eq!(namespace(&settings, "higgs"), "af-higgs");
        assert_eq!(system(&owner("af"), &settings), "afctl-af");
        assert!(namespace(&settings, "atlas:usatlas").starts_with("af-atlas-usatlas-"));
        assert!(is_reserved("kube-system") && is_reserved("default") && !is_reserved("af-default"));
    }
}
