//! A task definition before it is deployed: whatever could keep its task from starting, suspected and held
//! against AWS's state.
//!
//! Each reference of the definition, its roles, volumes and the network are made into the symptoms that they
//! would fail with, and the causes of those judge as they do after a failure. What they confirm, or hold for
//! likely by AWS's state, is a problem now; what could not be looked at is listed as not checked.

mod cluster;
mod findings;
mod gaps;
mod planned;
mod report;
mod suspicion;

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::arn::{Arn, is_account};
use crate::causes::{Case, Verdict, cause_of_unfilled};
use crate::diagnosis::{Diagnosis, asked, judged, unfilled};
use crate::event::{Task, Workload};
use crate::question::facts::{AwsVpcConfiguration, Service, VolumeConfiguration, launch_type};
use crate::question::{Answer, Evidence, Known, Question, ask};
use crate::reason::{Fault, Step, Symptom};
use crate::source::Plan;
use crate::task_definition::{ImageName, Reference, ReferenceKind, TaskDefinition};
pub use cluster::{Cluster, NextTasks, Unseen, in_common};
pub use findings::{Findings, Passed, Problem, Unchecked};
use gaps::untold;
pub use report::{Baseline, BaselineError, Checked, FailOn, Unread, lines};
use suspicion::{Suspect, Suspicion, subject};

/// Where the task is going to run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Place {
    /// The Region.
    pub region: String,
    /// The account, where it is not that of the definition's ARN.
    pub account: Option<String>,
    /// The cluster.
    pub cluster: Option<String>,
    /// The service whose subnets and security groups it gets.
    pub service: Option<String>,
    /// Its subnets, security groups and public address, where no service has them.
    pub network: Option<AwsVpcConfiguration>,
    /// `FARGATE`, `EC2`..., where no service has it.
    pub launch_type: Option<String>,
    /// The version of Fargate, where it is known.
    pub platform_version: Option<String>,
    /// The volumes that the service makes for each task.
    pub volumes: Vec<VolumeConfiguration>,
}

/// A definition in its place.
#[derive(Debug)]
pub struct Check<'d> {
    /// The definition as it is written.
    written: &'d TaskDefinition,
    /// The definition as it is judged: without what is not known before deployment.
    definition: Cow<'d, TaskDefinition>,
    plan: Option<&'d Plan>,
    task: Task,
    placement: Option<AwsVpcConfiguration>,
    volumes: Vec<VolumeConfiguration>,
}

impl<'d> Check<'d> {
    /// A definition that is to run in `place`.
    #[must_use]
    pub fn new(definition: &'d TaskDefinition, place: &Place) -> Self {
        let arns =
            [&definition.task_definition_arn, &definition.execution_role_arn, &definition.task_role_arn];
        let account = arns
            .into_iter()
            .flatten()
            .filter_map(|arn| Arn::parse(arn))
            .find(|arn| is_account(arn.account))
            .map(|arn| arn.account.to_owned());
        let task = Task {
            region: Some(place.region.clone()).filter(|region| !region.is_empty()),
            account: place.account.clone().or(account),
            workload: place.service.clone().map(|name| Workload { is_service: true, name }),
            cluster: place.cluster.clone(),
            task_definition: definition.name(),
            launch_type: place.launch_type.clone(),
            platform_version: place.platform_version.clone(),
            ..Task::default()
        };
        Self {
            written: definition,
            definition: Cow::Borrowed(definition),
            plan: None,
            task,
            placement: place.network.clone(),
            volumes: place.volumes.clone(),
        }
    }

    /// The same as part of a deployment: what it leaves open is neither asked for nor judged, and what it
    /// makes may put right what is found.
    #[must_use]
    pub fn planned(mut self, plan: &'d Plan) -> Self {
        self.definition = planned::without_open(self.written, plan);
        self.plan = Some(plan);
        self
    }

    /// What is to be asked next.
    #[must_use]
    pub fn questions(&self, evidence: &Evidence) -> Vec<Question> {
        let mut seen = BTreeSet::new();
        let task = self.task(evidence);
        // The subnets are asked for together.
        let suspect = Suspect { placed: None, ..self.suspect(&task, evidence) };
        let suspicions = suspect.suspicions(evidence);
        let all = suspicions
            .iter()
            .filter(|suspicion| !self.is_open(suspicion))
            .flat_map(|suspicion| asked(&self.case(&task, suspicion, evidence)));
        all.filter(|question| evidence.answer(question).is_none() && seen.insert(question.clone())).collect()
    }

    /// What the answers prove.
    #[must_use]
    pub fn findings(&self, evidence: &Evidence) -> Findings {
        let mut findings = Findings { references: self.written.references().len(), ..Findings::default() };
        let task = self.task(evidence);
        let by_subnet = by_subnet(evidence);
        let suspect = self.suspect(&task, evidence);
        let mut shut: Vec<(String, Problem)> = Vec::new();
        let mut wrong: Vec<(Fault, Vec<Reference>)> = Vec::new();
        self.not_filled_in(&task, evidence, &mut findings);
        self.not_known_yet(&task, evidence, &mut findings);
        for suspicion in suspect.suspicions(evidence).into_iter().filter(|suspicion| !self.is_open(suspicion))
        {
            let Suspicion { symptom, references, .. } = &suspicion;
            // A role needs no permission for what does not exist, and a malformed reference names nothing.
            let is_malformed =
                wrong.iter().any(|(fault, other)| *fault == Fault::BadReference && other == references);
            let is_wrong = wrong.iter().any(|(_, other)| other == references)
                && matches!(symptom.fault, Fault::AccessDenied | Fault::KmsDenied);
            if !references.is_empty() && (is_malformed || is_wrong) {
                continue;
            }
            let case = self.case(&task, &suspicion, &by_subnet);
            let (problems, others): (Vec<Diagnosis>, Vec<Diagnosis>) =
                judged(&case, 0).into_iter().partition(is_problem);
            if problems.is_empty() {
                findings.looked_at(&suspicion, untold(&case, &others));
                continue;
            }
            if matches!(symptom.fault, Fault::BadReference | Fault::NotFound) {
                wrong.push((symptom.fault, references.clone()));
            }
            for mut diagnosis in problems {
                self.temper(&suspicion, &mut diagnosis);
                let problem = Problem { symptom: symptom.clone(), diagnosis };
                match suspicion.placement.as_ref().and_then(|place| place.subnets.first()) {
                    Some(subnet) => shut.push((subnet.clone(), problem)),
                    None => findings.add(problem),
                }
            }
        }
        findings.add_shut(shut, suspect.placed.as_ref().map_or(0, |placed| placed.subnets.len()));
        findings.problems.sort_by_key(|problem| problem.diagnosis.verdict);
        self.not_asked(&task, evidence, &mut findings);
        findings
    }

    /// What no question is about, and which questions have no answer.
    fn not_asked(&self, task: &Task, evidence: &Evidence, findings: &mut Findings) {
        let unanswered = evidence.answers().filter_map(|(question, answer)| match answer {
            Answer::Unknown(why) => Some(format!("{}: {why}", question.source())),
            _ => None,
        });
        let unknown: BTreeSet<String> = unanswered.collect();
        findings.unknown = unknown.into_iter().collect();
        for image in self
            .definition
            .references()
            .iter()
            .filter(|reference| reference.kind == ReferenceKind::Image && !self.is_unknown(reference))
        {
            if ImageName::parse(&image.value_from).ecr().is_none() && !image.value_from.is_empty() {
                findings.open(subject(image), "registries other than Amazon ECR are not asked");
            }
        }
        for volume in self.volumes.iter().filter(|volume| volume.managed_ebs_volume.is_some()) {
            let why = "whether ECS may make the volume (its infrastructure role, snapshot, key and quotas) shows when it does";
            findings.open(suspicion::ebs_volume(volume), why);
        }
        if !self.is_placed() {
            let why = self
                .plan
                .and_then(|plan| plan.network.as_deref())
                .unwrap_or("no service and no subnets are named");
            findings.open("the network".to_owned(), why);
            findings.unknown.push(format!("the network: {why}"));
        } else if is_on_instances(task) {
            findings.open(
                "the network of the instances".to_owned(),
                "which instance a task is going to run on is decided when it starts",
            );
        }
        findings.unchecked.sort();
        findings.unchecked.dedup();
    }

    /// Placeholders of a template, each once with all the places of one kind that wait for it. An image is often put
    /// in by the deployment itself; nothing else is.
    fn not_filled_in(&self, task: &Task, evidence: &Evidence, findings: &mut Findings) {
        let mut waiting: Vec<(String, Vec<Reference>)> = Vec::new();
        for reference in self.definition.references() {
            let Some(part) = reference.unfilled().filter(|_| !self.is_pending(&reference)) else { continue };
            if reference.kind == ReferenceKind::Image {
                findings.open(subject(&reference), format!("{} is not filled in", quoted(part)));
                continue;
            }
            // What is empty waits for a value of its own.
            let is_placeholder = !part.trim().is_empty();
            let cause = cause_of_unfilled(reference.kind);
            let same = waiting.iter_mut().find(|(other, references)| {
                is_placeholder && other == part && cause_of_unfilled(references[0].kind).id == cause.id
            });
            match same {
                Some((_, references)) => references.push(reference),
                None => waiting.push((part.to_owned(), vec![reference])),
            }
        }
        for (part, references) in waiting {
            let symptom = Symptom::suspected(Step::Unknown, Fault::BadReference);
            let suspicion = Suspicion::of(symptom, references);
            let diagnosis = unfilled(&self.case(task, &suspicion, evidence), &part);
            findings.add(Problem { symptom: suspicion.symptom, diagnosis });
        }
    }

    /// The task as it is going to run.
    fn task(&self, evidence: &Evidence) -> Task {
        let service = self.service(evidence);
        let of_service = service.and_then(|service| {
            launch_type(service.launch_type.as_deref(), &service.capacity_provider_strategy)
        });
        let planned = self.plan.and_then(|plan| plan.launch_type.as_deref());
        let told = of_service.or(planned).or(self.task.launch_type.as_deref());
        let only = match self.definition.requires_compatibilities.as_slice() {
            [one] => Some(one.as_str()),
            _ => None,
        };
        Task { launch_type: told.or(only).map(str::to_owned), ..self.task.clone() }
    }

    fn service<'e>(&self, evidence: &'e Evidence) -> Option<&'e Service> {
        let service =
            self.task.workload.as_ref().filter(|workload| workload.is_service && self.placement.is_none())?;
        let question = ask::Service {
            region: self.task.region.clone()?,
            cluster: self.task.cluster.clone()?,
            name: service.name.clone(),
        };
        evidence.look(&question).found().map(|service| &**service)
    }

    fn suspect<'s>(&'s self, task: &'s Task, evidence: &Evidence) -> Suspect<'s> {
        let configured =
            || self.service(evidence)?.network_configuration.as_ref()?.awsvpc_configuration.clone();
        // On an instance it is the host that calls.
        let placed = self.placement.clone().or_else(configured).filter(|_| !is_on_instances(task));
        Suspect {
            definition: &self.definition,
            task,
            volumes: &self.volumes,
            placed,
            is_placed: self.is_placed() && !is_on_instances(task),
        }
    }

    fn is_placed(&self) -> bool {
        self.placement.is_some() || self.task.workload.is_some()
    }

    /// What of the place does not exist, by its name: the request misnames it, so there is no network to
    /// judge.
    #[must_use]
    pub fn nowhere(&self, evidence: &Evidence) -> Option<String> {
        let (subnets, groups) = self
            .placement
            .as_ref()
            .map_or((&[][..], &[][..]), |network| (&network.subnets[..], &network.security_groups[..]));
        let absent = |kind: &str, ids: &[String], named: &[String], found: &[Option<&String>]| {
            let is_absent = |id: &&String| named.contains(id) && !found.contains(&Some(*id));
            let absent: Vec<&str> = ids.iter().filter(is_absent).map(String::as_str).collect();
            (!absent.is_empty()).then(|| format!("there is no {kind} {}", absent.join(", ")))
        };
        evidence.answers().find_map(|(question, answer)| match (question, answer) {
            (Question::Service(ask::Service { cluster, name, .. }), Answer::Missing)
                if self.task.cluster.as_ref() == Some(cluster)
                    && self.task.workload.as_ref().is_some_and(|own| own.is_service && own.name == *name) =>
            {
                Some(format!("there is no service {name} in cluster {cluster}"))
            }
            (Question::Subnets(ask::Subnets { ids, .. }), Answer::Missing) => {
                absent("subnet", ids, subnets, &[])
            }
            (Question::Subnets(ask::Subnets { ids, .. }), Answer::Subnets(found)) => {
                let found: Vec<_> = found.iter().map(|subnet| subnet.subnet_id.as_ref()).collect();
                absent("subnet", ids, subnets, &found)
            }
            (
                Question::NamedSecurityGroups(ask::NamedSecurityGroups { ids, .. }),
                Answer::SecurityGroups(found),
            ) => {
                let found: Vec<_> = found.iter().map(|group| group.group_id.as_ref()).collect();
                absent("security group", ids, groups, &found)
            }
            _ => None,
        })
    }

    fn case<'c>(&'c self, task: &'c Task, suspicion: &'c Suspicion, evidence: &'c Evidence) -> Case<'c> {
        let placement = suspicion.placement.as_ref().or(self.placement.as_ref());
        let (symptom, references) = (&suspicion.symptom, suspicion.references.clone());
        Case {
            task,
            symptom,
            definition: Known::Found(&self.definition),
            references,
            evidence,
            placement,
            forecast: true,
            supposed: false,
        }
    }
}

/// Whether it keeps the task from starting: AWS's state proves or supports it. There are no words of ECS.
fn is_problem(diagnosis: &Diagnosis) -> bool {
    diagnosis.verdict == Verdict::Confirmed || (diagnosis.verdict == Verdict::Likely && diagnosis.by_state)
}

/// Whether the task runs on instances, whose own way it is that counts.
fn is_on_instances(task: &Task) -> bool {
    matches!(task.launch_type.as_deref(), Some("EC2" | "EXTERNAL" | "MANAGED_INSTANCES"))
}

/// The same with every subnet that was found also as the answer to the question after it alone.
fn by_subnet(evidence: &Evidence) -> Evidence {
    let mut known = evidence.clone();
    for (question, answer) in evidence.answers() {
        let (Question::Subnets(ask::Subnets { region, ids }), Answer::Subnets(found)) = (question, answer)
        else {
            continue;
        };
        for id in ids {
            let own = found.iter().filter(|subnet| subnet.subnet_id.as_ref() == Some(id)).cloned().collect();
            known.note(ask::Subnets { region: region.clone(), ids: vec![id.clone()] }, Answer::Subnets(own));
        }
    }
    known
}

fn quoted(part: &str) -> String {
    if part.is_empty() { "a part of the ARN".to_owned() } else { part.to_owned() }
}
