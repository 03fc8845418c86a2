//! Whether what was applied has come to work.
//!
//! Guarantees: one list a kind, whatever the number of things asked about. A kind that has nothing to wait for is ready
//! as soon as it is there; what is gone is ready too, since only what was deleted is asked about that is not there.

use std::collections::{BTreeMap, BTreeSet};

use afctl_contract::{Address, Owner, Readiness};
use futures::future::join_all;
use serde_json::Value;

use super::list::list;
use super::object;
use super::wire::{Call, Failure, METADATA_LIST, WHOLE, Wire};
use crate::kinds::{self, Kind};
use crate::labels;

/// Whether these have come to work.
pub(super) async fn ready(wire: &Wire, owner: &Owner, addresses: &[Address]) -> BTreeMap<Address, Readiness> {
    let mut by_kind: BTreeMap<&'static str, BTreeSet<&Address>> = BTreeMap::new();
    let mut readiness = BTreeMap::new();
    for address in addresses {
        match kinds::find(&address.kind) {
            Some(kind) => {
                by_kind.entry(kind.name).or_default().insert(address);
            }
            None => {
                readiness.insert(address.clone(), Readiness::Ready);
            }
        }
    }
    let lists = by_kind.into_iter().filter_map(|(name, wanted)| {
        let kind = kinds::find(name)?;
        Some(async move { (wanted, of_kind(wire, owner, kind).await) })
    });
    for (wanted, states) in join_all(lists).await {
        for address in wanted {
            let state = match &states {
                Ok(states) => states.get(address).cloned().unwrap_or(Readiness::Ready),
                Err(failure) => Readiness::Pending(format!("it cannot be seen: {}", failure.message())),
            };
            readiness.insert(address.clone(), state);
        }
    }
    readiness
}

async fn of_kind(
    wire: &Wire,
    owner: &Owner,
    kind: &'static Kind,
) -> Result<BTreeMap<Address, Readiness>, Failure> {
    let judge = judge(kind);
    // Without its status an object of a kind with conditions says nothing.
    let accept = if judge.is_some() { WHOLE } else { METADATA_LIST };
    let call = Call::get(&kind.path(None)).with("labelSelector", &labels::selector(owner)).accept(accept);
    let mut states = list(wire, &call, |object: Value| {
        let metadata = &object["metadata"];
        let address =
            object::address(kind, owner, metadata["namespace"].as_str(), metadata["name"].as_str()?);
        let state = match (object::deleting(&object), judge) {
            (Some(why), _) => Readiness::Pending(why),
            (None, Some(judge)) => judge(&object),
            (None, None) => Readiness::Ready,
        };
        Some((address, (state, object["spec"]["storageClassName"].as_str().map(str::to_owned))))
    })
    .await?;
    let is_pending = |state: &Readiness| matches!(state, Readiness::Pending(_));
    if *kind == kinds::PERSISTENT_VOLUME_CLAIM && states.iter().any(|(_, (state, _))| is_pending(state)) {
        let late = late_classes(wire).await?;
        for (_, (state, class)) in &mut states {
            if is_pending(state) && class.as_ref().is_some_and(|class| late.contains(class)) {
                // Its volume comes with the first pod that uses it: there is nothing to wait for now.
                *state = Readiness::Ready;
            }
        }
    }
    Ok(states.into_iter().map(|(address, (state, _))| (address, state)).collect())
}

/// Storage classes that make a volume only when a pod needs it.
async fn late_classes(wire: &Wire) -> Result<BTreeSet<String>, Failure> {
    let call = Call::get(&kinds::STORAGE_CLASS.path(None));
    let classes = list(wire, &call, |class: Value| {
        let late = class["volumeBindingMode"] == "WaitForFirstConsumer";
        class["metadata"]["name"].as_str().filter(|_| late).map(str::to_owned)
    });
    Ok(classes.await?.into_iter().collect())
}

/// How an object of a kind that takes its time says how far it is.
fn judge(kind: &Kind) -> Option<fn(&Value) -> Readiness> {
    if *kind == kinds::NAMESPACE {
        Some(|object| phase(object, "Active"))
    } else if *kind == kinds::PERSISTENT_VOLUME_CLAIM {
        Some(claim)
    } else if *kind == kinds::RESOURCE_QUOTA {
        Some(|object| {
            if object["status"]["hard"].is_object() {
                return Readiness::Ready;
            }
            Readiness::Pending("the cluster has not begun to count against it".to_owned())
        })
    } else if *kind == kinds::CLUSTER_QUEUE || *kind == kinds::LOCAL_QUEUE {
        Some(queue)
    } else {
        None
    }
}

fn phase(object: &Value, wanted: &str) -> Readiness {
    match object["status"]["phase"].as_str() {
        Some(phase) if phase == wanted => Readiness::Ready,
        Some(phase) => Readiness::Pending(format!("it is {phase}")),
        None => Readiness::Pending("the cluster has not reported on it".to_owned()),
    }
}

fn claim(object: &Value) -> Readiness {
    match object["status"]["phase"].as_str() {
        Some("Lost") => Readiness::Failed("its volume is lost".to_owned()),
        Some("Pending") => {
            let class = object["spec"]["storageClassName"].as_str().filter(|class| !class.is_empty());
            let from =
                class.map_or_else(|| "no storage class".to_owned(), |class| format!("storage class {class}"));
            Readiness::Pending(format!("no volume is bound to it yet ({from})"))
        }
        _ => phase(object, "Bound"),
    }
}

fn queue(object: &Value) -> Readiness {
    let conditions = object["status"]["conditions"].as_array().into_iter().flatten();
    match conditions.into_iter().find(|condition| condition["type"] == "Active") {
        Some(active) if active["status"] == "True" => Readiness::Ready,
        Some(active) => {
            let message = active["message"].as_str().filter(|message| !message.is_empty());
            Readiness::Pending(
                message.or(active["reason"].as_str()).unwrap_or("Kueue says it is not active").to_owned(),
            )
        }
        None => Readiness::Pending("Kueue has not reported on it".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_kind_says_how_far_it_is() {
        let pending = |text: &str| Readiness::Pending(text.to_owned());
        let state = |kind: &Kind, status: Value| judge(kind).unwrap()(&json!({ "status": status }));
        assert_eq!(state(&kinds::NAMESPACE, json!({"phase": "Active"})), Readiness::Ready);
        assert_eq!(state(&kinds::NAMESPACE, json!({"phase": "Terminating"})), pending("it is Terminating"));
        assert_eq!(state(&kinds::RESOURCE_QUOTA, json!({"hard": {}})), Readiness::Ready);
        assert_eq!(state(&kinds::CLUSTER_QUEUE, json!({})), pending("Kueue has not reported on it"));
        let inactive = json!({"conditions": [{"type": "Active", "status": "False", "reason": "FlavorNotFound",
            "message": "Can't admit new workloads: references missing ResourceFlavor(s): gpu."}]});
        assert_eq!(
            state(&kinds::CLUSTER_QUEUE, inactive),
            pending("Can't admit new workloads: references missing ResourceFlavor(s): gpu.")
        );
        let lost = state(&kinds::PERSISTENT_VOLUME_CLAIM, json!({"phase": "Lost"}));
        assert_eq!(lost, Readiness::Failed("its volume is lost".to_owned()));
        assert!(judge(&kinds::ROLE_BINDING).is_none());
    }
}
