//! Texts with `*`, `?` and `${...}` in them.
