//! Resource definitions from a folder of YAML files.
//!
//! Guarantees that they are Established, and their resources found by discovery, when `apply` returns. Conversion
//! webhooks are left out, because their controllers do not run here.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::kubectl::Kubectl;
use crate::options::KueueApi;
use crate::recipe::run;
use crate::wait::{Look, until};

/// The definitions in a folder, without their conversion webhooks. Needs kubectl, but no cluster.
pub(crate) fn read(kubectl: &Path, dir: &Path) -> Result<Vec<Value>> {
    let mut command = Command::new(kubectl);
    command.args([
        "patch",
        "--local",
        "--type",
        "merge",
        "-p",
        r#"{"spec":{"conversion":null}}"#,
        "-o",
        "json",
    ]);
    command.arg("-f").arg(dir);
    let output = run(&mut command, &format!("read the definitions in {}", dir.display()))?;
    serde_json::Deserializer::from_slice(&output.stdout)
        .into_iter::<Value>()
        .collect::<Result<Vec<Value>, _>>()
        .map_err(Error::unreadable(format!("the definitions in {}", dir.display())))
}

/// Makes one version the only one that is served and stored.
pub(crate) fn only_version(definitions: &mut [Value], api: KueueApi) {
    for definition in definitions {
        let Some(versions) = definition["spec"]["versions"].as_array_mut() else { continue };
        for version in versions {
            let chosen = version["name"] == api.as_str();
            version["served"] = json!(chosen);
            version["storage"] = json!(chosen);
        }
    }
}

/// Applies the definitions and waits until their resources can be used.
pub(crate) fn apply(kubectl: &Kubectl, definitions: &[Value]) -> Result<()> {
    let list = json!({"apiVersion": "v1", "kind": "List", "items": definitions});
    let apply = [
        "apply",
        "--server-side",
        "--force-conflicts",
        "--field-manager=afctl-testbed",
        "--validate=false",
        "-f",
        "-",
    ];
    kubectl.run_with_input(&apply, &list.to_string())?;
    let names: Vec<&str> = definitions.iter().filter_map(|one| one["metadata"]["name"].as_str()).collect();
    let wait: Vec<&str> =
        ["wait", "--for=condition=Established", "--timeout=60s", "crd"].into_iter().chain(names).collect();
    kubectl.run(&wait)?;
    for (group_version, plurals) in served(definitions) {
        until(&format!("{group_version} in discovery"), Duration::from_secs(30), || {
            let found = kubectl.run(&["get", "--raw", &format!("/apis/{group_version}")]).unwrap_or_default();
            let found: Value = serde_json::from_str(&found).unwrap_or_default();
            let there = |plural: &String| {
                found["resources"]
                    .as_array()
                    .is_some_and(|all| all.iter().any(|one| one["name"] == plural.as_str()))
            };
            Ok(match plurals.iter().find(|plural| !there(plural)) {
                None => Look::Done(()),
                Some(missing) => Look::NotYet(format!("no {missing}")),
            })
        })?;
    }
    Ok(())
}

/// What discovery must show: each served group and version with its resources.
fn served(definitions: &[Value]) -> std::collections::BTreeMap<String, Vec<String>> {
    let mut all = std::collections::BTreeMap::<String, Vec<String>>::new();
    for spec in definitions.iter().map(|one| &one["spec"]) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        for version in spec["versions"].as_array().into_iter().flatten().filter(|one| one["served"] == true) {
            let group_version = format!("{}/{}", text(&spec["group"]), text(&version["name"]));
            all.entry(group_version).or_default().push(text(&spec["names"]["plural"]));
        }
    }
    all
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should say where it stopped")]
mod tests {
    use super::*;

    fn definition() -> Value {
        json!({"spec": {"group": "kueue.x-k8s.io", "names": {"plural": "cohorts"}, "versions": [
            {"name": "v1beta1", "served": true, "storage": true},
            {"name": "v1beta2", "served": true, "storage": false}]}})
    }

    #[test]
    fn one_version_is_left() {
        let mut all = [definition()];
        only_version(&mut all, KueueApi::V1Beta2);
        let shown = served(&all);
        assert_eq!(shown.keys().collect::<Vec<_>>(), ["kueue.x-k8s.io/v1beta2"]);
        assert_eq!(all[0]["spec"]["versions"][1]["storage"], true);
        assert_eq!(all[0]["spec"]["versions"][0]["storage"], false);
    }

    #[test]
    fn every_served_version_is_waited_for() {
        assert_eq!(served(&[definition()]).len(), 2);
    }
}
