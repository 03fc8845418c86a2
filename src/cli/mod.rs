//! What people see: one file a command, and how findings are shown.

pub mod diagnostics;
