//! Which running tasks still hold the value that a secret, a parameter or a file had before it changed.
//!
//! ECS reads what a task definition refers to once, between the task's creation and its start; a task that
//! runs never sees a change. When a value changed is known exactly from an event; of what AWS describes,
//! it lies between two times: a version is made before it gets its stage, and a secret's `LastChangedDate`
//! also moves with its tags and policy. What lies between is said to be open.

pub mod rotation;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::arn::Arn;
use crate::event::rotation::CURRENT;
use crate::question::facts::{Moment, RunningTask, Secret};
use crate::question::{Evidence, Known, Question, ask};
use crate::task_definition::{Reference, ReferenceKind, SecretReference, Target, split_suffix};
use crate::words::words;

/// It moves when [`CURRENT`] does, and no event reports it.
const PREVIOUS: &str = "AWSPREVIOUS";

words! {
    /// What holds a value outside of the tasks.
    SourceKind {
        Secret = "secret",
        Parameter = "parameter",
        /// A file of environment variables, or of the log router.
        File = "file",
    }
}

/// How the name of a parameter begins behind which Parameter Store fetches the secret of that name.
const SECRET_BY_PARAMETER: &str = "/aws/reference/secretsmanager/";

/// A value outside of the tasks, which they take when they start.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    /// What holds it.
    pub kind: SourceKind,
    /// The Region in which it is asked for.
    pub region: String,
    /// A secret's ARN or name, a parameter's name or, where another account shares it, its ARN, a file's `bucket/key`.
    pub id: String,
    /// The stage of a secret's version, where it is not the current one.
    pub stage: Option<String>,
}

/// When a value changed last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Not before the one and not after the other; where they are the same, then. Without the first, any time
    /// before the second.
    Between(Option<Timestamp>, Timestamp),
    /// It is as it was made.
    Never,
}

/// What a task holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holds {
    /// The value from before the change: it started before it.
    Old,
    /// Perhaps that: it started before the last change, which might not have been one of the value.
    PerhapsOld,
    /// It cannot be decided, and why.
    Unknown(String),
    /// The present value.
    Present,
    /// What it was pinned to: it follows no change.
    Pinned,
}

/// The tasks of one workload that take a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Holder {
    /// The cluster's name.
    pub cluster: String,
    /// The service's name, or the family's.
    pub workload: String,
    /// Whether it is a service.
    pub is_service: bool,
    /// Where its definitions refer to the value: container, and variable, log option or field.
    pub places: BTreeSet<(String, String)>,
    /// Its tasks and what they hold.
    pub tasks: Vec<(Holds, RunningTask)>,
}

/// A value with those that take it.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// What it is, by its ARN where AWS reported it.
    pub source: Source,
    /// What people call it: a secret's name without what Secrets Manager appends to it, where a file lies.
    pub name: String,
    /// When it changed, or why that is not known.
    pub change: Result<Change, String>,
    /// Those that take it.
    pub holders: Vec<Holder>,
}

/// Running tasks of a Region, and what is known of what they refer to.
#[derive(Debug, Clone, Copy)]
pub struct Staleness<'s> {
    /// The Region.
    pub region: &'s str,
    /// The tasks.
    pub tasks: &'s [RunningTask],
}

impl Change {
    /// What a task holds that read the value after the one time and before the other.
    fn seen(self, created: Option<Timestamp>, started: Option<Timestamp>) -> Holds {
        let Self::Between(not_before, not_after) = self else { return Holds::Present };
        if created.is_some_and(|created| created > not_after) {
            return Holds::Present;
        }
        let Some(started) = started else { return Holds::Unknown("it has not started yet".to_owned()) };
        if not_before.is_some_and(|change| started < change) {
            Holds::Old
        } else if started < not_after {
            Holds::PerhapsOld
        } else {
            Holds::Unknown("it was starting when the value changed".to_owned())
        }
    }
}

impl Holder {
    /// How many of its tasks hold such a thing.
    #[must_use]
    pub fn count(&self, is: impl Fn(&Holds) -> bool) -> usize {
        self.tasks.iter().filter(|(holds, _)| is(holds)).count()
    }
}

impl Value {
    /// How many tasks hold such a thing.
    #[must_use]
    pub fn count(&self, is: impl Fn(&Holds) -> bool + Copy) -> usize {
        self.holders.iter().map(|holder| holder.count(is)).sum()
    }

    /// Whether a task holds the value from before its change.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.count(|holds| *holds == Holds::Old) > 0
    }

    /// Whether a text names it: a name or an ARN, whatever follows them in a reference.
    #[must_use]
    pub fn is_named(&self, text: &str) -> bool {
        let asked = match Target::parse(text) {
            Target::Secret(secret) => secret.arn,
            Target::Parameter(name) => unpinned(name).0,
            _ => text,
        };
        let file = Arn::parse(asked).filter(|arn| arn.service == "s3").map(|arn| arn.resource);
        let asked = file.unwrap_or(asked).trim_start_matches("s3://");
        let bare = |text: &str| text.trim_start_matches('/').to_owned();
        [&self.name, &self.source.id].iter().any(|own| bare(own) == bare(asked))
    }

    fn sort(&mut self) {
        self.holders
            .sort_by(|one, other| (&one.cluster, &one.workload).cmp(&(&other.cluster, &other.workload)));
    }

    fn add(&mut self, task: &RunningTask, reference: &Reference, holds: Holds) {
        let cluster = task.cluster_arn.as_deref().unwrap_or_default();
        let cluster = cluster.rsplit('/').next().unwrap_or_default();
        let group = task.group.as_deref().and_then(|group| group.split_once(':'));
        let family = || {
            let name = task.task_definition_arn.as_deref()?.rsplit('/').next()?;
            Some(("family", name.split(':').next()?))
        };
        let (kind, workload) = group.or_else(family).unwrap_or_default();
        let place = |holder: &Holder| holder.cluster == cluster && holder.workload == workload;
        let at = self.holders.iter().position(place).unwrap_or(self.holders.len());
        if at == self.holders.len() {
            self.holders.push(Holder {
                cluster: cluster.to_owned(),
                workload: workload.to_owned(),
                is_service: kind == "service",
                places: BTreeSet::new(),
                tasks: Vec::new(),
            });
        }
        let holder = &mut self.holders[at];
        let container = reference.container.clone().unwrap_or_default();
        holder.places.insert((container, reference.name.clone().unwrap_or_else(|| reference.field.clone())));
        match holder.tasks.iter_mut().find(|(_, known)| known.task_arn == task.task_arn) {
            // A reference that follows a value shows more than one that is pinned to a version.
            Some((known, _)) => *known = holds.min(known.clone()),
            None => holder.tasks.push((holds, task.clone())),
        }
    }
}

impl Staleness<'_> {
    /// What is to be asked next; nothing once all is known that can be.
    #[must_use]
    pub fn questions(&self, evidence: &Evidence) -> Vec<Question> {
        let definitions = self.definitions().into_iter().map(|name| ask::TaskDefinition { name }.into());
        let mut all: Vec<Question> = definitions.collect();
        let sources = self.sources(evidence);
        for source in &sources {
            all.extend(source.questions(evidence));
        }
        let mut parameters: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for source in sources.iter().filter(|source| source.is_own_parameter()) {
            parameters.entry(&source.region).or_default().insert(source.id.clone());
        }
        all.extend(parameters.into_iter().map(|(region, names)| parameters_of(region, names).into()));
        all.retain(|question| evidence.answer(question).is_none());
        all
    }

    /// The values that the tasks took, by kind and name, with what each task holds.
    #[must_use]
    pub fn values(&self, evidence: &Evidence) -> Vec<Value> {
        let sources = self.sources(evidence);
        let mut values: BTreeMap<Source, Value> = BTreeMap::new();
        for task in self.tasks {
            for (source, reference) in self.taken(task, evidence) {
                let named = source.as_described(evidence);
                let value = values.entry(named.clone()).or_insert_with(|| Value {
                    change: source.change(evidence, &sources),
                    name: source.name(evidence),
                    source: named,
                    holders: Vec::new(),
                });
                let holds = match &value.change {
                    _ if is_pinned(&reference) => Holds::Pinned,
                    Ok(change) => change.seen(at(task.created_at), at(task.started_at)),
                    Err(why) => Holds::Unknown(why.clone()),
                };
                value.add(task, &reference, holds);
            }
        }
        let mut values: Vec<Value> = values.into_values().collect();
        values.iter_mut().for_each(Value::sort);
        values
    }

    /// Why definitions could not be read, by their ARN: what their tasks hold is not known.
    #[must_use]
    pub fn unread<'e>(&self, evidence: &'e Evidence) -> Vec<(String, &'e str)> {
        let unread = |name: String| match evidence.look(&ask::TaskDefinition { name: name.clone() }) {
            Known::Unknown(why) => Some((name, why)),
            Known::Missing => Some((name, "it does not exist any more")),
            Known::NotAsked => Some((name, "nobody asked")),
            Known::Found(_) => None,
        };
        self.definitions().into_iter().filter_map(unread).collect()
    }

    fn definitions(&self) -> BTreeSet<String> {
        self.tasks.iter().filter_map(|task| task.task_definition_arn.clone()).collect()
    }

    fn sources(&self, evidence: &Evidence) -> BTreeSet<Source> {
        let taken = self.tasks.iter().flat_map(|task| self.taken(task, evidence));
        taken.map(|(source, _)| source).collect()
    }

    /// What a task took when it started, with the reference to it.
    fn taken(&self, task: &RunningTask, evidence: &Evidence) -> Vec<(Source, Reference)> {
        let Some(name) = task.task_definition_arn.clone() else { return Vec::new() };
        let Some(definition) = evidence.look(&ask::TaskDefinition { name }).found() else {
            return Vec::new();
        };
        let source = |reference: Reference| Some((self.source(task, &reference)?, reference));
        definition.references().into_iter().filter_map(source).collect()
    }

    /// Where a reference's value comes from; `None` where a task keeps no value of it: images, roles, log
    /// groups, and logins, which are read again each time they are used.
    fn source(&self, task: &RunningTask, reference: &Reference) -> Option<Source> {
        let source = |kind, region: &str, id: &str, stage: Option<&str>| {
            let region = if region.is_empty() { self.region } else { region };
            Some(Source {
                kind,
                region: region.to_owned(),
                id: id.to_owned(),
                stage: stage.map(str::to_owned),
            })
        };
        match reference.kind {
            ReferenceKind::Secret if reference.container.is_some() => match reference.target()? {
                Target::Secret(SecretReference { arn, version_stage, .. }) => {
                    let region = Arn::parse(arn).map_or("", |arn| arn.region);
                    source(SourceKind::Secret, region, arn, version_stage.filter(|stage| *stage != CURRENT))
                }
                Target::Parameter(name) => {
                    let arn = Arn::parse(&reference.value_from);
                    let region = arn.map_or("", |arn| arn.region);
                    let bare = unpinned(name).0;
                    let own = task.task_arn.as_deref().and_then(Arn::parse);
                    let is_shared = arn.zip(own).is_some_and(|(arn, own)| arn.account != own.account);
                    match bare.strip_prefix(SECRET_BY_PARAMETER) {
                        Some(secret) => source(SourceKind::Secret, region, secret, None),
                        None if is_shared => {
                            let whole = reference.value_from.len() + bare.len() - name.len();
                            source(SourceKind::Parameter, region, &reference.value_from[..whole], None)
                        }
                        None => source(SourceKind::Parameter, region, bare, None),
                    }
                }
                Target::SomethingElse(_) | Target::Template(_) | Target::Value => None,
            },
            ReferenceKind::EnvFile | ReferenceKind::LogConfig => {
                let arn = Arn::parse(&reference.value_from).filter(|arn| arn.service == "s3")?;
                source(SourceKind::File, "", arn.resource, None)
            }
            _ => None,
        }
    }
}

impl Source {
    fn questions(&self, evidence: &Evidence) -> Vec<Question> {
        match self.kind {
            SourceKind::Secret => vec![self.secret().into(), self.versions().into()],
            // All of a Region are asked for in one question.
            SourceKind::Parameter => Vec::new(),
            SourceKind::File => {
                let objects = self.objects(evidence).map(Question::from);
                self.bucket().map(Question::from).into_iter().chain(objects).collect()
            }
        }
    }

    /// Whether it is a parameter of the tasks' own account, which alone can be asked for by its name.
    fn is_own_parameter(&self) -> bool {
        self.kind == SourceKind::Parameter && Arn::parse(&self.id).is_none()
    }

    fn secret(&self) -> ask::Secret {
        ask::Secret { region: self.region.clone(), id: self.id.clone() }
    }

    fn versions(&self) -> ask::SecretVersions {
        ask::SecretVersions { region: self.region.clone(), id: self.id.clone() }
    }

    fn bucket(&self) -> Option<ask::Bucket> {
        let (bucket, _) = self.id.split_once('/')?;
        Some(ask::Bucket { region: self.region.clone(), name: bucket.to_owned() })
    }

    fn objects(&self, evidence: &Evidence) -> Option<ask::Objects> {
        let (bucket, key) = self.id.split_once('/')?;
        let region = evidence.look(&self.bucket()?).found()?.location_constraint.clone();
        Some(ask::Objects { region, bucket: bucket.to_owned(), prefix: key.to_owned() })
    }

    /// The same under the one name by which AWS describes it: references can name it in several ways.
    fn as_described(&self, evidence: &Evidence) -> Self {
        let secret = || evidence.look(&self.secret()).found()?.arn.clone();
        let id = match self.kind {
            SourceKind::Secret => secret(),
            SourceKind::Parameter => {
                Some(self.id.trim_start_matches('/').to_owned()).filter(|bare| !bare.contains('/'))
            }
            SourceKind::File => None,
        };
        Self { id: id.unwrap_or_else(|| self.id.clone()), ..self.clone() }
    }

    /// A described secret's name is known; of another's ARN, what looks like six random characters goes.
    fn name(&self, evidence: &Evidence) -> String {
        let described = || evidence.look(&self.secret()).found()?.name.clone();
        match self.kind {
            SourceKind::File => format!("s3://{}", self.id),
            SourceKind::Parameter => match Arn::parse(&self.id) {
                Some(arn) => arn.resource.trim_start_matches("parameter").to_owned(),
                None => self.as_described(evidence).id,
            },
            SourceKind::Secret => described().unwrap_or_else(|| match Arn::parse(&self.id) {
                Some(arn) => split_suffix(arn.resource.trim_start_matches("secret:")).0.to_owned(),
                None => self.id.clone(),
            }),
        }
    }

    /// When it changed last, by what AWS says of it.
    fn change(&self, evidence: &Evidence, all: &BTreeSet<Self>) -> Result<Change, String> {
        match self.kind {
            SourceKind::Secret => self.secret_changed(evidence),
            SourceKind::Parameter if !self.is_own_parameter() => {
                Err("it is a parameter of another account, and AWS does not tell when it changed".to_owned())
            }
            SourceKind::Parameter => {
                let own = |source: &&Self| source.is_own_parameter() && source.region == self.region;
                let names = all.iter().filter(own).map(|source| source.id.clone()).collect();
                let listed = known(evidence.look(&parameters_of(&self.region, names)), "the parameters")?;
                let bare = |name: &str| name.trim_start_matches('/').to_owned();
                let is_it = |name: &String| bare(name) == bare(&self.id);
                let found = listed.items().iter().find(|item| item.name.as_ref().is_some_and(is_it));
                let described = found.and_then(|item| item.last_modified_date);
                let none = if listed.is_whole() {
                    "there is no such parameter in this account"
                } else {
                    "the list of parameters is too long"
                };
                described.map(exactly).ok_or_else(|| none.to_owned())
            }
            SourceKind::File => {
                let bucket = self.bucket().ok_or("the reference names no file")?;
                known(evidence.look(&bucket), "the bucket")?;
                let objects = self.objects(evidence).ok_or("the bucket's Region is not known")?;
                let objects = known(evidence.look(&objects), "the bucket")?;
                let (_, key) = self.id.split_once('/').unwrap_or_default();
                let object =
                    objects.iter().find(|object| object.key == key).ok_or("the file does not exist")?;
                object.last_modified.map(exactly).ok_or_else(|| "S3 does not say when it was put".to_owned())
            }
        }
    }

    fn secret_changed(&self, evidence: &Evidence) -> Result<Change, String> {
        let described = known(evidence.look(&self.secret()), "the secret")?;
        let Secret { last_changed_date, created_date, deleted_date, .. } = &**described;
        if deleted_date.is_some() {
            return Err("the secret is scheduled for deletion, and its LastChangedDate is that of the mark"
                .to_owned());
        }
        let not_after = (*last_changed_date).or(*created_date);
        let Moment(not_after) = not_after.ok_or("Secrets Manager does not say when it changed")?;
        let Some(versions) = evidence.look(&self.versions()).found() else {
            return Ok(Change::Between(None, not_after));
        };
        if versions.len() == 1 {
            return Ok(Change::Never);
        }
        let stage =
            self.stage.as_deref().map_or(CURRENT, |stage| if stage == PREVIOUS { CURRENT } else { stage });
        let version =
            versions.iter().find(|version| version.version_stages.iter().any(|other| other == stage));
        Ok(Change::Between(version.and_then(|version| at(version.created_date)), not_after))
    }
}

fn parameters_of(region: &str, names: BTreeSet<String>) -> ask::Parameters {
    ask::Parameters { region: region.to_owned(), names: names.into_iter().collect() }
}

fn known<'e, T>(known: Known<'e, T>, what: &str) -> Result<&'e T, String> {
    match known {
        Known::Found(found) => Ok(found),
        Known::Missing => Err(format!("{what} cannot be found")),
        Known::Unknown(why) => Err(why.to_owned()),
        Known::NotAsked => Err("nobody asked".to_owned()),
    }
}

/// A parameter's name and the version or label behind it.
fn unpinned(name: &str) -> (&str, Option<&str>) {
    name.split_once(':').map_or((name, None), |(name, selector)| (name, Some(selector)))
}

/// Whether a reference names one version for good. A label of a parameter moves, but no answer tells when.
fn is_pinned(reference: &Reference) -> bool {
    match reference.target() {
        Some(Target::Secret(secret)) => secret.version_id.is_some(),
        Some(Target::Parameter(name)) => unpinned(name).1.is_some(),
        _ => false,
    }
}

fn at(moment: Option<Moment>) -> Option<Timestamp> {
    moment.map(|Moment(at)| at)
}

fn exactly(Moment(at): Moment) -> Change {
    Change::Between(Some(at), at)
}
