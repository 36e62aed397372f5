//! What the services of a cluster start next: each definition in each of its places is checked once, however
//! many services share it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Check, Checked, Findings, Place};
use crate::limits::CLUSTER_SERVICES;
use crate::question::facts::{AwsVpcConfiguration, Deployment, NetworkConfiguration, Service, launch_type};
use crate::question::{Evidence, Known, NOT_AUTHORIZED, Question, ask};
use crate::source::Found;
use crate::task_definition::TaskDefinition;

/// Some services of a cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cluster {
    /// Their Region.
    pub region: String,
    /// The cluster's name.
    pub name: String,
    /// Their names; without any, all are meant that the cluster has.
    pub services: Vec<String>,
}

/// Services of which it is not known what they start, or where, for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    /// Their names; none where the cluster's services are not known.
    pub services: Vec<String>,
    /// Why.
    pub why: String,
}

/// The tasks that a service starts next.
#[derive(Debug)]
pub struct NextTasks {
    /// The service's name.
    pub service: String,
    /// The definition of each, and what came of it; nothing where the definition is not known.
    pub starts: Vec<(String, Option<Findings>)>,
}

/// A definition in a place, with the services that start it there.
#[derive(Debug)]
struct Start {
    definition: String,
    place: Place,
    services: Vec<String>,
}

impl Cluster {
    /// What is to be asked next, each question once though many services lead to it; nothing once all is known that
    /// can be.
    #[must_use]
    pub fn questions(&self, evidence: &Evidence) -> Vec<Question> {
        let list = self.services.is_empty().then(|| Question::from(self.list()));
        let names = self.names(evidence);
        let services = names.iter().take(CLUSTER_SERVICES).map(|name| Question::from(self.service(name)));
        let starts = self.starts(evidence);
        let definitions = starts.iter().map(|start| Question::from(named(&start.definition)));
        let known: Vec<Question> = list.into_iter().chain(services).chain(definitions).collect();
        let of_starts = starts.iter().filter_map(|start| {
            let definition = evidence.look(&named(&start.definition)).found()?;
            Some(Check::new(definition, &start.place).questions(evidence))
        });
        let all: BTreeSet<Question> = known.into_iter().chain(of_starts.flatten()).collect();
        all.into_iter().filter(|question| evidence.answer(question).is_none()).collect()
    }

    /// What the answers prove of each definition in each place.
    #[must_use]
    pub fn checked(&self, evidence: &Evidence, known: &BTreeSet<String>) -> Vec<Checked> {
        let starts = self.starts(evidence);
        let one = |start: &Start| {
            let definition: &TaskDefinition = evidence.look(&named(&start.definition)).found()?;
            Some(Checked {
                name: definition.name().unwrap_or_else(|| start.definition.clone()),
                file: None,
                services: start.services.clone(),
                found: Found { definition: definition.clone(), ..Found::default() },
                findings: findings(definition, &start.place, evidence),
                known: known.clone(),
            })
        };
        starts.iter().filter_map(one).collect()
    }

    /// What they prove of each service by itself, in the order of their names.
    #[must_use]
    pub fn each(&self, evidence: &Evidence) -> Vec<NextTasks> {
        let of_service = |service: String| {
            let described = evidence.look(&self.service(&service)).found()?;
            let starts = self.deployed(described).into_iter().map(|(definition, place)| {
                let place = Place { service: Some(service.clone()), ..place };
                let known = evidence.look(&named(&definition)).found();
                let findings = known.map(|definition| findings(definition, &place, evidence));
                (definition, findings)
            });
            let starts = starts.collect();
            Some(NextTasks { service, starts })
        };
        self.names(evidence).into_iter().take(CLUSTER_SERVICES).filter_map(of_service).collect()
    }

    /// The services, by name and without end, as far as they are known.
    #[must_use]
    pub fn names(&self, evidence: &Evidence) -> Vec<String> {
        let recorded = |question: &Question| match question {
            Question::Service(of) if *of == self.service(&of.name) => Some(of.name.clone()),
            _ => None,
        };
        let mut names: Vec<String> = match evidence.look(&self.list()) {
            _ if !self.services.is_empty() => self.services.clone(),
            Known::Found(list) => list.items().iter().map(|service| service.name().to_owned()).collect(),
            // A recording may be of some services alone.
            Known::NotAsked => evidence.answers().filter_map(|(question, _)| recorded(question)).collect(),
            Known::Missing | Known::Unknown(_) => Vec::new(),
        };
        names.sort();
        names.dedup();
        names
    }

    /// The services whose next task could not be looked at, or not its network, by reason.
    #[must_use]
    pub fn unseen(&self, evidence: &Evidence) -> Vec<Unseen> {
        let mut unseen: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let names = self.names(evidence);
        let (looked_at, left) = names.split_at(names.len().min(CLUSTER_SERVICES));
        if self.services.is_empty() {
            let why = match evidence.look(&self.list()) {
                Known::Found(list) if list.is_whole() => None,
                Known::Found(_) => Some("it has more services than are listed".to_owned()),
                Known::Missing => Some("there is no such cluster".to_owned()),
                Known::Unknown(why) => Some(in_common(why)),
                Known::NotAsked => Some(NOT_ASKED.to_owned()).filter(|_| names.is_empty()),
            };
            unseen.extend(why.map(|why| (why, Vec::new())));
        }
        if !left.is_empty() {
            unseen.insert(format!("only {CLUSTER_SERVICES} services are checked at once"), left.to_vec());
        }
        let mut add = |why: String, services: &[String]| {
            let names = unseen.entry(why).or_default();
            for service in services {
                if !names.contains(service) {
                    names.push(service.clone());
                }
            }
        };
        for name in looked_at {
            let why = match evidence.look(&self.service(name)) {
                Known::Found(service) if self.deployed(service).is_empty() && is_active(service) => {
                    "it does not say which task definition it starts".to_owned()
                }
                Known::Found(_) => continue,
                Known::Missing => format!("it is not in cluster {}", self.name),
                Known::Unknown(why) => in_common(why),
                Known::NotAsked => NOT_ASKED.to_owned(),
            };
            add(why, std::slice::from_ref(name));
        }
        for start in self.starts(evidence) {
            match evidence.look(&named(&start.definition)) {
                Known::Found(definition) => {
                    let check = Check::new(definition, &start.place);
                    if let Some(what) = check.nowhere(&asked_by(&check, evidence)) {
                        add(format!("the network cannot be judged: {what}"), &start.services);
                    }
                }
                Known::Missing => {
                    add(format!("task definition {} does not exist", start.definition), &start.services);
                }
                Known::Unknown(why) => add(in_common(why), &start.services),
                Known::NotAsked => add(NOT_ASKED.to_owned(), &start.services),
            }
        }
        unseen.into_iter().map(|(why, services)| Unseen { services, why }).collect()
    }

    fn list(&self) -> ask::Services {
        ask::Services { region: self.region.clone(), cluster: self.name.clone() }
    }

    fn service(&self, name: &str) -> ask::Service {
        ask::Service { region: self.region.clone(), cluster: self.name.clone(), name: name.to_owned() }
    }

    /// What the services start, and what their deployments in progress do.
    fn starts(&self, evidence: &Evidence) -> Vec<Start> {
        let mut starts: Vec<Start> = Vec::new();
        for name in self.names(evidence).iter().take(CLUSTER_SERVICES) {
            let Some(service) = evidence.look(&self.service(name)).found() else { continue };
            for (definition, place) in self.deployed(service) {
                let same = starts.iter_mut().find(|start| {
                    start.definition == definition && Place { service: None, ..start.place.clone() } == place
                });
                match same {
                    Some(start) if start.services.contains(name) => {}
                    Some(start) => start.services.push(name.clone()),
                    None => starts.push(Start {
                        definition,
                        place: Place { service: Some(name.clone()), ..place },
                        services: vec![name.clone()],
                    }),
                }
            }
        }
        starts
    }

    /// The definitions that a service starts tasks of, and where it puts them.
    fn deployed(&self, service: &Service) -> Vec<(String, Place)> {
        if !is_active(service) {
            return Vec::new();
        }
        let place = |deployment: Option<&Deployment>| {
            let own = deployment.and_then(|deployment| deployment.network_configuration.as_ref());
            Place {
                region: self.region.clone(),
                cluster: Some(self.name.clone()),
                network: own.or(service.network_configuration.as_ref()).and_then(sorted),
                launch_type: launch_type(service.launch_type.as_deref(), &service.capacity_provider_strategy)
                    .map(str::to_owned),
                platform_version: deployment.and_then(|deployment| deployment.platform_version.clone()),
                volumes: deployment
                    .map(|deployment| deployment.volume_configurations.clone())
                    .unwrap_or_default(),
                ..Place::default()
            }
        };
        // A deployment that is complete and not the service's own starts no task any more.
        let starts = |deployment: &&Deployment| {
            deployment.status.as_deref() == Some("PRIMARY")
                || deployment.rollout_state.as_deref() == Some("IN_PROGRESS")
        };
        let mut all: Vec<(String, Place)> = Vec::new();
        for deployment in service.deployments.iter().filter(starts) {
            if let Some(definition) = &deployment.task_definition {
                all.push((definition.clone(), place(Some(deployment))));
            }
        }
        if let Some(definition) = &service.task_definition
            && !all.iter().any(|(other, _)| other == definition)
        {
            all.push((definition.clone(), place(None)));
        }
        all
    }
}

/// Why something is not known for which the questions did not suffice.
const NOT_ASKED: &str = "AWS was not queried";

fn named(definition: &str) -> ask::TaskDefinition {
    ask::TaskDefinition { name: definition.to_owned() }
}

fn is_active(service: &Service) -> bool {
    service.status.as_deref().is_none_or(|status| status == "ACTIVE")
}

/// A network in which the order of subnets and security groups, which says nothing, is always the same.
fn sorted(network: &NetworkConfiguration) -> Option<AwsVpcConfiguration> {
    let mut network = network.awsvpc_configuration.clone()?;
    network.subnets.sort();
    network.security_groups.sort();
    Some(network)
}

/// What the answers about many definitions prove of this one.
fn findings(definition: &TaskDefinition, place: &Place, evidence: &Evidence) -> Findings {
    let check = Check::new(definition, place);
    check.findings(&asked_by(&check, evidence))
}

/// Those answers about many definitions that are about this one.
fn asked_by(check: &Check<'_>, evidence: &Evidence) -> Evidence {
    let mut own = Evidence::default();
    loop {
        let answered: Vec<_> = check
            .questions(&own)
            .into_iter()
            .filter_map(|question| evidence.answer(&question).cloned().map(|answer| (question, answer)))
            .collect();
        if answered.is_empty() {
            return own;
        }
        for (question, answer) in answered {
            own.note(question, answer);
        }
    }
}

/// A reason without the one thing of many that a permission is missing for.
#[must_use]
pub fn in_common(why: &str) -> String {
    let action = why.strip_prefix(NOT_AUTHORIZED).and_then(|rest| rest.split_once(" on "));
    action.map_or_else(|| why.to_owned(), |(action, _)| format!("{NOT_AUTHORIZED}{action}"))
}
