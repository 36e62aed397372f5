//! Work that is waited for no longer than a time.

use std::future::Future;
use std::pin::pin;

use futures_util::future::{Either, select};
use jiff::{SignedDuration, Timestamp};

use super::ports::Clock;
use crate::incident::store::Unreachable;
use crate::limits::SECOND_TRY;
use crate::question::{Answer, Question};
use crate::triage::Prober;

/// What some work comes to, unless it takes longer; then it is dropped, and what it asked for may happen all
/// the same.
pub(crate) async fn within<T>(
    clock: &impl Clock,
    time: SignedDuration,
    work: impl Future<Output = T>,
) -> Option<T> {
    match select(pin!(work), pin!(clock.sleep(time))).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(((), _)) => None,
    }
}

/// A prober that is waited for until a time.
pub(crate) struct Timely<'d, P, C> {
    pub(crate) prober: &'d P,
    pub(crate) clock: &'d C,
    pub(crate) until: Timestamp,
}

impl<P: Prober + Sync, C: Clock + Sync> Prober for Timely<'_, P, C> {
    async fn ask(&self, question: &Question) -> Answer {
        let left = self.until.duration_since(self.clock.now()).max(SignedDuration::ZERO);
        let late = || Answer::Unknown("no answer before the deadline".to_owned());
        within(self.clock, left, self.prober.ask(question)).await.unwrap_or_else(late)
    }

    fn is_throttled(&self, answer: &Answer) -> bool {
        self.prober.is_throttled(answer)
    }
}

/// Tries a second time after a while where the first failed.
pub(super) async fn twice<T, F: Future<Output = (T, Option<Unreachable>)>>(
    clock: &impl Clock,
    work: impl Fn() -> F,
) -> (T, Option<Unreachable>) {
    let first = work().await;
    if first.1.is_none() {
        return first;
    }
    clock.sleep(SECOND_TRY).await;
    work().await
}
