//! The notices of storms: one announces many incidents.

use std::collections::HashSet;
use std::future::Future;

use super::Visit;
use super::announcer::Message;
use super::ports::World;
use super::trouble::{Problem, Trouble};
use crate::incident::Incident;
use crate::incident::store::Unreachable;
use crate::incident::storm::DueNotice;
use crate::limits::NOTING;

/// The notices of storms that are due.
#[derive(Debug, Default)]
pub(super) struct Storms {
    pub(super) table: Vec<DueNotice>,
    pub(super) memory: Vec<DueNotice>,
}

/// Which incidents the storms' notices announced, and why others were not announced.
#[derive(Debug, Default)]
pub(super) struct StormResults {
    members: HashSet<(String, u64)>,
    problem: Option<Problem>,
}

impl StormResults {
    fn keep(&mut self, due_notice: &DueNotice, published: Result<(), Problem>) {
        match published {
            Ok(()) => self
                .members
                .extend(due_notice.members.iter().map(|member| (member.fingerprint.clone(), member.serial))),
            Err(problem) => self.problem = Some(problem),
        }
    }

    pub(super) fn of(&self, incident: &Incident) -> Result<(), Problem> {
        let is_announced = self.members.contains(&(incident.about.fingerprint.clone(), incident.serial));
        if is_announced { Ok(()) } else { Err(self.problem.clone().unwrap_or(Problem::ComeAgain)) }
    }
}

impl<W: World> Visit<'_, W> {
    /// Publishes the storms' notices that are due, and records that.
    pub(super) async fn announce_storms(&self, storms: Storms) -> StormResults {
        let delivery = self.delivery;
        let mut results = StormResults::default();
        for due_notice in &storms.table {
            let Some(table) = &delivery.table else { continue };
            results.keep(
                due_notice,
                self.announce_storm(due_notice, false, table.storm_announced(due_notice, self.now)).await,
            );
        }
        for due_notice in &storms.memory {
            results.keep(
                due_notice,
                self.announce_storm(
                    due_notice,
                    delivery.table.is_some(),
                    delivery.memory.storm_announced(due_notice, self.now),
                )
                .await,
            );
        }
        results
    }

    async fn announce_storm(
        &self,
        due_notice: &DueNotice,
        in_memory: bool,
        note: impl Future<Output = Result<(), Unreachable>>,
    ) -> Result<(), Problem> {
        let messages =
            if due_notice.has_unannounced() { Message::storm(due_notice, in_memory) } else { Vec::new() };
        let out = self.publish(&messages).await?;
        let noted = self.note_out(out, &messages, async { self.within(NOTING, note).await? }).await;
        noted.map(|_| ()).inspect_err(|problem| self.report(Trouble::Unnoted(problem.to_string())))
    }
}
