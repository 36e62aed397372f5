//! From what was read of one failure to its symptom: which of the names is the resource, the role or the
//! host, and what each may look like.

use super::fold::Folded;
use super::phrase::{Names, Weight};
use super::reader::Clause;
use super::symptom::{Fact, Fault, Span, Step, Symptom, Wanted};
use crate::arn::{is_account, is_region};
use crate::redact::is_masked;

/// No longer name resolves.
const LONGEST_HOST: usize = 253;

impl Clause {
    pub(super) fn into_symptom(
        self,
        text: &str,
        folded: &Folded,
        step_before: Option<Step>,
        is_last: bool,
    ) -> Symptom {
        let facts = Facts { names: &self.names, text, folded };
        let best = |kind| facts.best(kind);
        let step = self.step.as_ref().map(|step| step.value).or(step_before).unwrap_or(Step::Unknown);
        let socket = best(Names::Address);
        let url = best(Names::Url);
        let resource = facts.resource(step);
        let fault = self.fault.as_ref().map_or(Fault::Unknown, |fault| fault.value);
        let whole = 0..folded.text.len();
        let refused_by = self.deny.as_ref().map(|(deny, _)| *deny);
        let deny = self.deny.filter(|_| fault == Fault::AccessDenied);
        let decisive = deny.as_ref().map(|(_, span)| span.clone()).or(self.fault.map(|fault| fault.span));
        let span = decisive.or(self.step.map(|step| step.span)).unwrap_or(whole);
        let host = best(Names::Host).or_else(|| url.as_ref().and_then(host_of)).filter(is_host);
        let region = best(Names::Region)
            .or_else(|| resource.as_ref().and_then(|arn| arn_part(arn, 3)))
            .filter(|region| is_region(&region.text));
        Symptom {
            step,
            fault,
            deny: deny.map(|(deny, _)| deny),
            refused_by,
            span: folded.original(&span),
            action: best(Names::Action).filter(is_action),
            principal: facts.principal(),
            role: facts.role(),
            service_linked: best(Names::ServiceLinked).is_some(),
            region,
            account: resource
                .as_ref()
                .and_then(|arn| arn_part(arn, 4))
                .filter(|account| is_account(&account.text)),
            resource,
            bucket: best(Names::Bucket),
            host,
            address: socket.as_ref().map(without_port),
            port: socket.as_ref().and_then(|socket| socket.text.rsplit_once(':')?.1.parse().ok()),
            by_proxy: false,
            key: facts.key(),
            json_key: best(Names::JsonKey),
            version_stage: best(Names::VersionStage),
            retries: best(Names::Retries).and_then(|fact| fact.text.parse().ok()),
            request_id: best(Names::RequestId),
            wants: wanted(&self.wants, self.of_secrets, fault),
            truncated: (is_last && is_truncated(text, fault)) || folded.is_cut_after(self.end),
        }
    }
}

/// What the names of a clause are, as facts with their places in the original text.
struct Facts<'c> {
    names: &'c [(Names, Weight, Span)],
    text: &'c str,
    folded: &'c Folded,
}

impl Facts<'_> {
    fn fact(&self, span: &Span) -> Fact {
        let place = self.folded.original(span);
        let written = self.text[place.clone()].trim_end().len();
        Fact { text: self.folded.words(self.text, span), span: place.start..place.start + written }
    }

    fn best(&self, kind: Names) -> Option<Fact> {
        let of_kind = self.names.iter().rev().filter(|(names, ..)| *names == kind);
        // Of equals the last counts, which is the first of the text.
        of_kind.max_by_key(|(_, weight, _)| *weight).map(|(.., span)| self.fact(span))
    }

    /// The first ARN of a service.
    fn arn(&self, service: &str) -> Option<Fact> {
        let of_service = |span: &&Span| self.folded.text[(*span).clone()].split(':').nth(2) == Some(service);
        let arns = self.names.iter().filter(|(names, ..)| matches!(names, Names::Arn | Names::Resource));
        arns.map(|(.., span)| span).find(of_service).map(|span| self.fact(span))
    }

    fn principal(&self) -> Option<Fact> {
        self.best(Names::Principal).or_else(|| self.arn("sts")).filter(is_identity)
    }

    fn role(&self) -> Option<Fact> {
        let role = self.best(Names::Role);
        role.or_else(|| self.arn("iam").filter(|arn| arn.text.contains(":role/"))).filter(is_identity)
    }

    fn key(&self) -> Option<Fact> {
        self.arn("kms").filter(is_key)
    }

    /// What a step was about: what the text calls so, else the most specific of the other names.
    fn resource(&self, step: Step) -> Option<Fact> {
        // What these steps fetch is a secret, a parameter, or what a key has locked.
        let of_secrets =
            matches!(step, Step::SecretsManager | Step::ParameterStore | Step::RegistryCredentials);
        let is_fetched = |fact: &Fact| {
            arn_part(fact, 2).is_none_or(|service| {
                !of_secrets || matches!(service.text.as_str(), "secretsmanager" | "ssm" | "kms")
            })
        };
        // These steps fetch no secret, so the host is the only name that the text can have.
        let elsewhere = matches!(step, Step::LogDriver | Step::ServiceConnect);
        self.best(Names::Resource)
            .filter(is_fetched)
            .or_else(|| self.role())
            .or_else(|| self.best(Names::Bucket))
            .or_else(|| self.arn("secretsmanager"))
            .or_else(|| self.arn("ssm"))
            .or_else(|| self.key())
            .or_else(|| self.arn("logs"))
            .or_else(|| self.arn("s3"))
            .or_else(|| self.best(Names::Url))
            .or_else(|| elsewhere.then(|| self.best(Names::Address).or_else(|| self.best(Names::Host)))?)
            .or_else(|| if step == Step::ExecutionRole { self.arn("ecs") } else { None })
            .or_else(|| self.arn(self.best(Names::Action)?.text.split(':').next()?))
    }
}

/// What an application did not get, where the words say.
fn wanted(wants: &[Wanted], of_secrets: bool, fault: Fault) -> Option<Wanted> {
    let file = Some(Wanted::File).filter(|file| fault == Fault::NotFound && wants.contains(file));
    file.or_else(|| Some(Wanted::Parameter).filter(|it| !of_secrets && wants.contains(it)))
}

/// Part `index` of an ARN (0 is `arn`), where it is one and the part is not empty.
fn arn_part(arn: &Fact, index: usize) -> Option<Fact> {
    let mut from = arn.span.start;
    let mut parts = arn.text.split(':');
    if parts.clone().next() != Some("arn") {
        return None;
    }
    for part in parts.by_ref().take(index) {
        from += part.len() + 1;
    }
    parts
        .next()
        .filter(|part| !part.is_empty())
        .map(|part| Fact { text: part.to_owned(), span: from..from + part.len() })
}

fn is_host(fact: &Fact) -> bool {
    (1..=LONGEST_HOST).contains(&fact.text.len())
        && fact.text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
}

/// `service:Call`; a name with a wildcard does not say which call.
fn is_action(fact: &Fact) -> bool {
    let service = |name: &str| {
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    let call = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    fact.text.split_once(':').is_some_and(|(of, name)| service(of) && call(name))
}

/// Who made a call, as people write it who hide their account: nothing that was masked, quoted or joined.
fn is_identity(fact: &Fact) -> bool {
    !is_masked(&fact.text) && !fact.text.contains(['"', '\'', '`', ';', '|', '&', '(', ')'])
}

/// The ARN of a key or an alias.
fn is_key(fact: &Fact) -> bool {
    let of_key = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-' | b':');
    let id = fact.text.splitn(6, ':').nth(5).filter(|id| id.starts_with("key/") || id.starts_with("alias/"));
    id.is_some_and(|id| id.bytes().all(of_key))
}

fn without_port(socket: &Fact) -> Fact {
    let length = socket.text.rfind(':').unwrap_or(socket.text.len());
    Fact { text: socket.text[..length].to_owned(), span: socket.span.start..socket.span.start + length }
}

fn host_of(url: &Fact) -> Option<Fact> {
    let host = host_in(&url.text)?;
    let from = url.span.start + url.text.find("://")? + "://".len();
    Some(Fact { text: host.to_owned(), span: from..from + host.len() })
}

pub(super) fn host_in(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    rest.split(['/', ':', '?', '#']).next().filter(|host| !host.is_empty())
}

/// ECS cuts at 1024 bytes, which a split letter lengthens by up to two; people and logs write an ellipsis. At
/// 252 and 255 characters older agents and the console cut, but a whole text may be as long by chance: there
/// it counts only if no fault was reached.
fn is_truncated(text: &str, fault: Fault) -> bool {
    let text = text.trim_end();
    text.ends_with("...")
        || text.ends_with(['\u{2026}', '\u{fffd}'])
        || (1024..=1026).contains(&text.len())
        || (fault == Fault::Unknown && text.len() < 1024 && matches!(text.chars().count(), 252 | 255))
}
