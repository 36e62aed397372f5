//! Plain American English: words that only this house would use stay out of everything that people read.
//!
//! `HABITS` lists them with what to say instead. What is read: the notices and diagnoses of all cases, the
//! catalog, the help texts, the documents, the template, and every sentence in a string of the source, so
//! that a message which no case shows is held to it too. The comments of the source are held to `HABITS` and
//! to `OF_COMMENTS`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ecs_triage::causes::{CAUSES, Owner};
use ecs_triage::render::catalogue;

/// Words in a row, and what to say instead. `a|b` is one of these words, `*` is any word, `!a|b` is any word
/// but these, or none.
const HABITS: &[(&str, &str)] = &[
    ("mend|mends|mended|mending", "fix"),
    ("whoever|whomever|whichever", "the team, the role, the caller"),
    ("stand|stands|stood|standing", "is, has, is at, means"),
    ("let|lets|letting", "allow"),
    ("may not", "is not authorized to; might not"),
    (
        "may read|call|use|pass|pull|mount|ask|send|assume|decrypt|write|invoke|move|subscribe|publish|act",
        "is allowed to; can",
    ),
    ("may be read|called|used|passed|pulled|mounted|assumed|written|invoked", "can be"),
    ("told|untold", "reported, named, announced"),
    ("was|were not asked", "was not queried"),
    ("unasked", "automatically"),
    ("alike", "in the same way"),
    ("anew|afresh", "again"),
    ("made|make again", "recreated"),
    ("spelled|spelt otherwise|wrongly", "misspelled"),
    ("keep|keeps|kept * out", "blocks"),
    ("keep|keeps|kept * * out", "blocks"),
    ("on|open the way|ways", "on the path"),
    ("way|ways out", "path"),
    ("the way|ways that", "path"),
    ("shut|shuts|shutting", "blocked, closed"),
    ("!there is|are no !longer|more|problem|matter", "is not a"),
    ("besides|beside", "in addition to, next to"),
    ("for want of", "because there is no"),
    ("of late", "recently"),
    ("well again", "recovered"),
    ("die|dies|died of", "fails with"),
    ("hear|hears|heard of", "receives"),
    ("speak|speaks for", "supports"),
    ("lead|leads|led a|the route|routes", "point the route at"),
    ("organisation|organisations|organise|organised", "organization"),
    ("recognise|recognises|recognised|unrecognised", "recognize"),
    ("authorise|authorises|authorised|authorisation", "authorize"),
    ("initialise|initialises|serialise|serialises|normalise|normalises", "-ize"),
    ("colour|colours|behaviour|favour|honour|honoured", "-or"),
    ("licence|licences|defence|centre", "license, defense, center"),
    ("catalogue|catalogues", "catalog"),
    ("cancelled|cancelling|labelled|modelled|travelled", "one l"),
    ("grey|analyse|spelt|learnt|whilst|towards", "gray, analyze, spelled, learned, while, toward"),
];

/// The same for comments alone: what a notice may say of people, a comment would say of roles, calls and code.
const OF_COMMENTS: &[(&str, &str)] = &[
    ("tell|tells of", "reports, says"),
    ("hear|hears", "receives"),
    ("hang|hangs on", "depends on"),
    ("nobody|nobody's", "no role, no caller; or the passive"),
    ("neighbour|neighbours|neighbouring", "neighbor, next, adjacent, related"),
];

/// Where ECS's words are kept, and what masks them: not what this program says.
const OTHERS_WORDS: &[&str] = &["src/reason", "src/redact"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Files below a directory whose name ends so, whatever was built or fetched aside.
fn files(directory: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(directory)
        .expect("the directory can be read")
        .map(|entry| entry.expect("the entry can be read").path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, ending, found);
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
}

fn below(directory: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    files(&root().join(directory), ending, &mut found);
    found
}

/// The text without ids, which are never changed, whatever they are spelled like.
fn without_ids(text: &str) -> String {
    let ids = CAUSES
        .iter()
        .map(|cause| cause.id)
        .chain(Owner::ALL.iter().map(|owner| owner.as_str()))
        .chain(["Unrecognised"]);
    ids.fold(text.to_owned(), |text, id| text.replace(id, " "))
}

fn is_one_of(alternatives: &str, word: &str) -> bool {
    alternatives == "*" || alternatives.split('|').any(|one| one == word)
}

/// The habits in a text, each with the words around it.
fn habits(list: &[(&str, &str)], text: &str) -> Vec<String> {
    let text = without_ids(text).to_lowercase();
    let words: Vec<&str> = text
        .split(|letter: char| !(letter.is_ascii_alphabetic() || letter == '\''))
        .filter(|word| !word.is_empty())
        .collect();
    let mut found = Vec::new();
    for (habit, instead) in list {
        let (before, rest) = match habit.strip_prefix('!').and_then(|rest| rest.split_once(' ')) {
            Some((word, rest)) => (Some(word), rest),
            None => (None, *habit),
        };
        let wanted: Vec<&str> = rest.split(' ').collect();
        for at in 0..words.len() {
            let fits =
                |(offset, wanted): (usize, &&str)| match (words.get(at + offset), wanted.strip_prefix('!')) {
                    (Some(word), None) => is_one_of(wanted, word),
                    (Some(word), Some(unwanted)) => !is_one_of(unwanted, word),
                    (None, unwanted) => unwanted.is_some(),
                };
            let excused =
                before.is_some_and(|before| at.checked_sub(1).is_some_and(|at| is_one_of(before, words[at])));
            if !excused && wanted.iter().enumerate().all(fits) {
                let around = &words[at.saturating_sub(5)..words.len().min(at + 6)];
                found.push(format!("\"{}\" ({habit}; better: {instead})", around.join(" ")));
            }
        }
    }
    found
}

/// What a document says itself: without code, and without what it quotes.
fn prose(markdown: &str) -> String {
    let mut out = String::new();
    let mut in_block = false;
    for line in markdown.lines() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if !in_block {
            out.extend(line.split('`').step_by(2).collect::<Vec<_>>().join(" X ").chars().chain(['\n']));
        }
    }
    out
}

/// What a snapshot says without its header, and without what it quotes of ECS.
fn said(snapshot: &str) -> String {
    let mut quoting = false;
    let (_, shown) = snapshot.trim_start_matches("---").split_once("\n---\n").unwrap_or(("", snapshot));
    let own = shown.lines().filter(|line| {
        quoting = (line.starts_with("ECS SAID") || line.starts_with("THE APPLICATION SAID"))
            || quoting && !line.is_empty();
        !quoting && !line.trim_start().starts_with('|')
    });
    own.collect::<Vec<_>>().join("\n")
}

/// What a file of Rust says outside of its code: its strings that hold several words, and its comments, those
/// on neighboring lines as one. Its tests are its own matter.
#[derive(Default)]
struct Said {
    strings: Vec<String>,
    comments: Vec<String>,
}

impl Said {
    fn by(source: &str) -> Self {
        let source = source.split("#[cfg(test)]").next().unwrap_or(source);
        let mut said = Self::default();
        let mut rest = source;
        let mut is_next_line = false;
        while let Some(at) = rest.find(['"', '/', '\'']) {
            let (between, here) = rest.split_at(at);
            is_next_line &= between.trim().is_empty() && !between.contains('\n');
            rest = if let Some(comment) = here.strip_prefix("//") {
                let (comment, rest) = comment.split_once('\n').unwrap_or((comment, ""));
                said.comment(comment.trim_start_matches(['/', '!']), is_next_line);
                is_next_line = true;
                rest
            } else if let Some(text) = here.strip_prefix('"') {
                let mut escaped = false;
                let end = text.find(|letter| {
                    let is_end = letter == '"' && !escaped;
                    escaped = letter == '\\' && !escaped;
                    is_end
                });
                let (text, rest) = text.split_at(end.unwrap_or(text.len()));
                if text.contains(' ') {
                    said.strings.push(text.replace("\\n", " ").replace("\\\"", "\""));
                }
                rest.get(1..).unwrap_or("")
            } else {
                // A quote or an escape as a character, or a lifetime, or a division.
                let skipped = if here.starts_with("'\"'") {
                    3
                } else if here.starts_with("'\\") {
                    4
                } else {
                    1
                };
                here.get(skipped..).unwrap_or("")
            };
        }
        said
    }

    fn comment(&mut self, text: &str, continues: bool) {
        match self.comments.last_mut() {
            Some(last) if continues => *last = format!("{last}\n{text}"),
            _ => self.comments.push(text.to_owned()),
        }
    }
}

/// What a format fills in is named for the code, not for the reader.
fn without_names(text: &str) -> String {
    let mut depth = 0_usize;
    text.chars()
        .filter(|letter| {
            depth += usize::from(*letter == '{');
            let outside = depth == 0;
            depth -= usize::from(*letter == '}' && depth > 0);
            outside
        })
        .collect()
}

fn none_in(texts: impl IntoIterator<Item = (String, String)>) {
    none_of(HABITS, texts);
}

fn none_of(list: &[(&str, &str)], texts: impl IntoIterator<Item = (String, String)>) {
    let found: BTreeSet<String> = texts
        .into_iter()
        .flat_map(|(name, text)| habits(list, &text).into_iter().map(move |habit| format!("{name}: {habit}")))
        .collect();
    assert!(
        found.is_empty(),
        "{} to reword:\n{}",
        found.len(),
        found.into_iter().collect::<Vec<_>>().join("\n")
    );
}

fn read(path: impl AsRef<Path>) -> (String, String) {
    let path = path.as_ref();
    let text = fs::read_to_string(path).expect("the file can be read");
    (path.strip_prefix(root()).unwrap_or(path).display().to_string(), text)
}

#[test]
fn habits_are_found_where_they_are() {
    for text in [
        "Mend it.",
        "role a may\nnot call b",
        "it let 443 in",
        "x is no ARN",
        "policies keep the role out",
        "the catalogue",
        "it is no",
    ] {
        assert_eq!(habits(HABITS, text).len(), 1, "{text}: {:?}", habits(HABITS, text));
    }
    for text in [
        "There is no ARN",
        "it is no longer there",
        "standalone, outlet",
        "CAUSE: unrecognised",
        "owner organisation-admin",
        "keep it",
    ] {
        assert_eq!(habits(HABITS, text), Vec::<String>::new(), "{text}");
    }
    let said = Said::by("f('\"', \"let it\", \"x\"); // \"let me\"\n  /// and\n  /// more\n\n//! apart");
    assert_eq!(said.strings, ["let it"]);
    assert_eq!(said.comments, [" \"let me\"\n and\n more", " apart"]);
}

#[test]
fn notices_and_diagnoses() {
    let snapshots = ["tests/cases", "tests/checks", "tests/snapshots"]
        .into_iter()
        .flat_map(|directory| below(directory, ".snap"))
        .map(read);
    none_in(snapshots.map(|(name, text)| (name, said(&text))));
}

#[test]
fn the_catalogue() {
    none_in([
        ("the page of causes".to_owned(), prose(&catalogue::page())),
        ("the list of causes".to_owned(), catalogue::list(ecs_triage::render::text::Colour::Off)),
    ]);
}

#[test]
fn documents() {
    let own = [
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "SECURITY.md",
        "events/README.md",
        "tests/scenarios/README.md",
    ]
    .map(|name| root().join(name));
    let documents = own.into_iter().chain(below("docs", ".md")).chain(below(".github", ".md"));
    none_in(documents.map(read).map(|(name, text)| (name, prose(&text))));
}

#[test]
fn templates() {
    none_in(["template.yaml", "queries.yaml", "deploy/member.yaml"].map(|name| read(root().join(name))));
}

#[test]
fn help_texts() {
    let help = |command: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_ecs-triage")).args(command).output().expect("it runs");
        String::from_utf8(output.stdout).expect("it is UTF-8")
    };
    let all = help(&["help"]);
    let (_, commands) = all.split_once("Commands:\n").expect("it lists its commands");
    let names = commands
        .lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next());
    none_in(
        names.map(|name| (name.to_owned(), help(&["help", name]))).chain([("help".to_owned(), all.clone())]),
    );
}

#[test]
fn messages() {
    let quoted: BTreeSet<&str> =
        CAUSES.iter().flat_map(|cause| cause.examples).map(|example| example.text).collect();
    let own = below("src", ".rs")
        .into_iter()
        .map(read)
        .filter(|(name, _)| !OTHERS_WORDS.iter().any(|others| name.starts_with(others)));
    none_in(own.flat_map(|(name, source)| {
        let said: Vec<String> = Said::by(&source)
            .strings
            .into_iter()
            .filter(|text| !quoted.iter().any(|quoted| quoted.contains(text.as_str())))
            .collect();
        said.into_iter().map(move |text| (name.clone(), prose(&without_names(&text)))).collect::<Vec<_>>()
    }));
}

#[test]
fn comments() {
    let all: Vec<(String, String)> = below("src", ".rs")
        .into_iter()
        .map(read)
        .flat_map(|(name, source)| {
            let comments = Said::by(&source).comments;
            comments.into_iter().map(move |text| (name.clone(), prose(&text)))
        })
        .collect();
    assert!(all.len() > 1_000, "only {} comments were found", all.len());
    none_in(all.iter().cloned());
    none_of(OF_COMMENTS, all);
}
