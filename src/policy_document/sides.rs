//! Whose permission counts: the policy on a key, on a resource of another account, and on the endpoint that the call passes.

use serde_json::{Value, json};

use super::statement::Reach;
use super::{At, Context, Decision, NamedRole, Nearly, Principal, Request, Weighed, allowing, weigh};
use crate::arn::Arn;
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

/// Whether a key's policy lets `role` decrypt through the service `via`, such as `secretsmanager.us-east-1.amazonaws.com`. What else the call
/// carries, such as its encryption context, is for the caller to say.
#[must_use]
pub fn key_policy(document: &Value, role: &NamedRole<'_>, key_arn: &str, via: &str, context: Context<'_>) -> KeySide {
    let (via_values, caller_values) = ([via], [role.account]);
    let own: [(&str, &[&str]); 3] = [("kms:ViaService", &via_values), ("kms:CallerAccount", &caller_values), ("aws:ViaAWSService", &["true"])];
    let context: Vec<_> = context.iter().chain(&own).copied().collect();
    let request = Request { principal: Principal::Role(*role), action: "kms:Decrypt", resource: key_arn, context: &context };
    let abroad = Arn::parse(key_arn).is_some_and(|key| key.account != role.account);
    match weigh(document, &request) {
        Weighed { denied: Some(at), .. } => KeySide::Denied(at),
        Weighed { deniable: Some(why), .. } => KeySide::Unsure(why),
        Weighed { allowed: Some((at, reach)), .. } if abroad || reach == Reach::Account => KeySide::Delegated(at),
        Weighed { allowed: Some((at, _)), .. } => KeySide::Direct(at),
        Weighed { allowable: Some(why), .. } => KeySide::Unsure(why),
        Weighed { nearly, .. } => {
            let mut add = allowing(&request.principal, request.action, key_arn);
            add["Condition"] = json!({"StringEquals": {"kms:ViaService": via}});
            KeySide::Refused { nearly, add }
        }
    }
}

/// Whether the policy on a resource of account `owner` lets the request pass; `None` is a resource without a policy.
#[must_use]
pub fn resource_policy(document: Option<&Value>, request: &Request<'_>, owner: &str) -> ResourceSide {
    let weighed = document.map(|document| weigh(document, request)).unwrap_or_default();
    // A caller of the same account has policies of its own. One without a name has none, but where there is no policy needs none.
    let needs_allow = match request.principal {
        Principal::Role(role) => role.account != owner,
        Principal::Service(_) => true,
        Principal::Anonymous => document.is_some(),
    };
    match weighed {
        Weighed { denied: Some(at), .. } => ResourceSide::Denied(at),
        Weighed { deniable: Some(why), .. } => ResourceSide::Unsure(why),
        Weighed { allowed: Some((at, reach)), .. } if needs_allow || reach != Reach::Account => ResourceSide::Grants(at),
        _ if !needs_allow => ResourceSide::NotNeeded,
        Weighed { allowable: Some(why), .. } => ResourceSide::Unsure(why),
        Weighed { nearly, .. } => ResourceSide::Missing { nearly, add: allowing(&request.principal, request.action, request.resource) },
    }
}

/// Whether an endpoint's policy lets the request pass. One without a policy lets everything.
#[must_use]
pub fn endpoint_policy(endpoint: &VpcEndpoint, request: &Request<'_>) -> Decision {
    let Some(document) = &endpoint.policy_document else { return Decision::Allowed(At { index: 0, sid: None }) };
    let id: Vec<&str> = endpoint.vpc_endpoint_id.as_deref().into_iter().collect();
    let own = (!id.is_empty()).then_some(("aws:SourceVpce", id.as_slice()));
    let context: Vec<_> = request.context.iter().copied().chain(own).collect();
    let weighed = weigh(&Value::String(document.clone()), &Request { context: &context, ..*request });
    let is_gateway = endpoint.vpc_endpoint_type.as_deref() == Some("Gateway");
    let by_name = weighed.allowed.as_ref().is_some_and(|(_, reach)| *reach != Reach::Anyone);
    match weighed.decision() {
        // Those of S3 and DynamoDB tell callers apart by aws:PrincipalArn only.
        Decision::Allowed(at) if is_gateway && by_name => Decision::Unsure(format!("whether a gateway endpoint heeds the principal of {at}")),
        decision => decision,
    }
}
