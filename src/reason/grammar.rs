//! The lexicon of ECS's reasons: what is said, what it means, who says it, and where that is written. The
//! error codes, operations, hosts and statuses that any of them may name are in `parts`.
//!
//! A file holds what one speaker says. A new wording is one more row there, next to similar ones, and one
//! more text in `tests/corpus`; `cargo test grammar` asks for the text, and `cargo test wordings -- --ignored
//! --nocapture` shows which texts have each wording and which longer ones hide it. Order does not matter: the
//! longest wording at a place wins. How much it counts against others follows from who says it (`Speaker`),
//! and how strongly.

mod agent;
mod anybody;
mod application;
mod control_plane;
mod iam;
mod log_driver;
mod mount_helper;
mod network;
mod registry;
mod runtime;
mod sdk;
mod service;
mod wrap;

use super::phrase::{Phrase, Strength, Weight, Weights, Wording};

/// Who says a wording, from the outermost to the closest to what failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaker {
    /// Any speaker that prints a name.
    Anybody,
    /// ECS, around the error of another: it names what it was about, and gives advice.
    Wrap,
    /// The container runtime, and the agent around it: it knows of a container only.
    Runtime,
    /// An SDK of AWS: it knows the call, and not what it was made for.
    Sdk,
    /// IAM: it knows what it refused, and neither what for nor what follows.
    Iam,
    /// A service of AWS: it knows why, and not what for.
    Service,
    /// A registry of images, as the services are.
    Registry,
    /// The network, in the words of the program that used it.
    Network,
    /// ECS's agent, on Fargate or on an instance.
    Agent,
    /// The agent or the runtime, of a log driver.
    LogDriver,
    /// What mounts: the helpers for file systems, and the runtime.
    MountHelper,
    /// ECS itself.
    ControlPlane,
    /// What runs in a container.
    Application,
}

impl Speaker {
    /// How much it counts what this one says: the more, the better it knows of it.
    const fn weights(self, strength: Strength) -> Weights {
        let (step, fault, name) = match self {
            Self::Anybody => (Weight::Hint, Weight::Hint, Weight::Hint),
            Self::Wrap => (Weight::Name, Weight::Name, Weight::Said),
            Self::Runtime => (Weight::Name, Weight::Said, Weight::Said),
            Self::Sdk => (Weight::Hint, Weight::Code, Weight::Said),
            Self::Iam => (Weight::Hint, Weight::Name, Weight::Proof),
            Self::Service | Self::Registry => (Weight::Hint, Weight::Said, Weight::Said),
            Self::Network => (Weight::Hint, Weight::Said, Weight::Hint),
            Self::Agent | Self::LogDriver | Self::MountHelper | Self::ControlPlane | Self::Application => {
                (Weight::Said, Weight::Said, Weight::Said)
            }
        };
        match (strength, step) {
            (Strength::Hint, _) => Weights { step: Weight::Hint, fault: Weight::Hint, name: Weight::Hint },
            (Strength::Said, _) => Weights { step, fault, name },
            // A speaker that knows the step proves that as well.
            (Strength::Proof, Weight::Said) => {
                Weights { step: Weight::Proof, fault: Weight::Proof, name: Weight::Proof }
            }
            (Strength::Proof, _) => Weights { step, fault: Weight::Proof, name: Weight::Proof },
        }
    }
}

/// What one says as strongly, and where it is written.
pub(super) struct Section {
    strength: Strength,
    /// Files of public repositories, pages of AWS, or public reports.
    #[cfg_attr(not(test), expect(dead_code, reason = "it is for people, and for the test that asks for it"))]
    from: &'static [&'static str],
    wordings: &'static [Phrase],
}

const fn section(strength: Strength, from: &'static [&'static str], wordings: &'static [Phrase]) -> Section {
    Section { strength, from, wordings }
}

const FARGATE: &str = "AWS: Amazon ECS stopped task error messages (Fargate's agent is not public)";
const REPORTS: &str = "tests/corpus";

/// Every wording, by who says it.
const LEXICON: &[(Speaker, &[Section])] = &[
    (Speaker::Anybody, anybody::SAYS),
    (Speaker::Wrap, wrap::SAYS),
    (Speaker::Runtime, runtime::SAYS),
    (Speaker::Sdk, sdk::SAYS),
    (Speaker::Iam, iam::SAYS),
    (Speaker::Service, service::SAYS),
    (Speaker::Registry, registry::SAYS),
    (Speaker::Network, network::SAYS),
    (Speaker::Agent, agent::SAYS),
    (Speaker::LogDriver, log_driver::SAYS),
    (Speaker::MountHelper, mount_helper::SAYS),
    (Speaker::ControlPlane, control_plane::SAYS),
    (Speaker::Application, application::SAYS),
];

/// Every wording, with how much it counts.
pub(super) fn wordings() -> impl Iterator<Item = Wording> {
    LEXICON.iter().flat_map(|(speaker, sections)| {
        sections.iter().flat_map(|section| {
            let weights = speaker.weights(section.strength);
            section.wordings.iter().map(move |phrase| Wording { phrase, weights })
        })
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::fold::Folded;
    use super::{LEXICON, Section, Speaker, Strength, wordings};

    fn sections() -> impl Iterator<Item = (Speaker, &'static Section)> {
        LEXICON.iter().flat_map(|(speaker, sections)| sections.iter().map(|section| (*speaker, section)))
    }

    /// How many wordings were taken from their sources and are in no text of the corpus. It does not grow,
    /// since a new wording comes with a text.
    const UNMATCHED: usize = 141;

    /// What the corpus holds, folded, with the names of the texts.
    fn texts() -> Vec<(String, String)> {
        const FILES: [&str; 4] = [
            include_str!("../../tests/corpus/reasons.jsonl"),
            include_str!("../../tests/corpus/wild.jsonl"),
            include_str!("../../tests/corpus/sources.jsonl"),
            include_str!("../../tests/corpus/application.jsonl"),
        ];
        let label = |line: &str| {
            let label: serde_json::Value = serde_json::from_str(line).expect("the corpus is JSON Lines");
            let said = |field: &str| Folded::new(label[field].as_str().unwrap_or_default()).text;
            (
                label["id"].as_str().unwrap_or_default().to_owned(),
                format!("{} {}", said("text"), said("says")),
            )
        };
        FILES.iter().flat_map(|file| file.lines()).map(label).collect()
    }

    #[test]
    fn every_wording_of_the_grammar_has_a_source_and_most_a_text() {
        let texts = texts();
        let mut known = HashSet::new();
        let mut unmatched = Vec::new();
        for (speaker, Section { from, wordings: said, .. }) in sections() {
            assert!(!from.is_empty(), "{speaker:?} says where it is written");
            for phrase in *said {
                assert!(known.insert(phrase.words), "{} is there twice", phrase.words);
                if !texts.iter().any(|(_, text)| text.contains(phrase.words)) {
                    unmatched.push(phrase.words);
                }
            }
        }
        assert!(
            unmatched.len() <= UNMATCHED,
            "add a text to tests/corpus for what is new among these: {unmatched:#?}"
        );
    }

    #[test]
    fn what_is_said_more_strongly_counts_no_less() {
        for (speaker, _) in LEXICON {
            let [hint, said, proof] = [Strength::Hint, Strength::Said, Strength::Proof].map(|strength| {
                let of = speaker.weights(strength);
                [of.step, of.fault, of.name]
            });
            for at in 0..3 {
                assert!(hint[at] <= said[at] && said[at] <= proof[at], "{speaker:?}");
            }
        }
    }

    #[test]
    #[ignore = "a report: where each wording stands, and what hides it"]
    fn report_of_wordings() {
        let texts = texts();
        for (speaker, section) in sections() {
            println!("\n{speaker:?}, {:?}: {}", section.strength, section.from.join("; "));
            for phrase in section.wordings {
                let stands: Vec<&str> = texts
                    .iter()
                    .filter(|(_, text)| text.contains(phrase.words))
                    .map(|(id, _)| id.as_str())
                    .collect();
                let longer = wordings()
                    .map(|wording| wording.phrase)
                    .filter(|other| other.words != phrase.words && other.words.contains(phrase.words));
                let hidden_by: Vec<&str> = longer.map(|other| other.words).collect();
                println!(
                    "  {:?} stands in {} ({}), hidden by {hidden_by:?}",
                    phrase.words,
                    stands.len(),
                    stands.first().unwrap_or(&"none")
                );
            }
        }
    }
}
