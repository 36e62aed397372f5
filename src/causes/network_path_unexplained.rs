//! The path is open, and still the connection fails.

use super::case::{Case, Finding, Fix, Judgement};
use super::{Cause, Example, Explanation, Owner, Verdict};
use crate::reason::Fault;

pub(super) const CAUSE: Cause = Cause {
    id: "network-path-unexplained",
    title: "the connection was refused or cut",
    owner: Owner::NetworkTeam,
    explanation: Explanation {
        what: "Packets did arrive somewhere: the connection was refused, reset or closed before an answer, so a route exists, and something on it does not want the traffic.",
        why: "A firewall, a proxy, a network appliance behind a transit gateway, or an endpoint that was just being replaced.",
        tell: "`connection refused`, `connection reset by peer`, `EOF`. A time-out is another family.",
        mend: "Find out who answered: follow the route of the subnet.",
    },
    when: |symptom| symptom.fault == Fault::ConnectionRefused && super::vpc_no_route::needs_network(symptom),
    ask: super::nothing,
    judge,
    fix,
    examples: &[Example {
        text: "Fetching secret data from SSM Parameter Store in us-west-2: RequestError: send request failed caused by: Post \"https://ssm.us-west-2.amazonaws.com/\": dial tcp 10.0.3.41:443: connect: connection refused",
        also: &["tls-intercepted"],
    }],
};

fn judge(case: &Case<'_>) -> Judgement {
    let address = case.symptom.address.as_ref().map(|address| Finding::found(format!("the address that answered was {}", address.text), "stoppedReason"));
    Judgement::new(Verdict::Possible, format!("the connection to {} was refused or cut", case.service_name()))
        .culprit(case.endpoint())
        .findings(address)
        .finding(Finding::unknown("who refused: routes, firewalls and endpoints were not read"))
}

fn fix(case: &Case<'_>) -> Fix {
    let commands = case.describe_routes().into_iter().chain(case.describe_endpoints()).collect();
    Fix { text: "follow the route of the subnet to whoever answers, and let tcp/443 to AWS pass there".to_owned(), commands, policy: None }
}
