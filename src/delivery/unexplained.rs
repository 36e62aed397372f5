//! Events that do not say why: the tasks or logs that do take their place, before anything is recorded.

use futures_util::future::join_all;

use super::guard::guarded;
use super::ports::{Clock as _, World};
use super::trouble::Problem;
use super::within::Timely;
use super::{NO_LOGS, Visit};
use crate::event::{Entry, InputError, Task};
use crate::limits::LOOKING;
use crate::question::Evidence;
use crate::stopped;
use crate::triage::Narrowed;

impl<W: World> Visit<'_, W> {
    /// Puts what says why in the place of an event that does not.
    pub(super) async fn look(&self, entries: &mut [Entry], refused: &[Option<Problem>]) {
        let super::Delivery { prober, clock, rules, .. } = self.delivery;
        let until = clock.now() + LOOKING;
        let look = async |read: Result<Task, InputError>| match read {
            Ok(task) if rules.reads_logs || !task.exited_early() => {
                let prober = Narrowed {
                    prober: Timely { prober: &self.in_account(prober, &task), clock, until },
                    scope: rules.probing,
                    logs: (!rules.reads_logs).then_some(NO_LOGS),
                };
                let mut evidence = Evidence::default();
                let explaining = stopped::explaining_tasks(&prober, &task, &mut evidence);
                let tasks = guarded(explaining).await.ok().flatten();
                tasks.unwrap_or_else(|| vec![task]).into_iter().map(Ok).collect()
            }
            other => vec![other],
        };
        let admitted = entries.iter_mut().zip(refused).filter(|(_, refused)| refused.is_none());
        join_all(admitted.map(async |(entry, _)| {
            let tasks: Vec<Vec<_>> = join_all(std::mem::take(&mut entry.tasks).into_iter().map(look)).await;
            entry.tasks = tasks.into_iter().flatten().collect();
        }))
        .await;
    }
}
