//! Codes of this family; see the table in [`super`].

crate::codes! {}
