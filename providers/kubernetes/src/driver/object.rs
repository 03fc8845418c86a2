//! From an object as the server gives it to an [`Observed`].
//!
//! Guarantees: `live` keeps what a comparison can need and drops what the server keeps for itself; the digest changes
//! when, and only when, something changes that a plan can depend on: identity, ownership, what we wrote, what it is to
//! be, and whether it holds data or is going away; not its status, nor that somebody wrote the same again.

use afctl_contract::{Address, Observed, Owner, Ownership, digest};
use serde_json::{Map, Value, json};

use super::fields::{self, Written};
use crate::compile::BACKEND;
use crate::kinds::{self, Kind};
use crate::labels::{self, DIGEST, FACILITY, MANAGED_BY, ORIGIN, SITE};

/// Key of a handle: digest of what the object was like.
pub(super) const WAS: &str = "was";

/// Metadata that the server keeps for itself, or that is a copy of the rest.
const NOISE: &[&str] =
    &["managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink"];
/// What `kubectl apply` keeps: a second copy of the object.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The address of an object.
pub(super) fn address(kind: &Kind, owner: &Owner, namespace: Option<&str>, name: &str) -> Address {
    Address {
        site: owner.site.clone(),
        backend: BACKEND.to_owned(),
        kind: kind.name.to_owned(),
        namespace: namespace.filter(|_| kind.namespaced).map(str::to_owned),
        name: name.to_owned(),
    }
}

/// What is there, from the whole object; `None` where it has no name.
pub(super) fn observed(mut object: Value, kind: &Kind, owner: &Owner) -> Option<Observed> {
    let metadata = &mut object["metadata"];
    let managed_fields = match metadata["managedFields"].take() {
        Value::Array(entries) => entries,
        _ => Vec::new(),
    };
    let uid = metadata["uid"].take();
    let name = metadata["name"].as_str()?.to_owned();
    let namespace = metadata["namespace"].as_str().map(str::to_owned);
    let address = address(kind, owner, namespace.as_deref(), &name);
    let ownership = ownership(&object["metadata"], &managed_fields, owner);
    let deleting = deleting(&object);
    trim(&mut object, kind);
    let Written { ours, others } = fields::written(&object, &managed_fields);
    let annotation = |key: &str| object["metadata"]["annotations"][key].as_str();
    let mut seen = Observed {
        address,
        ownership,
        applied: annotation(DIGEST).map(str::to_owned),
        origin: annotation(ORIGIN).and_then(|text| text.parse().ok()),
        managed: ours,
        others,
        digest: String::new(),
        data: data(&object, kind, &name),
        deleting,
        handle: json!({"uid": uid}),
        live: object,
    };
    seal(&mut seen);
    Some(seen)
}

/// Computes handle and digest anew, once all else is known.
///
/// The handle names the object and says what it was like ([`WAS`]), as far as one look at it alone can tell.
pub(super) fn seal(seen: &mut Observed) {
    let mut body = Map::new();
    if let Some(live) = seen.live.as_object() {
        let part = live.iter().filter(|(key, _)| !matches!(key.as_str(), "metadata" | "status"));
        body.extend(part.map(|(key, value)| (key.clone(), value.clone())));
    }
    let was = digest(&json!({
        "ownership": seen.ownership,
        "managed": seen.managed,
        "labels": seen.live["metadata"]["labels"],
        "body": body,
    }));
    seen.handle[WAS] = was.into();
    seen.digest = digest(&json!({
        "handle": seen.handle,
        "data": seen.data.is_some(),
        "deleting": seen.deleting.is_some(),
    }));
}

fn trim(object: &mut Value, kind: &Kind) {
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.retain(|key, _| !NOISE.contains(&key.as_str()));
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.remove(LAST_APPLIED);
        }
    }
    // Lists leave these out.
    object["apiVersion"] = kind.api_version.into();
    object["kind"] = kind.kind.into();
}

/// Whose an object is, by its `metadata` and who wrote it.
pub(super) fn ownership(metadata: &Value, managed_fields: &[Value], owner: &Owner) -> Ownership {
    let label = |key: &str| metadata["labels"][key].as_str();
    let annotation = |key: &str| metadata["annotations"][key].as_str();
    if labels::owned_by(&metadata["labels"], owner) {
        return Ownership::Ours;
    }
    if let Some(facility) = label(FACILITY) {
        let site = label(SITE).map(|site| format!(" at site {site}")).unwrap_or_default();
        return Ownership::Other(format!("the afctl facility {facility}{site}"));
    }
    let argo = label("argocd.argoproj.io/instance").or_else(|| annotation("argocd.argoproj.io/tracking-id"));
    let marks = [
        (annotation("meta.helm.sh/release-name"), "the Helm release"),
        (argo, "the Argo CD application"),
        (label("kustomize.toolkit.fluxcd.io/name"), "the Flux Kustomization"),
        (label("helm.toolkit.fluxcd.io/name"), "the Flux HelmRelease"),
        (label(MANAGED_BY), "what manages it,"),
        (label("applyset.kubernetes.io/part-of"), "the ApplySet"),
    ];
    if let Some((Some(name), what)) = marks.iter().find(|(name, _)| name.is_some()) {
        return Ownership::Other(format!("{what} {name}"));
    }
    let controller =
        metadata["ownerReferences"].as_array().into_iter().flatten().find(|it| it["controller"] == true);
    if let Some(controller) = controller {
        let text = |key: &str| controller[key].as_str().unwrap_or_default();
        return Ownership::Other(format!("{} {}", text("kind"), text("name")));
    }
    // Whoever uses kubectl, or is a part of Kubernetes, makes no claim by it; any other tool does.
    let names = fields::managers(managed_fields);
    match names.iter().rev().find(|name| !name.starts_with("kube") && **name != labels::MANAGER) {
        Some(name) => Ownership::Other(format!("whoever writes as {name}")),
        None => Ownership::Unmarked,
    }
}

/// Why it is still there although it is being deleted.
pub(super) fn deleting(object: &Value) -> Option<String> {
    object["metadata"]["deletionTimestamp"].as_str()?;
    let conditions = object["status"]["conditions"].as_array().into_iter().flatten();
    let mut why: Vec<String> = conditions
        .filter(|condition| condition["status"] == "True" && condition["reason"] != "ContentDeleted")
        .filter(|condition| condition["type"].as_str().is_some_and(|name| name.starts_with("Namespace")))
        .filter_map(|condition| condition["message"].as_str().map(str::to_owned))
        .collect();
    let finalizers = object["metadata"]["finalizers"].as_array().into_iter().flatten();
    why.extend(finalizers.filter_map(Value::as_str).map(|name| match name {
        "kubernetes.io/pvc-protection" => "waits until no pod uses it".to_owned(),
        "kubernetes.io/pv-protection" => "waits until no claim is bound to it".to_owned(),
        "kueue.x-k8s.io/resource-in-use" => "waits until Kueue no longer uses it".to_owned(),
        name => format!("waits for finalizer {name}"),
    }));
    if why.is_empty() {
        why.push("the server is removing it".to_owned());
    }
    Some(why.join("; "))
}

/// What goes with it. What a namespace holds is not known from the namespace.
fn data(object: &Value, kind: &Kind, name: &str) -> Option<String> {
    if *kind == kinds::PERSISTENT_VOLUME_CLAIM {
        // A claim that is not bound has no volume yet.
        object["spec"]["volumeName"].as_str()?;
        return Some(format!("the volume of claim {name}"));
    }
    if *kind != kinds::PERSISTENT_VOLUME {
        return None;
    }
    if object["spec"]["persistentVolumeReclaimPolicy"] == "Delete" {
        return Some(format!("volume {name}, which is deleted with it"));
    }
    // The deletion of a volume cannot be taken back, and while a claim is bound to it, it neither goes nor stays.
    let claim = Some(&object["spec"]["claimRef"]).filter(|_| object["status"]["phase"] == "Bound")?;
    Some(format!("the volume of claim {}/{}", claim["namespace"].as_str()?, claim["name"].as_str()?))
}

/// `N PersistentVolumeClaims`, if any.
pub(super) fn claims(count: usize) -> Option<String> {
    match count {
        0 => None,
        1 => Some("1 PersistentVolumeClaim".to_owned()),
        n => Some(format!("{n} PersistentVolumeClaims")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner() -> Owner {
        Owner { facility: "af".into(), site: "s".into() }
    }

    fn seen(object: Value, kind: &Kind) -> Observed {
        observed(object, kind, &owner()).unwrap()
    }

    fn quota() -> Value {
        json!({
            "metadata": {
                "name": "q", "namespace": "n", "uid": "1", "resourceVersion": "5", "generation": 2,
                "labels": {"afctl.dev/facility": "af", "afctl.dev/site": "s"},
                "annotations": {"afctl.dev/digest": "abc", "afctl.dev/origin": "spec.accounts.a", LAST_APPLIED: "{}"},
                "managedFields": [{"manager": "afctl", "operation": "Apply", "fieldsV1": {"f:spec": {"f:hard": {"f:cpu": {}}}}}]
            },
            "spec": {"hard": {"cpu": "4", "pods": "3"}},
            "status": {"used": {"cpu": "1"}}
        })
    }

    #[test]
    fn an_object_is_reduced_to_what_matters() {
        let seen = seen(quota(), &kinds::RESOURCE_QUOTA);
        assert_eq!(seen.address.to_string(), "s/kubernetes/ResourceQuota/n/q");
        assert_eq!(seen.ownership, Ownership::Ours);
        assert_eq!(seen.applied.as_deref(), Some("abc"));
        assert_eq!(seen.origin.unwrap().to_string(), "spec.accounts.a");
        assert_eq!(seen.managed, json!({"spec": {"hard": {"cpu": "4"}}}));
        assert_eq!(seen.handle["uid"], "1");
        let metadata: Vec<&str> =
            seen.live["metadata"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(metadata, ["name", "namespace", "labels", "annotations"]);
        assert_eq!(seen.live["metadata"]["annotations"].get(LAST_APPLIED), None);
        assert_eq!(seen.live["kind"], "ResourceQuota");
    }

    #[test]
    fn the_digest_follows_what_matters_only() {
        let kind = &kinds::RESOURCE_QUOTA;
        let first = seen(quota(), kind).digest;
        let changed = |change: &dyn Fn(&mut Value)| {
            let mut object = quota();
            change(&mut object);
            seen(object, kind).digest
        };
        assert_eq!(changed(&|q| q["status"]["used"]["cpu"] = "2".into()), first);
        assert_eq!(changed(&|q| q["metadata"]["resourceVersion"] = "6".into()), first);
        assert_ne!(changed(&|q| q["spec"]["hard"]["pods"] = "4".into()), first);
        assert_ne!(changed(&|q| q["metadata"]["uid"] = "2".into()), first);
        assert_ne!(changed(&|q| q["metadata"]["managedFields"] = json!([])), first);
        assert_ne!(changed(&|q| q["metadata"]["deletionTimestamp"] = "now".into()), first);
    }

    #[test]
    fn others_are_named() {
        let whose = |metadata: Value| {
            let fields = metadata["managedFields"].as_array().cloned().unwrap_or_default();
            match ownership(&metadata, &fields, &owner()) {
                Ownership::Other(who) => who,
                other => format!("{other:?}"),
            }
        };
        assert_eq!(whose(json!({"labels": {FACILITY: "x", SITE: "y"}})), "the afctl facility x at site y");
        assert_eq!(
            whose(
                json!({"labels": {MANAGED_BY: "Helm"}, "annotations": {"meta.helm.sh/release-name": "hub"}})
            ),
            "the Helm release hub"
        );
        let by = |manager: &str| json!({"managedFields": [{"manager": manager, "operation": "Update"}]});
        assert_eq!(whose(by("Terraform")), "whoever writes as Terraform");
        assert_eq!(whose(by("kubectl-create")), "Unmarked");
        assert_eq!(whose(json!({})), "Unmarked");
    }

    #[test]
    fn what_holds_up_a_deletion_is_said() {
        let namespace = json!({
            "metadata": {"name": "n", "deletionTimestamp": "t"},
            "status": {"conditions": [
                {"type": "NamespaceDeletionDiscoveryFailure", "status": "False", "message": "no"},
                {"type": "NamespaceContentRemaining", "status": "True", "reason": "SomeResourcesRemain",
                 "message": "Some resources are remaining: configmaps. has 1 resource instances"}
            ]}
        });
        assert_eq!(
            deleting(&namespace).unwrap(),
            "Some resources are remaining: configmaps. has 1 resource instances"
        );
        let claim = json!({"metadata": {"deletionTimestamp": "t", "finalizers": ["kubernetes.io/pvc-protection", "x/y"]}});
        assert_eq!(deleting(&claim).unwrap(), "waits until no pod uses it; waits for finalizer x/y");
        assert_eq!(deleting(&quota()), None);
    }

    #[test]
    fn volumes_are_data() {
        let claim = |volume: Value| json!({"metadata": {"name": "home", "namespace": "n"}, "spec": {"volumeName": volume}});
        let of = |object: Value, kind: &Kind| seen(object, kind).data;
        let kind = &kinds::PERSISTENT_VOLUME_CLAIM;
        assert_eq!(of(claim("v".into()), kind).as_deref(), Some("the volume of claim home"));
        assert_eq!(of(claim(Value::Null), kind), None);
        let volume = |policy: &str| json!({"metadata": {"name": "v"}, "spec": {"persistentVolumeReclaimPolicy": policy}});
        assert!(of(volume("Delete"), &kinds::PERSISTENT_VOLUME).is_some());
        assert!(of(volume("Retain"), &kinds::PERSISTENT_VOLUME).is_none());
        let mut bound = volume("Retain");
        bound["status"]["phase"] = "Bound".into();
        bound["spec"]["claimRef"] = json!({"namespace": "higgs", "name": "home"});
        let held = of(bound, &kinds::PERSISTENT_VOLUME);
        assert_eq!(held.as_deref(), Some("the volume of claim higgs/home"));
        assert_eq!(claims(3).as_deref(), Some("3 PersistentVolumeClaims"));
    }
}
