//! What belongs to no account: the system namespace and the parent of the `ApplySet`.
//!
//! The parent is compiled last, since it names the kinds and namespaces of everything else.

use std::collections::BTreeSet;

use afctl_contract::Management;
use serde_json::{Value, json};

use super::{Output, Site, label};
use crate::{kinds, labels};

/// The system namespace and the parent.
pub fn compile(site: &Site<'_>, out: &mut Output<'_>) {
    let origin = site.origin();
    let system = &site.system;
    let mut namespace = site.object(&kinds::NAMESPACE, system, &origin, json!({}));
    label(&mut namespace, labels::NAME, "system");
    label(&mut namespace, labels::ROLE, "system");
    out.add(namespace.field_from(afctl_contract::path!["metadata", "name"], origin.join("systemNamespace")));

    let name = site.set.name.clone();
    let address = site.address(&kinds::CONFIG_MAP, Some(system), &name);
    let mut held: BTreeSet<&str> = BTreeSet::new();
    let mut namespaces: BTreeSet<&str> = BTreeSet::new();
    for resource in out.resources.iter().filter(|r| r.management == Management::Whole) {
        if kinds::find(&resource.address.kind).is_some() {
            held.insert(&resource.address.kind);
            namespaces.extend(resource.address.namespace.as_deref());
        }
    }
    let (parent_labels, annotations) = site.set.parent(&held, &namespaces);
    let mut parent = site.make(&kinds::CONFIG_MAP, Some(system), &name, &origin, json!({}));
    debug_assert_eq!(parent.address, address);
    if let Some(Value::Object(labels)) = parent.desired.pointer_mut("/metadata/labels") {
        // The parent is no member of its own set.
        labels.remove(site.member.0);
        labels.extend(parent_labels);
    }
    parent.desired["metadata"]["annotations"] = annotations.into();
    let parent = parent.needs(site.address(&kinds::NAMESPACE, None, system));
    out.add(parent);
}
