//! What it takes to say that a state of AWS proves or disproves a cause: the very thing, all of it, at the
//! time of the failure.
//!
//! A verdict of proof is made of a [`Proof`], and a proof of three witnesses that only this module makes, or
//! of hops of the network that [`crate::network`] judged. Whatever is missing for one is a [`Gap`], which the
//! notice lists as not checked.

use std::fmt;

use super::assessment::Finding;
use super::case::Case;
use crate::network::{Blockage, Part, Path};
use crate::question::Known;
use crate::question::facts::Moment;
use crate::task_definition::TaskDefinition;

/// What is missing for a proof, as a clause that begins with "whether" or names what was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::causes) struct Gap(String);

impl fmt::Display for Gap {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Gap {
    pub(in crate::causes) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }

    /// The finding that lists it as not checked; nothing where it has no words.
    pub(in crate::causes) fn into_finding(self) -> Option<Finding> {
        (!self.0.is_empty()).then(|| Finding::unknown(self.0))
    }
}

/// That the state is of the very thing that failed, not of something like it.
#[derive(Debug)]
pub(in crate::causes) struct Identity(());

/// That all which could decide was asked and answered.
#[derive(Debug)]
pub(in crate::causes) struct Complete(());

/// That the state held when the task failed, and since when it is known to.
#[derive(Debug)]
pub(in crate::causes) struct Time(Option<Moment>);

/// A state that proves something of a failure.
#[derive(Debug)]
pub(in crate::causes) struct Proof {
    what: Vec<Finding>,
    /// When the state that proves it came to be, where AWS says.
    as_of: Option<Moment>,
}

/// A state that would prove something if it were not for some gaps.
#[derive(Debug)]
pub(in crate::causes) struct Unproved {
    what: Vec<Finding>,
    gaps: Vec<Gap>,
}

impl Identity {
    /// A thing that was asked about by its ARN, or by its name in the account where ECS looks for that: a
    /// namesake elsewhere proves nothing.
    pub(in crate::causes) fn named(case: &Case<'_>, name: &str) -> Result<Self, Gap> {
        let foreign = case
            .symptom
            .account
            .as_ref()
            .filter(|account| case.task.account.as_ref().is_some_and(|own| *own != account.text));
        match foreign {
            Some(account) if !name.starts_with("arn:") => {
                Err(Gap::new(format!("{name} in account {}, which ECS names", account.text)))
            }
            _ => Ok(Self(())),
        }
    }

    /// The role that was refused is one of the task's own, by its ARN.
    pub(in crate::causes) fn of_own_role(case: &Case<'_>) -> Result<Self, Gap> {
        let named =
            || case.role_name().map_or("the role that was refused".to_owned(), |role| format!("role {role}"));
        case.own_role()
            .map(|_| Self(()))
            .ok_or_else(|| Gap::new(format!("whether {} is a role of the task", named())))
    }

    /// Two whole names of one thing.
    pub(in crate::causes) fn same(named: &str, found: &str) -> Result<Self, Gap> {
        if named == found {
            Ok(Self(()))
        } else {
            Err(Gap::new(format!("whether {found} is the same as {named}")))
        }
    }

    /// The one thing that fits ECS's words; of several each can be meant.
    pub(in crate::causes) fn only_one<T>(candidates: &[T], noun: &str) -> Result<Self, Gap> {
        if candidates.len() == 1 {
            Ok(Self(()))
        } else {
            Err(Gap::new(format!("which of {} {noun}s ECS means", candidates.len())))
        }
    }

    /// The definition of the very revision that the task ran.
    pub(in crate::causes) fn of_revision(case: &Case<'_>) -> Result<Self, Gap> {
        match (case.task.task_definition_name(), case.definition().and_then(TaskDefinition::name)) {
            (Some(ran), Some(read)) if ran != read => Err(Gap::new(format!(
                "whether {ran}, which the task ran, says the same as {read}, which was read"
            ))),
            _ => Ok(Self(())),
        }
    }
}

impl Complete {
    /// Every one of these was answered, whether with something or with nothing.
    pub(in crate::causes) fn of<'k, T: 'k>(
        what: &str,
        answers: impl IntoIterator<Item = Known<'k, T>>,
    ) -> Result<Self, Gap> {
        for answer in answers {
            match answer {
                Known::Found(_) | Known::Missing => {}
                Known::Unknown(why) => return Err(Gap::new(format!("{what}: {why}"))),
                Known::NotAsked => return Err(Gap::new(what)),
            }
        }
        Ok(Self(()))
    }

    /// What was found decides by itself: nothing else could overrule it.
    #[expect(clippy::unnecessary_wraps, reason = "every witness is handed over in one way, had or not")]
    pub(in crate::causes) fn alone() -> Result<Self, Gap> {
        Ok(Self(()))
    }

    /// Everything that could decide was judged, or else what was not.
    pub(in crate::causes) fn unless(unjudged: Option<String>) -> Result<Self, Gap> {
        unjudged.map_or(Ok(Self(())), |what| Err(Gap(what)))
    }
}

impl Time {
    /// A state that does not change: of a revision, of an event, of an ARN as it is written.
    #[expect(clippy::unnecessary_wraps, reason = "every witness is handed over in one way, had or not")]
    pub(in crate::causes) fn unchanging() -> Result<Self, Gap> {
        Ok(Self(None))
    }

    /// A state that carries no date, and that ECS's own words describe: both signals agree.
    #[expect(clippy::unnecessary_wraps, reason = "every witness is handed over in one way, had or not")]
    pub(in crate::causes) fn as_ecs_said() -> Result<Self, Gap> {
        Ok(Self(None))
    }

    /// A thing that was created on this date: it was there at the failure if it is older. Since when it is as
    /// it is, the date does not show.
    pub(in crate::causes) fn there_by(case: &Case<'_>, made: Option<Moment>) -> Result<Self, Gap> {
        match made.filter(|made| case.is_since(Some(*made)) && !case.forecast) {
            Some(made) => Err(Gap::new(format!(
                "whether it was so when the task failed: it was created on {made}, after that"
            ))),
            None => Self::since(case, made).map(|_| Self(None)),
        }
    }

    /// A state of this date: it held at the failure if it is older. Before a deployment what holds now is
    /// what counts.
    pub(in crate::causes) fn since(case: &Case<'_>, date: Option<Moment>) -> Result<Self, Gap> {
        if case.forecast {
            return Ok(Self(None));
        }
        match (date, case.task.failed_by()) {
            (Some(date), Some(failed)) if date.0 < failed => Ok(Self(Some(date))),
            (Some(date), Some(_)) => {
                Err(Gap::new(format!("whether it was so when the task failed: it was changed on {date}")))
            }
            (Some(_), None) => {
                Err(Gap::new("whether it was so when the task failed: the record has no time"))
            }
            (None, _) => Err(Gap::new("whether it was so when the task failed: AWS gives no date")),
        }
    }
}

impl Proof {
    /// A proof by what was found, if identity, completeness and time are witnessed.
    pub(in crate::causes) fn by(
        what: Vec<Finding>,
        identity: Result<Identity, Gap>,
        complete: Result<Complete, Gap>,
        time: Result<Time, Gap>,
    ) -> Result<Self, Unproved> {
        match (identity, complete, time) {
            (Ok(_), Ok(_), Ok(time)) => Ok(Self { what, as_of: time.0 }),
            (identity, complete, time) => {
                let gaps = [identity.err(), complete.err(), time.err()].into_iter().flatten().collect();
                Err(Unproved { what, gaps })
            }
        }
    }

    /// A proof by what the task definition says: of the revision that the task ran, which never changes.
    pub(in crate::causes) fn by_definition(case: &Case<'_>, what: Vec<Finding>) -> Result<Self, Unproved> {
        Self::by(
            what,
            Identity::of_revision(case),
            Complete::of("the task definition", [case.definition]),
            Time::unchanging(),
        )
    }

    /// A proof by hops that block every path of a call: the judgment of the path shows that they are on
    /// it, that all was read, and that they were so at the failure, or else has a doubt.
    pub(in crate::causes) fn by_blocked_hops(
        found: Finding,
        certain: &[&Blockage],
    ) -> Result<Self, Unproved> {
        let doubt = match certain {
            [] => Some("whether it is on the path".to_owned()),
            blockages => blockages.iter().find_map(|blockage| blockage.doubt.clone()),
        };
        Self::unless(doubt, found)
    }

    /// A proof by hops of a kind that were all judged on every way, and are open.
    pub(in crate::causes) fn by_open_hops(
        found: Finding,
        paths: &[Path],
        part: Part,
    ) -> Result<Self, Unproved> {
        let is_open = !paths.is_empty() && paths.iter().all(|path| path.is_open_at(part));
        Self::unless((!is_open).then(|| "whether every such hop is open".to_owned()), found)
    }

    fn unless(doubt: Option<String>, found: Finding) -> Result<Self, Unproved> {
        match doubt {
            None => Ok(Self { what: vec![found], as_of: None }),
            Some(doubt) => Err(Unproved { what: vec![found], gaps: vec![Gap(doubt)] }),
        }
    }

    /// What was found, with the date since which it is so.
    pub(super) fn into_findings(self) -> Vec<Finding> {
        let mut findings = self.what;
        if let (Some(first), Some(date)) = (findings.first_mut(), self.as_of)
            && !first.text.contains(&date.to_string())
        {
            first.text = format!("{}, so since {date}", first.text);
        }
        findings
    }
}

impl Unproved {
    pub(super) fn into_findings(self) -> Vec<Finding> {
        self.what.into_iter().chain(self.gaps.into_iter().map(|gap| Finding::unknown(gap.0))).collect()
    }
}
