//! The Lambda function: the core of delivery between AWS's clients, the clock of the machine and the
//! function's log.

use std::io::{self, Write as _};
use std::time::Duration;

use futures_util::future::join;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::aws::bus::Bus;
use crate::aws::logs::Journal;
use crate::aws::presigned::PresignedClient;
use crate::aws::prober::AwsProber;
use crate::aws::sns::Topic;
use crate::aws::store::Table;
use crate::config::Settings;
use crate::delivery::ports::{self, Clock, EventBus, Log, Publisher};
use crate::delivery::within::within;
use crate::delivery::{Delivery, Ports, Problem, Rules, Trouble, guard_panics};
use crate::doors::presigned::{Home, Presigned};
use crate::doors::{Doors, Web};
use crate::event::sender::Trusted;
use crate::limits::CONNECTING;
use crate::render::notice::Notice;

/// The function, with its clients.
#[derive(Debug)]
pub enum Function {
    /// Which receives the events of what failed.
    Events(Box<Delivery<Aws>>),
    /// Which is asked before anything is deployed.
    Doors(Box<Doors<Aws, PresignedClient>>),
}

impl Function {
    /// Makes the clients once, for the life of the instance, and opens the connections that every notice
    /// takes.
    pub async fn new(settings: Settings) -> Self {
        let config = crate::aws::config(None).await;
        let region = config.region().map(ToString::to_string).unwrap_or_default();
        let doors = settings.doors;
        let ports = Ports {
            store: settings.table.map(|name| Table::new(&config, name)),
            topic: settings.topic_arn.map(|arn| Topic::new(&config, arn)),
            chat: settings.chat_topic_arn.map(|arn| Topic::new(&config, arn)),
            bus: settings.bus.map(|arn| Bus::new(&config, arn)),
            journal: settings.journal.map(|group| Journal::new(&config, group)),
            prober: AwsProber::new(&config)
                .with_tags(settings.team_tag.is_some())
                .with_reader(settings.reader_role),
            clock: SystemClock,
            log: FunctionLog,
        };
        // A check takes other connections, and mostly ends without a notice.
        if doors.is_none() {
            connect(&ports).await;
        }
        let rules = Rules {
            probing: settings.probing,
            reads_logs: settings.reads_logs,
            trusted: Trusted {
                test_source: settings.test_source,
                rotations: settings.watches_rotation,
                accounts: settings.accounts,
                organization: settings.organization.is_some(),
                ..Trusted::default()
            },
            reminder: settings.reminder,
            runbooks: settings.runbooks,
            team_tag: settings.team_tag,
        };
        let holder = format!("{}-{}", std::process::id(), Timestamp::now().as_nanosecond());
        let delivery = Delivery::new(ports, rules, &holder);
        let Some(switches) = doors else { return Self::Events(Box::new(delivery)) };
        let suffix = crate::aws::endpoint::suffix(&region, false).await.unwrap_or_default();
        Self::Doors(Box::new(Doors::new(
            delivery,
            PresignedClient::new(&config),
            switches,
            Home { region, suffix },
        )))
    }

    /// Handles one invocation of the function with this ARN: an SQS batch, answered with the messages that
    /// must come again; a bare event, answered with its diagnoses; or a request to a door.
    ///
    /// # Errors
    ///
    /// For a bare event that cannot be read or announced, and where the answer at a door goes another way and
    /// is not taken. A batch and a request to a door always have an answer.
    pub async fn handle(&self, payload: &RawValue, function: &str) -> Result<Value, Problem> {
        match self {
            Self::Events(delivery) => delivery.handle(payload.get(), function).await,
            Self::Doors(doors) => doors.answer(payload.get(), function).await,
        }
    }
}

/// Opens the connections that every notice takes, so that the first failure waits for none of them.
async fn connect(Ports { store, topic, .. }: &Ports<Aws>) {
    let table = async {
        if let Some(table) = store {
            table.connect().await;
        }
    };
    let topic = async {
        if let Some(topic) = topic {
            topic.connect().await;
        }
    };
    let _ = within(&SystemClock, CONNECTING, join(table, topic)).await;
}

/// Logs every panic of the process with its place, and without its words.
pub fn report_panics() {
    guard_panics(|at| tracing::error!(at, "a fault of ecs-triage itself"));
}

/// What is behind the ports of the function.
#[derive(Debug)]
pub struct Aws;

impl Web for PresignedClient {
    async fn get(&self, url: Presigned<'_>) -> Result<Vec<u8>, String> {
        Self::get(self, url.host(), url.path()).await
    }

    async fn put(&self, url: Presigned<'_>, body: &str) -> Result<(), String> {
        Self::put(self, url.host(), url.path(), body).await
    }
}

impl ports::World for Aws {
    type Store = Table;
    type Publisher = Topic;
    type Journal = Journal;
    type EventBus = Bus;
    type Prober = AwsProber;
    type Clock = SystemClock;
    type Log = FunctionLog;
}

impl Publisher for Topic {
    async fn publish(&self, notice: &Notice) -> Result<(), String> {
        Self::publish(self, notice).await.map_err(|error| error.to_string())
    }

    async fn publish_plain(&self, text: &str) -> Result<(), String> {
        Self::publish_plain(self, text).await.map_err(|error| error.to_string())
    }
}

impl ports::Journal for Journal {
    async fn append(&self, stream: &str, lines: &[&str]) -> Result<(), String> {
        Self::append(self, stream, lines).await.map_err(|error| error.to_string())
    }
}

impl EventBus for Bus {
    async fn put(&self, detail_type: &str, detail: &str) -> Result<(), String> {
        Self::put(self, detail_type, detail).await.map_err(|error| error.to_string())
    }
}

/// The clock of the machine.
#[derive(Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep(&self, time: SignedDuration) {
        tokio::time::sleep(Duration::try_from(time).unwrap_or_default()).await;
    }
}

/// What Lambda writes down of the process.
#[derive(Debug)]
pub struct FunctionLog;

impl Log for FunctionLog {
    fn line(&self, line: &str) {
        let _ = writeln!(io::stdout().lock(), "{line}");
    }

    fn trouble(&self, trouble: &Trouble) {
        match trouble {
            Trouble::ComesAgain { message, problem: problem @ (Problem::ComeAgain | Problem::Held(_)) } => {
                tracing::info!(message_id = message, "{problem}");
            }
            Trouble::ComesAgain { message, problem } => {
                tracing::error!(message_id = message, error = %problem, "the message goes back to the queue");
            }
            Trouble::Lost(problem) => tracing::error!(error = %problem, "a message without an id is lost"),
            Trouble::WithoutTable(why) => tracing::error!(error = why, "the table cannot be used"),
            Trouble::Unnoted(why) => {
                tracing::error!(error = why, "announced, but not noted: it may come again");
            }
            Trouble::NotInJournal(why) => tracing::warn!(error = why, "not in the journal"),
            Trouble::NotInChat(why) => tracing::warn!(error = why, "announced, but not in the chat"),
            Trouble::NotOnBus(why) => tracing::warn!(error = why, "announced, but not on the bus"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;
    use std::process::Command;

    use super::report_panics;

    #[test]
    #[ignore = "it panics, in a process of its own"]
    fn a_panic_that_is_reported() {
        tracing_subscriber::fmt().with_writer(std::io::stderr).init();
        report_panics();
        assert!(black_box(false), "hunter2");
    }

    #[test]
    fn a_panic_is_reported_with_its_place_and_without_its_words() {
        let itself = std::env::current_exe().expect("the test is a program");
        let arguments = ["--exact", "function::tests::a_panic_that_is_reported", "--ignored", "--nocapture"];
        let output = Command::new(itself).args(arguments).output().expect("it runs");
        let said =
            [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        assert!(
            said.contains("function.rs:")
                && said.contains("a fault of ecs-triage itself")
                && !said.contains("hunter2"),
            "{said}"
        );
    }
}
