//! The notices of storms: one announces many incidents.

use std::collections::HashSet;
use std::future::Future;

use super::Visit;
use super::announcer::Message;
use super::ports::World;
use super::trouble::{Problem, Trouble};
use crate::incident::Incident;
use crate::incident::store::Unreachable;
use crate::incident::storm::Telling;
use crate::limits::NOTING;

/// The notices of storms that are due.
#[derive(Debug, Default)]
pub(super) struct Storms {
    pub(super) table: Vec<Telling>,
    pub(super) memory: Vec<Telling>,
}

/// Which incidents the storms' notices announced, and why others were not announced.
#[derive(Debug, Default)]
pub(super) struct StormTold {
    members: HashSet<(String, u64)>,
    problem: Option<Problem>,
}

impl StormTold {
    fn keep(&mut self, telling: &Telling, told: Result<(), Problem>) {
        match told {
            Ok(()) => self
                .members
                .extend(telling.members.iter().map(|member| (member.fingerprint.clone(), member.serial))),
            Err(problem) => self.problem = Some(problem),
        }
    }

    pub(super) fn of(&self, incident: &Incident) -> Result<(), Problem> {
        let is_told = self.members.contains(&(incident.about.fingerprint.clone(), incident.serial));
        if is_told { Ok(()) } else { Err(self.problem.clone().unwrap_or(Problem::ComeAgain)) }
    }
}

impl<W: World> Visit<'_, W> {
    /// Publishes the storms' notices that are due, and records that.
    pub(super) async fn tell_storms(&self, storms: Storms) -> StormTold {
        let delivery = self.delivery;
        let mut told = StormTold::default();
        for telling in &storms.table {
            let Some(table) = &delivery.table else { continue };
            told.keep(
                telling,
                self.tell_storm(telling, false, table.storm_announced(telling, self.now)).await,
            );
        }
        for telling in &storms.memory {
            told.keep(
                telling,
                self.tell_storm(
                    telling,
                    delivery.table.is_some(),
                    delivery.memory.storm_announced(telling, self.now),
                )
                .await,
            );
        }
        told
    }

    async fn tell_storm(
        &self,
        telling: &Telling,
        in_memory: bool,
        note: impl Future<Output = Result<(), Unreachable>>,
    ) -> Result<(), Problem> {
        let messages = if telling.has_news() { Message::storm(telling, in_memory) } else { Vec::new() };
        let out = self.publish(&messages).await?;
        let noted = self.note_out(out, &messages, async { self.within(NOTING, note).await? }).await;
        noted.map(|_| ()).inspect_err(|problem| self.report(Trouble::Unnoted(problem.to_string())))
    }
}
