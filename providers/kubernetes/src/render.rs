//! The same as files: manifests for `kubectl apply -R -f kubernetes/`, and a script for the nodes.
//!
//! Guarantees: what needs something comes after it in the order in which kubectl reads the files; every text that YAML
//! 1.1 could take for something else is quoted. Nodes are not manifests, because applying one would make a node that
//! is not there, and would replace the taints of others: they are `kubectl label` and `kubectl taint` commands.

use std::collections::BTreeMap;
use std::fmt::Write;

use afctl_contract::{Graph, Rendered, Resource};
use serde_json::Value;

use crate::kinds;
use crate::labels::{self, DIGEST, FACILITY, ORIGIN, SITE};

/// The most nodes named in one command.
const NODES_A_LINE: usize = 50;

/// The files of a graph.
pub fn render(graph: &Graph) -> Vec<Rendered> {
    let mut files: BTreeMap<String, Vec<&Resource>> = BTreeMap::new();
    let mut nodes = Vec::new();
    for resource in graph {
        match file(resource) {
            Some(file) => files.entry(file).or_default().push(resource),
            None => nodes.push(resource),
        }
    }
    let mut rendered: Vec<Rendered> = files
        .into_iter()
        .map(|(path, mut resources)| {
            resources.sort_by_key(|resource| kinds::rank(&resource.address.kind));
            Rendered { path, text: manifests(&resources) }
        })
        .collect();
    if let Some(text) = script(&nodes) {
        rendered.push(Rendered { path: "kubernetes/nodes.sh".to_owned(), text });
    }
    rendered
}

/// Where an object goes; nowhere if it is a node.
fn file(resource: &Resource) -> Option<String> {
    let address = &resource.address;
    let kind = kinds::find(&address.kind).filter(|kind| **kind != kinds::NODE)?;
    let labels = &resource.desired["metadata"]["labels"];
    let of_account = labels.get(labels::ACCOUNT).is_some();
    let namespace = match &address.namespace {
        Some(namespace) => Some(namespace),
        None if *kind == kinds::NAMESPACE => Some(&address.name),
        None => None,
    };
    Some(match namespace {
        Some(namespace) if of_account => format!("kubernetes/accounts/{namespace}.yaml"),
        Some(_) => "kubernetes/00-system.yaml".to_owned(),
        None if kind.brought_by.is_some() => "kubernetes/20-queues.yaml".to_owned(),
        None if *kind == kinds::PERSISTENT_VOLUME => "kubernetes/30-volumes.yaml".to_owned(),
        None => "kubernetes/10-cluster.yaml".to_owned(),
    })
}

fn manifests(resources: &[&Resource]) -> String {
    let mut text = String::new();
    if let Some(first) = resources.first() {
        let labels = &first.desired["metadata"]["labels"];
        let mark = |key: &str| labels[key].as_str().unwrap_or_default().to_owned();
        text = format!(
            "# Made by afctl for facility {}, site {}. Changes here are lost: change the strawman.\n",
            mark(FACILITY),
            mark(SITE)
        );
    }
    for resource in resources {
        // A JSON value has nothing that YAML could not say.
        let object =
            serde_yaml::to_string(&resource.desired).unwrap_or_else(|_| resource.desired.to_string());
        let _ = write!(text, "---\n# {}\n{}\n", resource.origin, object.trim_end());
    }
    text
}

/// Quotes a text for a shell.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@+".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// `key=value` of a mapping, without our bookkeeping.
fn pairs(map: &Value) -> Vec<String> {
    let entries = map.as_object().into_iter().flatten();
    entries
        .filter(|(key, _)| !matches!(key.as_str(), ORIGIN | DIGEST))
        .map(|(key, value)| quoted(&format!("{key}={}", value.as_str().unwrap_or_default())))
        .collect()
}

fn script(resources: &[&Resource]) -> Option<String> {
    // Nodes that get the same go together, in the order of the first of them.
    let mut groups: Vec<(Value, Vec<String>)> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for resource in resources {
        let is_pool = resource.address.kind == kinds::NODE_POOL;
        let selected = is_pool
            && resource.desired["ours"] == true
            && resource.desired["names"].as_array().is_none_or(Vec::is_empty);
        if is_pool && !selected {
            continue;
        }
        let mut template =
            if is_pool { resource.desired["template"].clone() } else { resource.desired.clone() };
        if let Some(metadata) = template["metadata"].as_object_mut() {
            metadata.remove("name");
            if let Some(Value::Object(annotations)) = metadata.get_mut("annotations") {
                annotations.retain(|key, _| !matches!(key.as_str(), ORIGIN | DIGEST));
            }
        }
        let target = if is_pool {
            format!("-l {}", pairs(&resource.desired["selector"]).join(","))
        } else {
            quoted(&resource.address.name)
        };
        let key = format!("{is_pool}{} {template}", if is_pool { &target } else { "" });
        let at = *places.entry(key).or_insert_with(|| {
            groups.push((template, Vec::new()));
            groups.len() - 1
        });
        groups[at].1.push(target);
    }
    if groups.is_empty() {
        return None;
    }
    let mut text = "#!/bin/sh\n# Made by afctl. Labels and taints of the nodes: other labels and taints stay as they are, and no \
                    node is made.\nset -eu\n"
        .to_owned();
    for (template, targets) in groups {
        for some in targets.chunks(NODES_A_LINE) {
            let nodes = some.join(" ");
            let labels = pairs(&template["metadata"]["labels"]).join(" ");
            let _ = writeln!(text, "\nkubectl label nodes {nodes} --overwrite {labels}");
            let taints = template["spec"]["taints"].as_array();
            for taint in taints.into_iter().flatten() {
                let part = |key: &str| taint[key].as_str().unwrap_or_default();
                let taint = quoted(&format!("{}={}:{}", part("key"), part("value"), part("effect")));
                let _ = writeln!(text, "kubectl taint nodes {nodes} --overwrite {taint}");
            }
            let annotations = pairs(&template["metadata"]["annotations"]).join(" ");
            if !annotations.is_empty() {
                let _ = writeln!(text, "kubectl annotate nodes {nodes} --overwrite {annotations}");
            }
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests;
