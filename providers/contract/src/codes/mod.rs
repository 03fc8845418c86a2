//! Every code that afctl can say, a family a file. A code is never given a new meaning.
//!
//! | range | family |
//! |---|---|
//! | `AF00xx` | [`reading`]: the file, its bytes, its YAML |
//! | `AF01xx` | [`structure`]: keys, types, units, references by name |
//! | `AF02xx` | [`sites`]: topology, sites, names, network |
//! | `AF03xx` | [`compute`]: node pools, cores, memory, taints |
//! | `AF04xx` | [`gpus`]: cards, slices, sharing |
//! | `AF05xx` | [`storage`]: storage, data management |
//! | `AF06xx` | [`accounts`]: accounts, quotas, fair share |
//! | `AF07xx` | [`scheduling`]: queues, QOS, overflow |
//! | `AF08xx` | [`menu`]: profiles and services |
//! | `AF09xx` | [`goals`]: people, funding, costs, targets, sources, variants |
//! | `AF10xx` | [`kubernetes`]: what the Kubernetes backend has to say |
//! | `AF20xx` | [`engine`]: planning and applying |

pub mod accounts;
pub mod compute;
pub mod engine;
pub mod goals;
pub mod gpus;
pub mod kubernetes;
pub mod menu;
pub mod reading;
pub mod scheduling;
pub mod sites;
pub mod storage;
pub mod structure;

use crate::diagnostic::Code;

/// Every code, in order.
pub fn all() -> impl Iterator<Item = &'static Code> {
    [
        reading::ALL,
        structure::ALL,
        sites::ALL,
        compute::ALL,
        gpus::ALL,
        storage::ALL,
        accounts::ALL,
        scheduling::ALL,
        menu::ALL,
        goals::ALL,
        kubernetes::ALL,
        engine::ALL,
    ]
    .into_iter()
    .flatten()
    .copied()
}

/// The code with this id, whatever its case.
pub fn find(id: &str) -> Option<&'static Code> {
    all().find(|code| code.id.eq_ignore_ascii_case(id))
}

#[cfg(test)]
mod tests {
    #[test]
    fn ids_are_unique_and_ordered() {
        let ids: Vec<_> = super::all().map(|c| c.id).collect();
        let mut sorted = ids.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(ids, sorted, "codes must be unique and stand in order");
    }

    #[test]
    fn every_code_says_what_to_do() {
        for code in super::all() {
            assert!(code.explanation.len() > 40, "{} needs an explanation", code.id);
            assert!(!code.title.ends_with('.'), "{}: a title has no full stop", code.id);
        }
    }
}
