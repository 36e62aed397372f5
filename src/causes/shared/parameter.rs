//! A parameter that a case can be about: what AWS says of it, and of names like it.

use super::CANDIDATES;
use super::case::Case;
use super::likeness::nearest;
use crate::arn::Arn;
use crate::question::facts::{Parameter, Secret};
use crate::question::{Known, Question};
use crate::reason::Step;
use crate::task_definition::Target;

/// A parameter that the case can be about.
#[derive(Debug)]
pub(in crate::causes) struct ParameterView<'c> {
    case: &'c Case<'c>,
    /// The Region in which it is asked for.
    pub(in crate::causes) region: String,
    /// Its name, with its slash where it is a path.
    pub(in crate::causes) name: String,
    /// Whether an ARN names it, which does not tell `name` and `/name` apart.
    by_arn: bool,
    /// Every name that is asked for in the same call.
    all: Vec<String>,
}

impl<'c> ParameterView<'c> {
    pub(super) fn question(&self) -> Question {
        Question::Parameters { region: self.region.clone(), names: self.all.clone() }
    }

    fn like(&self) -> Question {
        // Its path, however its slashes were meant, or else its first letters.
        let bare = self.name.trim_matches('/');
        let part = bare.rsplit_once('/').map_or_else(|| bare.chars().take(3).collect(), |(path, _)| path.trim_end_matches('/').to_owned());
        Question::ParametersLike { region: self.region.clone(), part }
    }

    /// What AWS says of it.
    pub(in crate::causes) fn known(&self) -> Known<'c, Parameter> {
        match self.case.look::<Vec<Parameter>>(&self.question()) {
            Known::Found(listed) => listed.iter().find(|parameter| self.is(parameter)).map_or(Known::Missing, Known::Found),
            Known::Missing => Known::Missing,
            Known::Unknown(why) => Known::Unknown(why),
            Known::NotAsked => Known::NotAsked,
        }
    }

    fn is(&self, parameter: &Parameter) -> bool {
        let listed = parameter.name.as_deref().unwrap_or_default();
        listed == self.name || (self.by_arn && listed.trim_start_matches('/') == self.name.trim_start_matches('/'))
    }

    /// Asks for it, and if it is not there for what is called alike, and where the task runs.
    pub(in crate::causes) fn ask(&self) -> Vec<Question> {
        let mut questions = vec![self.question()];
        if matches!(self.known(), Known::Missing) {
            questions.push(self.like());
            questions.extend(self.elsewhere());
            // A bare name may have been meant as a secret.
            questions.extend(self.as_secret());
        }
        questions
    }

    /// The same name where the task runs, if the reference is to another Region.
    fn elsewhere(&self) -> Option<Question> {
        let own = self.case.task.region.as_deref().filter(|own| *own != self.region)?;
        Some(Question::Parameters { region: own.to_owned(), names: vec![self.name.clone()] })
    }

    /// Whether the task's own Region has a parameter of that name.
    pub(in crate::causes) fn is_elsewhere(&self) -> Option<bool> {
        let listed = self.case.look::<Vec<Parameter>>(&self.elsewhere()?).found()?;
        Some(listed.iter().any(|parameter| self.is(parameter)))
    }

    /// A secret of that name: what is not an ARN is read as a parameter.
    fn as_secret(&self) -> Option<Question> {
        (!self.name.starts_with('/')).then(|| Question::Secret { region: self.region.clone(), id: self.name.clone() })
    }

    /// The secret that was meant, if the name is one's.
    pub(in crate::causes) fn meant_secret(&self) -> Option<&'c Secret> {
        self.case.look::<Box<Secret>>(&self.as_secret()?).found().map(AsRef::as_ref)
    }

    /// Its ARN, in which a slash stands before the name of every parameter.
    pub(super) fn arn(&self) -> String {
        self.arn_of(&self.name)
    }

    /// The ARN that a parameter of another name has beside it.
    pub(in crate::causes) fn arn_of(&self, name: &str) -> String {
        self.arn_in(&self.region, name)
    }

    /// The ARN that it has in the task's own Region.
    pub(in crate::causes) fn arn_at_task(&self) -> String {
        self.arn_in(self.case.own_region(), &self.name)
    }

    fn arn_in(&self, region: &str, name: &str) -> String {
        let account = self.case.account().or(self.case.task.account.as_deref()).unwrap_or("*");
        format!("arn:{}:ssm:{region}:{account}:parameter/{}", self.case.partition(), name.trim_start_matches('/'))
    }

    /// Whether parameters with such a name were asked for, and none is near.
    pub(in crate::causes) fn has_none_like_it(&self) -> bool {
        self.case.look::<Vec<Parameter>>(&self.like()).found().is_some() && self.near().is_none()
    }

    /// How the name of a parameter that is nearly the same differs.
    pub(in crate::causes) fn near(&self) -> Option<String> {
        let listed = self.case.look::<Vec<Parameter>>(&self.like()).found()?;
        nearest(&self.name, listed, |parameter| parameter.name.as_deref())
    }
}

impl Case<'_> {
    /// The parameters that the case can be about.
    pub(in crate::causes) fn parameters(&self) -> Vec<ParameterView<'_>> {
        let of_reference = self.references.iter().filter(|reference| matches!(reference.target(), Some(Target::Parameter(_))));
        let mut written: Vec<&str> = of_reference.map(|reference| reference.value_from.as_str()).collect();
        if written.is_empty() && self.symptom.step == Step::ParameterStore && !self.symptom.truncated {
            let listed = self.symptom.resource.as_ref().map(|resource| resource.text.as_str()).filter(|text| !text.contains("://")).unwrap_or_default();
            written.extend(listed.split(',').map(str::trim).filter(|name| !name.is_empty()));
        }
        let told = self.symptom.region.as_ref().map_or(self.own_region(), |fact| fact.text.as_str());
        let mut named: Vec<(String, String, bool)> = Vec::new();
        for value_from in written {
            let Target::Parameter(name) = Target::parse(value_from) else { continue };
            let arn = Arn::parse(value_from);
            let region = arn.map_or(told, |arn| arn.region).to_owned();
            let entry = (region, name.to_owned(), arn.is_some());
            if !named.contains(&entry) && named.len() < CANDIDATES {
                named.push(entry);
            }
        }
        let together = |region: &str| {
            let names = named.iter().filter(|(other, ..)| other == region);
            let mut all: Vec<String> = names.flat_map(|(_, name, by_arn)| spellings(name, *by_arn)).collect();
            all.sort();
            all.dedup();
            all
        };
        let view = |(region, name, by_arn): &(String, String, bool)| ParameterView {
            case: self,
            region: region.clone(),
            name: name.clone(),
            by_arn: *by_arn,
            all: together(region),
        };
        named.iter().map(view).collect()
    }
}

/// The names that an ARN can mean: that of a parameter without a path has a slash before it in the ARN alone.
fn spellings(name: &str, by_arn: bool) -> Vec<String> {
    let bare = name.trim_start_matches('/');
    if by_arn && !bare.contains('/') { vec![name.to_owned(), bare.to_owned()] } else { vec![name.to_owned()] }
}
