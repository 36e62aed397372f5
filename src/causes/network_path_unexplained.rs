//! The path is open, and still the connection fails.

use super::assessment::{Assessment, Finding};
use super::case::Case;
use super::fix::Fix;
use super::{Cause, Example, Explanation, Owner, path};
use crate::reason::Fault;

pub(super) const CAUSE: Cause = Cause {
    id: "network-path-unexplained",
    title: "the connection was refused or cut",
    owner: Owner::NetworkTeam,
    explanation: Explanation {
        what: "Packets did arrive somewhere: the connection was refused, reset or closed before an answer, so a route exists, and something on it does not want the traffic.",
        why: "A firewall, a proxy, a network appliance behind a transit gateway, or an endpoint that was just being replaced.",
        tell: "The message says `connection refused`, `connection reset by peer` or `EOF`. A timeout is a different problem.",
        fix: "Find out who answered: follow the route of the subnet.",
    },
    references: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/resource-initialization-error.html",
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-networking.html",
    ],
    when: |symptom| {
        matches!(symptom.fault, Fault::ConnectionRefused | Fault::NetworkTimeout | Fault::Dns)
            && path::needs_network(symptom)
    },
    ask: path::ask,
    assess,
    examples: &[Example {
        text: "Fetching secret data from SSM Parameter Store in us-west-2: RequestError: send request failed caused by: Post \"https://ssm.us-west-2.amazonaws.com/\": dial tcp 10.0.3.41:443: connect: connection refused",
        also: &["tls-intercepted"],
    }],
};

fn assess(case: &Case<'_>) -> Option<Assessment> {
    let refused = case.symptom.fault == Fault::ConnectionRefused;
    let answered = || {
        case.symptom.address.as_ref().map(|address| {
            Finding::found(format!("the address that answered was {}", address.text), "stoppedReason")
        })
    };
    let address = if refused { answered() } else { case.address_found() };
    let Some(path) = path::path(case).filter(|path| refused || path.is_open()) else {
        if !refused {
            return None;
        }
        let assessment =
            Assessment::possible(format!("the connection to {} was refused or cut", case.aws_service_name()))
                .culprit(case.endpoint());
        let unknown = Finding::unknown("who refused: routes, firewalls and endpoints were not read");
        return Some(assessment.findings(address).finding(unknown).fix(follow(case)));
    };
    if case.symptom.fault == Fault::Dns && !path::own_name_servers(case).is_empty() {
        // Name servers that cannot be queried from here are a cause of their own.
        return None;
    }
    let title = match case.symptom.fault {
        Fault::ConnectionRefused => format!("the connection to {} was refused", case.aws_service_name()),
        Fault::Dns => format!("the name of {} was not resolved", case.aws_service_name()),
        _ => format!("the connection to {} timed out", case.aws_service_name()),
    };
    let open = path.is_open().then(|| {
        let read = if path.unsure.is_empty() {
            "every hop is open now"
        } else {
            "every hop that could be read is open now"
        };
        Finding::found(
            format!("{read}: it was transient, was corrected since, or is outside this account"),
            "DescribeRouteTables",
        )
    });
    let title = format!("{title}, and no hop explains it");
    let assessment = if path.unsure.is_empty() && !refused {
        Assessment::likely(title)
    } else {
        Assessment::possible(title)
    };
    let assessment = assessment
        .culprit(case.endpoint())
        .findings(address)
        .findings(open)
        .findings(path::unsure(&path))
        .path(Some(path.clone()));
    let has_passed = case.symptom.fault == Fault::NetworkTimeout && path.is_open() && path.unsure.is_empty();
    Some(assessment.fix(if has_passed { look_beyond(case) } else { follow(case) }))
}

fn look_beyond(case: &Case<'_>) -> Fix {
    let text = "if it happens again, look beyond the hops shown: a firewall or proxy, the ports left of the NAT gateway (ErrorPortAllocation), the service's own health";
    let again = format!("{}, since every hop is open now", case.again());
    Fix::words(again).run(case.start_again()).then(text, [])
}

fn follow(case: &Case<'_>) -> Fix {
    Fix::words("follow the subnet's route to whatever answers, and allow tcp/443 to AWS there")
        .run(case.describe_routes().into_iter().chain(case.describe_endpoints()))
}
