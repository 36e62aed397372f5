//! What fixes a case, and the commands that many fixes need: to look, and to start the task again.

use std::collections::BTreeSet;

use super::case::Case;
use super::command::{Command, Part};
use super::name::Kind;
use super::policy::Document;
use super::snippet::Snippet;

/// What fixes it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fix {
    /// What to do, in words.
    pub text: String,
    /// What to paste.
    pub commands: Vec<Command>,
    /// The policy to add, where one is missing.
    pub policy: Option<Document>,
    /// The same for templates, where one resource fixes it.
    pub snippets: Vec<Snippet>,
    /// The same words and commands, one step after the other.
    pub steps: Vec<Step>,
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
    /// A fix in words.
    pub(in crate::causes) fn words(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// The same with commands to paste.
    pub(in crate::causes) fn run(mut self, commands: impl IntoIterator<Item = Command>) -> Self {
        self.commands.extend(commands);
        self
    }

    /// The policy, where no command carries it.
    pub(crate) fn policy_apart(&self) -> Option<&Document> {
        let policy = self.policy.as_ref()?;
        let text = policy.to_string();
        (!self.commands.iter().any(|command| command.as_str().contains(&text))).then_some(policy)
    }

    /// The same with a policy to add.
    pub(in crate::causes) fn policy(mut self, document: Document) -> Self {
        self.policy = Some(document);
        self
    }

    /// The same for what nobody has told yet: the commands that look, and none that changes anything.
    pub(in crate::causes) fn supposed(self, case: &Case<'_>) -> Self {
        let looks: Vec<Command> = self.commands.into_iter().filter(Command::is_look).collect();
        Self::words(format!("if it is this, {}", self.text)).run(if looks.is_empty() {
            case.describe_stopped()
        } else {
            looks
        })
    }

    /// The same, saying for what its placeholders stand, and taken apart into steps.
    pub(crate) fn explained(mut self, case: &Case<'_>) -> Self {
        let withheld: BTreeSet<String> =
            self.commands.iter().flat_map(Command::withheld).map(ToString::to_string).collect();
        for why in withheld {
            self.text = format!("{}; {why}", self.text);
        }
        self.steps = self.in_steps(case);
        self
    }

    /// What is to be changed, and then how the task gets what was changed.
    fn in_steps(&self, case: &Case<'_>) -> Vec<Step> {
        let starts = [case.start_again(), case.start_new_revision()];
        let (last, fixing): (Vec<Command>, Vec<Command>) = self
            .commands
            .iter()
            .cloned()
            .partition(|command| starts.iter().flatten().any(|start| start == command));
        let (first, then) = match self.text.split_once(case.then_again()) {
            Some((before, after)) => (format!("{before}{after}"), true),
            None => (self.text.clone(), !last.is_empty() && !fixing.is_empty()),
        };
        if !then {
            return vec![Step { text: first, commands: self.commands.clone() }];
        }
        let again = case.then_again().trim_start_matches(", then ").to_owned();
        vec![Step { text: first, commands: fixing }, Step { text: again, commands: last }]
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
        let text = match &self.task.workload {
            Some(workload) if workload.is_service => "this is already fixed: deploy the service again",
            _ => "this is already fixed: run the task again",
        };
        Fix::words(format!("{text}; if it fails again, diagnose the new message")).run(self.start_again())
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

    /// Commands that end in a new revision of the task definition.
    pub(in crate::causes) fn commands_for_revision(
        &self,
        fixing: impl IntoIterator<Item = Command>,
    ) -> Vec<Command> {
        fixing.into_iter().chain(self.start_new_revision()).collect()
    }

    /// Values are read only at the start of a task, so every cause that is fixed needs a new one.
    pub(in crate::causes) fn commands(&self, fixing: impl IntoIterator<Item = Command>) -> Vec<Command> {
        fixing.into_iter().chain(self.start_again()).collect()
    }

    /// "then start the task again", as the workload needs it.
    pub(in crate::causes) fn then_again(&self) -> &'static str {
        match &self.task.workload {
            Some(workload) if workload.is_service => ", then deploy the service again",
            _ => ", then run the task again",
        }
    }

    /// How to see the endpoints of the task's Region for the service. The name begins otherwise in some
    /// partitions.
    pub(in crate::causes) fn describe_endpoints(&self) -> Option<Command> {
        let service = self.service().1?;
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
