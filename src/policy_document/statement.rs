//! One statement, held against one request.

use serde_json::Value;

use super::condition;
use super::mending::is_orphan;
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
    /// Whether it is about the request.
    pub(super) applies: Truth,
    pub(super) reach: Reach,
    /// The one thing for which it is not about the request.
    pub(super) nearly: Option<Nearly>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    Allow,
    Deny,
}

/// How a statement gets at the caller, from the widest to the closest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    /// It names the account, and leaves it to the account's own policies.
    Account,
    /// It is about everybody.
    Anyone,
    /// It names the caller.
    Named,
}

/// Whom a statement is about.
#[derive(Debug)]
struct About {
    truth: Truth,
    reach: Reach,
    orphan: Option<String>,
}

/// Holds a statement against a request.
pub(super) fn judge(index: usize, statement: &Value, request: &Request<'_>, facts: &Facts<'_>) -> Judged {
    let at = At { index, sid: statement["Sid"].as_str().filter(|sid| !sid.is_empty()).map(str::to_owned) };
    let effect = match statement["Effect"].as_str() {
        Some("Allow") => Some(Effect::Allow),
        Some("Deny") => Some(Effect::Deny),
        _ => None,
    };
    let action = |pattern: &str| Pattern::wild(pattern, facts).matches_any_case(request.action);
    let resource = |pattern: &str| Pattern::wild(pattern, facts).matches(request.resource);
    let what = Truth::all([
        listed(statement, "Action", "NotAction", action).unwrap_or_else(|| Truth::unsure("what it is about")),
        // On a resource's own policy it may be left out.
        listed(statement, "Resource", "NotResource", resource).unwrap_or(Truth::Yes),
    ]);
    let About { truth: who, reach, orphan } = about(statement, &request.principal);
    let (condition, unmet) = condition::judge(statement.get("Condition"), facts);

    let orphan = orphan.filter(|_| who == Truth::No && condition != Truth::No).map(|id| Nearly::Orphan { at: at.clone(), id });
    let shut_out = (who == Truth::Yes && condition == Truth::No).then(|| Nearly::Condition { at: at.clone(), unmet });
    let nearly = orphan.or(shut_out).filter(|_| effect == Some(Effect::Allow) && what == Truth::Yes);
    Judged { effect, applies: Truth::all([what, who, condition]), reach, nearly, at }
}

/// Whether one of the patterns under `name`, or none of those under `not_name`, fits; `None` where the statement has neither.
fn listed(statement: &Value, name: &str, not_name: &str, fits: impl Fn(&str) -> Truth) -> Option<Truth> {
    let any =
        |value: &Value| texts(value).map_or_else(|| Truth::unsure(format!("what its {name} is")), |texts| Truth::any(texts.iter().map(|text| fits(text))));
    statement.get(name).map(any).or_else(|| statement.get(not_name).map(|value| any(value).not()))
}

fn about(statement: &Value, caller: &Principal<'_>) -> About {
    if let Some(named) = statement.get("Principal") {
        return listed_principals(named, caller);
    }
    let Some(spared) = statement.get("NotPrincipal") else {
        return About { truth: Truth::unsure("whom it is about: it names no principal"), reach: Reach::Anyone, orphan: None };
    };
    let spared = listed_principals(spared, caller).truth;
    let truth = match (spared, caller) {
        // To spare a role it takes the role, its session and its account, and the session of a task has a name of its own.
        (Truth::Yes, Principal::Role(_)) => Truth::unsure("whether its NotPrincipal spares the role's session"),
        (spared, _) => spared.not(),
    };
    About { truth, reach: Reach::Anyone, orphan: None }
}

fn listed_principals(named: &Value, caller: &Principal<'_>) -> About {
    let unsure = |why: String| About { truth: Truth::Unsure(why), reach: Reach::Anyone, orphan: None };
    let kinds = match named {
        Value::String(text) if text == "*" => return About { truth: Truth::Yes, reach: Reach::Anyone, orphan: None },
        Value::Object(kinds) => kinds,
        _ => return unsure("whom it is about: its principal cannot be read".to_owned()),
    };
    let (mut truths, mut reach, mut orphan) = (Vec::new(), Reach::Account, None);
    for (kind, named) in kinds {
        let Some(named) = texts(named) else { return unsure(format!("whom it is about: its {kind} cannot be read")) };
        for text in &named {
            let (truth, how) = principal(kind, text, caller);
            if truth == Truth::Yes {
                reach = reach.max(how);
            }
            orphan = orphan.or_else(|| (kind == "AWS" && text.starts_with("AROA") && is_orphan(text)).then(|| text.to_string()));
            truths.push(truth);
        }
    }
    About { truth: Truth::any(truths), reach, orphan: orphan.filter(|_| matches!(caller, Principal::Role(_))) }
}

fn principal(kind: &str, text: &str, caller: &Principal<'_>) -> (Truth, Reach) {
    match (kind, caller) {
        ("AWS", _) if text == "*" => (Truth::Yes, Reach::Anyone),
        ("AWS", Principal::Role(role)) => is_role(text, role),
        ("Service", Principal::Service(service)) => (is_service(text, service), Reach::Named),
        ("CanonicalUser", Principal::Role(_)) => (Truth::unsure("which account its CanonicalUser is"), Reach::Account),
        ("AWS" | "Service" | "Federated" | "CanonicalUser", _) => (Truth::No, Reach::Named),
        _ => (Truth::unsure(format!("whom it is about: {kind} is no kind of principal")), Reach::Named),
    }
}

/// Whether `text` names the role, its session or its account.
fn is_role(text: &str, role: &NamedRole<'_>) -> (Truth, Reach) {
    if text == role.account {
        return (Truth::Yes, Reach::Account);
    }
    let Some(arn) = Arn::parse(text) else {
        let masked = is_masked(text);
        return (if masked { Truth::unsure("whom it is about: its principal was masked") } else { Truth::No }, Reach::Named);
    };
    if arn.account != role.account {
        return (Truth::No, Reach::Named);
    }
    if arn.resource == "root" {
        return (Truth::Yes, Reach::Account);
    }
    let Some(named) = NamedRole::parse(text) else { return (Truth::No, Reach::Named) };
    let truth = match (named.session, role.session) {
        _ if text.contains(['*', '?']) => Truth::unsure("whether its principal counts: AWS takes no wildcards there"),
        _ if named.name != role.name => Truth::No,
        (Some(session), Some(known)) => Truth::of(session == known),
        (Some(_), None) => Truth::unsure("what the role's session is called"),
        // A name is unique in its account, so where one path is not known, the role is the same.
        (None, _) => Truth::of(named.path.zip(role.path).is_none_or(|(one, other)| one == other)),
    };
    (truth, Reach::Named)
}

fn is_service(text: &str, service: &str) -> Truth {
    let first = |name: &str| name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    match text {
        _ if text == service => Truth::Yes,
        // Some partitions and Regions have names of their own for a service.
        _ if text.contains('*') || first(text) == first(service) => Truth::unsure(format!("whether {text} stands for {service}")),
        _ => Truth::No,
    }
}
