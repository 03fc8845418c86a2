//! Small facilities for the tests of this crate.

use afctl_contract::language::Strawman;
use afctl_contract::{Address, Diagnostics, Facility, Graph, Observed, Ownership, Resource, SourceMap};
use serde_json::{Value, json};

use crate::{compile, labels};

/// A facility `af` of this `spec`, with one site called `here`.
pub fn facility(spec: &str) -> Facility {
    let text = format!(
        "apiVersion: afctl.dev/v1alpha1\nkind: Strawman\nmetadata: {{name: af}}\nspec:\n  topology: single-site\n{spec}"
    );
    let strawman: Strawman = serde_yaml::from_str(&text).unwrap_or_else(|e| panic!("{e}"));
    Facility::admit(strawman, SourceMap::default(), &Diagnostics::new()).unwrap_or_else(|| panic!("admitted"))
}

/// What a facility's site becomes.
pub struct Compiled {
    pub graph: Graph,
    pub findings: Diagnostics,
}

pub fn compiled(spec: &str) -> Compiled {
    let mut findings = Diagnostics::new();
    let graph = compile::compile(&facility(spec), "here", &mut findings).unwrap_or_else(|e| panic!("{e}"));
    Compiled { graph, findings }
}

impl Compiled {
    pub fn find(&self, end: &str) -> Option<&Resource> {
        self.graph.iter().find(|r| r.address.to_string().ends_with(&format!("/{end}")))
    }

    pub fn get(&self, end: &str) -> &Resource {
        self.find(end).unwrap_or_else(|| panic!("no {end}"))
    }

    /// A field, by JSON pointer.
    pub fn field(&self, end: &str, pointer: &str) -> Value {
        self.get(end).desired.pointer(pointer).cloned().unwrap_or(Value::Null)
    }

    pub fn codes(&self) -> Vec<&str> {
        self.findings.iter().map(|d| d.code.id).collect()
    }
}

/// What a driver would see of this object, had we applied it and nobody touched it since.
pub fn applied(address: &Address, object: &Value) -> Observed {
    let annotation = &object["metadata"]["annotations"][labels::DIGEST];
    Observed {
        address: address.clone(),
        ownership: Ownership::Ours,
        live: object.clone(),
        managed: object.clone(),
        others: std::collections::BTreeMap::new(),
        applied: annotation.as_str().map(str::to_owned),
        origin: None,
        digest: String::new(),
        data: None,
        deleting: None,
        handle: json!({"uid": "1"}),
    }
}
