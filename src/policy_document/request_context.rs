//! What a request carries in addition to action and resource, as far as it is known.

use std::borrow::Cow;

use super::pattern::UNKNOWN_PATH;
use super::{NamedRole, Principal, Request};
use crate::arn::Arn;

/// Condition keys with all their values; a key with none is known to be absent from the request, one that is
/// not here may be in it.
pub type Context<'a> = &'a [(&'a str, &'a [&'a str])];

/// The condition keys that are known.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    keys: Vec<(&'a str, Vec<Cow<'a, str>>)>,
    /// Whether `${...}` is a variable: in documents of the version 2008 it is text.
    pub(super) has_variables: bool,
}

impl<'a> Facts<'a> {
    /// Those given, then those that follow from the rest.
    pub(super) fn of(request: &Request<'a>, has_variables: bool) -> Self {
        let given = request
            .context
            .iter()
            .map(|(key, values)| (*key, values.iter().copied().map(Cow::Borrowed).collect()));
        let followed = of_principal(request)
            .into_iter()
            .chain(of_resource(request))
            .map(|(key, value)| (key, value.into_iter().collect()));
        Self { keys: given.chain(followed).collect(), has_variables }
    }

    /// A key's values, none if it is absent; `None` where it is not known.
    pub(super) fn values(&self, key: &str) -> Option<&[Cow<'a, str>]> {
        self.keys
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(key))
            .map(|(_, values)| values.as_slice())
    }
}

type Fact<'a> = (&'a str, Option<Cow<'a, str>>);

fn of_principal<'a>(request: &Request<'a>) -> Vec<Fact<'a>> {
    let text = |text: &'static str| Some(Cow::Borrowed(text));
    let mut facts = vec![("aws:username", None)];
    match request.principal {
        Principal::Role(role) => {
            facts.push(("aws:PrincipalAccount", Some(Cow::Borrowed(role.account))));
            facts.push(("aws:PrincipalType", text("AssumedRole")));
            facts.push(("aws:PrincipalIsAWSService", text("false")));
            // These are for calls that a service makes for itself.
            facts.extend(
                ["aws:PrincipalServiceName", "aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID"]
                    .map(|key| (key, None)),
            );
            let path = role.path.map_or_else(|| UNKNOWN_PATH.to_string(), str::to_owned);
            facts.push(("aws:PrincipalArn", Some(Cow::Owned(NamedRole { path: Some(&path), ..role }.arn()))));
            // ECS calls every API over TLS; a mount may do without.
            facts.extend(
                (!request.action.starts_with("elasticfilesystem:"))
                    .then(|| ("aws:SecureTransport", text("true"))),
            );
        }
        Principal::Service(name) => {
            facts.push(("aws:PrincipalIsAWSService", text("true")));
            facts.push(("aws:PrincipalServiceName", Some(Cow::Borrowed(name))));
        }
        Principal::Anonymous => {
            facts.push(("aws:PrincipalType", text("Anonymous")));
            facts.push(("aws:PrincipalIsAWSService", text("false")));
            facts.extend(
                ["aws:PrincipalArn", "aws:PrincipalAccount", "aws:PrincipalOrgID"].map(|key| (key, None)),
            );
        }
    }
    facts
}

fn of_resource<'a>(request: &Request<'a>) -> Vec<Fact<'a>> {
    let Some(arn) = Arn::parse(request.resource) else { return Vec::new() };
    let facts = [("aws:ResourceAccount", arn.account), ("aws:RequestedRegion", arn.region)];
    facts
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| (key, Some(Cow::Borrowed(value))))
        .collect()
}
