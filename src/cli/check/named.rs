//! Definitions that are named to be checked, in files or as they are registered: read, joined with the services
//! that start them, and held against AWS's answers.

use std::collections::BTreeSet;
use std::path::Path;

#[cfg(feature = "aws")]
use super::super::live::Live;
use super::super::output::{Outcome, Output};
use super::{Check, CliError, FailOn, Global, is_unanswered, read_text, shown};
use crate::arn::{Arn, is_region};
use crate::check::{self, Checked, Unread};
use crate::cli::file::{evidence, is_stdin};
use crate::question::facts::AwsVpcConfiguration;
#[cfg(feature = "aws")]
use crate::question::record;
use crate::question::{Evidence, ask};
use crate::redact::redact_name;
use crate::source::{self, Found, Given, Place, Runs, Service, Started};
use crate::task_definition::{TaskDefinition, TaskDefinitionError};

/// The file that holds something, where one does.
type File = Option<String>;

/// What was named to be checked.
enum Named<'c> {
    /// A file, and its text.
    File(&'c Path, String),
    /// A definition that is registered.
    Registered(&'c str),
}

#[cfg(feature = "aws")]
impl Named<'_> {
    /// Whether there may be something in it to ask AWS about.
    fn holds_anything(&self) -> bool {
        match self {
            Self::File(_, text) => source::read(text, &Given::default())
                .is_ok_and(|source| !source.found.is_empty() || !source.services.is_empty()),
            Self::Registered(_) => true,
        }
    }
}

/// What files and names hold.
#[derive(Default)]
struct Held {
    units: Vec<(File, Found)>,
    services: Vec<(File, Service)>,
    /// The parameters that some template takes.
    parameters: BTreeSet<String>,
}

/// One run of the command: what it knows, and where it writes.
struct Run<'c, 'o> {
    asked: &'c Check,
    /// The Region that was typed.
    region: Option<&'c str>,
    /// The Region of the AWS configuration, where AWS is asked.
    configured: Option<String>,
    evidence: Evidence,
    #[cfg(feature = "aws")]
    live: Option<Live>,
    /// What could not be checked.
    unread: Vec<Unread>,
    output: &'c mut Output<'o>,
}

impl Check {
    /// What came of each definition that was named, and what could not be checked.
    pub(super) fn check_named(
        &self,
        global: &Global,
        known: &BTreeSet<String>,
        output: &mut Output<'_>,
    ) -> Result<(Vec<Checked>, Vec<Unread>), CliError> {
        let mut run = Run {
            asked: self,
            region: global.region.as_deref(),
            configured: None,
            evidence: evidence(self.evidence.as_deref())?,
            #[cfg(feature = "aws")]
            live: None,
            unread: Vec::new(),
            output,
        };
        let named = run.read();
        #[cfg(feature = "aws")]
        if named.iter().any(Named::holds_anything) {
            run.live = self.live(global, run.output)?;
            run.configured = run.live.as_ref().and_then(Live::region).map(str::to_owned);
        }
        let mut checked = Vec::new();
        for unit in run.units(named) {
            match run.checked(unit, known) {
                Ok(one) => checked.push(one),
                Err(error) => run.unable(&error.to_string()),
            }
        }
        #[cfg(feature = "aws")]
        if let Err(error) = match (&run.live, &self.record) {
            (Some(live), _) => live.save(),
            (None, Some(path)) if !path.exists() => unanswered(path),
            (None, _) => Ok(()),
        } {
            run.unable(&error.to_string());
        }
        Ok((checked, run.unread))
    }

    /// AWS, if it is asked. Where it cannot be, what a file shows is reported all the same.
    #[cfg(feature = "aws")]
    fn live(&self, global: &Global, output: &mut Output<'_>) -> Result<Option<Live>, CliError> {
        if self.offline {
            return Ok(None);
        }
        match Live::new(global, false, self.record.as_deref()) {
            Ok(live) => Ok(Some(live)),
            Err(error @ CliError::CannotAsk(_))
                if self.definitions.is_empty() || self.definitions.iter().any(|named| is_file(named)) =>
            {
                output.unable(&error.to_string());
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Where the task is going to run: as typed, as the definition's ARN says, as configured, or else as a
    /// reference says; and as its service says.
    fn place(
        &self,
        definition: &TaskDefinition,
        service: Option<&Service>,
        typed: Option<&str>,
        configured: Option<&str>,
    ) -> check::Place {
        let region_of =
            |arn: &str| Arn::parse(arn).map(|arn| arn.region.to_owned()).filter(|region| is_region(region));
        let of_arn = definition.task_definition_arn.as_deref().and_then(region_of);
        let of_reference =
            || definition.references().iter().find_map(|reference| region_of(&reference.value_from));
        let owned = |region: Option<&str>| region.map(str::to_owned);
        let region =
            owned(typed).or(of_arn).or_else(|| owned(configured)).or_else(of_reference).unwrap_or_default();
        let typed = (!self.subnets.is_empty()).then(|| AwsVpcConfiguration {
            subnets: self.subnets.clone(),
            security_groups: self.security_groups.clone(),
            assign_public_ip: Some(if self.assign_public_ip { "ENABLED" } else { "DISABLED" }.to_owned()),
        });
        let network = typed.or_else(|| service.filter(|_| self.service.is_empty())?.network.clone());
        let cluster = service
            .and_then(|service| service.cluster.clone())
            .filter(|_| self.service.is_empty())
            .or_else(|| self.cluster.clone())
            .unwrap_or_else(|| "default".to_owned());
        let volumes = service.map(|service| service.volumes.clone()).unwrap_or_default();
        let (cluster, service) = (Some(cluster), self.service.first().cloned());
        check::Place { region, cluster, service, network, volumes, ..check::Place::default() }
    }
}

/// Saves that AWS was asked nothing: a later check with --evidence reports the same.
#[cfg(feature = "aws")]
fn unanswered(path: &Path) -> Result<(), CliError> {
    let written = std::fs::write(path, record::write(&Evidence::default()));
    written.map_err(|error| CliError::Unrecorded { path: shown(path), error })
}

/// Whether a text can be the name of a task definition: a family, with or without its revision, or an ARN.
fn may_be_registered(named: &str) -> bool {
    let (family, revision) = named.split_once(':').unwrap_or((named, "1"));
    let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_name = !family.is_empty()
        && family.bytes().all(is_of_name)
        && !revision.is_empty()
        && revision.bytes().all(|byte| byte.is_ascii_digit());
    is_name
        || Arn::parse(named)
            .is_some_and(|arn| arn.service == "ecs" && arn.resource.starts_with("task-definition/"))
}

fn is_file(named: &str) -> bool {
    let path = Path::new(named);
    is_stdin(path) || path.exists()
}

impl<'c> Run<'c, '_> {
    /// The texts of the files, and the names of what is none. A file that cannot be read does not hide the others.
    fn read(&mut self) -> Vec<Named<'c>> {
        let asked = self.asked;
        let mut read = Vec::new();
        let piped = asked.definitions.is_empty().then_some("-");
        for named in asked.definitions.iter().map(String::as_str).chain(piped) {
            let path = Path::new(named);
            let one = if is_file(named) {
                read_text(path).map(|text| Named::File(path, text))
            } else if may_be_registered(named) {
                Ok(Named::Registered(named))
            } else {
                Err(CliError::NothingSoNamed(shown(path)))
            };
            match one {
                Ok(one) => read.push(one),
                Err(error) => self.unable(&error.to_string()),
            }
        }
        read
    }

    /// Says what could not be done.
    fn unable(&mut self, problem: &str) {
        self.unread.push(Unread { problem: problem.to_owned(), ..Unread::default() });
        self.output.unable(&self.asked.harmless(problem));
    }

    /// Says what holds nothing to check, which is a fault where nothing else does.
    fn aside(&mut self, problems: Vec<String>, is_all: bool) {
        for problem in problems {
            if is_all {
                self.unable(&problem);
            } else {
                self.output.complain(&self.asked.harmless(&problem));
            }
        }
    }

    /// Says what of a file could not be read.
    fn unread(&mut self, path: &Path, error: &TaskDefinitionError) {
        self.output.unable(&self.asked.harmless(&format!("{}:{error}", shown(path))));
        self.unread.push(Unread {
            file: (!is_stdin(path)).then(|| shown(path)),
            place: Some(Place { line: error.line, column: error.column }),
            problem: error.what(),
        });
    }

    /// What the files and names hold, each definition with the services that start it.
    fn units(&mut self, all: Vec<Named<'c>>) -> Vec<Started<File>> {
        let region = self.region.map(str::to_owned).or_else(|| self.configured.clone());
        let parameters = self.asked.parameters.iter().cloned().collect();
        let given = Given { parameters, region, ..Given::default() };
        let (mut held, mut empty) = (Held::default(), Vec::new());
        for named in all {
            let read = match named {
                Named::File(path, text) => self.file(path, &text, &given, &mut held),
                Named::Registered(name) => self.named(name).map(|found| held.units.push((None, found))),
            };
            match read {
                Ok(()) => {}
                Err(error @ CliError::NothingToCheck(_)) => empty.push(error.to_string()),
                Err(error) => self.unable(&error.to_string()),
            }
        }
        // All templates of an application are given together, and not each has to do with ECS.
        self.aside(empty, held.units.is_empty() && held.services.is_empty());
        // A file that cannot be read may be the template that has it.
        let unknown = given.parameters.keys().filter(|name| !held.parameters.contains(*name));
        for name in unknown.filter(|_| self.unread.is_empty()) {
            let unknown = format!("parameter {}: no template that was given has it", redact_name(name));
            self.output.complain(&self.asked.harmless(&unknown));
        }
        self.linked(&held.units, &held.services)
    }

    fn file(&mut self, path: &Path, text: &str, given: &Given, held: &mut Held) -> Result<(), CliError> {
        let source = match source::read(text, given) {
            Ok(source) => source,
            Err(error) => {
                self.unread(path, &error);
                return Ok(());
            }
        };
        for note in source.notes.iter().chain(&source.asides) {
            self.output.complain(&self.asked.harmless(&format!("{}: {note}", shown(path))));
        }
        if !source.notes.is_empty() && self.asked.fail_on == FailOn::NotChecked {
            self.output.note(Outcome::Wrong);
        }
        if source.found.is_empty() && source.services.is_empty() && source.faults.is_empty() {
            return Err(CliError::NothingToCheck(shown(path)));
        }
        let lacks = source.found.iter().flat_map(|found| &found.lacks);
        source.faults.iter().chain(lacks).for_each(|fault| self.unread(path, fault));
        let file = (!is_stdin(path)).then(|| shown(path));
        held.units.extend(source.found.into_iter().map(|found| (file.clone(), found)));
        held.services.extend(source.services.into_iter().map(|service| (file.clone(), service)));
        held.parameters.extend(source.parameters);
        Ok(())
    }

    /// A definition that is registered.
    fn named(&mut self, name: &str) -> Result<Found, CliError> {
        let recorded = self
            .evidence
            .look(&ask::TaskDefinition { name: name.to_owned() })
            .found()
            .map(|found| (**found).clone());
        #[cfg(feature = "aws")]
        let recorded = match (recorded, &self.live) {
            (None, Some(live)) => Some(live.registered(name, &mut self.evidence)?),
            (recorded, _) => recorded,
        };
        let definition = recorded.ok_or_else(|| CliError::NoDefinition(name.to_owned()))?;
        Ok(Found { definition, ..Found::default() })
    }

    /// Each definition once for every service that starts it, and what else services start.
    fn linked(&mut self, units: &[(File, Found)], services: &[(File, Service)]) -> Vec<Started<File>> {
        let (mut linked, alone) = source::linked(units, services);
        let mut open = Vec::new();
        for service in alone {
            let untold = |why: &str| format!("service {}: {why}", service.name);
            match &service.runs {
                Runs::Named(name) => match self.named(name) {
                    Ok(found) => linked.push(Started { of: None, found, service: Some(service) }),
                    Err(CliError::NoDefinition(name)) => self.unable(&untold(&format!(
                        "none of the files holds {name}; without --offline AWS is queried for it"
                    ))),
                    Err(error) => self.unable(&untold(&error.to_string())),
                },
                Runs::Open(why) => open.push(untold(&format!("its task definition: {why}"))),
                Runs::Untold => open.push(untold("it does not say which task definition it starts")),
                // Its definition could not be read, which was reported.
                Runs::Here(_) => {}
            }
        }
        self.aside(open, linked.is_empty());
        // What ECS would not register is reported, and starts nothing.
        linked.retain(|started| started.found.lacks.is_empty());
        linked
    }

    fn checked(&mut self, unit: Started<File>, known: &BTreeSet<String>) -> Result<Checked, CliError> {
        let Started { of: file, found, service } = unit;
        let place =
            self.asked.place(&found.definition, service.as_ref(), self.region, self.configured.as_deref());
        #[cfg(feature = "aws")]
        if self.live.is_some() && place.region.is_empty() {
            return Err(CliError::NoRegion);
        }
        let evidence = self.evidence.clone();
        let check = check::Check::new(&found.definition, &place).planned(&found.plan);
        #[cfg(feature = "aws")]
        let evidence = {
            let mut evidence = evidence;
            self.live.iter().for_each(|live| live.check(&check, &mut evidence));
            evidence
        };
        if let Some(what) = check.nowhere(&evidence) {
            return Err(CliError::Nowhere(what));
        }
        let findings = check.findings(&evidence);
        let written = || file.clone().unwrap_or_else(|| shown(Path::new("-")));
        let of_family = || found.definition.name();
        let name = if found.name.is_empty() {
            of_family().unwrap_or_else(written)
        } else {
            redact_name(&found.name).into_owned()
        };
        if is_unanswered(&evidence) {
            self.unable("AWS answered none of the questions: nothing is proved");
        }
        Ok(Checked { name, file, services: Vec::new(), found, findings, known: known.clone() })
    }
}
