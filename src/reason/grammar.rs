//! The lexicon of ECS's reasons: what is said, what it means, who says it, and where that is written. The
//! error codes, operations, hosts and statuses that any of them may name are in `parts`.
//!
//! A new wording is one more row, beside its like, and one more text in `tests/corpus`; `cargo test grammar`
//! asks for the text, and `cargo test wordings -- --ignored --nocapture` shows in which texts each wording
//! stands and which longer ones hide it. Order does not matter: the longest wording at a place wins. How much
//! it counts against others follows from who says it (`Weight`).

mod application;
mod fetched;
mod image;
mod network;
mod placed;
mod runtime;
mod services;

use super::phrase::Phrase;
use application::{ENVIRONMENT, FETCHERS, SDKS};
use fetched::{CREDENTIAL_SPEC, DEPENDENCIES, FILES, PARAMETER_STORE, REGISTRY, SECRETS_MANAGER};
use image::IMAGE;
use network::NETWORK;
use placed::{LOGS, NETWORK_INTERFACE, VOLUMES};
use runtime::{CONTROL_PLANE, RUNTIME};
use services::{IAM, KMS, OPAQUE, ROLE, SDK};

/// Who says a wording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaker {
    /// Whoever prints a name.
    Anybody,
    /// ECS's agent, on Fargate or on an instance.
    Agent,
    /// The container runtime, and the agent's words around it.
    Runtime,
    /// The agent or the runtime, of a log driver.
    LogDriver,
    /// The helper that mounts file systems.
    MountHelper,
    /// A service of AWS, and the SDK that called it.
    Service,
    /// IAM.
    Iam,
    /// The network, in the words of Go, Rust, Python, Java, C and Node.
    Network,
    /// ECS itself.
    ControlPlane,
    /// What runs in a container.
    Application,
}

/// Wordings of one kind.
#[cfg_attr(
    not(test),
    expect(
        dead_code,
        reason = "who says a wording and where it is written is for people, and for the tests that ask for it"
    )
)]
pub(super) struct Section {
    pub(super) by: Speaker,
    /// Where they are written: files of public repositories, pages of AWS, or public reports.
    pub(super) from: &'static [&'static str],
    pub(super) wordings: &'static [Phrase],
}

const FARGATE: &str = "AWS: Amazon ECS stopped task error messages (Fargate's agent is not public)";
const REPORTS: &str = "tests/corpus";

/// Every wording, by who says it.
pub(super) const LEXICON: &[Section] = &[
    Section { by: Speaker::Anybody, from: &[REPORTS], wordings: OPAQUE },
    Section {
        by: Speaker::Agent,
        from: &[
            "aws/amazon-ecs-agent agent/asm, agent/taskresource/asmsecret",
            FARGATE,
            "AWS: Secrets Manager API reference",
        ],
        wordings: SECRETS_MANAGER,
    },
    Section {
        by: Speaker::Agent,
        from: &[
            "aws/amazon-ecs-agent agent/ssm, agent/taskresource/ssmsecret",
            FARGATE,
            "AWS: Systems Manager API reference",
        ],
        wordings: PARAMETER_STORE,
    },
    Section {
        by: Speaker::Agent,
        from: &[
            "aws/amazon-ecs-agent agent/ecr, agent/dockerclient/dockerauth, agent/taskresource/asmauth",
            FARGATE,
        ],
        wordings: REGISTRY,
    },
    Section {
        by: Speaker::Runtime,
        from: &[
            "moby/moby distribution, daemon",
            "containerd/containerd core/remotes/docker",
            "aws/amazon-ecs-agent agent/dockerclient",
            FARGATE,
        ],
        wordings: IMAGE,
    },
    Section {
        by: Speaker::ControlPlane,
        from: &["aws/amazon-ecs-agent agent/taskresource", "AWS: Amazon ECS troubleshooting"],
        wordings: ROLE,
    },
    Section {
        by: Speaker::Agent,
        from: &[
            "aws/amazon-ecs-agent agent/s3, agent/taskresource/envFiles",
            FARGATE,
            "AWS: Amazon S3 error responses",
        ],
        wordings: FILES,
    },
    Section {
        by: Speaker::LogDriver,
        from: &["moby/moby daemon/logger", "aws/amazon-ecs-agent agent/taskresource/firelens", FARGATE],
        wordings: LOGS,
    },
    Section {
        by: Speaker::MountHelper,
        from: &[
            "aws/efs-utils src",
            "aws/amazon-ecs-agent agent/taskresource/volume, fsxwindowsfileserver",
            "moby/moby volume",
            "AWS: Amazon ECS troubleshooting",
        ],
        wordings: VOLUMES,
    },
    Section {
        by: Speaker::Agent,
        from: &["aws/amazon-ecs-agent agent/taskresource/credentialspec"],
        wordings: CREDENTIAL_SPEC,
    },
    Section {
        by: Speaker::ControlPlane,
        from: &["aws/amazon-ecs-agent agent/ecscni, ecs-agent/netlib", "AWS: Amazon EC2 API error codes"],
        wordings: NETWORK_INTERFACE,
    },
    Section {
        by: Speaker::Agent,
        from: &["aws/amazon-ecs-agent agent/engine/dependencygraph"],
        wordings: DEPENDENCIES,
    },
    Section {
        by: Speaker::Application,
        from: &[
            "segmentio/chamber cmd, environ",
            "aws-samples/aws-secret-sidecar-injector cmd",
            "aws/aws-secretsmanager-agent aws_secretsmanager_agent/src",
            "glassechidna/pstore",
            "DopplerHQ/cli",
            "hashicorp/vault api, command/agent",
            "Infisical/infisical cli",
        ],
        wordings: FETCHERS,
    },
    Section {
        by: Speaker::Application,
        from: &[
            "boto/botocore botocore/exceptions.py",
            "aws/aws-sdk-php src/WrappedHttpHandler.php",
            "aws/aws-sdk-java, aws/aws-sdk-java-v2 core",
            "aws/aws-sdk-net sdk/src/Core",
            "aws/aws-sdk-ruby gems/aws-sdk-core",
            "aws/aws-sdk-js-v3 packages",
            "awslabs/aws-sdk-rust",
            "awspring/spring-cloud-aws spring-cloud-aws-autoconfigure",
        ],
        wordings: SDKS,
    },
    Section {
        by: Speaker::Application,
        from: &[
            "boto/botocore botocore/exceptions.py",
            "aws/aws-sdk-js lib/credentials",
            "aws/aws-sdk-js-v3 packages",
            "aws/aws-sdk-go-v2 aws, credentials",
            "aws/aws-sdk-java-v2 core/auth, core/regions",
            "aws/aws-sdk-net sdk/src/Core",
            "aws/aws-sdk-ruby gems/aws-sdk-core",
            "aws/aws-sdk-php src/Credentials",
            "smithy-lang/smithy-rs",
        ],
        wordings: ENVIRONMENT,
    },
    Section {
        by: Speaker::Service,
        from: &[
            "AWS: common errors of the services' API references",
            "aws/smithy-go",
            "aws/aws-sdk-go aws/awserr",
        ],
        wordings: SDK,
    },
    Section {
        by: Speaker::Iam,
        from: &["AWS: IAM, troubleshoot access denied error messages"],
        wordings: IAM,
    },
    Section { by: Speaker::Service, from: &["AWS: KMS and Secrets Manager API references"], wordings: KMS },
    Section {
        by: Speaker::Network,
        from: &[
            "golang/go src/net, src/crypto/tls",
            "seanmonstar/reqwest",
            "boto/botocore botocore/exceptions.py",
            "openjdk/jdk java.net",
        ],
        wordings: NETWORK,
    },
    Section {
        by: Speaker::Runtime,
        from: &[
            "moby/moby daemon",
            "opencontainers/runc libcontainer",
            "containerd/containerd",
            "aws/amazon-ecs-agent agent/api/task, agent/engine",
        ],
        wordings: RUNTIME,
    },
    Section {
        by: Speaker::ControlPlane,
        from: &["AWS: Amazon ECS service event messages, stopped task error messages, API failure reasons"],
        wordings: CONTROL_PLANE,
    },
];

/// Every wording.
pub(super) fn phrases() -> impl Iterator<Item = &'static Phrase> {
    LEXICON.iter().flat_map(|section| section.wordings)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::fold::Folded;
    use super::{LEXICON, Section};

    /// So many wordings were taken from their sources before anybody was seen to read them; a new one comes
    /// with a text.
    const UNHEARD: usize = 155;

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
        let mut wordings = HashSet::new();
        let mut unheard = Vec::new();
        for Section { by, from, wordings: said } in LEXICON {
            assert!(!from.is_empty(), "{by:?} says where it is written");
            for phrase in *said {
                assert!(wordings.insert(phrase.words), "{} is there twice", phrase.words);
                if !texts.iter().any(|(_, text)| text.contains(phrase.words)) {
                    unheard.push(phrase.words);
                }
            }
        }
        assert!(
            unheard.len() <= UNHEARD,
            "add a text to tests/corpus for what is new among these: {unheard:#?}"
        );
    }

    #[test]
    #[ignore = "a report: where each wording stands, and what hides it"]
    fn wordings() {
        let texts = texts();
        for section in LEXICON {
            println!("\n{:?}: {}", section.by, section.from.join("; "));
            for phrase in section.wordings {
                let stands: Vec<&str> = texts
                    .iter()
                    .filter(|(_, text)| text.contains(phrase.words))
                    .map(|(id, _)| id.as_str())
                    .collect();
                let longer = super::phrases()
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
