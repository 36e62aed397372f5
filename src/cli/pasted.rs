//! Text that is not JSON: which of it is what ECS says.
//!
//! ECS writes at most a thousand bytes of a reason, so nothing follows from words that are farther apart. A text
//! is read paragraph by paragraph, and a paragraph is a message where it tells both what was being done and what
//! went wrong: prose, logs and pages name the one or the other.

use super::output::{Batch, Outcome};
use super::reporter::Reporter;
use crate::event::{Reason, Task};
use crate::reason::{self, Fault, Step, Symptom};
use crate::words::some_of;

/// ECS writes at most so many bytes of a reason.
const LONGEST_REASON: usize = 1024;
/// A paragraph may be so long: labels, names and margins come to a reason where people copy it from.
const LONGEST_PARAGRAPH: usize = 4 * LONGEST_REASON;
/// Places that are named; more are counted.
const PLACES_NAMED: usize = 5;

/// What else may have been meant.
const INSTEAD: &str = "the AWS CLI prints JSON with --output json; --reason takes any message, --log the log of an application, and ecs-triage check a template or a task definition";

/// Lines that follow each other, without a blank one between them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Paragraph<'t> {
    /// The first of its lines, counted from 1.
    line: usize,
    text: &'t str,
}

/// Reports what ECS says in a text. A text without a message is not a failure.
pub(super) fn report(name: &str, task: &Task, reporter: &Reporter, batch: &mut Batch) {
    let Some(reason) = task.reasons.first() else { return };
    let text = reason.text.trim();
    let all = paragraphs(&reason.text);
    let said: Vec<&Paragraph<'_>> = all.iter().filter(|paragraph| is_message(paragraph.text)).collect();
    let is_reason = text.len() <= LONGEST_REASON && all.len() == 1;
    if !said.is_empty() {
        let of = |paragraph: &&Paragraph<'_>| Reason { text: paragraph.text.to_owned(), ..reason.clone() };
        reporter.task(&Task { reasons: said.iter().map(of).collect(), ..task.clone() }, batch);
        if !is_reason {
            batch.complaints.push(format!(
                "{name} is not JSON: of its {} lines, {} read as what ECS says",
                reason.text.lines().count(),
                places(&said)
            ));
        }
    } else if is_reason && (!text.contains('\n') || is_recognized(text)) {
        reporter.task(task, batch);
        batch.outcome = batch.outcome.max(Outcome::Wrong);
        batch.complaints.push(format!(
            "{name} is not JSON and was read as what ECS says, of which not all is recognized: {INSTEAD}"
        ));
    } else {
        batch.unable(format!("{name}: expected JSON or a message of ECS, found neither: {INSTEAD}"));
    }
}

/// The paragraphs of a text; one that is too long for a message is read line by line.
fn paragraphs(text: &str) -> Vec<Paragraph<'_>> {
    let lines: Vec<Paragraph<'_>> =
        (1..).zip(text.split_inclusive('\n')).map(|(line, text)| Paragraph { line, text }).collect();
    // The frames and fences that people copy along have no letters.
    let is_blank = |line: &Paragraph<'_>| !line.text.contains(char::is_alphanumeric);
    let mut found = Vec::new();
    let mut at = 0;
    for block in lines.chunk_by(|one, next| is_blank(one) == is_blank(next)) {
        let length = block.iter().map(|line| line.text.len()).sum::<usize>();
        let whole = Paragraph { line: block[0].line, text: &text[at..at + length] };
        at += length;
        match length {
            _ if is_blank(&block[0]) => {}
            0..=LONGEST_PARAGRAPH => found.push(whole),
            _ => found.extend(block.iter().filter(|line| line.text.len() <= LONGEST_PARAGRAPH).cloned()),
        }
    }
    found
}

/// Whether a text tells what was being done and what went wrong, or was cut before it could.
fn is_message(text: &str) -> bool {
    let tells = |symptom: &Symptom| {
        symptom.step != Step::Unknown && (symptom.fault != Fault::Unknown || symptom.truncated)
    };
    reason::read(text).iter().any(tells)
}

/// Whether anything in a text is known of ECS.
fn is_recognized(text: &str) -> bool {
    let tells = |symptom: &Symptom| symptom.step != Step::Unknown || symptom.fault != Fault::Unknown;
    reason::read(text).iter().any(tells)
}

/// The lines of some paragraphs, in words.
fn places(paragraphs: &[&Paragraph<'_>]) -> String {
    let place = |paragraph: &&Paragraph<'_>| match paragraph.text.lines().count() {
        0 | 1 => paragraph.line.to_string(),
        count => format!("{} to {}", paragraph.line, paragraph.line + count - 1),
    };
    some_of(&paragraphs.iter().map(place).collect::<Vec<_>>(), PLACES_NAMED, ", ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::{LONGEST_REASON, is_message, paragraphs};
    use crate::reason::{self, Fault, Step};

    /// What people copy along with a reason, on both sides of it.
    const AROUND: &[(&str, &str)] = &[
        (
            "[+] Building 41.2s (14/14) FINISHED\n => exporting layers 3.1s\n\nStack Api: deploying... [1/1]\nApi | 3/7 | 10:14:02 | CREATE_IN_PROGRESS | AWS::ECS::Service | Service9571FDD8\nApi | 3/7 | 10:24:40 | CREATE_FAILED | AWS::ECS::Service | Service9571FDD8\n\n",
            "\n\n\u{274c}  Api failed: Error: The stack named Api failed creation\n    at FullCloudFormationDeployment.monitorDeployment (/usr/lib/node_modules/aws-cdk/lib/index.js:421:10615)\n    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)\n",
        ),
        (
            "aws_ecs_service.api: Still creating... [9m50s elapsed]\naws_ecs_service.api: Still creating... [10m0s elapsed]\n\u{2577}\n\u{2502} Error: waiting for ECS Service create\n\u{2502} \n\u{2502} ",
            "\n\u{2502} \n\u{2502}   with aws_ecs_service.api,\n\u{2502}   on main.tf line 12, in resource \"aws_ecs_service\" \"api\":\n\u{2502}   12: resource \"aws_ecs_service\" \"api\" {\n\u{2502} \n\u{2575}\n",
        ),
        (
            "Jane Doe  9:41 AM\nhas anybody seen this before? staging worked all week, and since the release of this morning\nno task comes up any more, on Fargate at least\n\n",
            "\n\nJohn Roe  9:43 AM\nlooks like the thing we had in March, could you please look at the console\n4 replies\n\nJane Doe  9:44 AM\nwill do, thank you!\n",
        ),
        (
            "Tasks\nConfiguration\nLogs\nNetworking\nTags\n\nTask overview\nARN\narn:aws:ecs:eu-west-1:111122223333:task/prod/8b9a1785791d0b80a17f4f1cff9c8f5a\nLast status\nStopped\nDesired status\nStopped\n\n",
            "\n\nConfiguration\nOperating system/Architecture\nLinux/X86_64\nCapacity provider\nFARGATE\nLaunch type\nFARGATE\nCPU | Memory\n.25 vCPU | .5 GB\nPlatform version\n1.4.0\n",
        ),
    ];

    fn texts() -> impl Iterator<Item = String> {
        let rows = include_str!("../../tests/corpus/reasons.jsonl").lines();
        let wild = include_str!("../../tests/corpus/wild.jsonl").lines();
        let row = |line: &str| serde_json::from_str::<Value>(line).expect("the corpus is JSON Lines");
        rows.chain(wild)
            .map(row)
            .filter(|row| row["origin"] == "observed")
            .map(|row| row["text"].as_str().expect("it has a text").trim().to_owned())
    }

    fn told(text: &str) -> BTreeSet<(Step, Fault)> {
        let known = reason::read(text).into_iter().map(|symptom| (symptom.step, symptom.fault));
        known.filter(|(step, fault)| *step != Step::Unknown && *fault != Fault::Unknown).collect()
    }

    #[test]
    fn a_message_is_found_in_what_people_copy_along_with_it() {
        let mut missed = Vec::new();
        let mut seen = 0;
        for (at, text) in texts().filter(|text| !told(text).is_empty()).enumerate() {
            // A text with a blank line is several paragraphs by itself.
            if text.contains("\n\n") {
                continue;
            }
            let (before, after) = AROUND[at % AROUND.len()];
            let page = format!("{before}{text}{after}");
            let page = format!("{page}{}", "and so on\n".repeat(LONGEST_REASON / 10));
            let said: BTreeSet<_> = paragraphs(&page)
                .iter()
                .filter(|part| is_message(part.text))
                .flat_map(|part| told(part.text))
                .collect();
            seen += 1;
            if said != told(&text) {
                missed.push(format!("{text}: {said:?}"));
            }
        }
        assert!(seen > 300, "the corpus has {seen} texts that were seen");
        assert_eq!(missed, Vec::<String>::new());
    }

    #[test]
    fn a_text_is_taken_apart_where_nothing_is_said() {
        let long = "word ".repeat(LONGEST_REASON);
        let page = format!("one\ntwo\n\n```\n\u{2502} three\n\u{2502} \n---\nfour\n\n{long}\nshort\n");
        let found = paragraphs(&page);
        let told: Vec<(usize, &str)> = found.iter().map(|part| (part.line, part.text)).collect();
        assert_eq!(told, [(1, "one\ntwo\n"), (5, "\u{2502} three\n"), (8, "four\n"), (11, "short\n")]);
    }

    #[test]
    fn nothing_is_a_message_of_what_people_write() {
        for page in [
            include_str!("../../README.md"),
            include_str!("../../CHANGELOG.md"),
            include_str!("../../LICENSE-APACHE"),
            include_str!("../../docs/deploy.md"),
            include_str!("../../Cargo.toml"),
            include_str!("../../docs/incidents.md"),
            include_str!("../../action.yml"),
            include_str!("../../src/cli.rs"),
        ] {
            let taken = paragraphs(page).into_iter().find(|part| is_message(part.text));
            assert_eq!(taken, None);
        }
    }
}
