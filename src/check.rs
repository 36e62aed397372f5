//! A task definition before it is deployed: whatever could keep its task from starting, suspected and held against AWS's state.
//!
//! Each reference of the definition, its roles, volumes and the network are made into the symptoms that they would fail with, and the causes of
//! those judge as they do after a failure. What they can confirm without ECS's words is a problem now.

use std::collections::BTreeSet;

use crate::arn::Arn;
use crate::causes::{Case, Verdict};
use crate::diagnosis::{Diagnosis, asked, judged};
use crate::event::{Task, Workload};
use crate::network::needed;
use crate::question::facts::AwsVpcConfiguration;
use crate::question::{Answer, Evidence, Known, Question};
use crate::reason::{Fact, Fault, Step, Symptom};
use crate::task_definition::{Reference, ReferenceKind, Target, TaskDefinition};

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
    /// Its subnets, security groups and public address, where no service tells them.
    pub network: Option<AwsVpcConfiguration>,
}

/// A definition in its place.
#[derive(Debug)]
pub struct Check<'d> {
    definition: &'d TaskDefinition,
    task: Task,
    placement: Option<AwsVpcConfiguration>,
}

/// Something that would keep the task from starting.
#[derive(Debug)]
pub struct Problem {
    /// As it would have failed.
    pub symptom: Symptom,
    /// Why.
    pub diagnosis: Diagnosis,
}

/// What came of a check.
#[derive(Debug, Default)]
pub struct Findings {
    /// What would fail, each once.
    pub problems: Vec<Problem>,
    /// What could not be asked, and why.
    pub unknown: Vec<String>,
    /// How many references were looked at.
    pub references: usize,
}

impl<'d> Check<'d> {
    /// A definition that is to run in `place`.
    #[must_use]
    pub fn new(definition: &'d TaskDefinition, place: &Place) -> Self {
        let arns = [&definition.task_definition_arn, &definition.execution_role_arn, &definition.task_role_arn];
        let account = arns.into_iter().flatten().find_map(|arn| Arn::parse(arn)).map(|arn| arn.account.to_owned());
        let task = Task {
            region: Some(place.region.clone()),
            account: place.account.clone().or(account),
            workload: place.service.clone().map(|name| Workload { is_service: true, name }),
            cluster: place.cluster.clone(),
            task_definition: definition.name(),
            ..Task::default()
        };
        Self { definition, task, placement: place.network.clone() }
    }

    /// What is to be asked next.
    #[must_use]
    pub fn questions(&self, evidence: &Evidence) -> Vec<Question> {
        let mut seen = BTreeSet::new();
        let all = self.suspicions().into_iter().flat_map(|(symptom, references)| asked(&self.case(&symptom, references, evidence)));
        all.filter(|question| evidence.answer(question).is_none() && seen.insert(question.clone())).collect()
    }

    /// What the answers prove.
    #[must_use]
    pub fn findings(&self, evidence: &Evidence) -> Findings {
        let mut findings = Findings { references: self.definition.references().len(), ..Findings::default() };
        let mut seen = BTreeSet::new();
        let mut wrong: Vec<Vec<Reference>> = Vec::new();
        for (symptom, references) in self.suspicions() {
            // Who may not read what does not exist needs no permission for it.
            if matches!(symptom.fault, Fault::AccessDenied | Fault::KmsDenied) && !references.is_empty() && wrong.contains(&references) {
                continue;
            }
            let diagnoses = judged(&self.case(&symptom, references.clone(), evidence), 0).into_iter();
            for diagnosis in diagnoses.filter(|diagnosis| diagnosis.verdict == Verdict::Confirmed) {
                if matches!(symptom.fault, Fault::BadReference | Fault::NotFound) {
                    wrong.push(references.clone());
                }
                if seen.insert((diagnosis.cause.id, diagnosis.culprit.id.clone(), diagnosis.title.clone())) {
                    findings.problems.push(Problem { symptom: symptom.clone(), diagnosis });
                }
            }
        }
        let unanswered = evidence.answers().filter_map(|(question, answer)| match answer {
            Answer::Unknown(why) => Some(format!("{}: {why}", question.source())),
            _ => None,
        });
        let unknown: BTreeSet<String> = unanswered.collect();
        findings.unknown = unknown.into_iter().collect();
        if self.placement.is_none() && self.task.workload.is_none() {
            findings.unknown.push("the network: no service and no subnets are named".to_owned());
        }
        findings
    }

    /// What of the place does not exist, by its name: a slip of whoever names it, and no network to judge.
    #[must_use]
    pub fn nowhere(&self, evidence: &Evidence) -> Option<String> {
        let asked = self.placement.as_ref().map(|network| (&network.subnets, &network.security_groups));
        evidence.answers().find_map(|(question, answer)| match (question, answer) {
            (Question::Service { cluster, name, .. }, Answer::Missing) if self.is_place(cluster, name) => {
                Some(format!("there is no service {name} in cluster {cluster}"))
            }
            (Question::Subnets { ids, .. }, Answer::Missing) if asked.is_some_and(|(subnets, _)| ids.iter().all(|id| subnets.contains(id))) => {
                Some(format!("there is no subnet {}", ids.join(", ")))
            }
            (Question::Subnets { ids, .. }, Answer::Subnets(found)) if asked.is_some_and(|(subnets, _)| ids.iter().all(|id| subnets.contains(id))) => {
                let is_found = |id: &&String| found.iter().any(|subnet| subnet.subnet_id.as_ref() == Some(id));
                ids.iter().find(|id| !is_found(id)).map(|id| format!("there is no subnet {id}"))
            }
            (Question::NamedSecurityGroups { ids, .. }, Answer::SecurityGroups(found)) => {
                let is_found = |id: &&String| found.iter().any(|group| group.group_id.as_ref() == Some(id));
                asked?.1.iter().filter(|id| ids.contains(id)).find(|id| !is_found(id)).map(|id| format!("there is no security group {id}"))
            }
            _ => None,
        })
    }

    fn is_place(&self, cluster: &str, service: &str) -> bool {
        self.task.cluster.as_deref() == Some(cluster) && self.task.workload.as_ref().is_some_and(|workload| workload.is_service && workload.name == service)
    }

    fn case<'c>(&'c self, symptom: &'c Symptom, references: Vec<Reference>, evidence: &'c Evidence) -> Case<'c> {
        Case { task: &self.task, symptom, definition: Known::Found(self.definition), references, evidence, placement: self.placement.as_ref(), forecast: true }
    }

    /// The ways in which the task could fail, with the references that each is about.
    fn suspicions(&self) -> Vec<(Symptom, Vec<Reference>)> {
        let references = self.definition.references();
        let mut suspicions = Vec::new();
        for reference in &references {
            let faults = of_reference(reference).into_iter().flat_map(|(step, faults)| faults.iter().map(move |fault| Symptom::suspected(step, *fault)));
            suspicions.extend(faults.map(|symptom| (symptom, vec![reference.clone()])));
        }
        suspicions.extend(self.pulls(&references));
        let needs_role = references.iter().any(|reference| matches!(reference.kind, ReferenceKind::Secret | ReferenceKind::RegistryCredentials));
        if needs_role && self.definition.execution_role_arn.is_none() {
            suspicions.push((Symptom::suspected(Step::ExecutionRole, Fault::RoleMissing), Vec::new()));
        }
        let mut steps: Vec<Step> =
            needed(self.definition, self.task.region.as_deref().unwrap_or_default()).iter().filter_map(|to| step_of(to.service.as_deref())).collect();
        steps.dedup();
        let paths = steps.into_iter().map(|step| (Symptom::suspected(step, Fault::NetworkTimeout), Vec::new()));
        suspicions.extend(paths);
        if self.definition.volumes.iter().any(|volume| volume.efs_volume_configuration.is_some()) {
            let faults = [Fault::NotFound, Fault::NetworkTimeout, Fault::AccessDenied];
            suspicions.extend(faults.map(|fault| (Symptom::suspected(Step::EfsVolume, fault), Vec::new())));
        }
        suspicions
    }

    /// The pulls of images from ECR, which the execution role must be allowed.
    fn pulls(&self, references: &[Reference]) -> Vec<(Symptom, Vec<Reference>)> {
        if self.definition.execution_role_arn.is_none() {
            return Vec::new();
        }
        let images = references.iter().filter(|reference| reference.kind == ReferenceKind::Image);
        let pull = |reference: &Reference| {
            let (host, path) = reference.value_from.split_once('/')?;
            let [account, "dkr", "ecr", region, ..] = host.split('.').collect::<Vec<_>>()[..] else { return None };
            let repository = path.split(['@', ':']).next()?;
            let partition = Arn::parse(self.definition.execution_role_arn.as_deref()?).map_or("aws", |arn| arn.partition);
            let mut symptom = Symptom::suspected(Step::ImagePull, Fault::AccessDenied);
            symptom.action = Some(Fact { text: "ecr:BatchGetImage".to_owned(), span: 0..0 });
            symptom.resource = Some(Fact { text: format!("arn:{partition}:ecr:{region}:{account}:repository/{repository}"), span: 0..0 });
            Some((symptom, vec![reference.clone()]))
        };
        images.filter_map(pull).collect()
    }
}

/// How a reference can fail.
fn of_reference(reference: &Reference) -> Option<(Step, &'static [Fault])> {
    const SECRET: &[Fault] = &[Fault::BadReference, Fault::NotFound, Fault::VersionNotFound, Fault::AccessDenied, Fault::KmsDenied];
    let ecr = reference.value_from.contains(".dkr.ecr.");
    Some(match (reference.kind, reference.target()) {
        (ReferenceKind::Secret, Some(Target::Value | Target::Template(_))) => (Step::ParameterStore, &[Fault::BadReference]),
        (ReferenceKind::RegistryCredentials, Some(Target::Value | Target::Template(_))) => (Step::RegistryCredentials, &[Fault::BadReference]),
        (ReferenceKind::Secret, Some(Target::Parameter(_))) => (Step::ParameterStore, &[Fault::NotFound, Fault::AccessDenied, Fault::KmsDenied]),
        (ReferenceKind::Secret, _) => (Step::SecretsManager, SECRET),
        (ReferenceKind::RegistryCredentials, _) => (Step::RegistryCredentials, SECRET),
        (ReferenceKind::EnvFile, _) => (Step::EnvFile, &[Fault::NotFound]),
        (ReferenceKind::Image, _) if ecr => (Step::ImagePull, &[Fault::NotFound]),
        (ReferenceKind::LogGroup, _) => (Step::LogDriver, &[Fault::NotFound, Fault::AccessDenied]),
        (ReferenceKind::ExecutionRole, _) => (Step::ExecutionRole, &[Fault::AssumeRoleDenied]),
        (ReferenceKind::Image | ReferenceKind::TaskRole, _) => return None,
    })
}

fn step_of(service: Option<&str>) -> Option<Step> {
    Some(match service? {
        "secretsmanager" => Step::SecretsManager,
        "ssm" => Step::ParameterStore,
        "ecr.api" => Step::EcrAuth,
        "ecr.dkr" | "s3" => Step::ImagePull,
        "logs" => Step::LogDriver,
        _ => return None,
    })
}
