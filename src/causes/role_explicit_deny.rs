//! A policy denies the call explicitly.

use super::assessment::{Finding, Fix};
use super::case::Case;
use super::judgement::{Judgement, joined};
use super::name::Kind;
use super::role_permission_missing::{SIMULATION, asked, is_untold, refused};
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::question::facts::Simulation;
use crate::reason::{Deny, Fault};

pub(super) const CAUSE: Cause = Cause {
    id: "role-explicit-deny",
    title: "a policy denies the call explicitly",
    owner: Owner::PlatformTeam,
    explanation: Explanation {
        what: "IAM refused a call of the execution role because a statement with `Effect: Deny` matches it. A deny wins over every allow.",
        why: "Guard-rail policies deny by tag, by network (`aws:SourceVpce`, `aws:SourceIp`), by Region or by everything that is not listed; a task's call then meets a condition that was written for people.",
        tell: "The text says `with an explicit deny`, or names a session policy. With `in an identity-based policy` the statement is attached to the role itself; with no policy named it can be of any kind.",
        mend: "Find the statement and narrow it; adding another allow does nothing.",
    },
    when: |symptom| {
        matches!(symptom.fault, Fault::AccessDenied | Fault::KmsDenied)
            && (matches!(symptom.refused_by, Some(Deny::Explicit | Deny::Session)) || is_untold(symptom))
    },
    ask: |case| case.ask_refusal(),
    assess: |case| joined(case, judge, fix),
    examples: &[Example {
        text: "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123 from secrets manager: operation error Secrets Manager: GetSecretValue, https response error StatusCode: 400, RequestID: 5b1c0f3e-7a44-4c0e-9d1b-2f6a8c9e0d11, api error AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/ecsTaskExecutionRole/0123456789abcdef0123456789abcdef is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123 with an explicit deny in an identity-based policy",
        also: &["resource-policy-blocks"],
    }],
};

fn judge(case: &Case<'_>) -> Judgement {
    let (who, action, on) = case.refusal();
    let culprit = case.refused_culprit();
    let judgement = |verdict| Judgement::new(verdict, format!("{who} is denied {action}{on} by an explicit statement")).culprit(culprit.clone());
    let decisions = case.simulated_refusals();
    if let Some((call, simulation)) = refused(&decisions, is_by_role) {
        let policies: Vec<&str> = simulation.matched_statements.iter().filter_map(|statement| statement.source_policy_id.as_deref()).collect();
        let by = if policies.is_empty() { String::new() } else { format!(" by {}", policies.join(", ")) };
        return judgement(Verdict::Confirmed).finding(Finding::found(format!("{} on {} is denied explicitly{by}", call.action, call.resource), SIMULATION));
    }
    if case.symptom.refused_by.is_none() {
        return refused(&decisions, |simulation| simulation.eval_decision != "explicitDeny").map_or_else(Judgement::unsupported, |(call, simulation)| {
            judgement(Verdict::RuledOut)
                .finding(Finding::missing(format!("an explicit deny of {} in the role's policies ({})", call.action, simulation.eval_decision), SIMULATION))
        });
    }
    let not_now = decisions.iter().any(|(_, known)| known.found().is_some());
    let contradiction = not_now.then(|| {
        Finding::found(
            "IAM finds no explicit deny now: it was removed since, or stands in a policy that IAM does not simulate (a session's, a resource's)",
            SIMULATION,
        )
    });
    if let Some(contradiction) = contradiction {
        return judgement(Verdict::Possible).passed(contradiction);
    }
    judgement(Verdict::Likely).findings(Finding::not_told("which statement it is, and whether it still stands", asked(case, &decisions)))
}

/// Whether a statement of the role's own policies denies it; a boundary's and the organization's are causes of their own.
fn is_by_role(simulation: &Simulation) -> bool {
    simulation.eval_decision == "explicitDeny" && !simulation.is_beyond_boundary() && !simulation.is_beyond_organization()
}

fn fix(case: &Case<'_>) -> Fix {
    let (who, action, _) = case.refusal();
    let looks = ["iam list-attached-role-policies", "iam list-role-policies"];
    let of_role = |role: String| looks.map(|words| case.aws_at_task(words).name("--role-name", Kind::Role, role.as_str()));
    Fix::words(format!("narrow or remove the Deny statement that matches {who} and {action}; another allow does not help{}", case.then_again()))
        .run(case.role_name().into_iter().flat_map(of_role))
}
