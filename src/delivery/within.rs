//! Work that is waited for no longer than a time.

use std::future::Future;
use std::pin::pin;

use futures_util::future::{Either, select};
use jiff::SignedDuration;

use super::ports::Clock;

/// What some work comes to, unless it takes longer; then it is dropped, and what it asked for may happen all the same.
pub(super) async fn within<T>(clock: &impl Clock, time: SignedDuration, work: impl Future<Output = T>) -> Option<T> {
    // On the heap: the futures of the SDK are large.
    match select(Box::pin(work), pin!(clock.sleep(time))).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(((), _)) => None,
    }
}
