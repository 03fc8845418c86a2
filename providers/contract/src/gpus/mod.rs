//! GPUs: what each model is, what it can be cut into, and what the schedulers call it.
//!
//! The catalogue knows the models of the field by the names that people use (`a100-40gb`, `rtx2080ti`). A model that it
//! does not know is not an error anywhere: it counts as a card that cannot be cut, of the vendor that its name
//! suggests. Figures are the vendors'; the placements of MIG are those of NVIDIA's user guide for MIG.

mod catalogue;
mod mig;

pub use catalogue::MODELS;
pub use mig::{Mig, MigProfile, Misfit};

use crate::language::{Gpu, Sharing, SharingKind};
use crate::units::Bytes;

/// The word for a card that is left in one piece, among MIG profiles.
pub const WHOLE: &str = "whole";

/// Who makes a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Vendor {
    /// NVIDIA.
    Nvidia,
    /// AMD.
    Amd,
}

impl Vendor {
    /// The vendor that a model's name suggests, known to the catalogue or not.
    pub fn of(model: &str) -> Self {
        if let Some(known) = find(model) {
            return known.vendor;
        }
        let lower = model.to_ascii_lowercase();
        let instinct =
            lower.strip_prefix("mi").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        if instinct || lower.starts_with("radeon") || lower.starts_with("amd") {
            Self::Amd
        } else {
            Self::Nvidia
        }
    }

    /// What the name of its resources begins with in Kubernetes.
    pub const fn domain(self) -> &'static str {
        match self {
            Self::Nvidia => "nvidia.com",
            Self::Amd => "amd.com",
        }
    }

    /// The resource of whole (or shared) cards in Kubernetes: `nvidia.com/gpu`.
    pub const fn resource(self) -> &'static str {
        match self {
            Self::Nvidia => "nvidia.com/gpu",
            Self::Amd => "amd.com/gpu",
        }
    }
}

/// A model of GPU.
#[derive(Debug)]
pub struct Model {
    /// As the field calls it, and a strawman: `a100-40gb`.
    pub name: &'static str,
    /// Who makes it.
    pub vendor: Vendor,
    /// Memory, in the vendor's GB.
    pub gigabytes: u64,
    /// What NVIDIA's feature discovery writes into the label `nvidia.com/gpu.product`, by form factor, commonest
    /// first. Empty where no label is known.
    pub products: &'static [&'static str],
    /// How it can be cut, if it can.
    pub mig: Option<&'static Mig>,
}

impl Model {
    /// Memory of the card.
    pub const fn memory(&self) -> Bytes {
        Bytes(self.gigabytes * 1_000_000_000)
    }
}

/// The model of this name, whatever its case.
pub fn find(name: &str) -> Option<&'static Model> {
    MODELS.iter().find(|model| model.name.eq_ignore_ascii_case(name))
}

/// The resource of a MIG slice in Kubernetes: `nvidia.com/mig-1g.5gb`.
pub fn mig_resource(profile: &str) -> String {
    // The device plugin writes attributes such as `+me` with a point, since a resource's name takes no plus.
    format!("nvidia.com/mig-{}", profile.replace('+', "."))
}

/// Models that can be cut into slices of this profile.
pub fn models_with_slice(profile: &str) -> impl Iterator<Item = &'static Model> {
    MODELS.iter().filter(move |model| model.mig.is_some_and(|mig| mig.profile(profile).is_some()))
}

/// What cards offer to work, in the whole of a pool.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Offer {
    /// Physical cards.
    pub cards: u64,
    /// Cards that work can have for itself alone.
    pub whole: u64,
    /// What Kubernetes counts as `nvidia.com/gpu` or `amd.com/gpu`: whole cards, or shares of them.
    pub countable: u64,
    /// Slices by profile.
    pub slices: Vec<(String, u64)>,
}

impl Gpu {
    /// What `nodes` nodes with these cards offer. What MIG is asked to make is taken at its word, whether or not the
    /// cards give it; see [`Mig::misfit`].
    pub fn offer(&self, nodes: u64) -> Offer {
        let cards = nodes * u64::from(self.per_node);
        let plain = |countable, whole| Offer { cards, whole, countable, slices: Vec::new() };
        match &self.sharing {
            Sharing::None(_) => plain(cards, cards),
            Sharing::How(SharingKind::Mps(how) | SharingKind::TimeSlice(how)) => {
                plain(cards.saturating_mul(u64::from(how.replicas)), 0)
            }
            Sharing::How(SharingKind::Mig(layout)) => {
                let whole = layout.get(WHOLE).copied().map_or(0, u64::from);
                let slices = layout
                    .iter()
                    .filter(|(profile, _)| *profile != WHOLE)
                    .map(|(profile, count)| (profile.clone(), u64::from(*count)))
                    .collect();
                Offer { cards, whole, countable: whole, slices }
            }
        }
    }

    /// The vendor of these cards.
    pub fn vendor(&self) -> Vendor {
        Vendor::of(&self.model)
    }
}

#[cfg(test)]
mod tests;
