//! A backend that is small enough to see through, and what tests need around it.

use std::sync::Arc;

use afctl_contract::backend::WriteToken;
use afctl_contract::inventory::{Observed, Owner};
use afctl_contract::language::Site;
use afctl_contract::world::{World, WorldDriver};
use afctl_contract::{
    Address, Backend, Classified, Diagnostics, Facility, Graph, GraphError, Management, Path, Rendered,
    Resource, Verdict, compare, path,
};
use serde_json::{Value, json};

/// Bears the name `kubernetes`, so that the world holds it to that backend's rules: namespaces, quotas, volumes, nodes.
pub struct Toy;

impl Backend for Toy {
    fn name(&self) -> &'static str {
        "kubernetes"
    }
    fn serves(&self, _: &Site) -> bool {
        true
    }
    fn compile(&self, _: &Facility, _: &str, _: &mut Diagnostics) -> Result<Graph, GraphError> {
        Ok(Graph::default())
    }
    fn classify(&self, observed: &Observed, desired: &Resource) -> Classified {
        let mut fields = compare(&observed.live, &observed.managed, &desired.desired, &|_, _, _| false);
        for field in &mut fields {
            field.by = observed.others.get(&field.path).cloned();
        }
        let fixed: Vec<Path> = fields
            .iter()
            .filter(|field| field.path.is_within(&path!["spec", "fixed"]))
            .map(|field| field.path.clone())
            .collect();
        if fixed.is_empty() {
            Classified::in_place(fields)
        } else {
            Classified { fields, verdict: Verdict::Replace(fixed) }
        }
    }
    fn rank(&self, kind: &str) -> u16 {
        u16::from(kind != "Namespace")
    }
    fn management(&self, kind: &str) -> Management {
        if kind == "Node" { Management::Fields } else { Management::Whole }
    }
    fn render(&self, _: &Graph) -> Vec<Rendered> {
        Vec::new()
    }
    fn given(&self, _: &Facility, site: &str) -> Vec<(Address, Value)> {
        vec![node(site)]
    }
}

pub fn node(site: &str) -> (Address, Value) {
    let live = json!({"metadata": {"name": "n1", "labels": {"kernel": "6.1"}}, "spec": {"cores": 64}});
    (address(&format!("{site}/kubernetes/Node/n1")), live)
}

pub fn address(text: &str) -> Address {
    text.parse().unwrap()
}

pub fn at(rest: &str) -> Address {
    address(&format!("s/kubernetes/{rest}"))
}

/// A thing of a kind with a specification; the namespace comes from the address.
pub fn resource(rest: &str, spec: Value) -> Resource {
    let address = at(rest);
    let mut metadata = json!({"name": address.name});
    if let Some(namespace) = &address.namespace {
        metadata["namespace"] = json!(namespace);
    }
    let mut resource = Resource::new(
        address.clone(),
        json!({"kind": address.kind, "metadata": metadata, "spec": spec}),
        path!["spec", "asked"],
    );
    if address.kind == "Node" {
        resource.management = Management::Fields;
        resource.desired = json!({"metadata": {"labels": spec}});
    }
    resource
}

pub fn owner(facility: &str) -> Owner {
    Owner { facility: facility.to_owned(), site: "s".to_owned() }
}

#[expect(clippy::disallowed_methods, reason = "tests stand for src/apply")]
pub fn token(facility: &str) -> WriteToken {
    WriteToken::issue(owner(facility))
}

pub fn driver(world: &World) -> WorldDriver {
    world.driver("s", Arc::new(Toy), "sandbox")
}
