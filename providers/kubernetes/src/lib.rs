//! The Kubernetes backend of afctl.

#[cfg(feature = "driver")]
pub mod driver;
pub mod kinds;
pub mod labels;
