//! Metrics in CloudWatch's embedded metric format: lines of the function's log that CloudWatch reads metrics
//! from.
//!
//! A metric costs by its combinations of dimensions, so none of them names a task, a time or a secret.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::diagnosis::Report;

/// The metrics' namespace; the template's dashboard reads it.
pub const NAMESPACE: &str = "EcsTriage";
/// CloudWatch takes 1024 characters of ASCII.
const LONGEST_DIMENSION: usize = 1024;

/// The line for so many tasks that failed as the report says; `None` where no start failed.
#[must_use]
pub fn failures(report: &Report<'_>, tasks: u64, at: Timestamp) -> Option<String> {
    let counts = [("Failures", tasks), ("Unrecognised", tasks)];
    line(report, &counts[..if report.has_unrecognised() { 2 } else { 1 }], at)
}

/// The line for an incident that was opened with this report; `None` where no start failed.
#[must_use]
pub fn incident(report: &Report<'_>, at: Timestamp) -> Option<String> {
    line(report, &[("Incidents", 1)], at)
}

/// The line for what went wrong in an invocation of the function of this name; `None` where nothing did. Each
/// stack of an account has alarms of its own.
#[must_use]
pub fn troubles(counts: &BTreeMap<&'static str, u64>, function: &str, at: Timestamp) -> Option<String> {
    let counts: Vec<(&'static str, u64)> = counts.iter().map(|(name, count)| (*name, *count)).collect();
    let values =
        dimension(function).map(|function| Map::from_iter([("Function".to_owned(), json!(function))]));
    let dimensions = if values.is_some() { json!([["Function"]]) } else { json!([[]]) };
    (!counts.is_empty()).then(|| embedded(&dimensions, values.unwrap_or_default(), &counts, at))
}

fn line(report: &Report<'_>, counts: &[(&'static str, u64)], at: Timestamp) -> Option<String> {
    let best = report.diagnoses.first().filter(|_| report.is_start_failure())?;
    let task = report.task;
    let cluster = task.cluster.as_deref().and_then(dimension);
    // Families come and go with branches and jobs: each would be a metric more for ever.
    let workload = task.service().and_then(dimension);
    let mut dimensions = vec![json!(["Cause"])];
    let mut values = Map::from_iter([("Cause".to_owned(), json!(best.cause.id))]);
    // A set with a dimension that has no value would void the whole line.
    if let (Some(cluster), Some(workload)) = (cluster, workload) {
        dimensions.push(json!(["Cluster", "Workload"]));
        values.extend([("Cluster".to_owned(), json!(cluster)), ("Workload".to_owned(), json!(workload))]);
    }
    Some(embedded(&json!(dimensions), values, counts, at))
}

fn embedded(
    dimensions: &Value,
    values: Map<String, Value>,
    counts: &[(&'static str, u64)],
    at: Timestamp,
) -> String {
    let named: Vec<Value> = counts.iter().map(|(name, _)| json!({"Name": name, "Unit": "Count"})).collect();
    let directive = json!({"Namespace": NAMESPACE, "Dimensions": dimensions, "Metrics": named});
    let mut root = Map::from_iter([(
        "_aws".to_owned(),
        json!({"Timestamp": at.as_millisecond(), "CloudWatchMetrics": [directive]}),
    )]);
    root.extend(values);
    root.extend(counts.iter().map(|(name, count)| ((*name).to_owned(), json!(count))));
    Value::Object(root).to_string()
}

/// A name as a dimension's value; `None` where nothing of it shows.
fn dimension(name: &str) -> Option<String> {
    let ascii = name
        .chars()
        .take(LONGEST_DIMENSION)
        .map(|letter| if letter == ' ' || letter.is_ascii_graphic() { letter } else { '?' });
    Some(ascii.collect()).filter(|value: &String| !value.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::Timestamp;
    use serde_json::{Value, json};

    use super::{failures, incident, troubles};
    use crate::diagnosis::diagnose;
    use crate::event::{Task, read_record};
    use crate::question::Evidence;

    const AT: i64 = 1_776_261_731_600;

    fn at() -> Timestamp {
        Timestamp::from_millisecond(AT).expect("a time")
    }

    const KEY_MISSING: &str = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to \
        retrieve secret from asm: retrieved secret from Secrets Manager did not contain json key password";

    fn task(reason: &str, cluster: &str, group: &str) -> Task {
        let arn =
            format!("arn:aws:ecs:us-east-1:111122223333:task/{cluster}/8b9a1785791d0b80a17f4f1cff9c8f5a");
        let cluster = format!("arn:aws:ecs:us-east-1:111122223333:cluster/{cluster}");
        let record = json!({"taskArn": arn, "clusterArn": cluster, "group": group, "lastStatus": "STOPPED", "stopCode": "TaskFailedToStart", "stoppedReason": reason});
        read_record(&record.to_string()).remove(0).tasks.remove(0).expect("it reads")
    }

    fn read(line: Option<String>) -> Value {
        serde_json::from_str(&line.expect("a line")).expect("JSON")
    }

    #[test]
    fn failing_tasks_count_by_cause_and_by_workload() {
        let task = task(KEY_MISSING, "prod", "service:api");
        let report = diagnose(&task, &Evidence::default());
        let metrics = |name: &str| {
            json!({"Timestamp": AT, "CloudWatchMetrics": [{
                "Namespace": "EcsTriage", "Dimensions": [["Cause"], ["Cluster", "Workload"]], "Metrics": [{"Name": name, "Unit": "Count"}]
            }]})
        };
        let line = read(failures(&report, 17, at()));
        assert_eq!(
            line,
            json!({"_aws": metrics("Failures"), "Cause": "secret-key-missing", "Cluster": "prod", "Workload": "api", "Failures": 17})
        );
        let line = read(incident(&report, at()));
        assert_eq!(
            line,
            json!({"_aws": metrics("Incidents"), "Cause": "secret-key-missing", "Cluster": "prod", "Workload": "api", "Incidents": 1})
        );
    }

    #[test]
    fn what_is_not_recognised_counts_besides() {
        let task =
            task("ResourceInitializationError: something nobody has seen before", "prod", "service:api");
        let line = read(failures(&diagnose(&task, &Evidence::default()), 2, at()));
        assert_eq!((&line["Failures"], &line["Unrecognised"]), (&json!(2), &json!(2)));
        assert_eq!(
            line["_aws"]["CloudWatchMetrics"][0]["Metrics"][1],
            json!({"Name": "Unrecognised", "Unit": "Count"})
        );
    }

    #[test]
    fn no_task_is_a_dimension_and_every_dimension_has_a_value() {
        let many = "é".repeat(2000);
        for (cluster, group) in
            [("prod", "service:api"), ("prod", ""), (" ", "service:api"), (&many, "service:api")]
        {
            let task = task(KEY_MISSING, cluster, group);
            let line = failures(&diagnose(&task, &Evidence::default()), 1, at()).expect("a line");
            assert!(
                !line.contains("8b9a1785791d0b80a17f4f1cff9c8f5a") && !line.contains('\n') && line.is_ascii(),
                "{line}"
            );
            let line = read(Some(line));
            for name in line["_aws"]["CloudWatchMetrics"][0]["Dimensions"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_array)
                .flatten()
            {
                let value = line[name.as_str().expect("a name")].as_str().unwrap_or_default();
                assert!(!value.trim().is_empty() && value.len() <= 1024, "{name} in {line}");
            }
        }
    }

    #[test]
    fn troubles_count_by_function() {
        let line = read(troubles(&BTreeMap::from([("NotInChat", 2), ("Unrecorded", 1)]), "ecs-triage", at()));
        assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["Function"]]));
        assert_eq!(
            (&line["Function"], &line["NotInChat"], &line["Unrecorded"]),
            (&json!("ecs-triage"), &json!(2), &json!(1))
        );
        assert_eq!(
            read(troubles(&BTreeMap::from([("Faulty", 1)]), "", at()))["_aws"]["CloudWatchMetrics"][0]["Dimensions"],
            json!([[]])
        );
        assert_eq!(troubles(&BTreeMap::new(), "ecs-triage", at()), None);
    }

    #[test]
    fn only_services_are_dimensions() {
        let task = task(KEY_MISSING, "prod", "family:migrate-pr-4711");
        let line = read(failures(&diagnose(&task, &Evidence::default()), 1, at()));
        assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["Cause"]]));
        assert_eq!((&line["Failures"], &line["Workload"]), (&json!(1), &Value::Null));
    }

    #[test]
    fn what_is_no_failed_start_does_not_count() {
        for (code, reason) in [
            ("ServiceSchedulerInitiated", "Scaling activity initiated by (deployment ecs-svc/1)"),
            ("EssentialContainerExited", "Essential container in task exited"),
        ] {
            let record = json!({"group": "service:api", "lastStatus": "STOPPED", "stopCode": code, "stoppedReason": reason, "containers": [{"name": "web", "exitCode": 1}]});
            let task = read_record(&record.to_string()).remove(0).tasks.remove(0).expect("it reads");
            assert_eq!(failures(&diagnose(&task, &Evidence::default()), 1, at()), None, "{reason}");
        }
    }
}
