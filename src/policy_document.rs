//! IAM policy documents of roles, secrets, keys, repositories, file systems and endpoints: read, and judged
//! for one request.
//!
//! Everything is three-valued. A statement applies, does not, or might: its condition tests a value that is
//! not known here. A decision is [`Decision::Unsure`] only where that makes a difference, and a document that
//! cannot be read is unsure too: nothing here fails. Policies of identities are IAM's to judge
//! (`SimulatePrincipalPolicy`), which has them all; here are those that it cannot simulate for roles.

mod condition;
mod correction;
mod pattern;
mod request_context;
mod said;
mod sides;
mod statement;
mod trust_policy;
mod truth;

use std::borrow::Cow;
use std::fmt;

use serde_json::Value;

use crate::arn::Arn;
use request_context::Facts;
use statement::{Effect, Reach};
use truth::Truth;

pub use condition::Unmet;
pub use correction::{allowing, with_statement};
pub use request_context::Context;
pub use sides::{Grantee, KeySide, ResourceSide, endpoint_policy, key_policy, resource_policy};
pub use trust_policy::{TaskOrigin, Trust, trust};

/// A role, as far as its ARN is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamedRole<'a> {
    /// `aws`, `aws-cn`, ...
    pub partition: &'a str,
    /// Its account.
    pub account: &'a str,
    /// What comes before its name, such as `team/`; empty for none, absent where only the name is known.
    pub path: Option<&'a str>,
    /// Its name, which is unique in the account whatever the path.
    pub name: &'a str,
    /// The session, where one is known: for ECS the task's id.
    pub session: Option<&'a str>,
}

impl<'a> NamedRole<'a> {
    /// Reads the ARN of a role, or that of its session, which lacks the path.
    #[must_use]
    pub fn parse(arn: &'a str) -> Option<Self> {
        let arn = Arn::parse(arn)?;
        let name = arn.role_name()?;
        let of_session = arn.resource.strip_prefix("assumed-role/");
        let path = arn.resource.strip_prefix("role/").and_then(|whole| whole.strip_suffix(name));
        let session = of_session.and_then(|rest| rest.split_once('/')).map(|(_, session)| session);
        Some(Self { partition: arn.partition, account: arn.account, path, name, session })
    }

    /// Its ARN; without a path where none is known.
    #[must_use]
    pub fn arn(&self) -> String {
        format!(
            "arn:{}:iam::{}:role/{}{}",
            self.partition,
            self.account,
            self.path.unwrap_or_default(),
            self.name
        )
    }
}

/// The principal of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Principal<'a> {
    /// A session of a role.
    Role(NamedRole<'a>),
    /// A service, such as `ecs-tasks.amazonaws.com`.
    Service(&'a str),
    /// A caller without an identity, as an NFS client that mounts without IAM.
    Anonymous,
}

/// A request that a document allows or refuses.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The principal of a request.
    pub principal: Principal<'a>,
    /// Such as `secretsmanager:GetSecretValue`.
    pub action: &'a str,
    /// The resource's ARN.
    pub resource: &'a str,
    /// What is known beyond that. What follows from the principal and the resource is known by itself.
    pub context: Context<'a>,
}

/// A statement, by its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    /// Its place in the document, from 0.
    pub index: usize,
    /// Its `Sid`.
    pub sid: Option<String>,
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Statement[{}]", self.index)?;
        self.sid.as_ref().map_or(Ok(()), |sid| write!(f, " ({sid})"))
    }
}

/// What a document says to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// A statement allows it, and none denies it.
    Allowed(At),
    /// A statement denies it, whatever others say.
    Denied(At),
    /// No statement allows it.
    NotAllowed {
        /// The statement that comes nearest, where one is about everything but the caller.
        nearly: Option<Nearly>,
        /// Why another statement might deny it, so that an allow alone might not help.
        may_deny: Option<String>,
    },
    /// It depends on what is not known; in words that complete "unknown: ...".
    Unsure(String),
}

/// A statement that would allow the request but for one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Nearly {
    /// It names a role or user that was deleted: AWS shows the id in its place. One recreated under the same
    /// name has another id.
    Orphan {
        /// The statement.
        at: At,
        /// Such as `AROAJQABLZS4A3QDU576Q`.
        id: String,
    },
    /// Its condition is not met.
    Condition {
        /// The statement.
        at: At,
        /// What is not met.
        unmet: Vec<Unmet>,
    },
}

/// What `document` says to `request`. A document in a string, as some APIs return it, is read too.
#[must_use]
pub fn decide(document: &Value, request: &Request<'_>) -> Decision {
    weigh(document, request, false).decision()
}

/// All that a document says to a request.
#[derive(Debug, Default)]
struct Weighed {
    denied: Option<At>,
    /// Why it may be denied.
    deniable: Option<String>,
    /// The statement that allows it and leaves least to the caller's own policies.
    allowed: Option<(At, Reach)>,
    /// Why it may be allowed, by the statement that would leave least to them.
    allowable: Option<(String, Reach)>,
    nearly: Option<Nearly>,
}

impl Weighed {
    fn decision(self) -> Decision {
        match self {
            Self { denied: Some(at), .. } => Decision::Denied(at),
            Self { allowed: None, allowable: None, nearly, deniable, .. } => {
                Decision::NotAllowed { nearly, may_deny: deniable }
            }
            Self { deniable: Some(why), .. } | Self { allowed: None, allowable: Some((why, _)), .. } => {
                Decision::Unsure(why)
            }
            Self { allowed: Some((at, _)), .. } => Decision::Allowed(at),
        }
    }
}

fn weigh(document: &Value, request: &Request<'_>, at_gateway: bool) -> Weighed {
    let document = unwrapped(document);
    let Some(statements) = statements(&document) else {
        let why = "what the policy says: it has no statements that can be read".to_owned();
        return Weighed {
            deniable: Some(why.clone()),
            allowable: Some((why, Reach::Anyone)),
            ..Weighed::default()
        };
    };
    let facts = Facts::of(request, document["Version"] == "2012-10-17");
    let mut weighed = Weighed::default();
    for (index, statement) in statements.iter().enumerate() {
        let judged = statement::judge(index, statement, request, &facts, at_gateway);
        weighed.nearly = weighed.nearly.or(judged.nearly);
        for (applies, reach) in judged.applies {
            let why = match applies {
                Truth::No => continue,
                _ if judged.effect.is_none() => Some(format!("whether {} allows or denies", judged.at)),
                Truth::Yes => None,
                Truth::Unsure(why) => Some(format!("{why}, on which {} hangs", judged.at)),
            };
            if judged.effect != Some(Effect::Deny) {
                match &why {
                    None => keep_greater(&mut weighed.allowed, judged.at.clone(), reach),
                    Some(why) => keep_greater(&mut weighed.allowable, why.clone(), reach),
                }
            }
            if judged.effect != Some(Effect::Allow) {
                match why {
                    None => weighed.denied = weighed.denied.or_else(|| Some(judged.at.clone())),
                    Some(why) => weighed.deniable = weighed.deniable.or(Some(why)),
                }
            }
        }
    }
    weighed
}

fn keep_greater<T>(kept: &mut Option<(T, Reach)>, value: T, reach: Reach) {
    if kept.as_ref().is_none_or(|(_, kept)| *kept < reach) {
        *kept = Some((value, reach));
    }
}

/// A document's statements: a list, or a single one.
fn statements(document: &Value) -> Option<&[Value]> {
    match document.get("Statement")? {
        Value::Array(statements) => Some(statements),
        one @ Value::Object(_) => Some(std::slice::from_ref(one)),
        _ => None,
    }
}

/// The document itself where it is in a string.
fn unwrapped(document: &Value) -> Cow<'_, Value> {
    match document {
        Value::String(text) => serde_json::from_str(text).map_or(Cow::Borrowed(document), Cow::Owned),
        _ => Cow::Borrowed(document),
    }
}

/// One text or a list of them, numbers and truth values among them.
fn texts(value: &Value) -> Option<Vec<Cow<'_, str>>> {
    match value {
        Value::Array(values) => values.iter().map(text).collect(),
        one => text(one).map(|text| vec![text]),
    }
}

fn text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Bool(_) | Value::Number(_) => Some(Cow::Owned(value.to_string())),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
