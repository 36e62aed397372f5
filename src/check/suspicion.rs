//! The ways in which a task of a definition can fail to start, each as ECS would word it: what is called, by
//! whom, on what.

use super::planned::OPEN_ROLE;
use crate::arn::{Arn, is_region};
use crate::event::Task;
use crate::network::needed;
use crate::question::facts::{AwsVpcConfiguration, CacheRule, VolumeConfiguration};
use crate::question::{Evidence, Known, ask};
use crate::reason::{Deny, Fact, Fault, Step, Symptom};
use crate::task_definition::{
    ContainerDefinition, ImageName, Reference, ReferenceKind, Target, TaskDefinition,
};

/// One way in which the task could fail.
#[derive(Debug)]
pub(super) struct Suspicion {
    /// The failure as ECS would report it.
    pub(super) symptom: Symptom,
    /// What of the definition it is about.
    pub(super) references: Vec<Reference>,
    /// The thing that is looked at.
    pub(super) subject: String,
    /// What is to be true of it.
    pub(super) wanted: String,
    /// One subnet of several in which the task may find itself.
    pub(super) placement: Option<AwsVpcConfiguration>,
}

impl Suspicion {
    /// One that is not listed by itself.
    pub(super) const fn of(symptom: Symptom, references: Vec<Reference>) -> Self {
        Self { symptom, references, subject: String::new(), wanted: String::new(), placement: None }
    }
}

/// A definition in its place, as far as suspicions follow from it.
#[derive(Debug)]
pub(super) struct Suspect<'d> {
    pub(super) definition: &'d TaskDefinition,
    pub(super) task: &'d Task,
    /// What its service makes for it.
    pub(super) volumes: &'d [VolumeConfiguration],
    /// Where the task is put, if that is known.
    pub(super) placed: Option<AwsVpcConfiguration>,
    /// Whether the network can be judged: a service or subnets are named, and it is not an unknown host that
    /// calls.
    pub(super) is_placed: bool,
}

const PULL: [&str; 3] =
    ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"];
const LOGIN: &str = "ecr:GetAuthorizationToken";

impl Suspect<'_> {
    /// All of them; those of a network on several subnets once for each.
    pub(super) fn suspicions(&self, evidence: &Evidence) -> Vec<Suspicion> {
        let references = self.definition.references();
        let mut all = Vec::new();
        for reference in references.iter().filter(|reference| reference.unfilled().is_none()) {
            self.of_reference(reference, evidence, &mut all);
        }
        self.of_login(&references, &mut all);
        self.of_definition(&references, &mut all);
        self.of_volumes(&mut all);
        if self.is_placed {
            self.of_network(&mut all);
        }
        all
    }

    fn of_reference(&self, reference: &Reference, evidence: &Evidence, all: &mut Vec<Suspicion>) {
        let subject = subject(reference);
        let mut add = |symptom: Symptom, wanted: String| {
            let one = Suspicion::of(symptom, vec![reference.clone()]);
            all.push(Suspicion { subject: subject.clone(), wanted, ..one });
        };
        let plain = |step, fault| on(Symptom::suspected(step, fault), reference);
        let called = |step, action: &str| self.call(plain(step, Fault::AccessDenied), action);
        match (reference.kind, reference.target()) {
            (ReferenceKind::ExecutionRole | ReferenceKind::TaskRole, _) => {
                let symptom = Symptom {
                    role: Some(fact(&reference.value_from)),
                    ..Symptom::suspected(Step::ExecutionRole, Fault::AssumeRoleDenied)
                };
                add(symptom, "exists and trusts ECS".to_owned());
            }
            (ReferenceKind::Secret, Some(Target::Value | Target::Template(_))) => {
                add(plain(Step::ParameterStore, Fault::BadReference), "is a reference".to_owned());
            }
            (ReferenceKind::RegistryCredentials, Some(Target::Value | Target::Template(_))) => {
                add(plain(Step::RegistryCredentials, Fault::BadReference), "is a reference".to_owned());
            }
            (ReferenceKind::Secret, Some(Target::Parameter(_))) => {
                let step = Step::ParameterStore;
                add(plain(step, Fault::BadReference), "is well-formed".to_owned());
                add(plain(step, Fault::NotFound), "exists".to_owned());
                self.calls(called(step, "ssm:GetParameters"), &mut add);
                add(plain(step, Fault::KmsDenied), "can be decrypted".to_owned());
            }
            (ReferenceKind::Secret | ReferenceKind::RegistryCredentials, _) => {
                let step = if reference.kind == ReferenceKind::Secret {
                    Step::SecretsManager
                } else {
                    Step::RegistryCredentials
                };
                add(plain(step, Fault::BadReference), "is well-formed".to_owned());
                add(plain(step, Fault::NotFound), "exists".to_owned());
                add(plain(step, Fault::VersionNotFound), "has the version asked for".to_owned());
                self.calls(called(step, "secretsmanager:GetSecretValue"), &mut add);
                add(plain(step, Fault::KmsDenied), "can be decrypted".to_owned());
            }
            (ReferenceKind::EnvFile, _) => {
                add(plain(Step::EnvFile, Fault::BadReference), "is well-formed".to_owned());
                add(plain(Step::EnvFile, Fault::NotFound), "exists".to_owned());
                self.calls(called(Step::EnvFile, "s3:GetObject"), &mut add);
                self.calls(called(Step::EnvFile, "s3:GetBucketLocation"), &mut add);
            }
            (ReferenceKind::LogConfig, _) => {
                add(plain(Step::LogDriver, Fault::NotFound), "exists".to_owned());
                self.calls(called(Step::LogDriver, "s3:GetObject"), &mut add);
            }
            (ReferenceKind::CredentialSpec, _) => {
                let service = Arn::parse(&reference.value_from).map_or("", |arn| arn.service);
                let actions = [
                    ("s3", "s3:GetObject"),
                    ("ssm", "ssm:GetParameters"),
                    ("secretsmanager", "secretsmanager:GetSecretValue"),
                ];
                let action = actions.into_iter().find(|(of, _)| *of == service).map(|(_, action)| action);
                if let Some(action) = action {
                    self.calls(called(Step::CredentialSpec, action), &mut add);
                }
            }
            (ReferenceKind::LogGroup, _) => self.of_log_group(reference, &mut add),
            (ReferenceKind::Image, _) => self.of_image(reference, evidence, &mut add),
        }
    }

    fn of_log_group(&self, reference: &Reference, add: &mut impl FnMut(Symptom, String)) {
        let plain = |fault| on(Symptom::suspected(Step::LogDriver, fault), reference);
        let called = |action: &str| self.call(plain(Fault::AccessDenied), action);
        add(plain(Fault::NotFound), "exists, or the log driver makes it".to_owned());
        let container = self
            .definition
            .containers
            .iter()
            .find(|container| Some(&container.name) == reference.container.as_ref());
        let log = container.and_then(|container| container.log_configuration.as_ref());
        let makes =
            log.and_then(|log| log.options.get("awslogs-create-group")).is_some_and(|on| on == "true");
        if makes {
            self.calls(called("logs:CreateLogGroup"), add);
        }
        self.calls(called("logs:CreateLogStream"), add);
        self.calls(called("logs:PutLogEvents"), add);
    }

    fn of_image(&self, reference: &Reference, evidence: &Evidence, add: &mut impl FnMut(Symptom, String)) {
        let plain = |fault| on(Symptom::suspected(Step::ImagePull, fault), reference);
        let called = |action: &str| self.call(plain(Fault::AccessDenied), action);
        let image = ImageName::parse(&reference.value_from);
        if reference.value_from.is_empty() || image.ecr().is_some() {
            add(plain(Fault::NotFound), "is there to pull".to_owned());
        }
        let Some(repository) =
            repository_arn(&image, self.partition()).filter(|_| self.definition.execution_role_arn.is_some())
        else {
            return;
        };
        let import = ["ecr:CreateRepository", "ecr:BatchImportUpstreamImage"];
        let cached = if is_imported(&image, evidence) { &import[..] } else { &[] };
        for action in PULL.iter().chain(cached) {
            let symptom = Symptom { resource: Some(fact(&repository)), ..called(action) };
            self.calls(symptom, add);
        }
    }

    /// A call that the role's policies, and those of the endpoints on the path, must allow; without a role
    /// there is none.
    fn calls(&self, symptom: Symptom, add: &mut impl FnMut(Symptom, String)) {
        if self.definition.execution_role_arn.as_deref().is_none_or(|role| role == OPEN_ROLE) {
            return;
        }
        let action = symptom.action.as_ref().map(|action| action.text.clone()).unwrap_or_default();
        if self.is_placed {
            let by_endpoint = Symptom {
                deny: Some(Deny::EndpointPolicy),
                refused_by: Some(Deny::EndpointPolicy),
                ..symptom.clone()
            };
            add(by_endpoint, format!("{action} passes the endpoints' policies"));
        }
        add(symptom, format!("{action} is allowed"));
    }

    /// The symptom as a refusal of the execution role.
    fn call(&self, symptom: Symptom, action: &str) -> Symptom {
        let role = self.definition.execution_role_arn.as_deref().and_then(Arn::parse);
        let session = role.and_then(|role| {
            let name = role.role_name()?;
            Some(fact(&format!(
                "arn:{}:sts::{}:assumed-role/{name}/0123456789abcdef0123456789abcdef",
                role.partition, role.account
            )))
        });
        Symptom { action: Some(fact(action)), principal: session, ..symptom }
    }

    fn partition(&self) -> &str {
        self.definition.execution_role_arn.as_deref().and_then(Arn::parse).map_or("aws", |arn| arn.partition)
    }

    /// The login to Amazon ECR, which is one for all images.
    fn of_login(&self, references: &[Reference], all: &mut Vec<Suspicion>) {
        let registry = |image: &Reference| {
            ImageName::parse(&image.value_from).ecr().map(|(_, region)| region.to_owned())
        };
        let is_in_ecr = |reference: &&Reference| {
            reference.kind == ReferenceKind::Image
                && registry(reference).is_some_and(|region| is_region(&region))
        };
        let images: Vec<Reference> = references.iter().filter(is_in_ecr).cloned().collect();
        if images.is_empty()
            || self.definition.execution_role_arn.as_deref().is_none_or(|role| role == OPEN_ROLE)
        {
            return;
        }
        let symptom = self.call(Symptom::suspected(Step::EcrAuth, Fault::AccessDenied), LOGIN);
        let mut add = |symptom, wanted| {
            let subject = "the login to Amazon ECR".to_owned();
            all.push(Suspicion { subject, wanted, ..Suspicion::of(symptom, images.clone()) });
        };
        self.calls(symptom, &mut add);
        if self.is_placed {
            for (_, region) in images.iter().filter_map(|image| ImageName::parse(&image.value_from).ecr()) {
                let host = format!("prod-{region}-starport-layer-bucket.s3.{region}.amazonaws.com");
                let layers = Symptom {
                    host: Some(fact(&host)),
                    ..Symptom::suspected(Step::ImagePull, Fault::AccessDenied)
                };
                add(layers, format!("its layers in S3 of {region} pass the endpoints' policies"));
            }
        }
    }

    /// What the definition as a whole may lack.
    fn of_definition(&self, references: &[Reference], all: &mut Vec<Suspicion>) {
        let mut add = |step, fault, references: Vec<Reference>, subject: &str, wanted: &str| {
            let (subject, wanted) = (subject.to_owned(), wanted.to_owned());
            let symptom = Symptom::suspected(step, fault);
            all.push(Suspicion { subject, wanted, ..Suspicion::of(symptom, references) });
        };
        if self.definition.execution_role_arn.is_none()
            && references.iter().any(|reference| self.needs_role(reference))
        {
            add(Step::ExecutionRole, Fault::RoleMissing, Vec::new(), "the execution role", "is named");
        }
        let logs = |container: &&ContainerDefinition| {
            container.log_configuration.is_some() || container.firelens_configuration.is_some()
        };
        if self.definition.containers.iter().any(|container| logs(&container)) {
            add(Step::LogDriver, Fault::Misconfigured, Vec::new(), "the log configuration", "is well-formed");
        }
        if self.definition.efs_volumes().next().is_some() {
            let (step, subject) = (Step::EfsVolume, "the EFS volumes");
            add(step, Fault::Misconfigured, Vec::new(), subject, "are well-formed");
            add(step, Fault::NotFound, Vec::new(), subject, "have their file systems and access points");
            add(step, Fault::AccessDenied, Vec::new(), subject, "can be mounted");
            if self.is_placed {
                add(step, Fault::NetworkTimeout, Vec::new(), subject, "can be reached");
            }
        }
    }

    /// The EBS volumes that ECS makes before the task starts.
    fn of_volumes(&self, all: &mut Vec<Suspicion>) {
        for volume in self.volumes {
            let Some(ebs) = &volume.managed_ebs_volume else { continue };
            let mut add = |symptom: Symptom, wanted: &str| {
                let (subject, wanted) = (ebs_volume(volume), wanted.to_owned());
                all.push(Suspicion { subject, wanted, ..Suspicion::of(symptom, Vec::new()) });
            };
            if let Some(role) = &ebs.role_arn {
                let symptom = Symptom::suspected(Step::EbsVolume, Fault::AssumeRoleDenied);
                let role = Some(fact(role));
                add(Symptom { role, ..symptom }, "has an infrastructure role that exists and trusts ECS");
            }
            if let Some(key) = &ebs.kms_key_id {
                let symptom = Symptom::suspected(Step::EbsVolume, Fault::KmsKeyUnusable);
                add(Symptom { key: Some(fact(key)), ..symptom }, "has a key that can be used");
            }
        }
    }

    /// Whether ECS fetches it with the execution role. On instances images and logs may do with the role of
    /// the instance.
    fn needs_role(&self, reference: &Reference) -> bool {
        let on_fargate =
            self.task.launch_type.as_deref() == Some("FARGATE") || self.definition.is_for_fargate();
        match reference.kind {
            ReferenceKind::Secret
            | ReferenceKind::RegistryCredentials
            | ReferenceKind::EnvFile
            | ReferenceKind::CredentialSpec => true,
            ReferenceKind::Image => on_fargate && ImageName::parse(&reference.value_from).ecr().is_some(),
            ReferenceKind::LogGroup | ReferenceKind::LogConfig => on_fargate,
            ReferenceKind::ExecutionRole | ReferenceKind::TaskRole => false,
        }
    }

    /// The way to everything that is fetched, from every subnet.
    fn of_network(&self, all: &mut Vec<Suspicion>) {
        let region = self.task.region.as_deref().unwrap_or_default();
        let needed = needed(self.definition, region);
        let mut steps: Vec<(Step, String)> = Vec::new();
        for to in &needed {
            let step = step_of(to.service.as_deref(), &to.host);
            if !steps.iter().any(|(other, _)| *other == step) {
                steps.push((step, to.host.clone()));
            }
        }
        let places: Vec<Option<AwsVpcConfiguration>> = match &self.placed {
            Some(placed) if placed.subnets.len() > 1 => {
                let alone = |subnet: &String| {
                    Some(AwsVpcConfiguration { subnets: vec![subnet.clone()], ..placed.clone() })
                };
                placed.subnets.iter().map(alone).collect()
            }
            _ => vec![None],
        };
        for (step, host) in &steps {
            for place in &places {
                let from =
                    place.as_ref().map(|place| format!(" from {}", place.subnets[0])).unwrap_or_default();
                all.push(Suspicion {
                    subject: format!("the path to {host}"),
                    wanted: format!("is open{from}"),
                    placement: place.clone(),
                    ..Suspicion::of(Symptom::suspected(*step, Fault::NetworkTimeout), Vec::new())
                });
            }
        }
    }
}

/// The symptom with what ECS names of the reference: its ARN, the account and the Region in it.
fn on(symptom: Symptom, reference: &Reference) -> Symptom {
    let arn = match reference.target() {
        Some(Target::Secret(secret)) => secret.arn,
        _ => reference.value_from.as_str(),
    };
    let Some(parts) = Arn::parse(arn) else { return symptom };
    let some = |text: &str| (!text.is_empty()).then(|| fact(text));
    let bucket = (parts.service == "s3").then(|| parts.resource.split('/').next().map(fact)).flatten();
    let resource = if matches!(symptom.fault, Fault::BadReference) { None } else { Some(fact(arn)) };
    Symptom { resource, bucket, region: some(parts.region), account: some(parts.account), ..symptom }
}

/// Whether the first pull makes the repository of an image, by a rule of a pull-through cache.
fn is_imported(image: &ImageName<'_>, evidence: &Evidence) -> bool {
    let Some((registry, region)) = image.ecr() else { return false };
    let (region, registry) = (|| region.to_owned(), || registry.to_owned());
    let repository = ask::Repository { region: region(), registry: registry(), name: image.path.clone() };
    let rules = evidence.look(&ask::CacheRules { region: region(), registry: registry() }).found();
    let is_under = |rule: &CacheRule| {
        rule.ecr_repository_prefix
            .as_ref()
            .is_some_and(|prefix| image.path.starts_with(prefix) || prefix == "ROOT")
    };
    matches!(evidence.look(&repository), Known::Missing)
        && rules.is_some_and(|rules| rules.iter().any(is_under))
}

fn repository_arn(image: &ImageName<'_>, partition: &str) -> Option<String> {
    let (registry, region) = image.ecr()?;
    Some(format!("arn:{partition}:ecr:{region}:{registry}:repository/{}", image.path))
}

fn fact(text: &str) -> Fact {
    Fact { text: text.to_owned(), span: 0..0 }
}

/// A volume that a service makes, in words.
pub(super) fn ebs_volume(volume: &VolumeConfiguration) -> String {
    format!("the EBS volume {}", volume.name.as_deref().unwrap_or_default())
}

/// A reference, as a list names it.
pub(super) fn subject(reference: &Reference) -> String {
    let kind = match (reference.kind, reference.target()) {
        (ReferenceKind::Secret, Some(Target::Parameter(_))) => "parameter",
        (ReferenceKind::Secret, _) => "secret",
        (ReferenceKind::RegistryCredentials, _) => "registry login",
        (ReferenceKind::EnvFile, _) => "environment file",
        (ReferenceKind::Image, _) => "image",
        (ReferenceKind::LogGroup, _) => "log group",
        (ReferenceKind::LogConfig, _) => "log configuration",
        (ReferenceKind::CredentialSpec, _) => "credential spec",
        (ReferenceKind::ExecutionRole, _) => "execution role",
        (ReferenceKind::TaskRole, _) => "task role",
    };
    let place = [reference.container.as_deref(), reference.name.as_deref()]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(", ");
    let place = if place.is_empty() { String::new() } else { format!(" ({place})") };
    format!("{kind} {}{place}", reference.value_from)
}

fn step_of(service: Option<&str>, host: &str) -> Step {
    match service {
        Some("secretsmanager") => Step::SecretsManager,
        Some("ssm") => Step::ParameterStore,
        Some("ecr.api") => Step::EcrAuth,
        Some("logs") => Step::LogDriver,
        Some("s3") if !host.contains("-starport-layer-bucket") => Step::EnvFile,
        _ => Step::ImagePull,
    }
}
