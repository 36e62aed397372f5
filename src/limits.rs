//! Every bound of delivery in one place, each named for what it bounds. `tests/template.rs` ties them to each
//! other and to the template.

use jiff::SignedDuration;

/// The function's own time: the template's `Timeout`. Lambda ends an instance then.
pub const FUNCTION: SignedDuration = SignedDuration::from_secs(75);
/// How long a message stays hidden after it was received: the template's `VisibilityTimeout`.
pub const HIDDEN: SignedDuration = SignedDuration::from_secs(450);
/// How often a message is received before it is a dead letter: the template's `maxReceiveCount`. Hidden for
/// seven and a half minutes each, it outlasts an outage of five hours.
pub const RECEIVES: u32 = 40;
/// How long a message waits in the queue at most: the template's `MessageRetentionPeriod`.
pub const RETAINED: SignedDuration = SignedDuration::from_hours(48);

/// The most instances that work on the queue at once: the template's `MaximumConcurrency`.
pub const INSTANCES: usize = 5;

/// How far the clocks of two instances may differ.
pub const CLOCKS_APART: SignedDuration = SignedDuration::from_secs(20);
/// How much later than its arrival an event may be dated. A later date is replaced by the arrival.
pub const DATED_LATER: SignedDuration = SignedDuration::from_mins(5);
/// How long a claim to announce holds: by any instance's clock longer than its holder can live.
pub const CLAIM: SignedDuration = SignedDuration::from_secs(105);

/// How long an instance waits for its connections before it asks for the first event.
pub const CONNECTING: SignedDuration = SignedDuration::from_secs(1);

/// How long one invocation waits for the table to record what it brought: the longest chain of its calls, a
/// storm's second page, has nine, and each may take almost three seconds. After that it goes on in memory.
pub const RECORDING: SignedDuration = SignedDuration::from_secs(26);
/// How long AWS is asked for what an event does not say, before anything of it is recorded. That much less
/// time is left to ask later.
pub const LOOKING: SignedDuration = SignedDuration::from_secs(10);
/// How long AWS is asked about a failure. After that what is known is announced.
pub const ASKING: SignedDuration = SignedDuration::from_secs(15);
/// How long one notice may take to be published, with the SDK's retries.
pub const PUBLISHING: SignedDuration = SignedDuration::from_secs(8);
/// How long one invocation waits for the table to note what it published.
pub const NOTING: SignedDuration = SignedDuration::from_secs(19);
/// How long a notice waits for the table to say which others have the same culprit: that is one line of it,
/// so not long.
pub const SHARING: SignedDuration = SignedDuration::from_secs(2);
/// The part of the function's own time that is left to answer in: by then an invocation has given up on
/// everything.
pub const ANSWERING: SignedDuration = SignedDuration::from_secs(5);
/// How long to wait before the table is tried a second time.
pub const SECOND_TRY: SignedDuration = SignedDuration::from_secs(1);

/// How long the answer of a door may take, so that CloudFormation, which waits thirty seconds, has it in
/// time.
pub const DOOR: SignedDuration = SignedDuration::from_secs(20);
/// The part of it in which AWS is asked.
pub const DOOR_ASKING: SignedDuration = SignedDuration::from_secs(15);
/// How long one read of a presigned URL, or one write, may take.
pub const DOOR_ANSWERS: SignedDuration = SignedDuration::from_secs(4);
/// The most rounds of questions of a check at a door.
pub const DOOR_ROUNDS: usize = 5;
/// The most questions about one definition at a door.
pub const DOOR_QUESTIONS: usize = 200;
/// How often ECS is answered that it should call again, because a question could not be answered.
pub const DEPLOYMENT_TRIES: u64 = 2;
/// How long ECS waits before it calls again.
pub const TRY_AGAIN: SignedDuration = SignedDuration::from_secs(30);
/// How often CloudFormation calls for one resource.
pub const HOOK_TRIES: u64 = 3;

/// How long AWS is asked about the clusters that are checked on a schedule, at [`ROTATION_AT_ONCE`] questions
/// a second.
pub const SCHEDULED_ASKING: SignedDuration = SignedDuration::from_mins(12);
/// The time of the function that checks on a schedule: the template's `Timeout` then.
pub const SCHEDULED_FUNCTION: SignedDuration = SignedDuration::from_mins(15);

/// How long a change of a value waits before the first look at which tasks hold the old one: the template's
/// `DelaySeconds` of the queue of rotations. Tasks that are replaced by then need no notice.
pub const ROTATION_DELAY: SignedDuration = SignedDuration::from_mins(5);
/// How long until the next look at a change whose old value some task holds: that queue's
/// `VisibilityTimeout`.
pub const ROTATION_AGAIN: SignedDuration = SignedDuration::from_mins(30);
/// How long a change is followed. Tasks that hold the old value after that are reported once more, and no
/// more.
pub const ROTATION_FOLLOWED: SignedDuration = SignedDuration::from_hours(48);
/// How often a message of that queue is received before it is a dead letter: its `maxReceiveCount`.
pub const ROTATION_RECEIVES: u32 = 100;
/// How long a message waits in that queue at most: its `MessageRetentionPeriod`.
pub const ROTATION_RETAINED: SignedDuration = SignedDuration::from_hours(72);
/// How long the tasks are kept that were reported to hold an old value.
pub const ROTATION_KEPT: SignedDuration = SignedDuration::from_hours(96);
/// How long one look asks AWS for running tasks and their definitions.
pub const ROTATION_ASKING: SignedDuration = SignedDuration::from_secs(30);
/// The most questions of a look at once, and in a second: ECS counts the calls of the whole account, and
/// deployments need theirs.
pub const ROTATION_AT_ONCE: usize = 25;
/// The most clusters of a Region whose tasks are listed.
pub const ROTATION_CLUSTERS: usize = 100;
/// The most workloads that a notice names; of more it has the number.
pub const ROTATION_HOLDERS: usize = 500;

/// The most services of a cluster that one check covers.
pub const CLUSTER_SERVICES: usize = 1000;
/// The most questions of a check of a cluster: at [`ROTATION_AT_ONCE`] in a second, a quarter of an hour.
pub const CLUSTER_QUESTIONS: usize = 20_000;
/// The most rounds of questions of such a check: the list, services, definitions, and what these refer to.
pub const CLUSTER_ROUNDS: usize = 9;

/// A workload that has not failed for this long has no open incident: a failure after that opens another.
pub const SILENCE: SignedDuration = SignedDuration::from_hours(24);
/// How long an incident is kept after it was written: longer than anything still reads it.
pub const INCIDENT_KEPT: SignedDuration = SignedDuration::from_hours(48);
/// How long an index is kept: longer than a workload fails without recovering.
pub const INDEX_KEPT: SignedDuration = SignedDuration::from_hours(365 * 24);
/// After this no redelivery comes any more that was to announce the beginning of an incident, unless the
/// queue is far behind.
pub const BEGINNING_AWAITED: SignedDuration = SignedDuration::from_mins(75);

/// An incident that begins this soon after the previous one's end flaps.
pub const FLAPPING_WITHIN: SignedDuration = SignedDuration::from_hours(1);
/// After this many in a row an end is announced only once the workload has not failed for [`FLAPPING_QUIET`].
pub const FLAPS: u32 = 3;
/// How long a flapping workload must not fail for its incident to be over.
pub const FLAPPING_QUIET: SignedDuration = SignedDuration::from_mins(15);
/// The most open incidents of a workload that are indexed.
pub const INDEXED: usize = 100;

/// More workloads than this are a storm. In the memory of one of [`INSTANCES`] its share of this number is
/// enough.
pub const STORM_WORKLOADS: usize = 20;
/// The time within which they must fail in the same way.
pub const STORM_WINDOW: SignedDuration = SignedDuration::from_mins(5);
/// A storm none of whose members has failed for this long is over: what fails in the same way then is another
/// storm.
pub const STORM_SILENCE: SignedDuration = SignedDuration::from_hours(1);
/// How often a storm notes that its members still fail.
pub const STORM_TOUCHED: SignedDuration = SignedDuration::from_mins(10);
/// With so many pages that no notice has listed yet, a storm's notice is due at once: the item stays small.
pub const STORM_PAGES: usize = 64;
/// The most clusters for which a storm counts the members that were announced.
pub const STORM_CLUSTERS: usize = 50;

/// The most ids of failures that an incident remembers: a redelivery after more others is counted again.
pub const COUNTED_IDS: usize = 256;
/// How often another instance may come between before a change of a document is given up.
pub const CHANGE_TRIES: u32 = 64;
/// The most documents that are kept where there is no table.
pub const MEMORY_DOCUMENTS: usize = 20_000;
/// The most notices that are remembered because they were published and could not be noted.
pub const UNNOTED_NOTICES: usize = 10_000;
