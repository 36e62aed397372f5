//! Which tasks hold the value from before a change that an event reported, to the second.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::{CURRENT, Change, Holder, Holds, PREVIOUS, Source, SourceKind, Staleness, Value, at, is_pinned};
use crate::arn::Arn;
use crate::event::rotation::{Rotated, Rotation};
use crate::limits::{ROTATION_CLUSTERS, ROTATION_HOLDERS};
use crate::question::facts::RunningTask;
use crate::question::{Evidence, Known, Question, ask};
use crate::task_definition::{Reference, may_have_suffix};

/// An event's time has no fractions.
const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// The running tasks of a Region, as far as they could be listed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fleet {
    /// The tasks.
    pub tasks: Vec<RunningTask>,
    /// What could not be listed, and why.
    pub unlisted: Vec<String>,
}

/// A value that changed, with those that take it.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    /// It, with its holders, of which some task holds the old value or may: no more than [`ROTATION_HOLDERS`].
    pub value: Value,
    /// How many more workloads hold it, or may.
    pub more: usize,
    /// What could not be looked at, and why.
    pub unseen: Vec<String>,
}

/// What is to be asked next about changes in one Region; nothing once all is known that can be.
#[must_use]
pub fn questions(region: &str, rotations: &[&Rotation], evidence: &Evidence) -> Vec<Question> {
    let listing = listing(region, evidence);
    if !listing.is_empty() {
        return listing;
    }
    let Fleet { tasks, .. } = Fleet::of(region, evidence);
    let look = Staleness { region, tasks: &tasks };
    let mut all = BTreeSet::new();
    for rotation in rotations {
        let definitions = look.of_those_before(rotation);
        all.extend(definitions.into_iter().map(|name| Question::from(ask::TaskDefinition { name })));
        all.extend(look.ambiguous(rotation, evidence).iter().map(|source| Question::from(source.secret())));
    }
    all.into_iter().filter(|question| evidence.answer(question).is_none()).collect()
}

/// What lists the Region's tasks and is not answered yet.
fn listing(region: &str, evidence: &Evidence) -> Vec<Question> {
    let clusters = ask::Clusters { region: region.to_owned() };
    let tasks = evidence.look(&clusters).found().into_iter().flat_map(|clusters| {
        let some = clusters.items().iter().take(ROTATION_CLUSTERS);
        some.map(|cluster| tasks_of(region, cluster).into())
    });
    let all = [Question::from(clusters)].into_iter().chain(tasks);
    all.filter(|question| evidence.answer(question).is_none()).collect()
}

fn tasks_of(region: &str, cluster: &str) -> ask::ClusterTasks {
    ask::ClusterTasks { region: region.to_owned(), cluster: cluster.to_owned() }
}

impl Fleet {
    /// The tasks of the clusters that could be listed.
    #[must_use]
    pub fn of(region: &str, evidence: &Evidence) -> Self {
        let mut fleet = Self::default();
        let clusters = match evidence.look(&ask::Clusters { region: region.to_owned() }) {
            Known::Found(clusters) => clusters,
            unknown => {
                fleet.unlisted.push(format!("the clusters: {}", why(unknown)));
                return fleet;
            }
        };
        let left = clusters.items().len().saturating_sub(ROTATION_CLUSTERS);
        if left > 0 || !clusters.is_whole() {
            fleet
                .unlisted
                .push(format!("all clusters but the first {ROTATION_CLUSTERS}: there are too many"));
        }
        for cluster in clusters.items().iter().take(ROTATION_CLUSTERS) {
            let name = cluster.rsplit('/').next().unwrap_or(cluster);
            match evidence.look(&tasks_of(region, cluster)) {
                Known::Found(tasks) => {
                    fleet.tasks.extend(tasks.items().iter().cloned());
                    if !tasks.is_whole() {
                        fleet.unlisted.push(format!("some tasks of cluster {name}: there are too many"));
                    }
                }
                // It was deleted since.
                Known::Missing => {}
                unknown => fleet.unlisted.push(format!("the tasks of cluster {name}: {}", why(unknown))),
            }
        }
        fleet
    }
}

fn why<T>(known: Known<'_, T>) -> &str {
    match known {
        Known::Unknown(why) => why,
        Known::Missing => "it does not exist any more",
        Known::NotAsked | Known::Found(_) => "there was not enough time; the next look goes on",
    }
}

/// The second in which a value changed.
#[must_use]
pub fn second(rotation: &Rotation) -> (Timestamp, Timestamp) {
    (rotation.at, rotation.at.checked_add(SECOND).unwrap_or(rotation.at))
}

fn change(rotation: &Rotation) -> Change {
    let (from, to) = second(rotation);
    Change::Between(Some(from), to)
}

impl Holder {
    /// Whether a task of it holds the old value, or may.
    #[must_use]
    pub fn may_be_stale(&self) -> bool {
        self.count(is_suspect) > 0
    }

    /// When the last of those tasks was created.
    #[must_use]
    pub fn last_created(&self) -> Option<Timestamp> {
        let suspects = self.tasks.iter().filter(|(holds, _)| is_suspect(holds));
        suspects.filter_map(|(_, task)| at(task.created_at)).max()
    }

    /// Tells it from all others of an account and Region.
    #[must_use]
    pub fn place(&self) -> String {
        let kind = if self.is_service { "service" } else { "family" };
        format!("{}/{kind}/{}", self.cluster, self.workload)
    }
}

const fn is_suspect(holds: &Holds) -> bool {
    matches!(holds, Holds::Old | Holds::PerhapsOld | Holds::Unknown(_))
}

impl Staleness<'_> {
    /// Which tasks hold the value from before a change, and what could not be looked at.
    #[must_use]
    pub fn rotated(&self, rotation: &Rotation, evidence: &Evidence) -> Look {
        let change = change(rotation);
        let (kind, id, stage) = match &rotation.what {
            Rotated::Secret { label } => {
                (SourceKind::Secret, &rotation.arn, Some(label.clone()).filter(|label| label != CURRENT))
            }
            Rotated::Parameter => (SourceKind::Parameter, &rotation.arn, None),
        };
        let mut value = Value {
            source: Source { kind, region: rotation.region.clone(), id: id.clone(), stage },
            name: rotation.name.clone(),
            change: Ok(change),
            holders: Vec::new(),
        };
        for task in self.tasks {
            for (source, reference) in self.taken(task, evidence) {
                if source.is(rotation, task, &reference, evidence) {
                    let holds = if is_pinned(&reference) {
                        Holds::Pinned
                    } else {
                        change.seen(at(task.created_at), at(task.started_at))
                    };
                    value.add(task, &reference, holds);
                }
            }
        }
        value.holders.retain(Holder::may_be_stale);
        value.sort();
        let more = value.holders.len().saturating_sub(ROTATION_HOLDERS);
        value.holders.truncate(ROTATION_HOLDERS);
        Look { value, more, unseen: self.unseen(rotation, evidence) }
    }

    /// The definitions of the tasks that were created before the change was over: no others hold the old value.
    fn of_those_before(&self, rotation: &Rotation) -> BTreeSet<String> {
        let change = change(rotation);
        let may_hold =
            |task: &&RunningTask| change.seen(at(task.created_at), at(task.started_at)) != Holds::Present;
        self.tasks.iter().filter(may_hold).filter_map(|task| task.task_definition_arn.clone()).collect()
    }

    /// Secrets of which a reference does not tell whether they are the one that changed.
    fn ambiguous(&self, rotation: &Rotation, evidence: &Evidence) -> Vec<Source> {
        self.sources(evidence).into_iter().filter(|source| source.is_ambiguous(rotation)).collect()
    }

    fn unseen(&self, rotation: &Rotation, evidence: &Evidence) -> Vec<String> {
        let unread = |name: String| match evidence.look(&ask::TaskDefinition { name: name.clone() }) {
            Known::Found(_) => None,
            unknown => Some((name, why(unknown))),
        };
        let unread: Vec<_> = self.of_those_before(rotation).into_iter().filter_map(unread).collect();
        let definitions = unread.first().map(|(name, why)| match unread.len() {
            1 => format!("the task definition {name}: {why}"),
            count => format!("{count} task definitions, such as {name}: {why}"),
        });
        let open = self.ambiguous(rotation, evidence).into_iter().filter_map(|source| {
            match evidence.look(&source.secret()) {
                Known::Found(_) | Known::Missing => None,
                unknown => Some(format!("which secret {} is: {}", source.id, why(unknown))),
            }
        });
        definitions.into_iter().chain(open).collect()
    }
}

impl Source {
    /// Whether a task took what has changed by this reference.
    fn is(
        &self,
        rotation: &Rotation,
        task: &RunningTask,
        reference: &Reference,
        evidence: &Evidence,
    ) -> bool {
        match &rotation.what {
            Rotated::Secret { label } => {
                self.kind == SourceKind::Secret
                    && self.follows(label)
                    && if self.is_ambiguous(rotation) {
                        let described = evidence.look(&self.secret()).found();
                        described.is_some_and(|secret| secret.arn.as_deref() == Some(rotation.arn.as_str()))
                    } else {
                        self.id == rotation.arn || self.is_named(rotation) || self.is_own(rotation, task)
                    }
            }
            Rotated::Parameter => {
                let account = |arn| Arn::parse(arn).map(|arn| arn.account);
                // A name without an ARN is of the task's own account.
                let own = || account(task.task_arn.as_deref().unwrap_or_default());
                let bare = |name: &str| name.trim_start_matches('/').to_owned();
                self.kind == SourceKind::Parameter
                    && self.region == rotation.region
                    && account(&reference.value_from).or_else(own) == Some(rotation.account.as_str())
                    && bare(self.parameter()) == bare(&rotation.name)
            }
        }
    }

    /// A parameter's name, also where it is known by its ARN.
    fn parameter(&self) -> &str {
        let own = Arn::parse(&self.id).and_then(|arn| arn.resource.strip_prefix("parameter"));
        own.unwrap_or(&self.id)
    }

    /// Whether a reference to this stage moves with the label.
    fn follows(&self, label: &str) -> bool {
        match self.stage.as_deref().unwrap_or(CURRENT) {
            PREVIOUS => label == CURRENT,
            stage => stage == label,
        }
    }

    /// Whether it is the secret's bare name, in the task's own account and Region.
    fn is_own(&self, rotation: &Rotation, task: &RunningTask) -> bool {
        let own = task.task_arn.as_deref().and_then(Arn::parse);
        self.id == rotation.name
            && self.region == rotation.region
            && own.is_some_and(|own| own.account == rotation.account)
    }

    /// Whether it is the secret's ARN without what Secrets Manager appends.
    fn is_named(&self, rotation: &Rotation) -> bool {
        let suffix = rotation.arn.strip_prefix(self.id.as_str());
        suffix.is_some_and(|suffix| suffix.starts_with('-'))
            && Arn::parse(&self.id).and_then(|arn| arn.resource.strip_prefix("secret:"))
                == Some(rotation.name.as_str())
    }

    /// Whether only Secrets Manager can tell that it is the secret: its name ends as an ARN does, and may be that
    /// of another.
    fn is_ambiguous(&self, rotation: &Rotation) -> bool {
        self.kind == SourceKind::Secret && self.is_named(rotation) && may_have_suffix(&rotation.name)
    }
}
