//! The notices of incidents: announced, and noted to be out.

use std::future::Future;

use futures_util::future::join;

use super::Visit;
use super::announcer::Message;
use super::batch::about;
use super::ports::World;
use super::settlement::{Done, Out};
use super::trouble::{Problem, Trouble};
use super::within::twice;
use crate::context::{Surroundings, team};
use crate::diagnosis::Report;
use crate::incident::ledger::After;
use crate::incident::shared::Culprit;
use crate::incident::store::Unreachable;
use crate::incident::{About, Due, Incident};
use crate::limits::{FUNCTION, NOTING, SHARING, UNNOTED_NOTICES};
use crate::question::Evidence;

/// Identifies a notice: its failures, the incident's number, what was due, and how many failures were
/// announced before.
pub(super) type NoticeId = (String, String, u64, &'static str, u64);

fn notice_id(incident: &Incident, due: Due) -> NoticeId {
    (
        incident.about.fingerprint.clone(),
        incident.about.workload_key(),
        incident.serial,
        due.as_str(),
        incident.announced,
    )
}

/// What is published of an incident.
struct Publication<'t> {
    messages: &'t [Message],
    /// Whether it went out before.
    is_out: bool,
    incident: &'t Incident,
    due: Due,
    /// Its culprit, unless it is over.
    culprit: Culprit,
}

/// A notice that is due, under our claim.
pub(super) struct Claimed<'c> {
    pub(super) incident: &'c mut Incident,
    pub(super) due: Due,
    /// What was kept of its culprit when it was recorded.
    pub(super) culprit: &'c Culprit,
}

impl<W: World> Visit<'_, W> {
    /// Announces a failure; then also its end, where that came first.
    pub(super) async fn announce(
        &self,
        report: &Report<'_>,
        Claimed { incident, due, culprit }: Claimed<'_>,
        evidence: &Evidence,
        without: Option<&Unreachable>,
    ) -> Result<Done, Problem> {
        let tag = self.delivery.rules.team_tag.as_deref();
        let team = tag.map(|tag| team(report.task, evidence, tag));
        incident.about = About { team: team.clone(), ..about(report) };
        incident.reminded |= due == Due::StillFailing;
        let culprit = self.culprit(&incident.about, culprit, without).await;
        let others = culprit.others(incident, self.now);
        let mut around = Surroundings::of(report.task, Some((incident, &others)), evidence, self.now);
        around.runbooks.clone_from(&self.delivery.rules.runbooks);
        around.elsewhere = self.trusted.elsewhere(report.task.account.as_deref()).map(str::to_owned);
        around.team = team;
        if let Some(why) = without {
            around.impact.insert(
                0,
                format!("the incidents are kept in memory, so this may come again for each instance: {why}"),
            );
        }
        let message = Message::failure(report, incident, due, &around, self.now);
        // What memory announced of the same failures while the table could not be used is not announced
        // again.
        let is_out = without.is_none() && due == Due::Opened && self.is_announced_by_memory(incident).await;
        let publication = Publication { messages: message.as_slice(), is_out, incident, due, culprit };
        let (done, after) = self.publish_and_note(publication, without).await?;
        match after {
            After::Nothing => Ok(done),
            After::AnnounceEnd(incident) => self.announce_end(&incident, without).await,
            After::ComeAgain => Err(Problem::ComeAgain),
        }
    }

    pub(super) async fn announce_end(
        &self,
        incident: &Incident,
        without: Option<&Unreachable>,
    ) -> Result<Done, Problem> {
        let messages = &[Message::resolved(incident)];
        let (due, culprit) = (Due::Resolved, Culprit::default());
        let publication = Publication { messages, is_out: false, incident, due, culprit };
        self.publish_and_note(publication, without).await.map(|(done, _)| done)
    }

    /// What is kept of a culprit, unless that is known: it is worth a line of the notice, and no more.
    pub(super) async fn culprit(
        &self,
        about: &About,
        known: &Culprit,
        without: Option<&Unreachable>,
    ) -> Culprit {
        if known.is_of(about) {
            return known.clone();
        }
        let kept = match (&self.delivery.table, without) {
            (Some(table), None) => self.within(SHARING, table.culprit(about)).await.and_then(|kept| kept),
            _ => self.delivery.memory.culprit(about).await,
        };
        kept.unwrap_or_default()
    }

    /// Publishes what is due, and records that.
    async fn publish_and_note(
        &self,
        Publication { messages, is_out, incident, due, culprit }: Publication<'_>,
        without: Option<&Unreachable>,
    ) -> Result<(Done, After), Problem> {
        let id = notice_id(incident, due);
        let is_out = is_out || self.delivery.unnoted().contains(&id);
        // What was published already is not published again.
        let messages = if is_out { &[] } else { messages };
        let out = self.publish(messages).await?;
        let noting =
            async { join(self.note(incident, due, without), self.share(incident, culprit, without)).await.0 };
        let noted = self.note_out(out, messages, noting).await;
        let mut unnoted = self.delivery.unnoted();
        match &noted {
            Ok(_) => _ = unnoted.remove(&id),
            Err(problem) => {
                if unnoted.len() < UNNOTED_NOTICES {
                    unnoted.insert(id);
                }
                self.report(Trouble::Unnoted(problem.to_string()));
            }
        }
        noted
    }

    /// Keeps what it happened to, for the notices of others.
    async fn share(&self, incident: &Incident, culprit: Culprit, without: Option<&Unreachable>) {
        let _ = match (&self.delivery.table, without) {
            (Some(table), None) => {
                self.within(SHARING, table.share(incident, culprit, self.now)).await.and_then(|kept| kept)
            }
            _ => self.delivery.memory.share(incident, culprit, self.now).await,
        };
    }

    /// Records that a storm announced an incident. If it was announced by itself, or an earlier one of its
    /// fingerprint was, machines know it by an id of its own, and get its end.
    pub(super) async fn note_announced_by_storm(
        &self,
        incident: &Incident,
        without: Option<&Unreachable>,
    ) -> Result<Done, Problem> {
        let due = if incident.announced == 0 { Due::Opened } else { Due::Resolved };
        let machines = async {
            if due == Due::Resolved && (incident.storm.page.is_none() || incident.serial > 0) {
                self.delivery.announcer.machines(&Message::resolved(incident), self).await;
            }
        };
        let noting = async { join(self.note(incident, due, without), machines).await.0 };
        Done::noted(Out::BEFORE, noting).await.and_then(|(done, after)| {
            if after == After::Nothing { Ok(done) } else { Err(Problem::ComeAgain) }
        })
    }

    /// Keeps that a notice is out, in a second try if need be.
    async fn note(
        &self,
        incident: &Incident,
        due: Due,
        without: Option<&Unreachable>,
    ) -> Result<After, Unreachable> {
        let clock = &self.delivery.clock;
        match (&self.delivery.table, without) {
            (Some(table), None) => {
                let noting = twice(clock, || async {
                    let noted = table.announced(incident, due, self.now).await;
                    let failed = noted.as_ref().err().cloned();
                    (noted, failed)
                });
                self.within(NOTING, noting).await.and_then(|(noted, _)| noted)
            }
            _ => self.delivery.memory.announced(incident, due, self.now).await,
        }
    }

    async fn is_announced_by_memory(&self, incident: &Incident) -> bool {
        self.delivery.table.is_some() && self.delivery.memory.has_announced(incident).await
    }

    /// Notifies people, as long as there is time.
    pub(super) async fn publish(&self, messages: &[Message]) -> Result<Out, Problem> {
        let publishing = self.within(FUNCTION, self.delivery.announcer.people(messages, self));
        Out::published(async { publishing.await.map_err(|Unreachable(why)| why)? }).await
    }

    /// Records that people were notified, and notifies the other channels meanwhile.
    pub(super) async fn note_out<T>(
        &self,
        out: Out,
        messages: &[Message],
        note: impl Future<Output = Result<T, Unreachable>>,
    ) -> Result<(Done, T), Problem> {
        let (noted, ()) = join(Done::noted(out, note), self.delivery.announcer.others(messages, self)).await;
        noted
    }
}
