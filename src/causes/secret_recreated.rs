//! The secret was deleted and made again, so its ARN has another suffix.

use super::case::{Case, DEFINITION, Finding, Fix, Judgement};
use super::{Cause, Example, Explanation, Owner, Verdict};

pub(super) const CAUSE: Cause = Cause {
    id: "secret-recreated",
    title: "the secret was made again and has another ARN",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "The reference is a whole ARN with six random characters at its end. A secret that is deleted and made again under the same name gets six others, so the old ARN is not found.",
        why: "Infrastructure code replaced the secret, or somebody deleted and recreated it. Policies that name the old ARN do not match the new one either.",
        tell: "The secret is there when you look for its name, and not under the ARN. Without a suffix in the reference this cannot be the cause.",
        mend: "Put the new ARN, or the ARN without the suffix, into the task definition, and into the role's policy.",
    },
    when: super::secret_missing::is_not_found,
    judge,
    fix,
    examples: &[Example {
        text: "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123 from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret. status code: 400, request id: 5b1c0f3e-7a44-4c0e-9d1b-2f6a8c9e0d11",
        also: &["agent-too-old", "secret-in-other-region", "secret-misnamed", "secret-missing"],
    }],
};

fn judge(case: &Case<'_>) -> Judgement {
    let name = case.name().unwrap_or_else(|| "it names".to_owned());
    if !case.has_suffix() {
        let source = if case.references.is_empty() { "stoppedReason" } else { DEFINITION };
        return Judgement::new(Verdict::RuledOut, "the reference has no suffix").finding(Finding::missing("a six-character suffix", source));
    }
    Judgement::new(Verdict::Possible, format!("secret {name} was deleted and made again under another ARN"))
        .finding(Finding::unknown("whether the name exists with another suffix"))
}

fn fix(case: &Case<'_>) -> Fix {
    let name = case.name().unwrap_or_else(|| "<name>".to_owned());
    let look = case.aws("secretsmanager describe-secret").option("--secret-id", &name).words("--query ARN").finish();
    Fix {
        text: format!("look up the ARN that the name has now, put it into the task definition and the role's policy{}", case.then_again()),
        commands: case.commands_for_revision([look]),
        policy: None,
    }
}
