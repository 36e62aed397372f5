//! The secret is marked for deletion.

use super::assessment::{Finding, Fix};
use super::case::Case;
use super::judgement::{Judgement, joined};
use super::name::Kind;
use super::secret::{DESCRIBE, Presence};
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::reason::Fault;

pub(super) const CAUSE: Cause = Cause {
    id: "secret-deletion-scheduled",
    title: "the secret is scheduled for deletion",
    owner: Owner::SecretOwner,
    explanation: Explanation {
        what: "The secret is marked for deletion. Until its recovery window ends it still exists, but nobody can read it.",
        why: "Somebody, or infrastructure code that was destroyed, deleted it. The window is 7 to 30 days.",
        tell: "`because it was marked for deletion` or `because it was deleted`.",
        mend: "Restore it while the window lasts. If it was meant to go, remove the reference instead.",
    },
    when: |symptom| symptom.fault == Fault::PendingDeletion || super::secret_missing::is_not_found(symptom),
    ask: super::secret_missing::ask,
    assess: |case| joined(case, judge, fix),
    examples: &[Example {
        text: "Secret arn:aws:secretsmanager:us-west-2:111122223333:secret:orders/db-AbC123: operation error Secrets Manager: GetSecretValue, https response error StatusCode: 400, RequestID: 9d1f0c52-3f6b-4a57-8c41-5d0e7b2a6c13, InvalidRequestException: You can't perform this operation on the secret because it was marked for deletion.",
        also: &[],
    }],
};

fn judge(case: &Case<'_>) -> Judgement {
    let secrets = case.secrets();
    let deleted = secrets.iter().find_map(|secret| Some((secret, secret.found()?.deleted_date?)));
    if let Some((secret, at)) = deleted {
        return Judgement::new(Verdict::Confirmed, format!("secret {} is scheduled for deletion", secret.name))
            .culprit(secret.culprit())
            .finding(Finding::found(format!("marked for deletion on {at}; it can be restored until the recovery window ends"), DESCRIBE));
    }
    if case.symptom.fault != Fault::PendingDeletion {
        let all_kept = !secrets.is_empty() && secrets.iter().all(|secret| secret.found().is_some());
        let kept = Finding::missing("a date of deletion", DESCRIBE);
        return if all_kept { Judgement::new(Verdict::RuledOut, "no secret is scheduled for deletion").finding(kept) } else { Judgement::unsupported() };
    }
    let title = case.name().map_or("a secret is scheduled for deletion".to_owned(), |name| format!("secret {name} is scheduled for deletion"));
    let found = secrets.iter().find_map(|secret| secret.found().map(|_| secret));
    if let Some(secret) = found {
        return Judgement::new(Verdict::Possible, title)
            .culprit(secret.culprit())
            .passed(Finding::found("it is not scheduled for deletion now: it was restored since, and the next task will start", DESCRIBE));
    }
    let gone = secrets.iter().find(|secret| matches!(secret.presence(), Presence::Gone));
    if let Some(secret) = gone {
        return Judgement::new(Verdict::Likely, format!("secret {} was deleted", secret.name))
            .culprit(secret.culprit())
            .finding(Finding::missing("the secret: its recovery window is over, and it must be created anew", DESCRIBE));
    }
    Judgement::new(Verdict::Likely, title)
        .finding(Finding::unknown("when it was deleted, and until when it can be restored"))
        .findings(case.definition_unknown())
}

fn fix(case: &Case<'_>) -> Fix {
    if case.secrets().iter().any(|secret| matches!(secret.presence(), Presence::Gone)) {
        return super::secret_missing::fix(case);
    }
    let restore = case.aws("secretsmanager restore-secret").name("--secret-id", Kind::Secret, case.resource_arn().as_deref());
    Fix::words(format!("restore the secret if it is still needed{}", case.then_again())).run(case.commands([restore]))
}
