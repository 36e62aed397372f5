//! AWS, as the user is allowed to see it: one runtime and one prober for a whole run, asking what the
//! function asks.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_config::Region;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;

use super::Global;
use super::error::CliError;
use super::file::{self, shown};
use super::output::{Batch, Output, complain, progress};
use crate::aws::prober::{AwsProber, Until};
use crate::aws::profiles;
use crate::check::{Check, Cluster};
use crate::event::Task;
use crate::limits::{CLUSTER_QUESTIONS, CLUSTER_ROUNDS, ROTATION_AT_ONCE};
use crate::question::{Answer, Evidence, Known, Question, ask, record};
use crate::stopped;
use crate::task_definition::TaskDefinition;
use crate::triage::{Narrowed, Pace, Prober, Scope, Turn, ask_all, ask_in_turns, investigate};

/// How long one task's questions may take together.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a long run says how far it is, and saves what it knows.
const SAVED_EVERY: Duration = Duration::from_secs(5);
/// Rounds of a check's questions: it has no deadline to meet, and answers lead on.
const CHECK_ROUNDS: usize = 5;
/// Why what containers wrote is not looked at.
const NO_LOGS: &str = "--read-logs allows ecs-triage to read it";

/// AWS, with the credentials of a profile.
#[derive(Debug)]
pub(super) struct Live {
    runtime: Runtime,
    prober: AwsProber,
    region: Option<String>,
    /// Why what containers wrote is not asked for, unless it is.
    logs: Option<&'static str>,
    recording: Option<Recording>,
}

/// AWS's answers, for a file.
#[derive(Debug)]
struct Recording {
    path: PathBuf,
    answers: Mutex<Evidence>,
}

impl Live {
    /// AWS by the standard configuration, with what was typed in its place; the answers are kept where they
    /// are to be saved.
    pub(super) fn new(global: &Global, reads_logs: bool, record: Option<&Path>) -> Result<Self, CliError> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| CliError::CannotAsk(error.to_string()))?;
        let mut config = runtime.block_on(crate::aws::config(global.profile.as_deref()));
        runtime.block_on(profiles::check(&config, global.profile.as_deref())).map_err(CliError::CannotAsk)?;
        if let Some(region) = &global.region {
            config = config.into_builder().region(Region::new(region.clone())).build();
        }
        let region = config.region().map(ToString::to_string);
        let logs = (!reads_logs).then_some(NO_LOGS);
        let recording = record.map(|path| Recording { path: path.to_owned(), answers: Mutex::default() });
        Ok(Self { runtime, prober: AwsProber::new(&config), region, logs, recording })
    }

    /// The Region that is asked where nothing names one.
    pub(super) fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    pub(super) const fn prober(&self) -> &AwsProber {
        &self.prober
    }

    /// What is read of the cluster that is named, or of all of the Region, and whether that is all. One that cannot be
    /// read does not hide the others.
    pub(super) fn of_clusters<T>(
        &self,
        named: Option<&str>,
        what: &str,
        read: &impl AsyncFn(&str) -> Result<(T, bool), String>,
        output: &mut Output<'_>,
    ) -> Result<Vec<(String, T)>, CliError> {
        let clusters = match named {
            Some(cluster) => vec![cluster.to_owned()],
            None => self.wait(self.prober.clusters(self.region())).map_err(CliError::CannotAsk)?,
        };
        let is_only = clusters.len() == 1;
        let mut all = Vec::new();
        for cluster in clusters {
            progress(&format!("reading the {what} of {cluster}"));
            match self.wait(read(&cluster)) {
                Ok((tasks, are_all)) => {
                    if !are_all {
                        output
                            .unable(&format!("{cluster}: not all {what} are read; name one with --service"));
                    }
                    all.push((cluster, tasks));
                }
                Err(why) if is_only => return Err(CliError::CannotAsk(why)),
                Err(why) => output.unable(&format!("{cluster}: {why}")),
            }
        }
        Ok(all)
    }

    /// Invokes a function with a payload, once.
    pub(super) fn invoke(&self, function: &str, payload: &Value) -> Result<Value, CliError> {
        progress(&format!("invoking {function}"));
        self.wait(self.prober.invoke(self.region(), function, payload)).map_err(CliError::CannotAsk)
    }

    /// Waits for an answer.
    pub(super) fn wait<T>(&self, answer: impl Future<Output = T>) -> T {
        self.runtime.block_on(answer)
    }

    /// The task in the Region that is asked.
    pub(super) fn at_home<'t>(&self, task: &'t Task) -> Cow<'t, Task> {
        match (&task.region, &self.region) {
            (None, Some(region)) => Cow::Owned(Task { region: Some(region.clone()), ..task.clone() }),
            _ => Cow::Borrowed(task),
        }
    }

    /// The output of `describe-tasks` for a task.
    pub(super) fn described(&self, arn: &str) -> Result<String, String> {
        progress(&format!("asking AWS for {arn}"));
        self.wait(self.prober.described_task(arn))
    }

    /// The tasks that say what this one does not, where AWS knows any.
    pub(super) fn explaining_tasks(&self, task: &Task) -> Option<Vec<Task>> {
        let mut evidence = Evidence::default();
        let tasks = self.wait(stopped::explaining_tasks(&self.asking(), &self.at_home(task), &mut evidence));
        self.keep(&evidence);
        tasks
    }

    /// The prober for questions about one thing.
    fn asking(&self) -> Narrowed<Until<'_>> {
        Narrowed { prober: self.prober.until(Instant::now() + PATIENCE), scope: Scope::Full, logs: self.logs }
    }

    /// What AWS says about tasks that failed in the same way, beyond what is known.
    pub(super) fn investigate(&self, tasks: &[&Task], known: &Evidence, batch: &mut Batch) -> Evidence {
        let name = tasks
            .first()
            .and_then(|task| task.workload.as_ref())
            .map_or("the task", |workload| &workload.name);
        progress(&format!("asking AWS about {name}"));
        let evidence = self.wait(investigate(&self.asking(), tasks.iter().copied(), known.clone()));
        if let Some(why) = unheard(&evidence, known) {
            batch.unable(format!("AWS answered none of the questions about {name}: {why}"));
        }
        self.keep(&evidence);
        evidence
    }

    /// Asks questions, and adds the answers to what is known.
    pub(super) fn ask(&self, questions: Vec<Question>, evidence: &mut Evidence) {
        self.wait(ask_all(&self.prober.until(Instant::now() + PATIENCE), questions, evidence));
        self.keep(evidence);
    }

    /// The definition of that name.
    pub(super) fn registered(&self, name: &str, evidence: &mut Evidence) -> Result<TaskDefinition, CliError> {
        progress(&format!("asking AWS for {name}"));
        let question = ask::TaskDefinition { name: name.to_owned() };
        self.ask(vec![question.clone().into()], evidence);
        match evidence.look(&question) {
            Known::Found(definition) => Ok((**definition).clone()),
            Known::Unknown(why) => Err(CliError::CannotAsk(format!("task definition {name}: {why}"))),
            Known::Missing | Known::NotAsked => {
                Err(CliError::CannotAsk(format!("there is no file and no task definition {name}")))
            }
        }
    }

    /// All that AWS says of what a definition refers to.
    pub(super) fn check(&self, check: &Check<'_>, evidence: &mut Evidence) {
        for _ in 0..CHECK_ROUNDS {
            let questions = check.questions(evidence);
            if questions.is_empty() {
                break;
            }
            progress(&format!("asking AWS {} questions", questions.len()));
            self.ask(questions, evidence);
        }
    }

    /// All that AWS says of what the services of a cluster start, beyond what is known and what an interrupted run has
    /// recorded. Says what of it could not be done.
    pub(super) fn check_cluster(
        &self,
        cluster: &Cluster,
        evidence: &mut Evidence,
    ) -> Result<Vec<String>, CliError> {
        self.go_on(evidence)?;
        let pace = Pace { at_once: ROTATION_AT_ONCE, most: CLUSTER_QUESTIONS, rounds: CLUSTER_ROUNDS };
        let (mut told, mut saved) = (Instant::now(), Ok(()));
        let turn = |turn: &Turn<'_>| {
            self.keep(turn.fresh);
            if told.elapsed() >= SAVED_EVERY && saved.is_ok() {
                progress(&format!(
                    "{}: {} questions answered, {} to go",
                    cluster.name, turn.answered, turn.left
                ));
                saved = self.save();
                told = Instant::now();
            }
        };
        let patient = Patient(&self.prober);
        let asked = ask_in_turns(
            &patient,
            pace,
            tokio::time::sleep,
            |evidence| cluster.questions(evidence),
            evidence,
            turn,
        );
        let left = "not all was asked, since there are too many questions: name some services with --service";
        let left = (!self.wait(asked)).then(|| left.to_owned());
        let unsaved = saved.and_then(|()| self.save()).err().map(|error| error.to_string());
        Ok(left.into_iter().chain(unsaved).collect())
    }

    /// Takes over what an earlier run has recorded. What AWS did not answer then is asked again.
    fn go_on(&self, evidence: &mut Evidence) -> Result<(), CliError> {
        let Some(path) =
            self.recording.as_ref().map(|recording| &recording.path).filter(|path| path.exists())
        else {
            return Ok(());
        };
        let recorded = file::evidence(Some(path))?;
        let answers = recorded.answers().filter(|(_, answer)| !matches!(answer, Answer::Unknown(_)));
        let mut count = 0;
        for (question, answer) in answers {
            evidence.note(question.clone(), answer.clone());
            count += 1;
        }
        self.keep(evidence);
        complain(&format!("going on with {count} answers of {}; remove it to ask AWS again", shown(path)));
        Ok(())
    }

    fn keep(&self, evidence: &Evidence) {
        let Some(recording) = &self.recording else { return };
        let mut answers = recording.answers.lock().unwrap_or_else(PoisonError::into_inner);
        evidence.answers().for_each(|(question, answer)| answers.note(question.clone(), answer.clone()));
    }

    /// Saves AWS's answers, where that is asked for.
    pub(super) fn save(&self) -> Result<(), CliError> {
        let Some(Recording { path, answers }) = &self.recording else { return Ok(()) };
        let answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
        // An interruption leaves the file that was saved before.
        let part = path.with_added_extension("part");
        let is_file = !path.exists() || path.is_file();
        let written = std::fs::write(if is_file { &part } else { path }, record::write(&answers));
        written
            .and_then(|()| if is_file { std::fs::rename(&part, path) } else { Ok(()) })
            .map_err(|error| CliError::Unrecorded { path: shown(path), error })
    }
}

/// A prober of which each question has its own time to be answered in.
struct Patient<'p>(&'p AwsProber);

impl Prober for Patient<'_> {
    async fn ask(&self, question: &Question) -> Answer {
        self.0.until(Instant::now() + PATIENCE).ask(question).await
    }

    fn is_throttled(&self, answer: &Answer) -> bool {
        self.0.is_throttled(answer)
    }
}

/// Why nothing was answered of all that was asked beyond what is known.
fn unheard<'e>(evidence: &'e Evidence, known: &Evidence) -> Option<&'e str> {
    let mut answers =
        evidence.answers().filter(|(question, _)| known.answer(question).is_none()).map(|(_, answer)| answer);
    let Some(Answer::Unknown(why)) = answers.next() else { return None };
    answers.all(|answer| matches!(answer, Answer::Unknown(_))).then_some(why)
}
