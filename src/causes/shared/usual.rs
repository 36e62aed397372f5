//! How usual the causes are for a step and a fault, as public reports of failed starts show. This is all that
//! is said of it.
//!
//! Two tables. [`BY_FAULT`] orders causes that fit a fault equally well. [`BY_STEP`] says what usually is at fault
//! where ECS names the step and not the fault, because it cut the text or never wrote it: each such cause is
//! asked and assessed as if the text had its fault, and says no more than that it is possible, or with the
//! state for it that it is likely.

use crate::reason::{Fault, Step, Symptom};

/// What keeps a call from its service, the most usual first.
const NETWORK: &[&str] = &[
    "vpc-no-route",
    "vpc-no-public-ip",
    "security-group-blocks-egress",
    "vpc-endpoint-unreachable",
    "vpc-endpoint-private-dns-off",
    "network-acl-blocks",
    "vpc-nat-broken",
    "vpc-dns-off",
    "network-path-unexplained",
];

const REFUSED: &[&str] = &["role-permission-missing", "role-permission-on-wrong-role"];

/// The causes of a fault, the most usual first. Those that are not named come after them, in the catalog's
/// order.
const BY_FAULT: &[(&[Fault], &[&str])] = &[
    (&[Fault::NetworkTimeout], NETWORK),
    (&[Fault::AccessDenied], REFUSED),
    (&[Fault::AssumeRoleDenied], &["execution-role-untrusted", "execution-role-missing"]),
    (&[Fault::ConnectionRefused], &["log-driver-misconfigured"]),
    (&[Fault::ServiceError], &["service-unavailable", "agent-too-old"]),
];

/// A fault, and the causes that make it.
type OfFault = (Fault, &'static [&'static str]);

/// The causes of a failed step where the text has no fault, by the fault that each would make, the most
/// usual first.
const BY_STEP: &[(&[Step], &[OfFault])] = &[
    (
        &[Step::SecretsManager, Step::RegistryCredentials],
        &[
            (Fault::AccessDenied, REFUSED),
            (Fault::NetworkTimeout, NETWORK),
            (Fault::NotFound, &["secret-missing", "secret-recreated", "secret-misnamed"]),
            (Fault::KmsDenied, &["key-permission-missing"]),
        ],
    ),
    (
        &[Step::ParameterStore],
        &[
            (Fault::AccessDenied, REFUSED),
            (Fault::NetworkTimeout, NETWORK),
            (Fault::NotFound, &["parameter-missing", "parameter-misnamed"]),
            (Fault::KmsDenied, &["key-permission-missing"]),
        ],
    ),
    (&[Step::EcrAuth], &[(Fault::NetworkTimeout, NETWORK), (Fault::AccessDenied, REFUSED)]),
    (
        &[Step::ImagePull],
        &[
            (Fault::AccessDenied, &["registry-login-failed"]),
            (Fault::NotFound, &["image-missing"]),
            (Fault::Throttled, &["registry-rate-limited"]),
            (Fault::NetworkTimeout, NETWORK),
        ],
    ),
    (
        &[Step::EnvFile],
        &[
            (
                Fault::AccessDenied,
                &["role-permission-missing", "role-permission-on-wrong-role", "env-file-missing"],
            ),
            (Fault::NetworkTimeout, NETWORK),
        ],
    ),
    (
        &[Step::LogDriver],
        &[
            (Fault::NotFound, &["log-group-missing"]),
            (Fault::AccessDenied, REFUSED),
            (Fault::Misconfigured, &["log-driver-misconfigured"]),
            (Fault::NetworkTimeout, NETWORK),
        ],
    ),
    (
        &[Step::EfsVolume],
        &[
            (Fault::NetworkTimeout, &["file-system-unreachable"]),
            (Fault::AccessDenied, &["file-system-access-denied"]),
            (Fault::NotFound, &["file-system-misconfigured"]),
        ],
    ),
    (
        &[Step::ExecutionRole],
        &[(Fault::AssumeRoleDenied, &["execution-role-untrusted", "execution-role-missing"])],
    ),
];

/// Whether the agent had no login for the registry, as a text shows that names nothing it fetched.
pub(in crate::causes) fn is_without_login(symptom: &Symptom) -> bool {
    symptom.step == Step::RegistryCredentials
        && symptom.fault == Fault::Unknown
        && symptom.resource.is_none()
        && !symptom.truncated
}

/// What the fault of the step usually is, where the text does not have it.
fn usual_faults(symptom: &Symptom) -> impl Iterator<Item = (Fault, &'static str)> {
    let has_no_fault = symptom.fault == Fault::Unknown && !is_without_login(symptom);
    let rows = BY_STEP.iter().filter(move |(steps, _)| has_no_fault && steps.contains(&symptom.step));
    rows.flat_map(|(_, faults)| faults.iter())
        .flat_map(|(fault, causes)| causes.iter().map(|cause| (*fault, *cause)))
}

/// The fault that a cause would have made, if the text has no fault and it is a usual one for the
/// step.
pub(in crate::causes) fn supposed(symptom: &Symptom, cause: &str) -> Option<Fault> {
    usual_faults(symptom).find(|(_, usual)| *usual == cause).map(|(fault, _)| fault)
}

/// The place of a cause among those of a symptom, the most usual first.
pub(in crate::causes) fn rank(symptom: &Symptom, cause: &str) -> (bool, usize) {
    if symptom.fault == Fault::Unknown {
        // ECS takes a refusal for the answer, and retries where there was no answer; an address in the text
        // is that of a connection.
        let unanswered = symptom.address.is_some() || symptom.retries.is_some_and(|retries| retries > 1);
        let unlike =
            supposed(symptom, cause).is_some_and(|fault| unanswered && fault != Fault::NetworkTimeout);
        return (unlike, place(usual_faults(symptom).map(|(_, usual)| usual), cause));
    }
    let by_fault = BY_FAULT
        .iter()
        .filter(|(faults, _)| faults.contains(&symptom.fault))
        .flat_map(|(_, causes)| causes.iter().copied());
    (false, place(by_fault, cause))
}

fn place(mut usual: impl Iterator<Item = &'static str>, cause: &str) -> usize {
    usual.position(|usual| usual == cause).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::super::find;
    use super::{BY_FAULT, BY_STEP};
    use crate::reason::Symptom;

    #[test]
    fn every_cause_that_is_named_is_one() {
        let by_fault = BY_FAULT.iter().flat_map(|(_, causes)| causes.iter());
        let usual_faults =
            BY_STEP.iter().flat_map(|(_, faults)| faults.iter()).flat_map(|(_, causes)| causes.iter());
        for cause in by_fault.chain(usual_faults) {
            assert!(find(cause).is_some(), "{cause} is no cause");
        }
    }

    #[test]
    fn every_supposed_fault_is_claimed_by_some_of_its_causes() {
        for (steps, faults) in BY_STEP {
            for (step, (fault, causes)) in
                steps.iter().flat_map(|step| faults.iter().map(move |of_fault| (step, of_fault)))
            {
                let symptom = Symptom::suspected(*step, *fault);
                let claims = |cause: &&&str| find(cause).is_some_and(|cause| (cause.when)(&symptom));
                assert!(
                    causes.iter().any(|cause| claims(&cause)),
                    "{step} and {fault}: none of {causes:?} claims it"
                );
            }
        }
    }
}
