//! Whose permission counts: the policy on a key, on a resource of another account, and on the endpoint that
//! the call passes.

use serde_json::{Value, json};

use super::statement::Reach;
use super::{At, Context, Decision, NamedRole, Nearly, Principal, Request, Weighed, allowing, weigh};
use crate::arn::Arn;
use crate::question::facts::VpcEndpoint;

/// The principal that a grant names. It decides which policies of the account can still refuse the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grantee {
    /// The role by its ARN: an implicit deny of its permissions boundary limits the grant.
    Role,
    /// The role by its ARN at least; whether its session too depends on this.
    RoleAtLeast(String),
    /// The role's session by its ARN, or everybody: only an explicit deny takes it away.
    Session,
}

impl Grantee {
    fn of(reach: Reach, allowable: Option<(String, Reach)>) -> Self {
        match allowable {
            _ if reach > Reach::Role => Self::Session,
            Some((why, possible)) if possible > Reach::Role => Self::RoleAtLeast(why),
            _ => Self::Role,
        }
    }
}

/// What a key's policy decides about a role that wants to decrypt. Grants, which can allow it too, are not
/// part of the policy.
#[derive(Debug, Clone, PartialEq)]
pub enum KeySide {
    /// It allows the role itself: the role's own policies need no allow, but an explicit deny in any of them
    /// still refuses the call.
    Direct(At, Grantee),
    /// It allows the role's account, or the role from another account: the role's own policies must allow it
    /// too.
    Delegated(At),
    /// It allows neither: a permission on the role does not help.
    Refused {
        /// The statement that comes nearest.
        nearly: Option<Nearly>,
        /// Why another statement might deny it.
        may_deny: Option<String>,
        /// The statement to add.
        add: Value,
    },
    /// It denies it.
    Denied(At),
    /// It depends on what is not known.
    Unsure(String),
}

/// What a resource's policy says to a role.
#[derive(Debug, Clone, PartialEq)]
pub enum ResourceSide {
    /// It does not deny it, and within one account no more is needed: the role's own policies decide.
    NotNeeded,
    /// It allows the role; from another account the role's own policies must allow it too.
    Grants(At, Grantee),
    /// It does not allow the role, which is of another account: a permission on the role does not help.
    Missing {
        /// The statement that comes nearest.
        nearly: Option<Nearly>,
        /// Why another statement might deny it.
        may_deny: Option<String>,
        /// The statement to add.
        add: Value,
    },
    /// It denies it.
    Denied(At),
    /// It depends on what is not known.
    Unsure(String),
}

/// Whether a key's policy allows `role` to decrypt through the service `via`, such as
/// `secretsmanager.us-east-1.amazonaws.com`. What else the call carries, such as its encryption context, is
/// for the caller to say.
#[must_use]
pub fn key_policy(
    document: &Value,
    role: &NamedRole<'_>,
    key_arn: &str,
    via: &str,
    context: Context<'_>,
) -> KeySide {
    let (via_values, caller_values) = ([via], [role.account]);
    let own: [(&str, &[&str]); 3] = [
        ("kms:ViaService", &via_values),
        ("kms:CallerAccount", &caller_values),
        ("aws:ViaAWSService", &["true"]),
    ];
    let context: Vec<_> = context.iter().chain(&own).copied().collect();
    let request = Request {
        principal: Principal::Role(*role),
        action: "kms:Decrypt",
        resource: key_arn,
        context: &context,
    };
    let abroad = Arn::parse(key_arn).is_some_and(|key| key.account != role.account);
    match weigh(document, &request, false) {
        Weighed { denied: Some(at), .. } => KeySide::Denied(at),
        Weighed { allowed: None, allowable: None, nearly, deniable, .. } => {
            let mut add = allowing(&request.principal, request.action, key_arn);
            add["Condition"] = json!({"StringEquals": {"kms:ViaService": via}});
            KeySide::Refused { nearly, may_deny: deniable, add }
        }
        Weighed { deniable: Some(why), .. } | Weighed { allowed: None, allowable: Some((why, _)), .. } => {
            KeySide::Unsure(why)
        }
        Weighed { allowed: Some((at, _)), .. } if abroad => KeySide::Delegated(at),
        Weighed { allowed: Some((at, reach)), allowable, .. } if reach > Reach::Account => {
            KeySide::Direct(at, Grantee::of(reach, allowable))
        }
        // A statement that might allow the role by itself makes the role's own policies irrelevant.
        Weighed { allowable: Some((why, reach)), .. } if reach > Reach::Account => KeySide::Unsure(why),
        Weighed { allowed: Some((at, _)), .. } => KeySide::Delegated(at),
    }
}

/// Whether the policy on a resource of account `owner` allows the request; `None` is a resource without a
/// policy.
#[must_use]
pub fn resource_policy(document: Option<&Value>, request: &Request<'_>, owner: &str) -> ResourceSide {
    let weighed = document.map(|document| weigh(document, request, false)).unwrap_or_default();
    // A caller of the same account has policies of its own. One without a name has none, but where there is
    // no policy needs none.
    let needs_allow = match request.principal {
        Principal::Role(role) => role.account != owner,
        Principal::Service(_) => true,
        Principal::Anonymous => document.is_some(),
    };
    match weighed {
        Weighed { denied: Some(at), .. } => ResourceSide::Denied(at),
        Weighed { allowed: None, allowable: None, nearly, deniable, .. } if needs_allow => {
            ResourceSide::Missing {
                nearly,
                may_deny: deniable,
                add: allowing(&request.principal, request.action, request.resource),
            }
        }
        Weighed { deniable: Some(why), .. } => ResourceSide::Unsure(why),
        Weighed { allowed: Some((at, reach)), allowable, .. } if needs_allow || reach > Reach::Account => {
            ResourceSide::Grants(at, Grantee::of(reach, allowable))
        }
        Weighed { allowable: Some((why, reach)), .. } if needs_allow || reach > Reach::Account => {
            ResourceSide::Unsure(why)
        }
        _ => ResourceSide::NotNeeded,
    }
}

/// Whether an endpoint's policy allows the request. An endpoint without a policy allows everything.
#[must_use]
pub fn endpoint_policy(endpoint: &VpcEndpoint, request: &Request<'_>) -> Decision {
    let Some(document) = &endpoint.policy_document else {
        return Decision::Allowed(At { index: 0, sid: None });
    };
    let id: Vec<&str> = endpoint.vpc_endpoint_id.as_deref().into_iter().collect();
    let own = (!id.is_empty()).then_some(("aws:SourceVpce", id.as_slice()));
    let context: Vec<_> = request.context.iter().copied().chain(own).collect();
    let is_gateway = endpoint.vpc_endpoint_type.as_deref() == Some("Gateway");
    weigh(&Value::String(document.clone()), &Request { context: &context, ..*request }, is_gateway).decision()
}
