//! Values that tasks hold though they changed since: each file of `staleness/` is a state of AWS, and beside
//! it stands what a person reads of it. What must hold for any times is tried with many.

#![expect(clippy::panic, reason = "helpers of tests fail like tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use ecs_triage::event::read_record;
use ecs_triage::question::facts::{Bucket, Moment, Object, Parameter, RunningTask, Secret, SecretVersion};
use ecs_triage::question::{Answer, Evidence, Listed, Question, ask};
use ecs_triage::render::rotation::{self as words, Phase};
use ecs_triage::render::stale;
use ecs_triage::render::text::Style;
use ecs_triage::source;
use ecs_triage::staleness::rotation::{self, Fleet};
use ecs_triage::staleness::{Holds, Staleness, Value};
use jiff::Timestamp;
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::json;

/// A state of AWS; a text in the place of an answer is why there is none.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct World {
    /// What the state shows.
    shows: String,
    region: String,
    tasks: Vec<RunningTask>,
    definitions: BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    secrets: BTreeMap<String, Known<Secret>>,
    #[serde(default)]
    versions: BTreeMap<String, Known<Vec<SecretVersion>>>,
    #[serde(default)]
    parameters: Vec<Parameter>,
    /// An event that tells of a change; without one, values are asked for.
    #[serde(default)]
    event: Option<serde_json::Value>,
    /// Keys of the one bucket there is.
    #[serde(default)]
    files: BTreeMap<String, Known<Moment>>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Known<T> {
    Found(T),
    Not(String),
}

impl<T> Known<T> {
    fn answer(known: Option<&Self>, found: impl FnOnce(&T) -> Answer) -> Answer {
        match known {
            None => Answer::Missing,
            Some(Self::Not(why)) => Answer::Unknown(why.clone()),
            Some(Self::Found(fact)) => found(fact),
        }
    }
}

impl World {
    /// What AWS says in this state; it knows each secret by any of its names.
    fn answer(&self, question: &Question) -> Answer {
        match question {
            Question::TaskDefinition(ask::TaskDefinition { name }) => match self.definitions.get(name) {
                Some(serde_json::Value::String(why)) => Answer::Unknown(why.clone()),
                Some(definition) => Answer::TaskDefinition(Box::new(
                    source::definition(&definition.to_string())
                        .unwrap_or_else(|error| panic!("{name}: {error}")),
                )),
                None => Answer::Missing,
            },
            Question::Clusters(_) => {
                let clusters: BTreeSet<String> =
                    self.tasks.iter().filter_map(|task| task.cluster_arn.clone()).collect();
                Answer::Clusters(Listed::Whole(clusters.into_iter().collect()))
            }
            Question::ClusterTasks(ask::ClusterTasks { cluster, .. }) => {
                let is_of = |task: &&RunningTask| task.cluster_arn.as_ref() == Some(cluster);
                Answer::ClusterTasks(Listed::Whole(self.tasks.iter().filter(is_of).cloned().collect()))
            }
            Question::Secret(ask::Secret { id, .. }) => {
                Known::answer(self.secrets.get(id), |secret| Answer::Secret(Box::new(secret.clone())))
            }
            Question::SecretVersions(ask::SecretVersions { id, .. }) => {
                Known::answer(self.versions.get(id), |all| Answer::SecretVersions(all.clone()))
            }
            Question::Parameters(ask::Parameters { names, .. }) => {
                let is_asked =
                    |parameter: &&Parameter| parameter.name.as_ref().is_some_and(|name| names.contains(name));
                Answer::Parameters(Listed::Whole(self.parameters.iter().filter(is_asked).cloned().collect()))
            }
            Question::Bucket(_) => Answer::Bucket(Bucket { location_constraint: self.region.clone() }),
            Question::Objects(ask::Objects { prefix, .. }) => Known::answer(self.files.get(prefix), |at| {
                Answer::Objects(vec![Object { key: prefix.clone(), last_modified: Some(*at) }])
            }),
            other => panic!("nobody needs {other:?}"),
        }
    }

    /// The values, once all is asked, and how many rounds that took.
    fn values(&self) -> (Vec<Value>, Evidence, usize) {
        let look = Staleness { region: &self.region, tasks: &self.tasks };
        let mut evidence = Evidence::default();
        for round in 0.. {
            let questions = look.questions(&evidence);
            if questions.is_empty() {
                return (look.values(&evidence), evidence, round);
            }
            for question in questions {
                let answer = self.answer(&question);
                evidence.note(question, answer);
            }
        }
        unreachable!("rounds have no end")
    }
}

impl World {
    /// The notice of what the event tells, and how many rounds of questions that took.
    fn told_of(&self, event: &serde_json::Value) -> (String, usize) {
        let rotation = read_record(&event.to_string()).remove(0).rotation.expect("it tells of a change");
        let mut evidence = Evidence::default();
        for round in 0.. {
            let questions = rotation::questions(&rotation.region, &[&rotation], &evidence);
            if questions.is_empty() {
                let Fleet { tasks, unlisted } = Fleet::of(&rotation.region, &evidence);
                assert_eq!(unlisted, Vec::<String>::new());
                let look =
                    Staleness { region: &rotation.region, tasks: &tasks }.rotated(&rotation, &evidence);
                if look.value.holders.is_empty() && look.unseen.is_empty() {
                    return ("nobody is told\n".to_owned(), round);
                }
                let phase = if look.value.holders.is_empty() { Phase::Unfollowed } else { Phase::Begun };
                let notice = words::notice(&rotation, &look, phase);
                let all = (notice.attributes, notice.lists);
                return (format!("{}\n{all:?}\n\n{}", notice.subject, notice.body), round);
            }
            for question in questions {
                let answer = self.answer(&question);
                evidence.note(question, answer);
            }
        }
        unreachable!("rounds have no end")
    }
}

fn worlds(of: &str) -> Vec<(String, World)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(of);
    let mut worlds: Vec<(String, World)> = fs::read_dir(directory)
        .expect("the states can be listed")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let text = fs::read_to_string(&path).expect("the state can be read");
            (name.clone(), serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}")))
        })
        .collect();
    worlds.sort_by(|(one, _), (other, _)| one.cmp(other));
    worlds
}

#[test]
fn each_state_is_told_as_it_is() {
    for (name, world) in worlds("tests/staleness") {
        let (values, evidence, rounds) = world.values();
        assert!(rounds <= 3, "{name} takes {rounds} rounds");
        let look = Staleness { region: &world.region, tasks: &world.tasks };
        let style = Style { width: Some(100), ..Style::default() };
        let told = stale::render(&values, &world.region, world.tasks.len(), style);
        let unread: String = look
            .unread(&evidence)
            .iter()
            .map(|(of, why)| ["unread: ", of, ": ", why, "\n"].concat())
            .collect();
        let document = stale::document(&values, &world.region, world.tasks.len());
        let snapshot = format!("{}\n\n{told}{unread}\n{document:#}\n", world.shows);
        insta::with_settings!({snapshot_path => "staleness", prepend_module_to_snapshot => false, omit_expression => true}, {
            insta::assert_snapshot!(name, snapshot);
        });
    }
}

#[test]
fn who_holds_the_value_from_before_an_event_is_told_as_it_is() {
    for (name, world) in worlds("tests/staleness/events") {
        let (told, rounds) = world.told_of(world.event.as_ref().expect("an event"));
        assert!(rounds <= 4, "{name} takes {rounds} rounds");
        let snapshot = format!("{}\n\n{told}", world.shows);
        insta::with_settings!({snapshot_path => "staleness/events", prepend_module_to_snapshot => false, omit_expression => true}, {
            insta::assert_snapshot!(name, snapshot);
        });
    }
}

/// One task and one secret whose version was made and which was changed at such times.
fn held(created: i64, started: Option<i64>, made: Option<i64>, changed: i64) -> Holds {
    let at = |second: i64| Moment(Timestamp::from_second(second).expect("a time"));
    let definition = json!({"family": "api", "containerDefinitions": [{"name": "app", "image": "app:1", "secrets": [
        {"name": "PASSWORD", "valueFrom": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCd12"}]}]});
    let version = |id: &str, stages: &[&str], at: Option<Moment>| SecretVersion {
        version_id: Some(id.to_owned()),
        version_stages: stages.iter().map(|stage| (*stage).to_owned()).collect(),
        created_date: at,
    };
    let id = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCd12".to_owned();
    let secret = Secret { arn: Some(id.clone()), last_changed_date: Some(at(changed)), ..Secret::default() };
    let world = World {
        shows: String::new(),
        region: "eu-west-1".to_owned(),
        tasks: vec![RunningTask {
            task_arn: Some("arn:aws:ecs:eu-west-1:111122223333:task/prod/1".to_owned()),
            task_definition_arn: Some("api:1".to_owned()),
            created_at: Some(at(created)),
            started_at: started.map(at),
            ..RunningTask::default()
        }],
        definitions: BTreeMap::from([("api:1".to_owned(), definition)]),
        secrets: BTreeMap::from([(id.clone(), Known::Found(secret))]),
        versions: BTreeMap::from([(
            id,
            Known::Found(vec![
                version("1", &["AWSPREVIOUS"], Some(at(0))),
                version("2", &["AWSCURRENT"], made.map(at)),
            ]),
        )]),
        parameters: Vec::new(),
        event: None,
        files: BTreeMap::new(),
    };
    world.values().0[0].holders[0].tasks[0].0.clone()
}

proptest! {
    /// The value moved at some time between the making of its version and the last change; the task read it
    /// at some time between its creation and its start. What is said must hold for each of those times.
    #[test]
    fn what_is_said_holds_for_every_time_at_which_it_can_have_happened(
        created in 1_000i64..1_060, starts in proptest::option::of(0i64..60),
        made in proptest::option::of(1_000i64..1_120), tail in 0i64..60,
        moved in 0.0f64..=1.0, read in 0.0f64..=1.0,
    ) {
        let changed = made.unwrap_or(1_060) + tail;
        let started = starts.map(|starts| created + starts);
        #[expect(clippy::cast_precision_loss, reason = "the times are small")]
        let within = |from: i64, to: i64, part: f64| (to - from) as f64 * part + from as f64;
        let moved = within(made.unwrap_or(0), changed, moved);
        let read = within(created, started.unwrap_or(created + 600), read);
        match held(created, started, made, changed) {
            Holds::Old => prop_assert!(read < moved),
            Holds::Present => prop_assert!(read > moved),
            Holds::PerhapsOld => prop_assert!(started.is_some_and(|started| started < changed)),
            Holds::Unknown(_) => prop_assert!(started.is_none_or(|started| created <= changed && changed <= started)),
            Holds::Pinned => prop_assert!(false, "nothing is pinned"),
        }
    }
}
