//! The catalog's documentation, from the records: what `explain` prints and what `docs/causes.md` holds.

use std::fmt::Write as _;

use super::attributes::{NAMES, TEAM};
use super::text::Style;
use super::wrap::prose;
use crate::causes::{CAUSES, Cause, Owner, Verdict};
use crate::incident::Due;
use crate::question::Question;
use crate::reason::{Fault, Step};

/// The least similarity, of at most 1, at which an id is suggested for one that was typed.
const NEAR: f64 = 0.75;

/// The widest that an explanation gets.
const WIDEST: usize = 102;

/// One line for each cause.
#[must_use]
pub fn list(style: impl Into<Style>) -> String {
    lines(CAUSES, style.into())
}

fn lines(causes: &[&Cause], style: Style) -> String {
    let widest = causes.iter().map(|cause| cause.id.len()).max().unwrap_or(0);
    // Next to the ids there must be room for some words.
    let indent = if style.width.is_some_and(|width| width < 2 * widest) { 2 } else { widest + 2 };
    let line = |cause: &&Cause| prose(&format!("{:widest$}  ", cause.id), indent, cause.title, style.width);
    causes.iter().flat_map(line).fold(String::new(), |out, line| out + &line + "\n")
}

/// The id that was probably meant, where none is that.
#[must_use]
pub fn nearest(id: &str) -> Option<&'static str> {
    let likeness = |cause: &&'static Cause| strsim::normalized_damerau_levenshtein(cause.id, id);
    let nearest = CAUSES.iter().copied().max_by(|one, other| likeness(one).total_cmp(&likeness(other)))?;
    (likeness(&nearest) >= NEAR).then_some(nearest.id)
}

/// A line for each cause that has a word; nothing where none has.
#[must_use]
pub fn search(word: &str, style: impl Into<Style>) -> String {
    let word = word.to_lowercase();
    let texts = |cause: &Cause| {
        [
            cause.id, cause.title, cause.explanation.what, cause.explanation.why, cause.explanation.tell,
            cause.explanation.fix,
        ]
    };
    let found = CAUSES.iter().copied().filter(|cause| {
        !word.is_empty() && texts(cause).iter().any(|text| text.to_lowercase().contains(&word))
    });
    lines(&found.collect::<Vec<_>>(), style.into())
}

/// One cause, whole.
#[must_use]
pub fn explain(cause: &Cause, style: impl Into<Style>) -> String {
    let width = style.into().width.map_or(WIDEST, |width| width.min(WIDEST));
    let wrapped = |text: &str, indent: &str| wrapped(text, indent, width);
    let text = &cause.explanation;
    let mut out = format!("{}: {}\nowner: {}\n", cause.id, cause.title, cause.owner);
    for (heading, said) in [
        ("what happened", text.what),
        ("why", text.why),
        ("how to tell", text.tell),
        ("how to fix it", text.fix),
    ] {
        let _ = write!(out, "\n{heading}\n{}", wrapped(said, "  "));
    }
    let _ = write!(out, "\nAWS documentation\n");
    for page in cause.references {
        let _ = writeln!(out, "  {page}");
    }
    let _ = write!(out, "\nexample messages\n");
    for example in cause.examples {
        let _ = write!(out, "{}", wrapped(example.text, "  | "));
    }
    for other in same_message(cause) {
        let _ = writeln!(out, "  the same message as {}", other.id);
        let own = other.examples.iter().find(|example| example.also.contains(&cause.id));
        if let Some(example) = own {
            out.push_str(&wrapped(example.text, "  | "));
        }
    }
    out
}

/// The causes whose examples a cause without any of its own claims too: ECS says the same for each.
fn same_message(cause: &Cause) -> impl Iterator<Item = &'static Cause> {
    let shares = |other: &&Cause| {
        cause.examples.is_empty() && other.examples.iter().any(|example| example.also.contains(&cause.id))
    };
    CAUSES.iter().copied().filter(shares)
}

/// The page of all causes, in Markdown.
#[must_use]
pub fn page() -> String {
    let mut out = "# Causes\n\nWhy a task could not start, as ecs-triage names it. `ecs-triage explain CAUSE` prints the same.\n\n".to_owned();
    out.push_str(&table(""));
    for cause in CAUSES {
        let text = &cause.explanation;
        let _ = write!(
            out,
            "\n## {}\n\nThe task could not start because {}. Owner: `{}`.\n\n",
            cause.id, cause.title, cause.owner
        );
        for (heading, said) in [
            ("What happened", text.what),
            ("Why", text.why),
            ("How to tell", text.tell),
            ("How to fix it", text.fix),
        ] {
            let _ = writeln!(out, "**{heading}.** {said}\n");
        }
        let pages: Vec<String> = cause.references.iter().map(|page| format!("<{page}>")).collect();
        let _ = writeln!(out, "**AWS documentation.** {}\n", pages.join(", "));
        let same: Vec<String> = same_message(cause).map(|other| format!("[`{0}`](#{0})", other.id)).collect();
        if !same.is_empty() {
            let _ = writeln!(out, "**Example messages.** The same as of {}.", same.join(", "));
        }
        for example in cause.examples {
            let _ = writeln!(out, "```text\n{}\n```", example.text);
        }
    }
    out
}

/// The table of causes; links point into `page`, or stay in this one.
#[must_use]
pub fn table(page: &str) -> String {
    let mut out = "| cause | the task could not start because | owner |\n|---|---|---|\n".to_owned();
    for cause in CAUSES {
        let _ = writeln!(out, "| [`{0}`]({page}#{0}) | {1} | `{2}` |", cause.id, cause.title, cause.owner);
    }
    out
}

/// The table of the attributes that a notice carries for filter policies, with the values of those that have
/// a vocabulary.
#[must_use]
pub fn attributes() -> String {
    let list = |words: Vec<&str>| words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    let of = |name: &str| {
        match name {
        "state" => list(
            [Due::Opened, Due::StillFailing, Due::Resolved]
                .map(Due::as_str)
                .into_iter()
                .chain(["storm", "waiting", "selftest", "stale", "unfollowed"])
                .collect(),
        ),
        "cause" => {
            "an id of the [causes](causes.md), or `stale-value` of a [rotation](rotation.md)".to_owned()
        }
        "verdict" => list(
            Verdict::ALL
                .iter()
                .filter(|verdict| **verdict != Verdict::RuledOut)
                .map(|verdict| verdict.as_str())
                .collect(),
        ),
        "owner" => list(Owner::ALL.iter().map(|owner| owner.as_str()).collect()),
        "step" => list(Step::ALL.iter().map(|step| step.as_str()).collect()),
        "fault" => list(
            Fault::ALL.iter().filter(|fault| **fault != Fault::Normal).map(|fault| fault.as_str()).collect(),
        ),
        "workload" => "the service, or the family of a standalone task".to_owned(),
        TEAM => {
            "with the parameter `TeamTag`, in the place of `step`: the value of that tag of the service, or of the definition of a standalone task; \
             absent where there is none"
                .to_owned()
        }
        _ => "of the task".to_owned(),
    }
    };
    let rows = NAMES.iter().chain(&[TEAM]).map(|name| format!("| `{name}` | {} |\n", of(name)));
    "| attribute | values |\n|---|---|\n".to_owned() + &rows.collect::<String>()
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

fn wrapped(text: &str, indent: &str, width: usize) -> String {
    let lines = text.split_whitespace().collect::<Vec<_>>().join(" ");
    prose("", 0, &lines, Some(width.saturating_sub(indent.len()))).iter().fold(
        String::new(),
        |mut out, line| {
            let _ = writeln!(out, "{indent}{line}");
            out
        },
    )
}
