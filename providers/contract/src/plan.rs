//! A plan: what is to be done, bound to what was seen. It leaves the executor no choices and explains itself.
//!
//! A plan is data only; `src/plan` makes one, `src/apply` carries one out. It can be saved, and shown again with
//! nothing else at hand: places of the strawman are kept with their lines.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::change::FieldChange;
use crate::inventory::{Owner, Problem};
use crate::language::Site;
use crate::place::{Path, Position};
use crate::resource::{Address, Management};

/// Version of the form in which plans are saved.
pub const PLAN_SCHEMA: &str = "afctl.dev/plan/v1";

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Makes what is not there.
    Create,
    /// Changes what is there.
    Update,
    /// Deletes what is there and makes it again.
    Replace,
    /// Deletes what is there.
    Delete,
    /// Takes over what somebody else made, because the user said so.
    Adopt,
    /// Lets go of fields of a thing that stays.
    Forget,
}

impl Action {
    /// Whether something that is there goes away.
    pub const fn is_destructive(self) -> bool {
        matches!(self, Self::Replace | Self::Delete)
    }

    /// In a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Replace => "replace",
            Self::Delete => "delete",
            Self::Adopt => "adopt",
            Self::Forget => "forget",
        }
    }
}

/// Why a step is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The strawman asks for it and it is not there.
    New,
    /// It was applied and is gone.
    Lost,
    /// The strawman has changed since it was applied.
    Configured,
    /// Somebody changed it since it was applied.
    Drifted,
    /// The strawman no longer asks for it.
    Removed,
    /// Everything is to go.
    Destroyed,
    /// The user said to take it over.
    Adopted,
}

impl Reason {
    /// In a few words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "not there yet",
            Self::Lost => "was applied and is gone",
            Self::Configured => "the strawman changed",
            Self::Drifted => "changed since it was applied",
            Self::Removed => "no longer in the strawman",
            Self::Destroyed => "the facility is to go",
            Self::Adopted => "taken over as asked",
        }
    }
}

/// A place of the strawman, with its line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The place.
    pub path: Path,
    /// File and line, where it still stands in the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Its number in the plan, from 0.
    pub id: usize,
    /// What is done.
    pub action: Action,
    /// To what.
    pub address: Address,
    /// How much of it is ours.
    #[serde(default)]
    pub management: Management,
    /// Why.
    pub reason: Reason,
    /// What differs. For a creation and a deletion nothing is listed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldChange>,
    /// Fields that force a replacement.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forced_by: Vec<Path>,
    /// What it does to running work and users, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disruption: Option<String>,
    /// What it is to be; nothing for a deletion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired: Option<Value>,
    /// What must be there for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<Address>,
    /// Steps that must be done before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<usize>,
    /// Steps of a stage begin when all lower stages of their site are done: 0 makes and changes, the others take away.
    #[serde(default)]
    pub stage: u32,
    /// What the driver needs to find what was seen; null where nothing was.
    #[serde(default)]
    pub handle: Value,
    /// The place that asks for it.
    pub origin: Origin,
    /// Places that ask for single fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub field_origins: Vec<(Path, Origin)>,
}

impl Step {
    /// The place that asks for a field.
    pub fn origin_of(&self, field: &Path) -> &Origin {
        self.field_origins
            .iter()
            .filter(|(prefix, _)| field.is_within(prefix))
            .max_by_key(|(prefix, _)| prefix.segments().len())
            .map_or(&self.origin, |(_, origin)| origin)
    }
}

/// Something that is not done now, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Withheld {
    /// What.
    pub address: Address,
    /// What kind of obstacle.
    pub kind: WithheldKind,
    /// Why.
    pub why: String,
    /// What to do, or what it waits for.
    pub help: Option<String>,
    /// The place that asks for it.
    pub origin: Origin,
}

/// Why something is not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WithheldKind {
    /// It waits for something that is not there yet; a later plan takes it up.
    Waiting,
    /// It would lose data, and no flag names it.
    Held,
    /// It is not ours, or cannot be done.
    Refused,
}

/// What was seen of a site when the plan was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SiteBasis {
    /// The backend.
    pub backend: String,
    /// What the driver talked to.
    pub target: String,
    /// When.
    pub taken_at: jiff::Timestamp,
    /// What could not be seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
    /// The site as the strawman has it: how to reach it.
    pub settings: Site,
    /// How many resources are as they should be.
    pub unchanged: usize,
    /// Things that are there and not kept in mind as applied; see [`crate::Driver::record`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unrecorded: Vec<Address>,
    /// Things that are kept in mind as applied and are neither there nor wanted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outdated: Vec<Address>,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// [`PLAN_SCHEMA`].
    #[serde(rename = "schemaVersion")]
    pub schema: String,
    /// The version of afctl that made it.
    pub made_by: String,
    /// When.
    pub made_at: jiff::Timestamp,
    /// The facility.
    pub facility: String,
    /// Whether it takes everything away.
    pub destroy: bool,
    /// What was seen, by site.
    pub sites: BTreeMap<String, SiteBasis>,
    /// What each thing looked like that is touched (see [`crate::Observed::digest`]); `None` where there was nothing.
    pub based_on: BTreeMap<Address, Option<String>>,
    /// What is done, in an order that holds.
    pub steps: Vec<Step>,
    /// What is not done, and why.
    pub withheld: Vec<Withheld>,
}

impl Plan {
    /// Whether there is nothing to do.
    pub const fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// How many steps there are of each action.
    pub fn counts(&self) -> BTreeMap<Action, usize> {
        let mut counts = BTreeMap::new();
        for step in &self.steps {
            *counts.entry(step.action).or_default() += 1;
        }
        counts
    }

    /// What is withheld for this kind of reason.
    pub fn withheld(&self, kind: WithheldKind) -> impl Iterator<Item = &Withheld> {
        self.withheld.iter().filter(move |withheld| withheld.kind == kind)
    }

    /// Resources that are as they should be.
    pub fn unchanged(&self) -> usize {
        self.sites.values().map(|site| site.unchanged).sum()
    }

    /// On whose behalf a site is looked at.
    pub fn owner(&self, site: &str) -> Owner {
        Owner { facility: self.facility.clone(), site: site.to_owned() }
    }
}
