//! The vocabulary that afctl and its backends share.

pub mod capacity;
pub mod codes;
pub mod diagnostic;
pub mod facility;
pub mod gpus;
pub mod language;
pub mod place;
pub mod units;

pub use diagnostic::{At, Code, Diagnostic, Diagnostics, Level};
pub use facility::Facility;
pub use place::{Half, Path, SourceFile, SourceMap, Span};
