//! Profiles: the menu that users choose from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::units::{Bytes, Cores, Duration};

/// One entry of the menu.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Profile {
    /// What users see. Its name unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// What it is, for users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// CPUs, as the site's scheduler counts them: one figure, or a guarantee and a limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Amount<Cores>>,
    /// Memory: one figure, or a guarantee and a limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Amount<Bytes>>,
    /// GPU.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpu: Option<GpuChoice>,
    /// Container image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Image>,
    /// Choices that users make independently of each other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<Options>,
    /// Whether it is chosen when users choose nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<bool>,
    /// Accounts that may use it, with the accounts below them. All unless said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-afctl-ref" = "accounts"))]
    pub accounts: Vec<String>,
    /// Pools where it may run. Any that fits unless said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-afctl-ref" = "nodePools"))]
    pub pools: Vec<String>,
    /// Storage that it mounts. All that is visible at the site unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-afctl-ref" = "storage"))]
    pub storage: Option<Vec<String>>,
    /// The quality of service of its work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-afctl-ref" = "qos"))]
    pub qos: Option<String>,
    /// The longest that a session may last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_session: Option<Duration>,
}

/// One figure, or a guarantee and a limit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Amount<T> {
    /// Guarantee and limit apart.
    Range(AmountRange<T>),
    /// Guarantee and limit at once.
    Fixed(T),
}

/// A guarantee and a limit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AmountRange<T> {
    /// What is there in any case.
    pub guarantee: T,
    /// What it may take at the most.
    pub limit: T,
}

impl<T: Copy> Amount<T> {
    /// What is there in any case.
    pub const fn guarantee(&self) -> T {
        match self {
            Self::Range(range) => range.guarantee,
            Self::Fixed(amount) => *amount,
        }
    }

    /// What it may take at the most.
    pub const fn limit(&self) -> T {
        match self {
            Self::Range(range) => range.limit,
            Self::Fixed(amount) => *amount,
        }
    }
}

/// A GPU or none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum GpuChoice {
    /// None.
    None(NoGpu),
    /// So many of a kind.
    Some(GpuRequest),
}

impl GpuChoice {
    /// What is asked for, if anything.
    pub const fn request(&self) -> Option<&GpuRequest> {
        match self {
            Self::None(_) => None,
            Self::Some(request) => Some(request),
        }
    }
}

/// The word for no GPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NoGpu {
    /// No GPU.
    None,
}

/// GPUs that are asked for: a model, or a slice of a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GpuRequest {
    /// Model. Any unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Slice of a card, such as 1g.5gb. Whole cards unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slice: Option<String>,
    /// How many. One unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub count: Option<u32>,
}

impl GpuRequest {
    /// How many are asked for.
    pub fn count(&self) -> u32 {
        self.count.unwrap_or(1)
    }
}

/// A container image, or a choice of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Image {
    /// This one.
    Fixed(String),
    /// One of several.
    Choice(ImageChoice),
}

/// A choice of images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImageChoice {
    /// Images to choose from; the first is the default.
    #[schemars(length(min = 1))]
    pub choices: Vec<String>,
    /// Whether users may name an image of their own.
    #[serde(default)]
    pub custom: bool,
}

impl Image {
    /// The image taken when nobody chooses.
    pub fn default_image(&self) -> Option<&str> {
        match self {
            Self::Fixed(image) => Some(image),
            Self::Choice(choice) => choice.choices.first().map(String::as_str),
        }
    }
}

/// Choices that users make independently of each other; the first of each is the default.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Options {
    /// CPUs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cpu: Vec<Cores>,
    /// Memory.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub memory: Vec<Bytes>,
    /// GPU.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gpu: Vec<GpuChoice>,
}
