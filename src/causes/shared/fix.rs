//! What fixes a case, and the commands that many fixes need: to look, and to start the task again.

use std::collections::BTreeSet;

use super::case::Case;
use super::command::{Command, Part};
use super::name::Kind;
use super::policy::Document;
use super::snippet::Snippet;

/// What fixes it: steps in their order, and the same for those who change a policy or a template.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fix {
    /// What to do, one thing after the other.
    pub steps: Vec<Step>,
    /// The policy to add, where one is missing.
    pub policy: Option<Document>,
    /// The same for templates, where one resource fixes it.
    pub snippets: Vec<Snippet>,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// In words.
    pub text: String,
    /// What to paste for it.
    pub commands: Vec<Command>,
}

impl Fix {
    /// A fix of one step, in words.
    pub(in crate::causes) fn words(text: impl Into<String>) -> Self {
        Self::default().then(text, [])
    }

    /// The same with commands to paste for its last step.
    pub(in crate::causes) fn run(mut self, commands: impl IntoIterator<Item = Command>) -> Self {
        if let Some(last) = self.steps.last_mut() {
            last.commands.extend(commands);
        }
        self
    }

    /// The same with one more step.
    pub(in crate::causes) fn then(
        mut self,
        text: impl Into<String>,
        commands: impl IntoIterator<Item = Command>,
    ) -> Self {
        self.steps.push(Step { text: text.into(), commands: commands.into_iter().collect() });
        self
    }

    /// The same with the step that starts a task again that failed: values are read only at its start. What has not
    /// failed yet needs no more.
    pub(in crate::causes) fn then_again(self, case: &Case<'_>) -> Self {
        if case.forecast { self } else { self.then(case.again(), case.start_again()) }
    }

    /// The same with the step that brings a new revision of the task definition into service.
    pub(in crate::causes) fn then_revised(self, case: &Case<'_>) -> Self {
        if case.is_deployed() { self.then(case.again(), case.start_new_revision()) } else { self }
    }

    /// The same with its first step in other words.
    pub(in crate::causes) fn reworded(mut self, words: impl FnOnce(&str) -> String) -> Self {
        if let Some(first) = self.steps.first_mut() {
            first.text = words(&first.text);
        }
        self
    }

    /// The same with commands to paste before those of its first step.
    pub(in crate::causes) fn after(mut self, looks: impl IntoIterator<Item = Command>) -> Self {
        if let Some(first) = self.steps.first_mut() {
            first.commands.splice(0..0, looks);
        }
        self
    }

    /// All of it in one sentence.
    #[must_use]
    pub fn text(&self) -> String {
        self.steps.iter().map(|step| step.text.as_str()).collect::<Vec<_>>().join(", then ")
    }

    /// What it comes to, in a few words: the first step that does not only look. The last of several starts
    /// the task again.
    #[must_use]
    pub fn in_short(&self) -> &str {
        let looks = |step: &Step| !step.commands.is_empty() && step.commands.iter().all(Command::is_look);
        let is_second = self.steps.len() > 2 && self.steps.first().is_some_and(looks);
        self.steps.get(usize::from(is_second)).map(|step| step.text.as_str()).unwrap_or_default()
    }

    /// All that is to be pasted.
    pub fn commands(&self) -> impl Iterator<Item = &Command> {
        self.steps.iter().flat_map(|step| &step.commands)
    }

    /// The policy, where no command carries it.
    pub(crate) fn policy_apart(&self) -> Option<&Document> {
        let policy = self.policy.as_ref()?;
        let text = policy.to_string();
        (!self.commands().any(|command| command.as_str().contains(&text))).then_some(policy)
    }

    /// The same with a policy to add.
    pub(in crate::causes) fn policy(mut self, document: Document) -> Self {
        self.policy = Some(document);
        self
    }

    /// The same for what is only supposed: the commands that look, and none that changes anything.
    pub(in crate::causes) fn supposed(self, case: &Case<'_>) -> Self {
        let fix = self.reworded(|text| format!("if it is this, {text}"));
        let (mut looks, mut steps) = (Vec::new(), fix.steps);
        for step in &mut steps {
            looks.extend(step.commands.drain(..).filter(Command::is_look));
        }
        let (text, looks) = if looks.is_empty() {
            ("see all that ECS says of the task", case.describe_stopped())
        } else {
            ("look first", looks)
        };
        let look = Step { text: text.to_owned(), commands: looks };
        Self { steps: std::iter::once(look).chain(steps).collect(), ..Self::default() }
    }

    /// The same, with the meaning of each step's placeholders.
    pub(crate) fn explained(mut self) -> Self {
        let mut said = BTreeSet::new();
        for step in &mut self.steps {
            let withheld: BTreeSet<String> =
                step.commands.iter().flat_map(Command::withheld).map(ToString::to_string).collect();
            for why in withheld {
                if said.insert(why.clone()) {
                    step.text = format!("{}; {why}", step.text);
                }
            }
        }
        self
    }
}

impl Case<'_> {
    /// An `aws` command for the resource's Region.
    pub(in crate::causes) fn aws(&self, words: &'static str) -> Command {
        Command::aws(words, self.region())
    }

    /// An `aws` command for the task's own Region.
    pub(in crate::causes) fn aws_at_task(&self, words: &'static str) -> Command {
        Command::aws(words, self.task.region.as_deref().or(self.region()))
    }

    /// What is left to do where the state is good again.
    pub(crate) fn try_again(&self) -> Fix {
        let text =
            format!("this is already fixed: {}; if it fails again, diagnose the new message", self.again());
        Fix::words(text).run(self.start_again())
    }

    /// How to start the task again once the cause is fixed. A service retries by itself, but slowly.
    pub(in crate::causes) fn start_again(&self) -> Option<Command> {
        Some(self.update_service()?.words("--force-new-deployment"))
    }

    fn update_service(&self) -> Option<Command> {
        let update = self.aws_at_task("ecs update-service").maybe(
            "--cluster",
            Kind::Cluster,
            self.task.cluster.as_deref(),
        );
        Some(update.name("--service", Kind::Service, self.task.service()?))
    }

    /// How to bring a new revision of the task definition into service.
    fn start_new_revision(&self) -> Option<Command> {
        let family = self.task.task_definition_name().and_then(|name| name.split(':').next());
        Some(self.update_service()?.name("--task-definition", Kind::TaskDefinition, family))
    }

    /// How to see all that ECS says of the task, or where it is not known, which tasks there are to ask
    /// about.
    pub(in crate::causes) fn describe_stopped(&self) -> Vec<Command> {
        let cluster = self.task.cluster.as_deref();
        let of = |words| self.aws_at_task(words).name("--cluster", Kind::Cluster, cluster);
        let task = self.task.arn.as_deref();
        let list = of("ecs list-tasks").words("--desired-status STOPPED");
        let list = if let Some(service) = self.service_of_task() {
            list.name("--service-name", Kind::Service, service)
        } else {
            list
        };
        let look = of("ecs describe-tasks").name("--tasks", Kind::Task, task);
        let look = look.words("--query 'tasks[].[stoppedReason,containers[].[name,exitCode,reason]]'");
        task.is_none().then_some(list).into_iter().chain([look]).collect()
    }

    /// Whether something starts the definition: a task of it failed, or it is registered and a service has it.
    fn is_deployed(&self) -> bool {
        let is_registered = || self.definition().is_some_and(|own| own.task_definition_arn.is_some());
        !self.forecast || (self.task.service().is_some() && is_registered())
    }

    /// How a new task is started, in words, as the workload needs it.
    pub(in crate::causes) fn again(&self) -> &'static str {
        match &self.task.workload {
            Some(workload) if workload.is_service => "deploy the service again",
            _ => "run the task again",
        }
    }

    /// How to see the endpoints of the task's Region for the service. The name begins otherwise in some
    /// partitions.
    pub(in crate::causes) fn describe_endpoints(&self) -> Option<Command> {
        let service = self.aws_service().1?;
        let values = [
            Part::Words("Name=service-name,Values=*."),
            Part::Name(Kind::Region, self.task.region.as_deref().or(self.region())),
            Part::Words("."),
            Part::Words(service),
        ];
        let look = self.aws_at_task("ec2 describe-vpc-endpoints").argument("--filters", &values);
        Some(
            look.words(
                "--query 'VpcEndpoints[].[VpcEndpointId,VpcId,State,PrivateDnsEnabled,Groups[].GroupId]'",
            ),
        )
    }

    /// How to see the routes of the task's subnet; the answer is empty where the VPC's main table counts.
    pub(in crate::causes) fn describe_routes(&self) -> Option<Command> {
        let look = self.aws_at_task("ec2 describe-route-tables").filter(
            "association.subnet-id",
            Kind::Subnet,
            self.task.subnet.as_deref()?,
        );
        Some(look.words("--query 'RouteTables[].Routes'"))
    }

    /// How to see a part of the service's configuration.
    pub(in crate::causes) fn describe_service(&self, query: &'static str) -> Option<Command> {
        let look = self.aws_at_task("ecs describe-services").maybe(
            "--cluster",
            Kind::Cluster,
            self.task.cluster.as_deref(),
        );
        Some(look.name("--services", Kind::Service, self.service_of_task()?).words(query))
    }

    /// The service that starts the task again.
    pub(in crate::causes) fn service_of_task(&self) -> Option<&str> {
        self.task.service()
    }
}
