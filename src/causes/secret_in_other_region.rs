//! The reference names another Region than the task's.

use super::assessment::{Finding, Fix};
use super::case::Case;
use super::judgement::{Judgement, joined};
use super::name::Kind;
use super::secret::{DESCRIBE, Presence};
use super::{Cause, Explanation, Owner, Verdict};

pub(super) const CAUSE: Cause = Cause {
    id: "secret-in-other-region",
    title: "the reference names another Region",
    owner: Owner::ServiceTeam,
    explanation: Explanation {
        what: "The secret's ARN names another Region than the one in which the task runs, and nothing is there under that name.",
        why: "A task definition was copied from another Region with its ARNs, or the secret was never replicated. ECS does read across Regions if the ARN is whole and the network lets it.",
        tell: "The Region in the ARN is not the task's.",
        mend: "Name the secret of the task's own Region, or replicate it there.",
    },
    when: super::secret_missing::is_not_found,
    ask: super::secret_missing::ask,
    assess: |case| joined(case, judge, fix),
    examples: &[],
};

fn judge(case: &Case<'_>) -> Judgement {
    let secrets = case.secrets();
    let Some(secret) = secrets.iter().find(|secret| secret.is_elsewhere().is_some()) else {
        if let Some(secret) = secrets.iter().find(|secret| secret.is_nowhere_else()) {
            return Judgement::new(Verdict::RuledOut, format!("secret {} is not in {} either", secret.name, case.own_region()))
                .finding(Finding::missing(format!("a secret {} in {}, the task's own Region", secret.name, case.own_region()), DESCRIBE));
        }
        let asked = secrets.iter().any(|secret| matches!(secret.presence(), Presence::Gone) || secret.found().is_some());
        return if asked { Judgement::unsupported() } else { judge_region(case, "secret", Verdict::Possible) };
    };
    let own = case.own_region();
    let arn = secret.is_elsewhere().and_then(|found| found.arn.clone()).unwrap_or_default();
    Judgement::new(Verdict::Confirmed, format!("secret {} is in {own}, and is asked for in {}", secret.name, secret.region))
        .culprit(secret.culprit())
        .finding(Finding::missing(format!("{} in {}", secret.name, secret.region), DESCRIBE))
        .finding(Finding::found(format!("{arn}, in the task's own Region"), DESCRIBE))
}

/// The same for whatever a reference names by Region.
pub(super) fn judge_region(case: &Case<'_>, noun: &str, verdict: Verdict) -> Judgement {
    let Some((named, own)) = case.other_region() else { return Judgement::unsupported() };
    let name = case.name().unwrap_or_else(|| "asked for".to_owned());
    Judgement::new(verdict, format!("{noun} {name} is asked for in {named}, and the task runs in {own}"))
        .finding(Finding::found(format!("the reference is to {named}, the task runs in {own}"), "stoppedReason"))
        .finding(Finding::unknown(format!("whether {own} has a {noun} of that name")))
}

fn fix(case: &Case<'_>) -> Fix {
    if let Some(arn) = case.secrets().iter().find_map(|secret| secret.is_elsewhere()?.arn.clone()) {
        let text = format!(
            "write {arn} in a new revision, if that secret is meant, and let the execution role call secretsmanager:GetSecretValue on it{}",
            case.then_again()
        );
        return Fix::words(text).run(case.commands_for_revision([]));
    }
    let own = case.task.region.as_deref().unwrap_or("<region>");
    let look = case.aws_at_task("secretsmanager describe-secret").name("--secret-id", Kind::Secret, case.name().as_deref()).words("--query ARN");
    Fix::words(format!("name the secret of {own} in a new revision{}", case.then_again())).run(case.commands_for_revision([look]))
}
