//! Panics that go no further: a fault of ecs-triage in one message must not take its neighbors along.
//!
//! What a panic says is not repeated: it may hold what the message held. Where it happened is enough to find it.

use std::future::{Future, poll_fn};
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::task::Poll;

/// Work that ended in a panic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Panicked;

/// Lets every panic of the process be logged with its place, and without its words.
pub fn report_panics() {
    panic::set_hook(Box::new(|panic| {
        let at = panic.location().map(ToString::to_string);
        tracing::error!(at, "a fault of ecs-triage itself");
    }));
}

/// Does some work, and stops at its panic. What it shares with others stands behind locks that a panic leaves usable.
pub(super) fn guarded_now<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| Panicked)
}

/// The same for work that waits.
pub(super) fn guarded<T>(work: impl Future<Output = T>) -> impl Future<Output = Result<T, Panicked>> {
    // On the heap: the futures of the SDK are large.
    let mut work = Box::pin(work);
    poll_fn(move |context| match guarded_now(|| work.as_mut().poll(context)) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(done)) => Poll::Ready(Ok(done)),
        Err(panicked) => Poll::Ready(Err(panicked)),
    })
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;
    use std::process::Command;

    use super::{Panicked, guarded, guarded_now, report_panics};
    use futures_util::future::join_all;

    #[tokio::test]
    async fn a_panic_leaves_its_neighbors_be() {
        let works = (0..5).map(|number: u8| {
            guarded(async move {
                tokio::task::yield_now().await;
                assert!(number != 2, "hunter2");
                number
            })
        });
        assert_eq!(join_all(works).await, [Ok(0), Ok(1), Err(Panicked), Ok(3), Ok(4)]);
        assert_eq!(guarded_now(|| assert!(black_box(false), "hunter2")), Err(Panicked));
    }
    #[test]
    #[ignore = "it panics, in a process of its own"]
    fn a_panic_that_is_reported() {
        tracing_subscriber::fmt().with_writer(std::io::stderr).init();
        report_panics();
        assert!(black_box(false), "hunter2");
    }

    #[test]
    fn a_panic_is_reported_with_its_place_and_without_its_words() {
        let itself = std::env::current_exe().expect("the test is a program");
        let arguments = ["--exact", "function::guard::tests::a_panic_that_is_reported", "--ignored", "--nocapture"];
        let output = Command::new(itself).args(arguments).output().expect("it runs");
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        assert!(said.contains("guard.rs:") && said.contains("a fault of ecs-triage itself") && !said.contains("hunter2"), "{said}");
    }

    /// With another setting nothing is caught in a release.
    #[test]
    fn panics_unwind_in_a_release() {
        assert!(!include_str!("../../Cargo.toml").contains("panic = \"abort\""));
    }
}
