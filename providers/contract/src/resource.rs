//! What a backend is to make true: resources, and the order among them.
//!
//! A [`Graph`] is acyclic by construction, holds every address once, and gives its resources so that what others
//! stand on comes first.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::place::Path;

/// The one name of a resource in a facility: `uchicago/kubernetes/ResourceQuota/af-higgs/quota`.
///
/// Kinds of an API group bear it: `ClusterQueue.kueue.x-k8s.io`. What has no namespace has four parts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    /// Site.
    pub site: String,
    /// Backend: `kubernetes`, `slurm`, `aws`.
    pub backend: String,
    /// Kind, in the backend's word.
    pub kind: String,
    /// Namespace, where the kind has one.
    pub namespace: Option<String>,
    /// Name.
    pub name: String,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}/", self.site, self.backend, self.kind)?;
        if let Some(namespace) = &self.namespace {
            write!(f, "{namespace}/")?;
        }
        f.write_str(&self.name)
    }
}

/// A text that is not an [`Address`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an address such as SITE/kubernetes/Namespace/NAME")]
pub struct AddressError(String);

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let parts: Vec<&str> = text.split('/').collect();
        if parts.iter().any(|part| part.is_empty()) {
            return Err(AddressError(text.to_owned()));
        }
        let (namespace, name) = match parts[..] {
            [_, _, _, name] => (None, name),
            [_, _, _, namespace, name] => (Some(namespace.to_owned()), name),
            _ => return Err(AddressError(text.to_owned())),
        };
        Ok(Self {
            site: parts[0].to_owned(),
            backend: parts[1].to_owned(),
            kind: parts[2].to_owned(),
            namespace,
            name: name.to_owned(),
        })
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// How much of a thing is ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Management {
    /// All of it: afctl makes it and may delete it.
    #[default]
    Whole,
    /// Only the fields that the resource names; the thing itself is somebody else's and is never made nor deleted.
    Fields,
}

/// One thing to make true.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// Its name.
    pub address: Address,
    /// What it is to be, in the backend's own form.
    pub desired: Value,
    /// What must be there first.
    pub depends_on: BTreeSet<Address>,
    /// The place in the strawman that asks for it.
    pub origin: Path,
    /// Places that ask for single fields: from a path in `desired` to a path in the strawman.
    pub field_origins: Vec<(Path, Path)>,
    /// How much of it is ours.
    pub management: Management,
}

impl Resource {
    /// A resource that is wholly ours and stands on nothing.
    pub const fn new(address: Address, desired: Value, origin: Path) -> Self {
        Self {
            address,
            desired,
            depends_on: BTreeSet::new(),
            origin,
            field_origins: Vec::new(),
            management: Management::Whole,
        }
    }

    /// Needs `address` to be there first.
    #[must_use]
    pub fn needs(mut self, address: Address) -> Self {
        self.depends_on.insert(address);
        self
    }

    /// Says which place of the strawman asks for a field.
    #[must_use]
    pub fn field_from(mut self, field: Path, origin: Path) -> Self {
        self.field_origins.push((field, origin));
        self
    }

    /// The place of the strawman that asks for a field: the longest that fits, or the resource's own.
    pub fn origin_of(&self, field: &Path) -> &Path {
        self.field_origins
            .iter()
            .filter(|(prefix, _)| field.is_within(prefix))
            .max_by_key(|(prefix, _)| prefix.segments().len())
            .map_or(&self.origin, |(_, origin)| origin)
    }
}

/// Resources in an order in which they can be made.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Graph {
    resources: Vec<Resource>,
    index: BTreeMap<Address, usize>,
}

/// Why resources make no [`Graph`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// One address is asked for twice.
    #[error("{address} is asked for by {first} and by {second}")]
    Twice {
        /// The address.
        address: Box<Address>,
        /// The place that asks for it first.
        first: Path,
        /// The place that asks for it again.
        second: Path,
    },
    /// A resource needs one that nobody asks for.
    #[error("{from} needs {to}, which is not there")]
    Missing {
        /// Who needs.
        from: Box<Address>,
        /// What is needed.
        to: Box<Address>,
    },
    /// Resources need each other in a circle.
    #[error("these need each other in a circle: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))]
    Circle(Vec<Address>),
}

impl Graph {
    /// Orders resources so that what others need comes first; otherwise as they were given.
    pub fn new(resources: Vec<Resource>) -> Result<Self, GraphError> {
        let mut given: BTreeMap<Address, usize> = BTreeMap::new();
        for (i, resource) in resources.iter().enumerate() {
            if let Some(first) = given.insert(resource.address.clone(), i) {
                return Err(GraphError::Twice {
                    address: Box::new(resource.address.clone()),
                    first: resources[first].origin.clone(),
                    second: resource.origin.clone(),
                });
            }
        }
        let mut dependents: Vec<Vec<usize>> = vec![Vec::new(); resources.len()];
        let mut open: Vec<usize> = vec![0; resources.len()];
        for (i, resource) in resources.iter().enumerate() {
            for needed in &resource.depends_on {
                let Some(&at) = given.get(needed) else {
                    return Err(GraphError::Missing {
                        from: Box::new(resource.address.clone()),
                        to: Box::new(needed.clone()),
                    });
                };
                dependents[at].push(i);
                open[i] += 1;
            }
        }
        let mut ready: BTreeSet<usize> = (0..resources.len()).filter(|&i| open[i] == 0).collect();
        let mut order = Vec::with_capacity(resources.len());
        while let Some(i) = ready.pop_first() {
            order.push(i);
            for &dependent in &dependents[i] {
                open[dependent] -= 1;
                if open[dependent] == 0 {
                    ready.insert(dependent);
                }
            }
        }
        if order.len() < resources.len() {
            let circle = (0..resources.len()).filter(|&i| open[i] > 0);
            return Err(GraphError::Circle(circle.map(|i| resources[i].address.clone()).collect()));
        }
        let mut slots: Vec<Option<Resource>> = resources.into_iter().map(Some).collect();
        let resources: Vec<Resource> = order.into_iter().filter_map(|i| slots[i].take()).collect();
        let index = resources.iter().enumerate().map(|(i, r)| (r.address.clone(), i)).collect();
        Ok(Self { resources, index })
    }

    /// The resources, what others need first.
    pub fn iter(&self) -> std::slice::Iter<'_, Resource> {
        self.resources.iter()
    }

    /// The resource of this address.
    pub fn get(&self, address: &Address) -> Option<&Resource> {
        self.index.get(address).map(|&i| &self.resources[i])
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.resources.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty()
    }

    /// The resources themselves, in order.
    pub fn into_resources(self) -> Vec<Resource> {
        self.resources
    }
}

impl<'a> IntoIterator for &'a Graph {
    type Item = &'a Resource;
    type IntoIter = std::slice::Iter<'a, Resource>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(name: &str) -> Address {
        format!("s/b/K/{name}").parse().unwrap_or_else(|e| panic!("{e}"))
    }

    fn resource(name: &str, needs: &[&str]) -> Resource {
        let resource = Resource::new(address(name), Value::Null, Path::root());
        needs.iter().fold(resource, |r, n| r.needs(address(n)))
    }

    #[test]
    fn what_is_needed_comes_first() {
        let graph = Graph::new(vec![resource("c", &["b"]), resource("b", &["a"]), resource("a", &[])]);
        let names: Vec<_> = graph.iter().flatten().map(|r| r.address.name.clone()).collect();
        assert_eq!(names, ["a", "b", "c"]);
    }

    #[test]
    fn circles_strangers_and_twins_are_refused() {
        assert!(
            matches!(Graph::new(vec![resource("a", &["b"]), resource("b", &["a"])]), Err(GraphError::Circle(c)) if c.len() == 2)
        );
        assert!(matches!(Graph::new(vec![resource("a", &["x"])]), Err(GraphError::Missing { .. })));
        assert!(matches!(
            Graph::new(vec![resource("a", &[]), resource("a", &[])]),
            Err(GraphError::Twice { .. })
        ));
    }

    #[test]
    fn addresses_read_back() {
        for text in ["s/kubernetes/ClusterQueue.kueue.x-k8s.io/q", "s/kubernetes/ResourceQuota/ns/quota"] {
            assert_eq!(text.parse::<Address>().map(|a| a.to_string()), Ok(text.to_owned()));
        }
        for text in ["", "a/b/c", "a/b/c/d/e/f", "a//c/d"] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
