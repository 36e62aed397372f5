//! The policy of a VPC endpoint refuses the call.

use serde_json::{Value, json};

use super::assessment::{Assessment, Culprit, Finding};
use super::case::Case;
use super::command::Command;
use super::fix::Fix;
use super::name::Kind;
use super::path;
use super::policy::{self, Addition, Refusal};
use super::proof::{Complete, Identity, Proof, Time};
use super::refusal::names_no_policy;
use super::{Cause, Example, Explanation, Owner};
use crate::policy_document::{Decision, NamedRole, Principal, Request, endpoint_policy};
use crate::question::facts::VpcEndpoint;
use crate::reason::{Deny, Fault, Symptom};

pub(super) const CAUSE: Cause = Cause {
    id: "endpoint-policy-blocks",
    title: "the policy of a VPC endpoint refuses the call",
    owner: Owner::NetworkTeam,
    explanation: Explanation {
        what: "The call went through a VPC endpoint, and the endpoint's policy does not allow it.",
        why: "Endpoint policies list accounts, actions or resources; a new secret, Region or role is not on the list. With private DNS all traffic of the VPC goes through the endpoint, even where the VPC has a NAT gateway too.",
        tell: "The message says `VPC endpoint policy`. It is a refusal, not a timeout.",
        fix: "Allow the action in the endpoint's policy.",
    },
    // Layers are fetched from signed URLs: only the policy of the endpoint for S3 can refuse those.
    references: &[
        "https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html",
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html",
    ],
    when: |symptom| names_endpoint_policy(symptom) || names_no_policy(symptom) || is_of_layers(symptom),
    // For a denial that names no policy the other causes' answers show more, and cost less.
    ask: |case| {
        let asks = names_endpoint_policy(case.symptom) || is_of_layers(case.symptom) || case.forecast;
        if asks { path::ask(case).into_iter().chain(case.ask_refusal()).collect() } else { Vec::new() }
    },
    assess,
    examples: &[Example {
        text: "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123 from secrets manager: operation error Secrets Manager: GetSecretValue, https response error StatusCode: 400, RequestID: 5b1c0f3e-7a44-4c0e-9d1b-2f6a8c9e0d11, api error AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/ecsTaskExecutionRole/0123456789abcdef0123456789abcdef is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbC123 because no VPC endpoint policy allows the secretsmanager:GetSecretValue action",
        also: &[],
    }],
};

fn names_endpoint_policy(symptom: &Symptom) -> bool {
    matches!(symptom.fault, Fault::AccessDenied | Fault::KmsDenied)
        && symptom.refused_by == Some(Deny::EndpointPolicy)
}

fn is_of_layers(symptom: &Symptom) -> bool {
    matches!(symptom.fault, Fault::AccessDenied | Fault::KmsDenied) && symptom.is_of_layers()
}

fn assess(case: &Case<'_>) -> Option<Assessment> {
    let (who, action, on) = case.refusal();
    let title = format!("a VPC endpoint's policy refuses {action}{on}");
    let decisions = decisions(case);
    let refusing = decisions
        .iter()
        .find(|(_, decision)| matches!(decision, Decision::Denied(_) | Decision::NotAllowed { .. }));
    if let Some((endpoint, decision)) = refusing {
        let id = endpoint.vpc_endpoint_id.clone().unwrap_or_default();
        let says = match decision {
            Decision::Denied(at) => format!("{at} of the policy of {id} denies it"),
            Decision::NotAllowed { nearly: Some(nearly), .. } => {
                format!("no statement of the policy of {id} allows it; {nearly}")
            }
            _ => format!("no statement of the policy of {id} allows it"),
        };
        let others = decisions.len() > 1
            && !decisions
                .iter()
                .all(|(_, decision)| matches!(decision, Decision::Denied(_) | Decision::NotAllowed { .. }));
        let complete = Complete::unless(
            others.then(|| "which of the endpoints for the service the call passed".to_owned()),
        );
        let proof = Proof::by(
            vec![Finding::found(says, "DescribeVpcEndpoints")],
            Identity::of_own_role(case),
            complete,
            Time::as_ecs_said(),
        );
        let culprit =
            Culprit { kind: "vpc-endpoint", id: Some(id.clone()), references: case.references.clone() };
        return Some(
            Assessment::confirmed(title, proof)
                .culprit(culprit)
                .fix(fix_endpoint(case, endpoint, &id, decision)),
        );
    }
    if !names_endpoint_policy(case.symptom) && !is_of_layers(case.symptom) {
        return None;
    }
    let assessment = |assessment: Assessment| assessment.culprit(case.refused_culprit());
    if !decisions.is_empty() && decisions.iter().all(|(_, decision)| matches!(decision, Decision::Allowed(_)))
    {
        let now =
            "the endpoint's policy allows it now: it was changed since, or the endpoint is another account's";
        return Some(
            assessment(Assessment::possible(title)).passed(case, Finding::found(now, "DescribeVpcEndpoints")),
        );
    }
    let unsure = decisions.iter().find_map(|(_, decision)| {
        if let Decision::Unsure(why) = decision { Some(format!(": {why}")) } else { None }
    });
    let unknown = Finding::unknown(format!(
        "which statement it is, and whether it is still there{}",
        unsure.unwrap_or_default()
    ));
    let text =
        format!("allow {action} for {who} in the policy of the VPC endpoint that the task's subnet uses");
    Some(
        assessment(Assessment::likely(title).finding(unknown))
            .fix(Fix::words(text).run([look(case, None)]).then_again(case)),
    )
}

/// What the policy of each endpoint that can take the traffic says to the call.
fn decisions<'c>(case: &Case<'c>) -> Vec<(&'c VpcEndpoint, Decision)> {
    let Some(call) = case.refused_calls().into_iter().next() else { return Vec::new() };
    let Some(role_arn) = case.role_arn() else { return Vec::new() };
    let Some(role) = NamedRole::parse(&role_arn) else { return Vec::new() };
    let Some(endpoints) = path::endpoints(case, &call.action) else { return Vec::new() };
    let request = Request {
        principal: Principal::Role(role),
        action: &call.action,
        resource: &call.resource,
        context: &[],
    };
    // Without private DNS the service's name leads past an interface endpoint.
    let is_idle = |endpoint: &VpcEndpoint| {
        endpoint.vpc_endpoint_type.as_deref() == Some("Interface") && !endpoint.private_dns_enabled
    };
    endpoints
        .into_iter()
        .filter(|endpoint| !is_idle(endpoint))
        .map(|endpoint| (endpoint, endpoint_policy(endpoint, &request)))
        .collect()
}

/// The statement that the policy of an endpoint lacks. Gateway endpoints know callers by this condition only.
fn addition(case: &Case<'_>, endpoint: &VpcEndpoint) -> Result<Addition, Refusal> {
    let action = case.refused_action().unwrap_or_default();
    let there = endpoint.policy_document.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
    let condition = json!({"ArnEquals": {"aws:PrincipalArn": case.role_arn()}});
    let resource = policy::one_or_many(&policy::resources(case, &action)?);
    let add = json!({"Effect": "Allow", "Principal": "*", "Action": action, "Resource": resource, "Condition": condition});
    policy::addition(case, there.as_ref(), add)
}

fn look(case: &Case<'_>, id: Option<&str>) -> Command {
    let look =
        case.aws_at_task("ec2 describe-vpc-endpoints").maybe("--vpc-endpoint-ids", Kind::VpcEndpoint, id);
    look.words("--query 'VpcEndpoints[].[VpcEndpointId,ServiceName,PolicyDocument]'")
}

fn fix_endpoint(case: &Case<'_>, endpoint: &VpcEndpoint, id: &str, decision: &Decision) -> Fix {
    let (who, action, _) = case.refusal();
    if let Decision::Denied(at) = decision {
        return Fix::words(format!("narrow or remove {at} of the policy of {id}; an allow does not help"))
            .run([look(case, Some(id))])
            .then_again(case);
    }
    match addition(case, endpoint) {
        Ok(addition) => {
            let modify = || {
                case.aws_at_task("ec2 modify-vpc-endpoint").name("--vpc-endpoint-id", Kind::VpcEndpoint, id)
            };
            let (how, command, statement) =
                addition.by(|whole| modify().document("--policy-document", whole), || look(case, Some(id)));
            Fix::words(format!("add the statement to the policy of {id}{how}"))
                .run([command])
                .then_again(case)
                .policy(statement)
        }
        Err(why) => Fix::words(format!("allow {action} for {who} in the policy of {id}; {why}"))
            .run([look(case, Some(id))])
            .then_again(case),
    }
}
