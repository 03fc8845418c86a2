//! From a facility to the objects of one cluster.
//!
//! Guarantees: deterministic; every object carries the marks of [`crate::labels`], its place in the strawman, and the
//! places of the fields that come from somewhere else; names are those of [`names`], and where two entries meet in one,
//! that is an error with both places. Nothing here takes more than (accounts × queues) steps.
//!
//! Assumes a checked facility: names lead somewhere and quantities make sense. What each entry becomes is said at the
//! head of each module, and for people in `docs/kubernetes.md`.

pub mod accounts;
pub mod division;
pub mod names;
pub mod pools;
pub mod qos;
pub mod queues;
pub mod quotas;
pub mod shares;
pub mod storage;
pub mod system;
pub mod tree;

use std::collections::HashMap;

use afctl_contract::codes::kubernetes as codes;
use afctl_contract::language::{Account, Kubernetes, NodePool, Queue, Spec};
use afctl_contract::{
    Address, Diagnostic, Diagnostics, Facility, Graph, GraphError, Management, Owner, Path, Resource, path,
};
use serde_json::{Map, Value, json};

use crate::kinds::{self, Kind};
use crate::labels::{self, ApplySet};
use tree::Tree;

/// The backend's name in addresses.
pub const BACKEND: &str = "kubernetes";

/// A queue that draws on pools of this site.
pub struct QueueHere<'a> {
    /// Its name.
    pub name: &'a str,
    /// What the strawman says.
    pub queue: &'a Queue,
    /// Pools of this site, in the order to use them; those that it overflows to come last.
    pub pools: Vec<&'a str>,
    /// Which accounts may use it.
    pub admitted: Vec<bool>,
}

/// An account that has a namespace here.
pub struct Tenant<'a> {
    /// Where it stands in the tree.
    pub at: usize,
    /// Its name.
    pub name: &'a str,
    /// What the strawman says.
    pub account: &'a Account,
    /// Its namespace.
    pub namespace: String,
    /// Its place in the strawman.
    pub origin: Path,
}

/// One site, with what every subject asks of it.
pub struct Site<'a> {
    /// The whole facility.
    pub spec: &'a Spec,
    /// The site's name.
    pub name: &'a str,
    /// Its Kubernetes settings.
    pub settings: &'a Kubernetes,
    /// Whose everything is.
    pub owner: Owner,
    /// The namespace for what belongs to no account.
    pub system: String,
    /// The set that everything is a member of.
    pub set: ApplySet,
    /// The accounts.
    pub tree: Tree<'a>,
    /// Pools of this site, in the order written.
    pub pools: Vec<(&'a str, &'a NodePool)>,
    /// Queues that draw on them.
    pub queues: Vec<QueueHere<'a>>,
    /// Accounts that have a namespace here.
    pub tenants: Vec<Tenant<'a>>,
    member: (&'static str, String),
}

impl<'a> Site<'a> {
    fn new(facility: &'a Facility, name: &'a str) -> Option<Self> {
        let spec = facility.spec();
        let settings = spec.sites.get(name)?.kubernetes()?;
        let owner = Owner { facility: facility.name().to_owned(), site: name.to_owned() };
        let system = names::system(&owner, settings);
        let set = ApplySet::new(&owner, &system);
        let tree = Tree::new(&spec.accounts);
        let pools: Vec<_> = spec.pools_at(name).collect();
        let here = |pool: &&String| spec.node_pools.get(*pool).is_some_and(|p| p.site == name);
        let queues: Vec<_> = spec
            .queues_at(name)
            .map(|(name, queue)| {
                let overflow = queue.overflow.iter().flat_map(|overflow| &overflow.to);
                let mut pools: Vec<&str> = Vec::new();
                for pool in queue.pools.iter().chain(overflow).filter(here) {
                    if !pools.contains(&pool.as_str()) {
                        pools.push(pool);
                    }
                }
                QueueHere { name, queue, pools, admitted: tree.admitted(&queue.accounts) }
            })
            .collect();
        let tenants = (0..tree.entries.len())
            .filter(|at| tree.has_users(*at))
            .filter(|at| queues.is_empty() || queues.iter().any(|queue| queue.admitted[*at]))
            .map(|at| {
                let entry = &tree.entries[at];
                Tenant {
                    at,
                    name: entry.name,
                    account: entry.account,
                    namespace: names::namespace(settings, entry.name),
                    origin: path!["spec", "accounts", entry.name],
                }
            })
            .collect();
        let member = set.member();
        Some(Self { spec, name, settings, owner, system, set, tree, pools, queues, tenants, member })
    }

    /// The place of the site's Kubernetes settings.
    pub fn origin(&self) -> Path {
        path!["spec", "sites", self.name, "scheduler", "kubernetes"]
    }

    /// The address of an object here.
    pub fn address(&self, kind: &Kind, namespace: Option<&str>, name: &str) -> Address {
        Address {
            site: self.name.to_owned(),
            backend: BACKEND.to_owned(),
            kind: kind.name.to_owned(),
            namespace: namespace.map(str::to_owned),
            name: name.to_owned(),
        }
    }

    /// An object without a namespace: `body` is what it has besides its head.
    pub fn object(&self, kind: &Kind, name: &str, origin: &Path, body: Value) -> Resource {
        self.make(kind, None, name, origin, body)
    }

    /// An object of an account's namespace, which must be there first.
    pub fn in_namespace(
        &self,
        tenant: &Tenant<'_>,
        kind: &Kind,
        name: &str,
        origin: &Path,
        body: Value,
    ) -> Resource {
        let mut resource = self.make(kind, Some(&tenant.namespace), name, origin, body);
        label(&mut resource, labels::ACCOUNT, &labels::label_value(tenant.name));
        resource.needs(self.address(&kinds::NAMESPACE, None, &tenant.namespace))
    }

    fn make(&self, kind: &Kind, namespace: Option<&str>, name: &str, origin: &Path, body: Value) -> Resource {
        let mut metadata = Map::new();
        metadata.insert("name".into(), name.into());
        if let Some(namespace) = namespace {
            metadata.insert("namespace".into(), namespace.into());
        }
        let mut marks = labels::marks(&self.owner, kind);
        if kind.management == Management::Whole {
            marks.insert(self.member.0.into(), self.member.1.as_str().into());
        }
        metadata.insert("labels".into(), marks.into());
        metadata.insert("annotations".into(), json!({}));
        let mut object = json!({"apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata});
        if let (Some(object), Value::Object(body)) = (object.as_object_mut(), body) {
            object.extend(body);
        }
        let mut resource = Resource::new(self.address(kind, namespace, name), object, origin.clone());
        resource.management = kind.management;
        resource
    }
}

/// Gives a resource one more label.
pub fn label(resource: &mut Resource, key: &str, value: &str) {
    resource.desired["metadata"]["labels"][key] = value.into();
}

/// What has been compiled so far.
pub struct Output<'f> {
    resources: Vec<Resource>,
    places: HashMap<Address, Path>,
    /// What there is to say.
    pub findings: &'f mut Diagnostics,
}

impl Output<'_> {
    /// Takes a finished object. Where one of its name is there already, that is an error and the first stays.
    pub fn add(&mut self, mut resource: Resource) {
        if let Some(first) = self.places.get(&resource.address) {
            let address = &resource.address;
            self.findings.push(
                Diagnostic::new(
                    &codes::NAME_TAKEN,
                    format!("{} {} is asked for twice", address.kind, address.name),
                )
                .at_key(resource.origin.clone())
                .also(first.clone(), "asked for here first")
                .help("rename one of the two"),
            );
            return;
        }
        if resource.address.kind != kinds::NODE_POOL {
            labels::seal(&mut resource.desired, &resource.origin);
        }
        self.places.insert(resource.address.clone(), resource.origin.clone());
        self.resources.push(resource);
    }

    /// One note about many places of one kind: it points at the first and names some of the others.
    pub fn gathered(&mut self, places: &[(String, Path)], make: impl FnOnce(&str) -> Diagnostic) {
        let Some((_, first)) = places.first() else { return };
        let names: Vec<String> = places.iter().take(3).map(|(name, _)| format!("`{name}`")).collect();
        let more = places.len().saturating_sub(names.len());
        let names = match (more, names.split_last()) {
            (0, Some((last, rest))) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
            (0, _) => names.concat(),
            _ => format!("{} and {more} more", names.join(", ")),
        };
        let finding = make(&names).at(first.clone());
        let also = |finding: Diagnostic, (_, path): &(String, Path)| finding.also(path.clone(), "and here");
        self.findings.push(places.iter().skip(1).take(4).fold(finding, also));
    }
}

/// Sends away accounts whose namespace is the cluster's own or another account's, so that nothing of theirs is made.
fn settle_namespaces(site: &mut Site<'_>, findings: &mut Diagnostics) {
    let mut taken: HashMap<String, Path> = HashMap::new();
    taken.insert(site.system.clone(), site.origin());
    let place = site.origin();
    site.tenants.retain(|tenant| {
        let Tenant { name, namespace, origin, .. } = tenant;
        let finding = if names::is_reserved(namespace) {
            let message = format!("account `{name}` would become the namespace `{namespace}`");
            Diagnostic::new(&codes::NAMESPACE_RESERVED, message)
                .also(place.clone(), "`namespacePrefix` goes here")
                .help("give the site `namespacePrefix: af-`, or rename the account")
        } else if let Some(first) = taken.get(namespace) {
            Diagnostic::new(&codes::NAME_TAKEN, format!("the namespace `{namespace}` is asked for twice"))
                .also(first.clone(), "asked for here first")
                .help("rename one of the two")
        } else {
            taken.insert(namespace.clone(), origin.clone());
            return true;
        };
        findings.push(finding.at_key(origin.clone()));
        false
    });
}

/// What a site is to be given.
pub fn compile(facility: &Facility, site: &str, findings: &mut Diagnostics) -> Result<Graph, GraphError> {
    let Some(mut site) = Site::new(facility, site) else { return Graph::new(Vec::new()) };
    settle_namespaces(&mut site, findings);
    let mut out = Output { resources: Vec::new(), places: HashMap::new(), findings };
    qos::compile(&site, &mut out);
    let storage = storage::compile(&site, &mut out);
    accounts::compile(&site, &mut out);
    quotas::compile(&site, &storage, &mut out);
    pools::compile(&site, &mut out);
    queues::compile(&site, &mut out);
    storage::claims(&site, &storage, &mut out);
    system::compile(&site, &mut out);
    Graph::new(out.resources)
}

#[cfg(test)]
mod tests;
