//! Whose permission counts: the policy on a key, on a resource of another account, and on the endpoint that the call passes.

use serde_json::Value;

use super::{At, Context, Decision, NamedRole, Nearly, Request};
use crate::question::facts::VpcEndpoint;

/// What a key's policy says to a role that wants to decrypt. Grants, which may let it too, stand elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub enum KeySide {
    /// It lets the role itself, whatever the role's policies say (unless they deny).
    Direct(At),
    /// It lets the role's account, or the role from another account: the role's own policies must allow it too.
    Delegated(At),
    /// It lets neither: a permission on the role does not help.
    Refused {
        /// The statement that comes nearest.
        nearly: Option<Nearly>,
        /// The statement to add.
        add: Value,
    },
    /// It denies it.
    Denied(At),
    /// It hangs on what is not known.
    Unsure(String),
}

/// What a resource's policy says to a role.
#[derive(Debug, Clone, PartialEq)]
pub enum ResourceSide {
    /// It does not deny it, and within one account no more is needed: the role's own policies decide.
    NotNeeded,
    /// It lets the role; from another account the role's own policies must allow it too.
    Grants(At),
    /// It does not let the role, which is of another account: a permission on the role does not help.
    Missing {
        /// The statement that comes nearest.
        nearly: Option<Nearly>,
        /// The statement to add.
        add: Value,
    },
    /// It denies it.
    Denied(At),
    /// It hangs on what is not known.
    Unsure(String),
}

/// Whether a key's policy lets `role` decrypt through the service `via`, such as `secretsmanager.us-east-1.amazonaws.com`.
#[must_use]
pub fn key_policy(document: &Value, role: &NamedRole<'_>, key_arn: &str, via: &str, context: Context<'_>) -> KeySide {
    let _ = (document, role, key_arn, via, context);
    KeySide::Unsure("it was not read".to_owned())
}

/// Whether the policy on a resource of account `owner` lets the request pass; `None` is a resource without a policy.
#[must_use]
pub fn resource_policy(document: Option<&Value>, request: &Request<'_>, owner: &str) -> ResourceSide {
    let _ = (document, request, owner);
    ResourceSide::Unsure("it was not read".to_owned())
}

/// Whether an endpoint's policy lets the request pass. One without a policy lets everything.
#[must_use]
pub fn endpoint_policy(endpoint: &VpcEndpoint, request: &Request<'_>) -> Decision {
    let _ = (endpoint, request);
    Decision::Unsure("it was not read".to_owned())
}
