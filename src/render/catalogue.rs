//! The catalogue's documentation, from the records: what `explain` prints and what `docs/causes.md` holds.

use std::fmt::Write as _;

use super::text::Style;
use super::wrap::prose;
use crate::causes::{CAUSES, Cause};
use crate::question::Question;

/// The widest that an explanation gets.
const WIDEST: usize = 102;
/// Messages shown of other causes, where a cause has none of its own.
const EXAMPLES_OF_OTHERS: usize = 2;

/// One line for each cause.
#[must_use]
pub fn list() -> String {
    let widest = CAUSES.iter().map(|cause| cause.id.len()).max().unwrap_or(0);
    CAUSES.iter().fold(String::new(), |mut out, cause| {
        let _ = writeln!(out, "{:widest$}  {}", cause.id, cause.title);
        out
    })
}

/// A line for each cause in which a word stands; nothing where there is none.
#[must_use]
pub fn search(word: &str) -> String {
    let word = word.to_lowercase();
    let texts = |cause: &Cause| [cause.id, cause.title, cause.explanation.what, cause.explanation.why, cause.explanation.tell, cause.explanation.fix];
    let found = CAUSES.iter().filter(|cause| !word.is_empty() && texts(cause).iter().any(|text| text.to_lowercase().contains(&word)));
    found.fold(String::new(), |mut out, cause| {
        let _ = writeln!(out, "{}  {}", cause.id, cause.title);
        out
    })
}

/// One cause, whole.
#[must_use]
pub fn explain(cause: &Cause, style: impl Into<Style>) -> String {
    let width = style.into().width.map_or(WIDEST, |width| width.min(WIDEST));
    let wrapped = |text: &str, indent: &str| wrapped(text, indent, width);
    let text = &cause.explanation;
    let mut out = format!("{}: {}\nowner: {}\n", cause.id, cause.title, cause.owner);
    for (heading, said) in [("what happened", text.what), ("why", text.why), ("how to tell", text.tell), ("how to fix it", text.fix)] {
        let _ = write!(out, "\n{heading}\n{}", wrapped(said, "  "));
    }
    let _ = write!(out, "\nas ECS words it\n");
    for example in examples(cause) {
        let _ = write!(out, "{}", wrapped(example, "  | "));
    }
    out
}

/// The page of all causes, in Markdown.
#[must_use]
pub fn page() -> String {
    let mut out = "# Causes\n\nWhy a task could not start, as ecs-triage names it. `ecs-triage explain CAUSE` prints the same.\n\n".to_owned();
    out.push_str(&table(""));
    for cause in CAUSES {
        let text = &cause.explanation;
        let _ = write!(out, "\n## {}\n\nThe task could not start because {}. Owner: `{}`.\n\n", cause.id, cause.title, cause.owner);
        for (heading, said) in [("What happened", text.what), ("Why", text.why), ("How to tell", text.tell), ("How to fix it", text.fix)] {
            let _ = writeln!(out, "**{heading}.** {said}\n");
        }
        for example in examples(cause) {
            let _ = writeln!(out, "```text\n{example}\n```");
        }
    }
    out
}

/// The table of causes; links point into `page`, or stay in this one.
#[must_use]
pub fn table(page: &str) -> String {
    let mut out = "| cause | the task could not start because | who can act |\n|---|---|---|\n".to_owned();
    for cause in CAUSES {
        let _ = writeln!(out, "| [`{0}`]({page}#{0}) | {1} | `{2}` |", cause.id, cause.title, cause.owner);
    }
    out
}

/// The table of what may be asked of AWS, and the permissions that this takes.
#[must_use]
pub fn permissions() -> String {
    let mut out = "| what is asked | call | permission |\n|---|---|---|\n".to_owned();
    for (what, call, actions) in Question::TABLE {
        let actions: Vec<String> = actions.iter().map(|action| format!("`{action}`")).collect();
        let _ = writeln!(out, "| {} | {call} | {} |", what.trim().trim_end_matches('.'), actions.join(", "));
    }
    out
}

/// ECS's words for a cause, or for those whose words fit it as well: only AWS's state tells them apart.
fn examples(cause: &Cause) -> impl Iterator<Item = &'static str> {
    let of_others = CAUSES.iter().flat_map(|other| other.examples).filter(|example| cause.examples.is_empty() && example.also.contains(&cause.id));
    cause.examples.iter().chain(of_others.take(EXAMPLES_OF_OTHERS)).map(|example| example.text)
}

fn wrapped(text: &str, indent: &str, width: usize) -> String {
    let lines = text.split_whitespace().collect::<Vec<_>>().join(" ");
    prose("", 0, &lines, Some(width.saturating_sub(indent.len()))).iter().fold(String::new(), |mut out, line| {
        let _ = writeln!(out, "{indent}{line}");
        out
    })
}
