//! One statement, held against one request.

use serde_json::Value;

use super::condition;
use super::correction::is_orphan;
use super::pattern::Pattern;
use super::request_context::Facts;
use super::truth::Truth;
use super::{At, NamedRole, Nearly, Principal, Request, texts};
use crate::arn::Arn;
use crate::redact::is_masked;

/// What became of a statement.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) at: At,
    pub(super) effect: Option<Effect>,
    /// Whether it is about the request, by each principal that it names.
    pub(super) applies: Vec<(Truth, Reach)>,
    /// The one thing for which it is not about the request.
    pub(super) nearly: Option<Nearly>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    Allow,
    Deny,
}

/// How a statement gets at the caller. The greater one leaves less to the caller's own policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    /// It names the account, and leaves it to the account's own policies.
    Account,
    /// It names the role, which its permissions boundary limits.
    Role,
    /// It names the role's session, or a caller that is not a role.
    Caller,
    /// It is about everybody.
    Anyone,
}

/// The principals of a statement, held against the caller.
#[derive(Debug)]
struct About {
    named: Vec<(Truth, Reach)>,
    orphan: Option<String>,
}

impl About {
    /// The reach of a statement about everybody.
    fn anyone(truth: Truth) -> Self {
        Self { named: vec![(truth, Reach::Anyone)], orphan: None }
    }

    fn truth(&self) -> Truth {
        Truth::any(self.named.iter().map(|(truth, _)| truth.clone()))
    }
}

/// Holds a statement against a request. A gateway endpoint has a way of its own with the principals that are
/// named.
pub(super) fn judge(
    index: usize,
    statement: &Value,
    request: &Request<'_>,
    facts: &Facts<'_>,
    at_gateway: bool,
) -> Judged {
    let at = At { index, sid: statement["Sid"].as_str().filter(|sid| !sid.is_empty()).map(str::to_owned) };
    let effect = match statement["Effect"].as_str() {
        Some("Allow") => Some(Effect::Allow),
        Some("Deny") => Some(Effect::Deny),
        _ => None,
    };
    let action = |pattern: &str| Pattern::wild(pattern, facts).matches_action(request.action);
    let resource = |pattern: &str| Pattern::wild(pattern, facts).matches_resource(request.resource);
    let what = Truth::all([
        listed(statement, "Action", "NotAction", action).unwrap_or_else(|| Truth::unsure("what it is about")),
        // On a resource's own policy it may be left out.
        listed(statement, "Resource", "NotResource", resource).unwrap_or(Truth::Yes),
    ]);
    let about = about(statement, &request.principal, at_gateway);
    let who = about.truth();
    let (condition, unmet) = condition::judge(statement.get("Condition"), facts);

    let orphan = about
        .orphan
        .filter(|_| who == Truth::No && condition != Truth::No)
        .map(|id| Nearly::Orphan { at: at.clone(), id });
    let shut_out =
        (who == Truth::Yes && condition == Truth::No).then(|| Nearly::Condition { at: at.clone(), unmet });
    let nearly = orphan.or(shut_out).filter(|_| effect == Some(Effect::Allow) && what == Truth::Yes);
    let applies = about
        .named
        .into_iter()
        .map(|(who, reach)| (Truth::all([what.clone(), who, condition.clone()]), reach))
        .collect();
    Judged { at, effect, applies, nearly }
}

/// Gateway endpoints compare callers by aws:PrincipalArn only: an account means its root user, and AWS does
/// not document what another name means.
fn at_gateway_endpoint((who, reach): (Truth, Reach)) -> (Truth, Reach) {
    match reach {
        Reach::Anyone => (who, reach),
        Reach::Account => (Truth::No, reach),
        Reach::Role | Reach::Caller => (Truth::unsure(UNHEEDED), reach),
    }
}

const UNHEEDED: &str = "whether a gateway endpoint heeds a principal other than *";

/// Whether one of the patterns under `name`, or none of those under `not_name`, fits; `None` where the
/// statement has neither.
fn listed(statement: &Value, name: &str, not_name: &str, fits: impl Fn(&str) -> Truth) -> Option<Truth> {
    let any = |value: &Value| {
        texts(value).map_or_else(
            || Truth::unsure(format!("what its {name} is")),
            |texts| Truth::any(texts.iter().map(|text| fits(text))),
        )
    };
    statement.get(name).map(any).or_else(|| statement.get(not_name).map(|value| any(value).not()))
}

fn about(statement: &Value, caller: &Principal<'_>, at_gateway: bool) -> About {
    if let Some(named) = statement.get("Principal") {
        let About { mut named, orphan } = listed_principals(named, caller);
        if at_gateway {
            named = named.into_iter().map(at_gateway_endpoint).collect();
        }
        return About { named, orphan };
    }
    let Some(spared) = statement.get("NotPrincipal") else {
        return About::anyone(Truth::unsure("whom it is about: it names no principal"));
    };
    let spared = listed_principals(spared, caller).truth();
    About::anyone(match (spared, caller) {
        _ if at_gateway => Truth::unsure(UNHEEDED),
        // To spare a role it takes the role, its session and its account, and the session of a task has a
        // name of its own.
        (Truth::Yes, Principal::Role(_)) => {
            Truth::unsure("whether its NotPrincipal spares the role's session")
        }
        (spared, _) => spared.not(),
    })
}

fn listed_principals(named: &Value, caller: &Principal<'_>) -> About {
    let unsure = |why: String| About::anyone(Truth::Unsure(why));
    let kinds = match named {
        Value::String(text) if text == "*" => return About::anyone(Truth::Yes),
        Value::Object(kinds) => kinds,
        _ => return unsure("whom it is about: its principal cannot be read".to_owned()),
    };
    let mut about = About { named: Vec::new(), orphan: None };
    for (kind, named) in kinds {
        let Some(named) = texts(named) else {
            return unsure(format!("whom it is about: its {kind} cannot be read"));
        };
        for text in &named {
            about.named.push(principal(kind, text, caller));
            let is_orphan = kind == "AWS"
                && text.starts_with("AROA")
                && is_orphan(text)
                && matches!(caller, Principal::Role(_));
            about.orphan = about.orphan.or_else(|| is_orphan.then(|| text.to_string()));
        }
    }
    about
}

fn principal(kind: &str, text: &str, caller: &Principal<'_>) -> (Truth, Reach) {
    match (kind, caller) {
        ("AWS", _) if text == "*" => (Truth::Yes, Reach::Anyone),
        ("AWS", _) if is_masked(text) || text.starts_with("**") => {
            (Truth::unsure("whom it is about: its principal was masked, or is none"), Reach::Anyone)
        }
        ("AWS", Principal::Role(role)) => is_role(text, role),
        ("Service", Principal::Service(service)) => (is_service(text, service), Reach::Caller),
        ("CanonicalUser", Principal::Role(_)) => {
            (Truth::unsure("which account its CanonicalUser is"), Reach::Account)
        }
        ("AWS" | "Service" | "Federated" | "CanonicalUser", _) => (Truth::No, Reach::Caller),
        _ => (Truth::unsure(format!("whom it is about: {kind} is not a kind of principal")), Reach::Caller),
    }
}

/// Whether `text` names the role, its session or its account.
fn is_role(text: &str, role: &NamedRole<'_>) -> (Truth, Reach) {
    let arn = Arn::parse(text);
    let account = arn.map_or(text, |arn| arn.account);
    if arn.is_none_or(|arn| arn.resource == "root") {
        return (Truth::of(account == role.account), Reach::Account);
    }
    let Some(named) = NamedRole::parse(text).filter(|_| account == role.account) else {
        return (Truth::No, Reach::Role);
    };
    let truth = match (named.session, role.session) {
        _ if text.contains(['*', '?']) => {
            Truth::unsure("whether its principal counts: AWS takes no wildcards there")
        }
        _ if !named.name.eq_ignore_ascii_case(role.name) => Truth::No,
        _ if named.name != role.name => {
            Truth::unsure("whether its principal counts: the role's name is in another case")
        }
        (Some(session), Some(known)) => Truth::of(session == known),
        (Some(_), None) => Truth::unsure("what the role's session is called"),
        // A name is unique in its account, so where one path is not known, the role is the same.
        (None, _) => Truth::of(named.path.zip(role.path).is_none_or(|(one, other)| one == other)),
    };
    (truth, if named.session.is_some() { Reach::Caller } else { Reach::Role })
}

fn is_service(text: &str, service: &str) -> Truth {
    let first = |name: &str| name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    match text {
        _ if text == service => Truth::Yes,
        // Some partitions and Regions have names of their own for a service.
        _ if text.contains('*') || first(text) == first(service) => {
            Truth::unsure(format!("whether {text} means {service}"))
        }
        _ => Truth::No,
    }
}
