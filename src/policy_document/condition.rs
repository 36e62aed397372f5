//! The conditions of a statement.

/// Condition keys with all their values; a key with none is known to be absent from the request, one that is not here may be in it.
pub type Context<'a> = &'a [(&'a str, &'a [&'a str])];

/// A condition that the request does not meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmet {
    /// Such as `StringEquals`.
    pub operator: String,
    /// Such as `aws:SourceAccount`.
    pub key: String,
    /// What the statement wants.
    pub wants: Vec<String>,
    /// What the request has.
    pub has: Vec<String>,
}
