//! A parameter that a case can be about: what AWS says of it, and of names like it.

use super::CANDIDATES;
use super::assessment::Finding;
use super::case::Case;
use super::likeness::{Near, alike, near};
use crate::arn::Arn;
use crate::question::facts::{Parameter, Secret};
use crate::question::{Known, Question, ask};
use crate::reason::{Fault, Step, Symptom};
use crate::task_definition::Target;

/// How the listing of parameters is cited.
pub(in crate::causes) const DESCRIBE_PARAMETERS: &str = "DescribeParameters";

/// Whether a parameter was not found.
pub(in crate::causes) fn is_not_found(symptom: &Symptom) -> bool {
    is_asked(symptom) && symptom.fault == Fault::NotFound
}

/// Whether it is Parameter Store that is asked, by ECS or by an application.
fn is_asked(symptom: &Symptom) -> bool {
    symptom.step == Step::ParameterStore || symptom.is_of_parameter()
}

/// Whether a refusal may hide that there is no such parameter: IAM decides first, on the name as ECS asks for
/// it.
pub(in crate::causes) fn may_be_absent(symptom: &Symptom) -> bool {
    is_asked(symptom) && super::refusal::is_want_of_allow(symptom)
}

/// A parameter that the case can be about.
#[derive(Debug)]
pub(in crate::causes) struct ParameterView<'c> {
    case: &'c Case<'c>,
    /// The Region in which it is asked for.
    pub(in crate::causes) region: String,
    /// The account that its ARN names.
    account: Option<String>,
    /// Its name, with its slash where it is a path.
    pub(in crate::causes) name: String,
    /// Every name that is asked for in the same call.
    all: Vec<String>,
}

impl<'c> ParameterView<'c> {
    pub(super) fn question(&self) -> ask::Parameters {
        ask::Parameters { region: self.region.clone(), names: self.all.clone() }
    }

    /// Its path, however its slashes were meant, or else its first letters.
    fn part(&self) -> String {
        let bare = self.name.trim_matches('/');
        bare.rsplit_once('/')
            .map_or_else(|| bare.chars().take(3).collect(), |(path, _)| path.trim_end_matches('/').to_owned())
    }

    fn like(&self) -> ask::ParametersLike {
        ask::ParametersLike { region: self.region.clone(), part: self.part() }
    }

    /// Whether it is another account's, of which the own one's list says nothing.
    pub(in crate::causes) fn is_foreign(&self) -> bool {
        self.account
            .as_ref()
            .zip(self.case.task.account.as_ref())
            .is_some_and(|(account, own)| account != own)
    }

    /// What AWS says of it.
    pub(in crate::causes) fn known(&self) -> Known<'c, Parameter> {
        if self.is_foreign() {
            return Known::Unknown("its ARN is of another account, whose parameters are not listed here");
        }
        self.among(&self.question())
    }

    /// What is known of it by a list of parameters of its name.
    fn among(&self, question: &ask::Parameters) -> Known<'c, Parameter> {
        match self.case.look(question) {
            Known::Found(listed) => match listed.items().iter().find(|parameter| self.is(parameter)) {
                Some(parameter) => Known::Found(parameter),
                None if listed.is_whole() => Known::Missing,
                None => Known::Unknown("the list of parameters was not read to its end"),
            },
            Known::Missing => Known::Missing,
            Known::Unknown(why) => Known::Unknown(why),
            Known::NotAsked => Known::NotAsked,
        }
    }

    fn is(&self, parameter: &Parameter) -> bool {
        let listed = parameter.name.as_deref().unwrap_or_default();
        // In an ARN `name` and `/name` are the same.
        listed == self.name
            || (self.account.is_some() && listed.trim_start_matches('/') == self.name.trim_start_matches('/'))
    }

    /// Asks for it, where the task runs, and, if it does not exist, for parameters with similar names.
    pub(in crate::causes) fn ask(&self) -> Vec<Question> {
        if self.is_foreign() {
            return Vec::new();
        }
        let mut questions = vec![self.question().into()];
        if matches!(self.known(), Known::Missing) {
            questions.push(self.like().into());
            questions.extend(self.elsewhere().map(Question::from));
            // A bare name may have been meant as a secret.
            questions.extend(self.as_secret().map(Question::from));
        }
        questions
    }

    /// The same name where the task runs, if the reference is to another Region.
    fn elsewhere(&self) -> Option<ask::Parameters> {
        let own = self.case.task.region.as_deref().filter(|own| *own != self.region)?;
        Some(ask::Parameters { region: own.to_owned(), names: vec![self.name.clone()] })
    }

    /// What was learned of it in the task's own Region, where it is not in the one that is asked.
    pub(in crate::causes) fn known_elsewhere(&self) -> Known<'c, Parameter> {
        let Some(question) = self.elsewhere().filter(|_| matches!(self.known(), Known::Missing)) else {
            return Known::NotAsked;
        };
        self.among(&question)
    }

    /// A secret of that name: what is not an ARN is read as a parameter. The ARN of a refusal has a slash
    /// before every name.
    pub(in crate::causes) fn as_secret(&self) -> Option<ask::Secret> {
        let name =
            if self.is_known_by_refusal() { self.name.trim_start_matches('/') } else { self.name.as_str() };
        (!name.starts_with('/')).then(|| ask::Secret { region: self.region.clone(), id: name.to_owned() })
    }

    /// Whether the name is known from a refusal alone.
    fn is_known_by_refusal(&self) -> bool {
        self.case.symptom.fault == Fault::AccessDenied && self.case.references.is_empty()
    }

    /// Parameters of its last name under other paths.
    pub(in crate::causes) fn under_other_paths(&self) -> Vec<&'c str> {
        let last = |name: &'c str| name.rsplit('/').next().unwrap_or(name);
        let own = self.name.rsplit('/').next().unwrap_or(&self.name);
        let listed = self.listed().map(|(listed, _)| listed).unwrap_or_default();
        let names = listed.iter().filter_map(|parameter| parameter.name.as_deref());
        names
            .filter(|name| {
                last(name) == own && name.trim_start_matches('/') != self.name.trim_start_matches('/')
            })
            .collect()
    }

    /// The secret that was meant, if the name is one's.
    pub(in crate::causes) fn meant_secret(&self) -> Option<&'c Secret> {
        self.case.look(&self.as_secret()?).found().map(AsRef::as_ref)
    }

    /// Its ARN, in which the name of every parameter follows a slash.
    pub(super) fn arn(&self) -> String {
        self.arn_in(&self.region)
    }

    /// The ARN that it has in the task's own Region.
    pub(in crate::causes) fn arn_at_task(&self) -> String {
        self.arn_in(self.case.own_region())
    }

    fn arn_in(&self, region: &str) -> String {
        let account = self
            .account
            .as_deref()
            .or(self.case.account())
            .or(self.case.task.account.as_deref())
            .unwrap_or("*");
        format!(
            "arn:{}:ssm:{region}:{account}:parameter/{}",
            self.case.partition(),
            self.name.trim_start_matches('/')
        )
    }

    /// How a name that is nearly the same differs, or that none is, where that was asked.
    pub(in crate::causes) fn alike(&self) -> Option<Finding> {
        let (listed, whole) = self.listed()?;
        let such = format!("holds {:?}", self.part());
        Some(alike("parameter", &such, self.near(), (listed.len(), whole), DESCRIBE_PARAMETERS))
    }

    /// The parameters that are listed for their likeness, and whether these are all.
    fn listed(&self) -> Option<(&'c [Parameter], bool)> {
        self.case.look(&self.like()).found().map(|listed| (listed.items(), listed.is_whole()))
    }

    /// The name of a parameter that is nearly the same.
    pub(in crate::causes) fn near(&self) -> Option<Near> {
        near(&self.name, self.listed()?.0.iter().filter_map(|parameter| parameter.name.as_deref()))
    }
}

impl Case<'_> {
    /// The parameters that the case can be about.
    pub(in crate::causes) fn parameters(&self) -> Vec<ParameterView<'_>> {
        let of_reference = self
            .references
            .iter()
            .filter(|reference| matches!(reference.target(), Some(Target::Parameter(_))));
        let mut written: Vec<&str> = of_reference.map(|reference| reference.value_from.as_str()).collect();
        if written.is_empty() && is_asked(self.symptom) && !self.symptom.truncated {
            let listed =
                self.symptom.resource.as_deref().filter(|text| !text.contains("://")).unwrap_or_default();
            written.extend(listed.split(',').map(str::trim).filter(|name| !name.is_empty()));
        }
        let region = self.symptom.region.as_ref().map_or(self.own_region(), |fact| fact.text.as_str());
        let mut named: Vec<(String, String, Option<String>)> = Vec::new();
        for value_from in written {
            let Target::Parameter(name) = Target::parse(value_from) else { continue };
            let arn = Arn::parse(value_from);
            let region = arn.map_or(region, |arn| arn.region).to_owned();
            let entry = (region, name.to_owned(), arn.map(|arn| arn.account.to_owned()));
            if !named.contains(&entry) && named.len() < CANDIDATES {
                named.push(entry);
            }
        }
        let is_own = |account: &Option<String>| {
            account.as_ref().zip(self.task.account.as_ref()).is_none_or(|(account, own)| account == own)
        };
        let together = |region: &str| {
            let names = named.iter().filter(|(other, _, account)| other == region && is_own(account));
            let mut all: Vec<String> =
                names.flat_map(|(_, name, account)| spellings(name, account.is_some())).collect();
            all.sort();
            all.dedup();
            all
        };
        let view = |(region, name, account): &(String, String, Option<String>)| ParameterView {
            case: self,
            region: region.clone(),
            account: account.clone(),
            name: name.clone(),
            all: together(region),
        };
        named.iter().map(view).collect()
    }

    /// Asks after every parameter that was not found.
    pub(in crate::causes) fn ask_parameters(&self) -> Vec<Question> {
        // The ARN of a refusal does not show how the definition writes the name.
        let is_due =
            matches!(self.definition, Known::NotAsked) && Question::task_definition_of(self.task).is_some();
        if is_due && self.symptom.fault == Fault::AccessDenied {
            return Vec::new();
        }
        self.parameters().iter().flat_map(ParameterView::ask).collect()
    }
}

/// The names that an ARN can mean: that of a parameter without a path has a slash before it in the ARN alone.
fn spellings(name: &str, by_arn: bool) -> Vec<String> {
    let bare = name.trim_start_matches('/');
    if by_arn && !bare.contains('/') { vec![name.to_owned(), bare.to_owned()] } else { vec![name.to_owned()] }
}
