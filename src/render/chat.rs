//! The notice as Amazon Q Developer in chat applications takes it: a custom notification, version 1.0.
//!
//! It is short, since a chat is: what happened, ECS's words, the evidence and the fix; the whole text goes to
//! the other topic. Names and reasons were written by others, so what would mention people, link elsewhere or
//! end a block in a chat is replaced.

use serde_json::{Map, Value, json};

use super::attributes::{attributes, facts, with_team};
use super::body::{asked_for, capitalized, certainty, label, runbook};
use super::notice::{Notice, forecast};
use super::reason_lines::last_words;
use super::text;
use crate::causes::{Command, Verdict};
use crate::context::Surroundings;
use crate::diagnosis::{Diagnosis, Report};
use crate::event::{Source, Task};
use crate::network::draw;
use crate::redact::one_line;

const LONGEST_TITLE: usize = 250;
const LONGEST_DESCRIPTION: usize = 8000;
const LONGEST_STEP: usize = 350;
/// The most characters of one block or line of the description, so that there is room for the others.
const LONGEST_PART: usize = 2000;
const MOST_STEPS: usize = 10;
const CUT: &str = "...";
const SHORTENED: &str = "(there is more in the whole notice and in the journal)";

/// The notification of a report, with the incident's state in a word and what surrounds it; `None` where
/// there is nothing to announce. All notifications of one incident are of one thread.
#[must_use]
pub fn notification(report: &Report<'_>, state: &str, around: &Surroundings) -> Option<String> {
    let best = report.diagnoses.first()?;
    let task = report.task;
    let title = title(task, best, state);
    let context = with_team(attributes(facts(report, best, state)), around.team.as_deref());
    let context = context.iter().map(|(name, value)| ((*name).to_owned(), json!(harmless(value)))).collect();
    let resources =
        [&task.arn, &task.task_definition, &best.culprit.id].into_iter().flatten().map(String::as_str);
    // An incident sends one notification of a state for one task at most.
    let occasion = task.id().map(str::to_owned).or_else(|| task.stopped_at.map(|at| at.to_string()));
    let id = [Some(report.fingerprint.clone()), Some(state.to_owned()), occasion]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join("-");
    let content = json!({
        "textType": "client-markdown",
        "title": &title,
        "description": description(report, best, around),
        "nextSteps": next_steps(best),
        "keywords": [best.cause.id, best.verdict.as_str(), best.cause.owner.as_str()],
    });
    let metadata = json!({
        "threadId": &report.fingerprint,
        "summary": title,
        "eventType": event_type(state),
        "relatedResources": resources.filter(|resource| !resource.is_empty()).map(harmless).collect::<Vec<_>>(),
        "additionalContext": Value::Object(context),
    });
    Some(envelope(&id, content, &metadata))
}

/// A notification without a report behind it, of an end or a storm, for a thread that has one such for each
/// occasion.
#[must_use]
pub fn message(thread: &str, occasion: &str, notice: &Notice) -> String {
    let title = cut(&harmless(&notice.subject), LONGEST_TITLE);
    let mut description = Description::default();
    // A description there must be.
    let said = if notice.body.trim().is_empty() { title.as_str() } else { &notice.body };
    said.lines().for_each(|line| description.line(line));
    let single = notice.attributes.iter().map(|(name, value)| (*name, value.clone()));
    let lists = notice.lists.iter().map(|(name, values)| (*name, values.join(", ")));
    let context: Map<String, Value> = single
        .chain(lists)
        .map(|(name, value)| (name.to_owned(), json!(cut(&harmless(&value), LONGEST_STEP))))
        .collect();
    let word = |name: &str| context.get(name).and_then(Value::as_str).unwrap_or_default();
    let keywords: Vec<&str> = ["state", "cause", "verdict", "owner"]
        .map(word)
        .into_iter()
        .filter(|word| !word.is_empty())
        .collect();
    let content = json!({"textType": "client-markdown", "title": &title, "description": description.finish(), "keywords": keywords});
    let metadata = json!({"threadId": thread, "summary": title, "eventType": event_type(word("state")), "additionalContext": &context});
    envelope(&format!("{thread}-{}-{occasion}", word("state")), content, &metadata)
}

/// What is empty is left out: the schema wants none of it.
fn envelope(id: &str, mut content: Value, metadata: &Value) -> String {
    if let Some(content) = content.as_object_mut() {
        content.retain(|_, value| value.as_array().is_none_or(|list| !list.is_empty()));
    }
    json!({"version": "1.0", "source": "custom", "id": id, "content": content, "metadata": metadata})
        .to_string()
}

fn event_type(state: &str) -> String {
    format!("ecs-triage incident {state}")
}

fn title(task: &Task, best: &Diagnosis, state: &str) -> String {
    let workload = task.workload.as_ref().map(|workload| &workload.name);
    let place: Vec<&str> =
        [task.cluster.as_ref(), workload].into_iter().flatten().map(String::as_str).collect();
    let place = if place.is_empty() { "ECS task".to_owned() } else { place.join("/") };
    let state = if state == "opened" { String::new() } else { format!("[{state}] ") };
    let is = match task.source {
        Source::Forecast(of) => format!(" {}", forecast(of)),
        _ => String::new(),
    };
    cut(&harmless(&format!("{state}{place}{is}: {}", best.title)), LONGEST_TITLE)
}

fn description(report: &Report<'_>, best: &Diagnosis, around: &Surroundings) -> String {
    let mut out = Description::default();
    out.line(&text::subject(report.task));
    out.line(&around.impact().unwrap_or_default());
    let team = around.team.as_deref().filter(|team| !team.is_empty());
    let team = team.map(|team| format!("; team: {}", one_line(team))).unwrap_or_default();
    out.line(&format!("{} ({}); owner: {}{team}", best.cause.id, certainty(best), best.owner()));
    let read = &report.symptoms[best.symptom];
    out.block(&last_words(&one_line(&read.reason.text), &read.deciding(), ["\u{ab}", "\u{bb}"]));
    let definition = report.task.task_definition_name().unwrap_or("the task definition");
    for reference in best.culprit.references.iter().take(2) {
        out.line(&format!("\u{2022} {} in {definition}", asked_for(reference)));
    }
    for finding in &best.findings {
        out.line(&format!("\u{2022} {}: {}", label(finding.kind), finding.sourced()));
    }
    out.block(&best.path.as_ref().map(draw).unwrap_or_default().join("\n"));
    // As in the text: where the best is proved, the others are left out.
    let others = report
        .diagnoses
        .iter()
        .skip(1)
        .filter(|other| other.symptom == best.symptom && other.verdict != Verdict::RuledOut);
    for other in others.filter(|_| best.verdict != Verdict::Confirmed) {
        out.line(&format!("or {} ({}): {}", other.cause.id, other.verdict, other.title));
    }
    out.link("Console", around.console.as_deref());
    out.link("Runbook", runbook(best.cause, around).as_deref());
    out.line(&around.incident.as_ref().map(|id| format!("Incident {id}")).unwrap_or_default());
    out.finish()
}

/// What fixes it, each step in words with its commands behind it. A command is printed byte for byte or not
/// at all: one that is cut or rewritten must not be pasted.
fn next_steps(best: &Diagnosis) -> Vec<String> {
    let fits = |command: &str| length(command) + 2 <= LONGEST_STEP && !command.contains(['`', '<', '>']);
    let (mut lines, mut is_whole) = (Vec::new(), true);
    for (number, step) in (1..).zip(&best.fix.steps) {
        let number = if best.fix.steps.len() > 1 { format!("{number}. ") } else { String::new() };
        let words = harmless(&format!("{number}{}", capitalized(&step.text)));
        lines.push(cut(&words, LONGEST_STEP));
        for command in step.commands.iter().map(Command::as_str) {
            if fits(command) {
                lines.push(format!("`{command}`"));
            } else {
                is_whole = false;
            }
        }
    }
    if lines.len() > MOST_STEPS - 1 {
        is_whole = false;
        lines.truncate(MOST_STEPS - 1);
    }
    lines.extend((!is_whole).then(|| "paste the other commands from the whole notice".to_owned()));
    lines
}

/// Lines and blocks, as many as find room.
#[derive(Default)]
struct Description {
    out: String,
    full: bool,
}

impl Description {
    fn line(&mut self, text: &str) {
        self.add(&cut(harmless(text).trim(), LONGEST_PART));
    }

    /// A link of our own making.
    fn link(&mut self, name: &str, link: Option<&str>) {
        self.add(&link.map(|link| format!("{name}: {link}")).unwrap_or_default());
    }

    fn block(&mut self, text: &str) {
        let text = cut(unmarked(text).trim_end(), LONGEST_PART);
        if !text.is_empty() {
            self.add(&format!("```\n{text}\n```"));
        }
    }

    fn add(&mut self, part: &str) {
        if part.is_empty() || self.full {
            return;
        }
        self.full = length(&self.out) + 1 + length(part) + 1 + length(SHORTENED) > LONGEST_DESCRIPTION;
        self.out.push_str(if self.out.is_empty() { "" } else { "\n" });
        self.out.push_str(if self.full { SHORTENED } else { part });
    }

    fn finish(self) -> String {
        self.out
    }
}

/// Text that is nothing but text in Slack's and in Teams's Markdown, also outside a block: no link, whether
/// in brackets or bare.
fn harmless(text: &str) -> String {
    unmarked(text).replace("](", "] (").replace("://", ": //")
}

/// The same inside a block: `<` begins a mention or a link there too, a backtick ends the block.
fn unmarked(text: &str) -> String {
    let replaced = |letter| match letter {
        '<' => '\u{2039}',
        '>' => '\u{203a}',
        '`' => '\'',
        other => other,
    };
    text.chars().map(replaced).collect()
}

/// The length in UTF-16, which is never less than another way to count the characters.
fn length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

fn cut(text: &str, longest: usize) -> String {
    if length(text) <= longest {
        return text.to_owned();
    }
    let mut room = longest - CUT.len();
    let fits = |letter: &char| {
        let left = room.checked_sub(letter.len_utf16());
        room = left.unwrap_or(0);
        left.is_some()
    };
    let kept: String = text.chars().take_while(fits).collect();
    format!("{}{CUT}", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Notice, harmless, length, message, notification, unmarked};
    use crate::causes::{Command, Finding, Fix, NameKind, Step};
    use crate::context::Surroundings;
    use crate::diagnosis::{Report, diagnose};
    use crate::event::{Task, read_record};
    use crate::network::{Hop, Path, State};
    use crate::question::Evidence;

    /// One, two and four bytes, and with the last two units of UTF-16.
    const LETTERS: [&str; 4] = ["a", "é", "漢", "🦀"];

    fn task() -> Task {
        let reason = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret \
            from asm: retrieved secret from Secrets Manager did not contain json key password";
        let arn = "arn:aws:ecs:us-east-1:111122223333:task/prod/8b9a1785791d0b80a17f4f1cff9c8f5a";
        let record = json!({"taskArn": arn, "group": "service:api", "lastStatus": "STOPPED", "stopCode": "TaskFailedToStart", "stoppedReason": reason});
        read_record(&record.to_string()).remove(0).tasks.remove(0).expect("it reads")
    }

    fn read(text: Option<String>) -> Value {
        serde_json::from_str(&text.expect("a notification")).expect("JSON")
    }

    /// A command of so many bytes.
    fn command(length: usize) -> Command {
        let of = |cluster: usize, service: usize| {
            let names = ["c".repeat(cluster), "s".repeat(service)];
            let command = Command::aws("ecs update-service", Some("eu-west-1"));
            command.name("--cluster", NameKind::Cluster, names[0].as_str()).name(
                "--service",
                NameKind::Service,
                names[1].as_str(),
            )
        };
        let rest = length - of(1, 1).as_str().len() + 2;
        let command = of(rest / 2, rest - rest / 2);
        assert_eq!(command.as_str().len(), length);
        command
    }

    fn text<'v>(value: &'v Value, path: &str) -> &'v str {
        value.pointer(path).and_then(Value::as_str).unwrap_or_default()
    }

    fn with(change: impl Fn(&mut Report<'_>)) -> Value {
        let task = task();
        let mut report = diagnose(&task, &Evidence::default());
        change(&mut report);
        read(notification(&report, "opened", &around("one task")))
    }

    #[test]
    fn a_title_has_at_most_250_characters() {
        for letter in LETTERS {
            let long = with(|report| report.diagnoses[0].title = letter.repeat(3000));
            for path in ["/content/title", "/metadata/summary"] {
                let title = text(&long, path);
                assert!(
                    (249..=250).contains(&length(title)) && title.ends_with(&format!("{letter}...")),
                    "{title}"
                );
            }
        }
        let room = 250 - "prod/api: ".len();
        let exact = with(|report| report.diagnoses[0].title = "é".repeat(room));
        assert_eq!(text(&exact, "/content/title"), format!("prod/api: {}", "é".repeat(room)));
    }

    fn notice(state: &str, subject: &str, body: &str) -> Notice {
        let attributes = vec![("state", state.to_owned()), ("cause", "<!here>".to_owned())];
        Notice {
            subject: subject.to_owned(),
            body: body.to_owned(),
            attributes,
            lists: vec![("workload", vec!["api".to_owned(), "web".to_owned()])],
        }
    }

    fn around(impact: &str) -> Surroundings {
        Surroundings { impact: vec![impact.to_owned()], ..Surroundings::default() }
    }

    /// A path that is drawn wider than a part of a description may be.
    fn long_path(letter: &str) -> Path {
        let hop = || Hop { what: letter.repeat(60), state: State::Ok, why: None };
        Path {
            from: "task".to_owned(),
            to: "secretsmanager.eu-west-1.amazonaws.com:443".to_owned(),
            state: State::Ok,
            hops: (0..60).map(|_| hop()).collect(),
            blockages: Vec::new(),
            possible: Vec::new(),
            unsure: Vec::new(),
        }
    }

    #[test]
    fn a_description_has_at_most_8000_characters_and_its_blocks_end() {
        for letter in LETTERS {
            let long = with(|report| {
                report.diagnoses[0].findings =
                    (0..50).map(|_| Finding::unknown(letter.repeat(300))).collect();
                report.diagnoses[0].path = Some(long_path(letter));
            });
            let description = text(&long, "/content/description");
            assert!((7000..=8000).contains(&length(description)), "{}", length(description));
            assert!(
                description.ends_with("(there is more in the whole notice and in the journal)"),
                "{description}"
            );
            assert_eq!(description.matches("```").count() % 2, 0);
            let drawn = with(|report| report.diagnoses[0].path = Some(long_path(letter)));
            let description = text(&drawn, "/content/description");
            assert!(
                description.contains("...\n```\nRunbook: https://") && length(description) < 4000,
                "{description}"
            );
        }
    }

    #[test]
    fn a_step_has_at_most_350_characters_and_no_command_is_cut() {
        for letter in LETTERS {
            let long = with(|report| {
                let commands = vec![command(348), command(349)];
                let steps = vec![Step { text: letter.repeat(1000), commands }];
                report.diagnoses[0].fix = Fix { steps, ..Fix::default() };
            });
            let steps: Vec<&str> = long["content"]["nextSteps"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            assert!(steps.iter().all(|step| length(step) <= 350), "{steps:?}");
            assert!(steps[0].ends_with(&format!("{letter}...")), "{steps:?}");
            assert_eq!(
                steps[1..],
                [format!("`{}`", command(348)).as_str(), "paste the other commands from the whole notice"]
            );
        }
        let many = with(|report| report.diagnoses[0].fix.steps[0].commands = vec![command(100); 30]);
        assert_eq!(many["content"]["nextSteps"].as_array().map(Vec::len), Some(10));
    }

    #[test]
    fn what_others_wrote_does_nothing_in_a_chat() {
        assert_eq!(
            harmless("<!channel> [x](https://example.com) ```"),
            "‹!channel› [x] (https: //example.com) '''"
        );
        assert_eq!(
            unmarked("<!channel> <https://example.com|here> ```"),
            "‹!channel› ‹https://example.com|here› '''"
        );
        let message = with(|report| {
            report.diagnoses[0].title = "<@U123>".to_owned();
            report.diagnoses[0].findings = vec![Finding::unknown("```<!here>```")];
            report.diagnoses[0].culprit.id = Some("[x](https://example.com) <!channel>".to_owned());
        });
        for path in ["/content/title", "/content/description", "/metadata/relatedResources/1"] {
            assert!(!text(&message, path).is_empty() && !text(&message, path).contains(['<', '>']), "{path}");
        }
        assert_eq!(text(&message, "/content/description").matches("```").count(), 2);
    }

    #[test]
    fn one_incident_is_one_thread() {
        let task = task();
        let report = diagnose(&task, &Evidence::default());
        let [opened, failing] = ["opened", "still-failing"]
            .map(|state| read(notification(&report, state, &around("17 failed starts since 14:02 UTC"))));
        let resolved = read(Some(message(
            &report.fingerprint,
            "1",
            &notice("resolved", "api recovered", "17 failed starts since 14:02 UTC"),
        )));
        for message in [&opened, &failing, &resolved] {
            assert_eq!(message["metadata"]["threadId"], report.fingerprint.as_str());
            assert!(
                text(message, "/content/description").contains("17 failed starts since 14:02 UTC"),
                "{message}"
            );
        }
        assert!(opened["id"] != failing["id"] && failing["id"] != resolved["id"]);
        assert!(text(&failing, "/content/title").starts_with("[still-failing] prod/api: "), "{failing}");
        assert_eq!(resolved["content"].get("nextSteps"), None);
        let context = json!({"state": "resolved", "cause": "\u{2039}!here\u{203a}", "workload": "api, web"});
        assert_eq!(resolved["metadata"]["additionalContext"], context);
    }

    #[test]
    fn what_has_no_report_is_within_the_limits_too() {
        for letter in LETTERS {
            let lines = vec![letter.repeat(100); 200].join("\n");
            let storm = read(Some(message("storm-1", "21", &notice("storm", &letter.repeat(1000), &lines))));
            assert!(
                length(text(&storm, "/content/title")) <= 250
                    && length(text(&storm, "/content/description")) <= 8000
            );
            assert_eq!(
                (text(&storm, "/metadata/threadId"), text(&storm, "/metadata/eventType")),
                ("storm-1", "ecs-triage incident storm")
            );
        }
    }

    #[test]
    fn nothing_wrong_makes_no_message() {
        let record = json!({"lastStatus": "STOPPED", "stopCode": "UserInitiated", "stoppedReason": "Task stopped by user"});
        let task = read_record(&record.to_string()).remove(0).tasks.remove(0).expect("it reads");
        assert_eq!(
            notification(&diagnose(&task, &Evidence::default()), "opened", &Surroundings::default()),
            None
        );
    }
}
