//! Policies to paste. They grant the role that ECS uses for a step, as the task names it; what ECS calls in
//! that step; on what the task definition refers to. Whatever else a reason asks for, the fix is words.

mod resource;

use std::fmt;

use serde_json::{Value, json};

use super::case::Case;
use super::command::Command;
use super::fix::Fix;
use super::name::{Kind, why_not};
use super::refusal::is_allowed;
use super::snippet::{self, Snippet};
use crate::arn::Arn;
use crate::policy_document::with_statement;
use crate::reason::Step;
use crate::redact::is_masked;
use crate::task_definition::{Reference, TaskDefinition};
use resource::{named_by, of_reference};

pub(in crate::causes) use resource::resources;

/// A policy document that may be pasted.
#[derive(Debug, Clone, PartialEq)]
pub struct Document(Value);

impl Document {
    /// The document as JSON.
    #[must_use]
    pub fn as_json(&self) -> &Value {
        &self.0
    }
}

impl fmt::Display for Document {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0)
    }
}

/// A policy for a role of the task.
pub(in crate::causes) struct Grant<'c> {
    case: &'c Case<'c>,
    /// The role's ARN.
    pub(in crate::causes) role: &'c str,
    /// What to add to the role's policies.
    pub(in crate::causes) document: Document,
}

/// Why nothing is granted; completes "no policy is printed, because ...".
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::causes) struct Refusal(String);

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "no policy is printed, because {}", self.0)
    }
}

const UNREAD: &str = "the task definition, which names roles and references, was not read";
const PULL: &[&str] = &["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"];
const WRITE_LOGS: &[&str] = &["logs:CreateLogStream", "logs:PutLogEvents"];

/// What ECS, its agent or its log drivers call in a step with a role of the task (Amazon ECS developer guide,
/// "task execution IAM role" and "task IAM role").
fn called(step: Step) -> &'static [&'static str] {
    match step {
        Step::SecretsManager | Step::RegistryCredentials => &["secretsmanager:GetSecretValue", "kms:Decrypt"],
        Step::ParameterStore => &["ssm:GetParameters", "kms:Decrypt"],
        Step::CredentialSpec => {
            &["secretsmanager:GetSecretValue", "ssm:GetParameters", "s3:GetObject", "kms:Decrypt"]
        }
        Step::EcrAuth | Step::ImagePull => &[
            "ecr:GetAuthorizationToken",
            "ecr:BatchCheckLayerAvailability",
            "ecr:GetDownloadUrlForLayer",
            "ecr:BatchGetImage",
            "ecr:BatchImportUpstreamImage",
        ],
        Step::EnvFile => &["s3:GetObject", "s3:GetBucketLocation", "kms:Decrypt"],
        Step::LogDriver => &["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
        Step::EfsVolume => &["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
        Step::Unknown => &[
            "secretsmanager:GetSecretValue",
            "ssm:GetParameters",
            "s3:GetObject",
            "ecr:BatchGetImage",
            "logs:CreateLogStream",
            "kms:Decrypt",
        ],
        _ => &[],
    }
}

/// The action, and those that the same step calls next: otherwise the next try fails on them.
pub(in crate::causes) fn with_next(action: &str) -> Value {
    match action {
        action if WRITE_LOGS.contains(&action) => json!(WRITE_LOGS),
        action if PULL.contains(&action) => json!(PULL),
        action => json!(action),
    }
}

/// The role of the task that may be granted `action`: the one that was refused, where the text names it, else
/// the one that the step uses.
fn grantee<'c>(case: &'c Case<'_>, action: &str) -> Result<&'c str, Refusal> {
    if case.symptom.step == Step::SecretSidecar {
        return Err(Refusal("the task definition does not say what an application reads".to_owned()));
    }
    if !called(case.symptom.step).contains(&action) {
        return Err(Refusal(format!("ECS does not call {action} with a role of the task in this step")));
    }
    let role = case.own_role().ok_or_else(|| match (case.role_name(), case.definition()) {
        (_, None) => Refusal(UNREAD.to_owned()),
        (Some(role), _) => Refusal(format!("the task does not name {role} as a role of its own")),
        (None, _) => Refusal("the task names no role for it".to_owned()),
    })?;
    let name = Arn::parse(role).and_then(|arn| arn.role_name()).unwrap_or(role);
    if Kind::Role.fits(name) { Ok(role) } else { Err(Refusal(format!("the role's name {}", why_not(name)))) }
}

/// The policy that allows the role which was refused, or which the step uses, to call `action` on what the
/// definition refers to.
pub(in crate::causes) fn grant<'c>(case: &'c Case<'_>, action: &str) -> Result<Grant<'c>, Refusal> {
    grantee(case, action)?;
    let narrow = resources(case, action)?;
    // The next of them would fail at the next try.
    let definition = case.definition().map(TaskDefinition::references).unwrap_or_default();
    let is_one_for_all = narrow == ["*"] || action == "kms:Decrypt";
    let all = if is_one_for_all { narrow } else { named_by(case, action, &definition).unwrap_or(narrow) };
    let decisions = case.simulated_refusals();
    let is_allowed =
        |arn: &String| decisions.iter().any(|decision| decision.0.resource == *arn && is_allowed(decision));
    let lacking: Vec<String> = all.iter().filter(|arn| !is_allowed(arn)).cloned().collect();
    grant_on(case, action, if lacking.is_empty() { &all } else { &lacking })
}

/// The policy on what some of the references refer to.
pub(in crate::causes) fn grant_for<'c>(
    case: &'c Case<'_>,
    action: &str,
    references: &[&Reference],
) -> Result<Grant<'c>, Refusal> {
    let named: Vec<Vec<String>> = references
        .iter()
        .filter_map(|reference| of_reference(case, reference, action))
        .collect::<Result<_, _>>()?;
    grant_on(case, action, &named.concat())
}

/// The same on other resources, which the caller has proved to be what the definition refers to.
pub(in crate::causes) fn grant_on<'c>(
    case: &'c Case<'_>,
    action: &str,
    resources: &[String],
) -> Result<Grant<'c>, Refusal> {
    let role = grantee(case, action)?;
    let mut statement =
        json!({"Effect": "Allow", "Action": with_next(action), "Resource": one_or_many(resources)});
    if action == "kms:Decrypt" {
        let via = case.via_service();
        statement["Condition"] =
            json!({ if via.contains('*') { "StringLike" } else { "StringEquals" }: {"kms:ViaService": via}});
    }
    Ok(Grant { case, role, document: Document(json!({"Version": "2012-10-17", "Statement": [statement]})) })
}

/// What gives the role the permission that was refused.
pub(in crate::causes) fn fix_permission(case: &Case<'_>) -> Fix {
    let Some(action) = case.refused_action() else {
        let cut = if case.symptom.truncated {
            "the text was cut before it named it"
        } else {
            "the text does not name it"
        };
        return Fix::words(format!("allow {} the call that was refused; {cut}", case.who()));
    };
    match grant(case, &action) {
        Ok(grant) => {
            let text = format!("allow {action} in a policy of role {}", grant.role_name());
            grant.fix(text)
        }
        Err(why) => {
            let on = case
                .name()
                .filter(|_| action != "ecr:GetAuthorizationToken")
                .map(|name| format!(" on {name}"))
                .unwrap_or_default();
            let who = case.who();
            let text = format!(
                "allow {action}{on} in a policy of {who}, if that is the role that the task should use and what it should read"
            );
            Fix::words(format!("{text}; {why}")).then_again(case)
        }
    }
}

impl<'c> Grant<'c> {
    /// The role's name.
    pub(in crate::causes) fn role_name(&self) -> &'c str {
        Arn::parse(self.role).and_then(|arn| arn.role_name()).unwrap_or(self.role)
    }

    /// The name of the policy differs by resource: a policy under a name that is taken replaces it.
    fn name(&self) -> String {
        let resource = self.document.0["Statement"][0]["Resource"].to_string();
        let hash = resource
            .bytes()
            .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        let action = self.document.0["Statement"][0]["Action"]
            .as_str()
            .or(self.document.0["Statement"][0]["Action"][0].as_str())
            .unwrap_or_default();
        let workload = self
            .case
            .task
            .workload
            .as_ref()
            .map(|workload| workload.name.as_str())
            .filter(|name| Kind::Service.fits(name));
        let about: String =
            format!("{}-{}", workload.unwrap_or("ecs"), action.replace(':', "-")).chars().take(100).collect();
        format!("{about}-{hash:08x}")
    }

    /// The command that puts the policy.
    pub(in crate::causes) fn put(&self) -> Command {
        let command =
            self.case.aws_at_task("iam put-role-policy").name("--role-name", Kind::Role, self.role_name());
        command
            .name("--policy-name", Kind::PolicyName, self.name().as_str())
            .document("--policy-document", &self.document)
    }

    /// The same for templates.
    pub(in crate::causes) fn snippets(&self) -> Vec<Snippet> {
        snippet::role_policy(self.role_name(), &self.name(), &self.document)
    }

    /// The fix that puts the policy.
    pub(in crate::causes) fn fix(self, text: String) -> Fix {
        let snippets = self.snippets();
        Fix { snippets, ..Fix::words(text).run([self.put()]).then_again(self.case).policy(self.document) }
    }
}

/// A statement to add to the policy of a resource, and that policy with it.
pub(in crate::causes) struct Addition {
    /// The statement.
    pub(in crate::causes) statement: Document,
    /// The policy to put back; absent where it holds what must not be printed.
    whole: Option<Document>,
}

impl Addition {
    /// How it is added, in words and by a command: to the whole policy, or where it holds what must not be
    /// printed to what another command shows.
    pub(in crate::causes) fn by<C>(
        self,
        write: impl FnOnce(&Document) -> C,
        look: impl FnOnce() -> C,
    ) -> (&'static str, C, Document) {
        match self.whole {
            Some(whole) => (" (the command keeps the existing statements)", write(&whole), self.statement),
            None => (", which the command shows", look(), self.statement),
        }
    }
}

/// The policy of the resource with `statement`, which allows the role that was refused.
pub(in crate::causes) fn addition(
    case: &Case<'_>,
    there: Option<&Value>,
    statement: Value,
) -> Result<Addition, Refusal> {
    if let Some(strange) =
        texts(&statement["Resource"]).into_iter().find(|resource| *resource != "*" && !is_plain_arn(resource))
    {
        return Err(Refusal(format!("the name of the resource {}", why_not(strange))));
    }
    for action in texts(&statement["Action"]) {
        let role = grantee(case, action)?;
        let named =
            [&statement["Principal"]["AWS"], &statement["Condition"]["ArnEquals"]["aws:PrincipalArn"]];
        if !named.into_iter().any(|name| {
            name.as_str().is_some_and(|name| name == role || case.role_arn().as_deref() == Some(name))
        }) {
            return Err(Refusal("the statement is for another role than the task's".to_owned()));
        }
    }
    let whole = with_statement(there, &statement);
    Ok(Addition { statement: Document(statement), whole: printable(whole) })
}

/// A document that can be put back whole. With a part masked its meaning would change, and an external id is
/// private.
fn printable(document: Value) -> Option<Document> {
    let text = document.to_string();
    (!is_masked(&text) && !text.contains("sts:ExternalId")).then_some(Document(document))
}

/// The trust policy of a role of the task, corrected as a whole.
pub(in crate::causes) fn trust(case: &Case<'_>, corrected: Value) -> Option<Document> {
    case.own_role().and_then(|_| printable(corrected))
}

/// A trust policy that allows ECS to assume a role for the tasks of the account.
pub(in crate::causes) fn new_trust(case: &Case<'_>) -> Document {
    let mut trust = json!({"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"});
    if let Some(account) = case.task.account.as_deref().filter(|account| Kind::Account.fits(account)) {
        trust["Condition"] = json!({"StringEquals": {"aws:SourceAccount": account}});
    }
    Document(json!({"Version": "2012-10-17", "Statement": [trust]}))
}

/// An ARN without a wildcard, except for a secret's suffix and the streams of a log group.
fn is_plain_arn(text: &str) -> bool {
    let name = text.strip_suffix("-??????").or_else(|| text.strip_suffix(":*")).unwrap_or(text);
    name.starts_with("arn:")
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":/_+=,.@#!'();&-".contains(&byte))
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().map_or_else(
        || value.as_str().into_iter().collect(),
        |list| list.iter().filter_map(Value::as_str).collect(),
    )
}

pub(in crate::causes) fn one_or_many<T: serde::Serialize>(values: &[T]) -> Value {
    match values {
        [one] => json!(one),
        several => json!(several),
    }
}
