//! What makes two failures the same: the workload, the step and fault that ECS reports, and what it names.

use super::{Diagnosis, ReadSymptom};
use crate::causes::Case;
use crate::event::Task;
use crate::question::{Evidence, Known};
use crate::reason::{Fault, Symptom};

/// Whether everything at one host or in one repository fails in the same way.
#[must_use]
pub const fn fails_by_place(fault: Fault) -> bool {
    matches!(
        fault,
        Fault::NetworkTimeout | Fault::Dns | Fault::Tls | Fault::ConnectionRefused | Fault::Throttled
    )
}

/// What the text names as failing: of what could not be reached or asks too much, the host or the repository,
/// since everything there fails in the same way.
fn named_culprit(task: &Task, symptom: &Symptom) -> Option<String> {
    if fails_by_place(symptom.fault) {
        let named = symptom.resource.as_ref().map(|resource| place_of(&resource.text).to_owned());
        return symptom.host.as_ref().map(|host| place_of(&host.text).to_owned()).or(named);
    }
    let nothing = Evidence::default();
    let case = Case {
        task,
        symptom,
        definition: Known::NotAsked,
        references: Vec::new(),
        evidence: &nothing,
        placement: None,
        forecast: false,
        supposed: false,
    };
    case.culprit().id.or_else(|| symptom.json_key.as_deref().map(str::to_owned))
}

/// The host of a URL; of an image the repository, without tag and digest.
fn place_of(named: &str) -> &str {
    if let Some((_, rest)) = named.split_once("://") {
        return rest.split(['/', '?', ':']).next().unwrap_or(rest);
    }
    let repository = named.split_once('@').map_or(named, |(repository, _)| repository);
    match repository.rsplit_once(':') {
        Some((name, tag)) if repository.contains('/') && !tag.contains('/') && !named.starts_with("arn:") => {
            name
        }
        _ => repository,
    }
}

pub(super) fn fingerprint(task: &Task, symptoms: &[ReadSymptom<'_>], best: Option<&Diagnosis>) -> String {
    let symptom =
        best.and_then(|best| symptoms.get(best.symptom)).or(symptoms.first()).map(|read| &read.symptom);
    // A service's alone is its name, as it always was; no service's name begins like a family's here.
    let workload = task.workload.as_ref().map(|workload| {
        if workload.is_service { workload.name.clone() } else { format!("family/{}", workload.name) }
    });
    // Uses the text alone: which questions were answered must not change the fingerprint.
    let culprit = best.and(symptom).and_then(|symptom| named_culprit(task, symptom));
    let parts = [
        task.account.as_deref(),
        task.region.as_deref(),
        task.cluster.as_deref(),
        workload.as_deref(),
        symptom.map(|symptom| symptom.step.as_str()),
        symptom.map(|symptom| symptom.fault.as_str()),
        culprit.as_deref(),
    ];
    // FNV-1a: short, the same on every platform and in every release, and no secret depends on it.
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    let mut add =
        |byte| hash = (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    for part in parts {
        part.unwrap_or_default().bytes().for_each(&mut add);
        add(0xff);
    }
    format!("{hash:032x}")
}

#[cfg(test)]
mod tests {
    use super::place_of;
    use crate::diagnosis::diagnose;
    use crate::event::read_record;
    use crate::question::Evidence;

    fn fingerprint(reason: &str) -> String {
        let record = serde_json::json!({"group": "service:api", "lastStatus": "STOPPED", "stopCode": "TaskFailedToStart", "stoppedReason": reason}).to_string();
        let task = read_record(&record).remove(0).tasks.remove(0).expect("it reads");
        diagnose(&task, &Evidence::default()).fingerprint
    }

    #[test]
    fn what_lies_at_one_place_that_cannot_be_reached_is_one_incident() {
        let layer = |digest: &str| {
            format!(
                "CannotPullContainerError: ref pull has been retried 5 time(s): failed to copy: httpReadSeeker: failed open: failed to do request: Get \
                 \"https://prod-us-east-1-starport-layer-bucket.s3.us-east-1.amazonaws.com/114a9b-111122223333-{digest}/{digest}?X-Amz-Date=1\": dial tcp 52.216.1.1:443: i/o timeout"
            )
        };
        let manifest = |digest: &str| {
            format!(
                "CannotPullContainerError: inspect image has been retried 5 time(s): httpReadSeeker: failed open: unexpected status code \
                 https://registry-1.docker.io/v2/library/nginx/manifests/sha256:{digest}: 429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit"
            )
        };
        let secret = |name: &str| {
            format!(
                "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: \
                 There is a connection issue between the task and AWS Secrets Manager. Check your task network configuration. failed to fetch secret \
                 arn:aws:secretsmanager:us-east-1:111122223333:secret:{name}-AbCdEf from secrets manager: operation error Secrets Manager: GetSecretValue, https response error \
                 StatusCode: 0, RequestID: , canceled, context deadline exceeded: Post \"https://secretsmanager.us-east-1.amazonaws.com/\": dial tcp 52.1.1.1:443: i/o timeout"
            )
        };
        for (one, another) in
            [(layer("aa"), layer("bb")), (manifest("aa"), manifest("bb")), (secret("one"), secret("two"))]
        {
            assert_eq!(fingerprint(&one), fingerprint(&another), "{one}");
        }
        assert_ne!(fingerprint(&layer("aa")), fingerprint(&manifest("aa")));
    }

    #[test]
    fn a_place_is_a_host_or_a_repository() {
        for (named, place) in [
            ("https://registry-1.docker.io:443/v2/a?b", "registry-1.docker.io"),
            ("docker.io/library/nginx@sha256:aa", "docker.io/library/nginx"),
            ("localhost:5000/api:1", "localhost:5000/api"),
            ("arn:aws:s3:::bucket/key:1", "arn:aws:s3:::bucket/key:1"),
            ("api.ecr.us-east-1.amazonaws.com", "api.ecr.us-east-1.amazonaws.com"),
        ] {
            assert_eq!(place_of(named), place);
        }
    }
}
