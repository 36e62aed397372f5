//! Panics that go no further: a fault of ecs-triage in one message must not take its neighbors along.
//!
//! What a panic says is not repeated: it may hold what the message held. Where it happened is enough to find
//! it.

use std::future::{Future, poll_fn};
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::task::Poll;

/// Work that ended in a panic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Panicked;

/// Has every panic of the process reported with its place, and without its message.
pub fn guard_panics(report: impl Fn(&str) + Send + Sync + 'static) {
    panic::set_hook(Box::new(move |panic| {
        report(&panic.location().map(ToString::to_string).unwrap_or_default());
    }));
}

/// Does some work, and stops at its panic. What it shares with others is behind locks that a panic leaves
/// usable.
pub(crate) fn guarded_now<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| Panicked)
}

/// The same for work that waits.
pub(crate) fn guarded<T>(work: impl Future<Output = T>) -> impl Future<Output = Result<T, Panicked>> {
    let mut work = Box::pin(work);
    poll_fn(move |context| match guarded_now(|| work.as_mut().poll(context)) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(done)) => Poll::Ready(Ok(done)),
        Err(panicked) => Poll::Ready(Err(panicked)),
    })
}

#[cfg(test)]
mod tests {
    use std::future::{Future as _, poll_fn};
    use std::hint::black_box;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::{Panicked, guarded, guarded_now};
    use futures_util::future::join_all;

    /// Yields to others, once.
    async fn step() {
        let mut waited = false;
        poll_fn(|context| {
            context.waker().wake_by_ref();
            if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    #[test]
    fn a_panic_leaves_its_neighbors_be() {
        let works = (0..5).map(|number: u8| {
            guarded(async move {
                step().await;
                assert!(number != 2, "hunter2");
                number
            })
        });
        let mut works = pin!(join_all(works));
        let mut poll = || works.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(poll().is_pending());
        assert_eq!(poll(), Poll::Ready(vec![Ok(0), Ok(1), Err(Panicked), Ok(3), Ok(4)]));
        assert_eq!(guarded_now(|| assert!(black_box(false), "hunter2")), Err(Panicked));
    }

    /// With another setting nothing is caught in a release.
    #[test]
    fn panics_unwind_in_a_release() {
        assert!(!include_str!("../../Cargo.toml").contains("panic = \"abort\""));
    }
}
