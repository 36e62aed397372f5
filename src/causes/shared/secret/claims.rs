//! What may be claimed of a secret: findings, proofs, and the fix where it is gone.

use super::{Case, DESCRIBE, Presence, SecretView};
use crate::causes::shared::assessment::Finding;
use crate::causes::shared::command::Part;
use crate::causes::shared::fix::Fix;
use crate::causes::shared::name::Kind;
use crate::causes::shared::proof::{Complete, Gap, Identity, Proof, Time, Unproved};
use crate::question::facts::Secret;

impl<'c> SecretView<'c> {
    fn is_sound(&self) -> bool {
        self.found().is_some_and(Secret::is_readable)
    }

    /// That it is the secret which ECS means: it is the only candidate, or the only one that is not as it
    /// should be.
    pub(in crate::causes) fn is_meant(&self) -> Result<Identity, Gap> {
        let all = self.case.secrets();
        let likely: Vec<_> = all.iter().filter(|other| self.is_sound() || !other.is_sound()).collect();
        self.case.in_named_region()?;
        Identity::only_one(&likely, "secret")
    }

    /// That it is as it should be, as far as its description shows.
    pub(in crate::causes) fn state(&self) -> Option<Finding> {
        let secret = self.found().filter(|secret| secret.is_readable())?;
        let since = if self.case.is_since(secret.last_changed_date) {
            ", after the task failed: it may be fixed"
        } else {
            ""
        };
        let changed =
            secret.last_changed_date.map(|at| format!(", last changed on {at}{since}")).unwrap_or_default();
        Some(Finding::found(
            format!(
                "secret {} exists, is not scheduled for deletion, and has a current version{changed}",
                self.name
            ),
            DESCRIBE,
        ))
    }

    /// Whether its ARN is gone, so that no command on it finds anything.
    pub(in crate::causes) fn is_gone(&self) -> bool {
        matches!(self.presence(), Presence::Gone | Presence::OtherSuffix(_))
    }

    /// That its ARN is gone, and which one its name has now.
    pub(in crate::causes) fn gone(&self) -> Vec<Finding> {
        let gone = self.is_gone().then(|| Finding::missing(self.id.clone(), DESCRIBE));
        let now = self.namesake().filter(|_| self.is_gone()).and_then(|secret| secret.arn.as_ref());
        gone.into_iter()
            .chain(now.map(|arn| {
                Finding::found(format!("a secret of its name under another ARN, {arn}"), DESCRIBE)
            }))
            .collect()
    }

    /// How to get on where its ARN is gone.
    pub(in crate::causes) fn replace(&self) -> Fix {
        if self.namesake().is_none() {
            return self.case.create_secret();
        }
        let text = "write the ARN that the name has now in a new revision, if that secret is meant";
        Fix::words(text).then_revised(self.case)
    }

    /// Why it could not be looked up.
    pub(in crate::causes) fn why_unread(&self) -> Option<&'c str> {
        match self.presence() {
            Presence::Unknown(why) => Some(why),
            _ => None,
        }
    }

    /// That it is as it should be, or why it could not be looked up.
    pub(in crate::causes) fn state_or_why(&self) -> Option<Finding> {
        self.state().or_else(|| {
            self.why_unread().map(|why| Finding::unknown(format!("the state of secret {}: {why}", self.id)))
        })
    }

    /// That it can be read, and what it holds is still what the task found: then what ECS says of its value
    /// holds.
    pub(in crate::causes) fn is_as_it_was(&self) -> Result<Proof, Unproved> {
        let complete = match self.state() {
            Some(_) => Complete::alone(),
            None if self.is_gone() => {
                Err(Gap::new(format!("what secret {} held: it was deleted since", self.id)))
            }
            None => Complete::of(&format!("the state of secret {}", self.name), [self.known()])
                .and(Err(Gap::new(format!("whether secret {} can be read", self.name)))),
        };
        let revision = self
            .reference
            .map_or(Err(Gap::new("which reference asks for it")), |_| Identity::of_revision(self.case));
        let time = self
            .found()
            .map_or_else(Time::as_ecs_said, |secret| Time::since(self.case, secret.last_changed_date));
        Proof::by(self.state().into_iter().collect(), self.is_meant().and(revision), complete, time)
    }
}

impl Case<'_> {
    /// How to get a secret that is not there, or another reference.
    pub(in crate::causes) fn create_secret(&self) -> Fix {
        if let Some(account) =
            self.secrets().iter().find_map(|secret| secret.foreign_account().map(str::to_owned))
        {
            let text = format!(
                "have account {account} create the secret (with a new ARN) or correct the reference in a new revision"
            );
            return Fix::words(text).then_revised(self);
        }
        let name = self.name();
        let values = [Part::Words("Key=name,Values="), Part::Name(Kind::Secret, name.as_deref())];
        let look = self.aws("secretsmanager list-secrets").argument("--filters", &values);
        let look = look.words("--include-planned-deletion --query 'SecretList[].[Name,ARN,DeletedDate]'");
        let create = self
            .aws("secretsmanager create-secret")
            .name("--name", Kind::Secret, name.as_deref())
            .words("--secret-string file://value.json");
        let text = "create the secret (with a new ARN) or correct the reference in a new revision";
        Fix::words("see what exists under that name").run([look]).then(text, [create]).then_revised(self)
    }
}
