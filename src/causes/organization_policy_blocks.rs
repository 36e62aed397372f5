//! A policy of the AWS organization blocks the call.

use super::assessment::{Finding, Fix};
use super::case::Case;
use super::judgement::{Judgement, joined};
use super::role_permission_missing::{SIMULATION, asked, is_untold, refused};
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::question::facts::Simulation;
use crate::reason::{Deny, Fault};

pub(super) const CAUSE: Cause = Cause {
    id: "organization-policy-blocks",
    title: "a policy of the AWS organization blocks the call",
    owner: Owner::OrganisationAdmin,
    explanation: Explanation {
        what: "A service control policy (on the account of the caller) or a resource control policy (on the account of the resource) refused the call. Nothing inside the account can override it.",
        why: "Organizations deny by Region, by service or by data perimeter; a new Region or a new account falls under a rule that nobody thought of for ECS.",
        tell: "The text says `service control policy` or `resource control policy`.",
        mend: "The organization's administrators must change the policy; say which action, resource and role.",
    },
    when: |symptom| {
        matches!(symptom.fault, Fault::AccessDenied | Fault::KmsDenied) && (matches!(symptom.refused_by, Some(Deny::Scp | Deny::Rcp)) || is_untold(symptom))
    },
    ask: |case| case.ask_refusal(),
    assess: |case| joined(case, judge, fix),
    examples: &[Example {
        text: "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123 from secrets manager: operation error Secrets Manager: GetSecretValue, https response error StatusCode: 400, RequestID: 5b1c0f3e-7a44-4c0e-9d1b-2f6a8c9e0d11, api error AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/ecsTaskExecutionRole/0123456789abcdef0123456789abcdef is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123 with an explicit deny in a service control policy",
        also: &[],
    }],
};

fn judge(case: &Case<'_>) -> Judgement {
    let (who, action, on) = case.refusal();
    let culprit = case.refused_culprit();
    let judgement = |verdict| Judgement::new(verdict, format!("a policy of the organization refuses {who} {action}{on}")).culprit(culprit.clone());
    let decisions = case.simulated_refusals();
    if let Some((call, _)) = refused(&decisions, Simulation::is_beyond_organization) {
        return judgement(Verdict::Confirmed)
            .finding(Finding::found(format!("the organization's service control policies do not allow {} on {}", call.action, call.resource), SIMULATION));
    }
    let unknown = match case.symptom.refused_by {
        None => {
            let all =
                !decisions.is_empty() && decisions.iter().all(|(_, known)| known.found().is_some_and(|told| told.organizations_decision_detail.is_some()));
            let open = Finding::found("the organization's service control policies allow it", SIMULATION);
            return if all { judgement(Verdict::RuledOut).finding(open) } else { Judgement::unsupported() };
        }
        Some(Deny::Rcp) => Some(Finding::unknown("which statement it is: IAM does not simulate resource control policies")),
        Some(_) if refused(&decisions, |told| told.organizations_decision_detail.is_some()).is_some() => {
            let open = Finding::found("the organization's service control policies allow it now: one of them was changed since", SIMULATION);
            return judgement(Verdict::Possible).passed(open);
        }
        Some(_) => Finding::not_told("which statement it is, and whether it still stands", asked(case, &decisions)),
    };
    judgement(Verdict::Likely).findings(unknown)
}

fn fix(case: &Case<'_>) -> Fix {
    let (who, action, _) = case.refusal();
    Fix::words(format!("ask the administrators of the organization to allow {action} for {who}; nothing in this account can"))
}
