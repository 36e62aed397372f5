//! A proxy or firewall answers TLS in the service's place.

use super::assessment::{Assessment, Culprit, Finding};
use super::case::Case;
use super::command::Command;
use super::fix::Fix;
use super::{Cause, Example, Explanation, Owner};
use crate::reason::Fault;

pub(super) const CAUSE: Cause = Cause {
    id: "tls-intercepted",
    title: "TLS to the service is intercepted or broken",
    owner: Owner::NetworkTeam,
    explanation: Explanation {
        what: "A connection was made, but the certificate that came back is not one that ECS trusts for that name.",
        why: "A proxy or firewall with TLS inspection sits on the path and signs with its own CA, which the ECS agent does not know; or the host's clock is wrong; or DNS sends the name elsewhere.",
        tell: "The message says `x509:`, `failed to verify certificate` or `remote error: tls`. A handshake timeout points to a blocked network path instead.",
        fix: "Exempt the AWS endpoints from inspection, or reach them through VPC endpoints.",
    },
    references: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/resource-initialization-error.html",
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html",
    ],
    when: |symptom| {
        symptom.fault == Fault::Tls
            || (symptom.fault == Fault::ConnectionRefused && super::path::needs_network(symptom))
    },
    ask: super::nothing,
    assess: |case| Some(assess(case)),
    examples: &[Example {
        text: "Fetching secret data from AWS Secrets Manager in region us-west-2: secret arn:aws:secretsmanager:us-west-2:111122223333:secret:orders/db-AbC123: RequestError: send request failed caused by: Post \"https://secretsmanager.us-west-2.amazonaws.com/\": tls: failed to verify certificate: x509: certificate signed by unknown authority",
        also: &[],
    }],
};

fn assess(case: &Case<'_>) -> Assessment {
    let host = case.symptom.host.as_deref().map(str::to_owned);
    let look = host.as_deref().map(Command::certificate_of);
    let fix = Fix::words("from the task's subnet, check the certificate issuer; exempt AWS endpoints from TLS inspection, or use VPC endpoints").run(look);
    if case.symptom.fault == Fault::ConnectionRefused {
        let said = Assessment::possible("a proxy or firewall on the path closed the connection")
            .culprit(case.endpoint());
        return said.finding(Finding::unknown("who answered")).fix(fix);
    }
    let title = host.as_ref().map_or("TLS to the service is intercepted or broken".to_owned(), |host| {
        format!("the certificate presented for {host} is not trusted")
    });
    let culprit = Culprit { kind: "endpoint", id: host, references: case.references.clone() };
    Assessment::likely(title)
        .culprit(culprit)
        .finding(Finding::unknown("who presented the certificate"))
        .fix(fix)
}
