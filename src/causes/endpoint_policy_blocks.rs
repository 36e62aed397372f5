//! The policy of a VPC endpoint refuses the call.

use serde_json::{Value, json};

use super::case::{Case, Culprit, Finding, Fix, Judgement};
use super::name::Kind;
use super::policy::{self, Addition, Refusal};
use super::{Cause, Example, Explanation, Owner, Verdict, path};
use crate::policy_document::{Decision, NamedRole, Principal, Request, endpoint_policy};
use crate::reason::{Deny, Fault};

pub(super) const CAUSE: Cause = Cause {
    id: "endpoint-policy-blocks",
    title: "the policy of a VPC endpoint refuses the call",
    owner: Owner::NetworkTeam,
    explanation: Explanation {
        what: "The call went through a VPC endpoint, and the endpoint's policy does not allow it.",
        why: "Endpoint policies list accounts, actions or resources; a new secret, Region or role is not on the list. With private DNS all traffic of the VPC goes through the endpoint, a NAT gateway beside it changes nothing.",
        tell: "The text says `VPC endpoint policy`. It is a refusal, not a time-out.",
        mend: "Allow the action in the endpoint's policy.",
    },
    when: |symptom| matches!(symptom.fault, Fault::AccessDenied | Fault::KmsDenied) && matches!(symptom.refused_by, Some(Deny::EndpointPolicy)),
    ask: |case| path::ask(case).into_iter().chain(case.ask_refusal()).collect(),
    judge,
    fix,
    examples: &[Example {
        text: "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123 from secrets manager: operation error Secrets Manager: GetSecretValue, https response error StatusCode: 400, RequestID: 5b1c0f3e-7a44-4c0e-9d1b-2f6a8c9e0d11, api error AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/ecsTaskExecutionRole/0123456789abcdef0123456789abcdef is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123 because no VPC endpoint policy allows the secretsmanager:GetSecretValue action",
        also: &[],
    }],
};

fn judge(case: &Case<'_>) -> Judgement {
    let (who, action, on) = case.refusal();
    let culprit = case.refused_culprit();
    let judgement = |verdict| Judgement::new(verdict, format!("a VPC endpoint's policy refuses {who} {action}{on}")).culprit(culprit.clone());
    let decisions = decisions(case);
    for (endpoint, decision) in &decisions {
        let says = match decision {
            Decision::Denied(at) => format!("{at} of the policy of {endpoint} denies it"),
            Decision::NotAllowed { nearly: Some(nearly), .. } => format!("no statement of the policy of {endpoint} allows it; {nearly}"),
            Decision::NotAllowed { nearly: None, .. } => format!("no statement of the policy of {endpoint} allows it"),
            Decision::Allowed(_) | Decision::Unsure(_) => continue,
        };
        return judgement(Verdict::Confirmed)
            .culprit(Culprit { kind: "vpc-endpoint", id: Some(endpoint.clone()), references: case.references.clone() })
            .finding(Finding::found(says, "DescribeVpcEndpoints"));
    }
    if !matches!(case.symptom.refused_by, Some(Deny::EndpointPolicy)) {
        return Judgement::unsupported();
    }
    if decisions.iter().any(|(_, decision)| matches!(decision, Decision::Allowed(_))) {
        return judgement(Verdict::Possible)
            .passed(Finding::found("the endpoint's policy allows it now: it was changed since, or the endpoint is another account's", "DescribeVpcEndpoints"));
    }
    judgement(Verdict::Likely).finding(Finding::unknown("which statement it is, and whether it still stands"))
}

/// What the policy of each endpoint for the service says to the call.
fn decisions(case: &Case<'_>) -> Vec<(String, Decision)> {
    let Some(call) = case.refused_calls().into_iter().next() else { return Vec::new() };
    let Some(role_arn) = case.role().and_then(|role| role.arn()) else { return Vec::new() };
    let Some(role) = NamedRole::parse(&role_arn) else { return Vec::new() };
    let Some(endpoints) = path::endpoints(case) else { return Vec::new() };
    let request = Request { principal: Principal::Role(role), action: &call.action, resource: &call.resource, context: &[] };
    endpoints.map(|endpoint| (endpoint.vpc_endpoint_id.clone().unwrap_or_default(), endpoint_policy(endpoint, &request))).collect()
}

/// The endpoint whose policy does not allow the call, with a statement that does. Gateway endpoints know callers by this condition only.
fn addition(case: &Case<'_>) -> Option<(String, Result<Addition, Refusal>)> {
    let (id, _) = decisions(case).into_iter().find(|(_, decision)| matches!(decision, Decision::NotAllowed { .. }))?;
    let call = case.refused_calls().into_iter().next()?;
    let role = case.role()?.arn()?;
    let endpoint = path::endpoints(case)?.find(|endpoint| endpoint.vpc_endpoint_id.as_ref() == Some(&id))?;
    let there: Value = serde_json::from_str(endpoint.policy_document.as_deref()?).ok()?;
    let condition = json!({"ArnEquals": {"aws:PrincipalArn": role}});
    let resource = policy::resources(case, &call.action).map(|mut named| if named.len() == 1 { json!(named.remove(0)) } else { json!(named) });
    let add = |resource| json!({"Effect": "Allow", "Principal": "*", "Action": call.action, "Resource": resource, "Condition": condition});
    Some((id, resource.and_then(|resource| policy::addition(case, Some(&there), add(resource)))))
}

fn fix(case: &Case<'_>) -> Fix {
    let (who, action, _) = case.refusal();
    let look = |id: Option<&str>| {
        let look = case.aws_at_task("ec2 describe-vpc-endpoints").maybe("--vpc-endpoint-ids", Kind::VpcEndpoint, id);
        look.words("--query 'VpcEndpoints[].[VpcEndpointId,ServiceName,PolicyDocument]'")
    };
    match addition(case) {
        Some((id, Ok(Addition { statement, whole: Some(whole) }))) => {
            let modify = case.aws_at_task("ec2 modify-vpc-endpoint").name("--vpc-endpoint-id", Kind::VpcEndpoint, id.as_str());
            let text = format!("add the statement to the policy of {id} (the command keeps what stands there){}", case.then_again());
            return Fix::words(text).run(case.commands([modify.document("--policy-document", &whole)])).policy(statement);
        }
        Some((id, Ok(Addition { statement, whole: None }))) => {
            let text = format!("add the statement to the policy of {id}, which the command shows{}", case.then_again());
            return Fix::words(text).run(case.commands([look(Some(&id))])).policy(statement);
        }
        Some((_, Err(_))) | None => {}
    }
    let denied = decisions(case).into_iter().find_map(|(id, decision)| if let Decision::Denied(at) = decision { Some((id, at)) } else { None });
    let text = match &denied {
        Some((id, at)) => format!("narrow or remove {at} of the policy of {id}; an allow does not help"),
        None => format!("allow {action} for {who} in the policy of the VPC endpoint that the task's subnet uses"),
    };
    Fix::words(format!("{text}{}", case.then_again())).run([look(denied.as_ref().map(|(id, _)| id.as_str()))])
}
