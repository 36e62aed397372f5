//! Every bound of delivery in one place, each named for what it bounds. `tests/template.rs` ties them to each
//! other and to the template.

use jiff::SignedDuration;

/// The function's own time: the template's `Timeout`. Lambda ends an instance then.
pub const FUNCTION: SignedDuration = SignedDuration::from_secs(75);
/// As long as a message stays hidden after it was received: the template's `VisibilityTimeout`.
pub const HIDDEN: SignedDuration = SignedDuration::from_secs(450);
/// As often as a message is received before it is a dead letter: the template's `maxReceiveCount`. Hidden for
/// seven and a half minutes each, it outlasts an outage of five hours.
pub const RECEIVES: u32 = 40;
/// As long as a message waits in the queue at most: the template's `MessageRetentionPeriod`.
pub const RETAINED: SignedDuration = SignedDuration::from_hours(48);

/// So many instances work on the queue at once: the template's `MaximumConcurrency`.
pub const INSTANCES: usize = 5;

/// As far as the clocks of two instances may differ.
pub const CLOCKS_APART: SignedDuration = SignedDuration::from_secs(20);
/// As far as an event may be dated later than it comes: what is dated later still happened now.
pub const DATED_LATER: SignedDuration = SignedDuration::from_mins(5);
/// As long as a claim to announce holds: no holder lives longer, as another's clock tells.
pub const CLAIM: SignedDuration = SignedDuration::from_secs(105);

/// As long as one invocation waits for the table to record what it brought: the longest chain of its calls, a
/// storm's second page, has nine, and each may take almost three seconds. After that it goes on in memory.
pub const RECORDING: SignedDuration = SignedDuration::from_secs(26);
/// As long as AWS is asked for what an event leaves untold, before anything of it is recorded. What asking takes
/// after that is shorter then.
pub const LOOKING: SignedDuration = SignedDuration::from_secs(10);
/// As long as AWS is asked about a failure. After that what is known is announced.
pub const ASKING: SignedDuration = SignedDuration::from_secs(15);
/// As long as one notice may take to be published, with the SDK's retries.
pub const PUBLISHING: SignedDuration = SignedDuration::from_secs(8);
/// As long as one invocation waits for the table to note what it published.
pub const NOTING: SignedDuration = SignedDuration::from_secs(19);
/// As long as a notice waits for the table to tell which others have the same culprit: it is worth a line,
/// and no more.
pub const SHARING: SignedDuration = SignedDuration::from_secs(2);
/// Of the function's own time, what is left to answer in: by then an invocation has given up on everything.
pub const ANSWERING: SignedDuration = SignedDuration::from_secs(5);
/// Before the table is tried a second time.
pub const SECOND_TRY: SignedDuration = SignedDuration::from_secs(1);

/// As long as the answer of a door may take to be made, so that CloudFormation, which waits thirty seconds,
/// has it in time.
pub const DOOR: SignedDuration = SignedDuration::from_secs(20);
/// Of that, as long as AWS is asked.
pub const DOOR_ASKING: SignedDuration = SignedDuration::from_secs(15);
/// As long as a presigned URL may take to be read, or to be written once.
pub const DOOR_ANSWERS: SignedDuration = SignedDuration::from_secs(4);
/// Rounds of questions of a check at a door.
pub const DOOR_ROUNDS: usize = 5;
/// Questions of one definition at a door.
pub const DOOR_QUESTIONS: usize = 200;
/// As often as ECS is told to call again because a question could not be answered.
pub const DEPLOYMENT_TRIES: u64 = 2;
/// After so long.
pub const TRY_AGAIN: SignedDuration = SignedDuration::from_secs(30);
/// As often as CloudFormation calls for one resource.
pub const HOOK_TRIES: u64 = 3;

/// As long as AWS is asked about the clusters that are checked on a schedule: so many questions at
/// [`ROTATION_AT_ONCE`] in a second.
pub const SCHEDULED_ASKING: SignedDuration = SignedDuration::from_mins(12);
/// The time of a function that does so: the template's `Timeout` then.
pub const SCHEDULED_FUNCTION: SignedDuration = SignedDuration::from_mins(15);

/// As long as a change of a value waits before anybody looks who holds the old one: the template's `DelaySeconds`
/// of the queue of rotations. What is replaced by then needs no word.
pub const ROTATION_DELAY: SignedDuration = SignedDuration::from_mins(5);
/// Until a change is looked at again whose old value some task holds: that queue's `VisibilityTimeout`.
pub const ROTATION_AGAIN: SignedDuration = SignedDuration::from_mins(30);
/// As long as a change is followed. What tasks hold after that is told once more, and no more.
pub const ROTATION_FOLLOWED: SignedDuration = SignedDuration::from_hours(48);
/// As often as a message of that queue is received before it is a dead letter: its `maxReceiveCount`.
pub const ROTATION_RECEIVES: u32 = 100;
/// As long as a message waits in that queue at most: its `MessageRetentionPeriod`.
pub const ROTATION_RETAINED: SignedDuration = SignedDuration::from_hours(72);
/// As long as it is kept who was told to hold an old value.
pub const ROTATION_KEPT: SignedDuration = SignedDuration::from_hours(96);
/// As long as one look asks AWS for running tasks and their definitions.
pub const ROTATION_ASKING: SignedDuration = SignedDuration::from_secs(30);
/// So many questions of a look go out at once, and so many in a second: ECS counts the calls of the whole account,
/// and deployments need theirs.
pub const ROTATION_AT_ONCE: usize = 25;
/// Of so many clusters of a Region the tasks are listed.
pub const ROTATION_CLUSTERS: usize = 100;
/// So many workloads a notice names; of more the number is told.
pub const ROTATION_HOLDERS: usize = 500;

/// So many services of a cluster are checked at once.
pub const CLUSTER_SERVICES: usize = 1000;
/// So many questions a check of a cluster asks: at [`ROTATION_AT_ONCE`] in a second, a quarter of an hour.
pub const CLUSTER_QUESTIONS: usize = 20_000;
/// As often as answers of such a check may lead to new questions: the list, services, definitions, and what these
/// refer to.
pub const CLUSTER_ROUNDS: usize = 9;

/// A workload that has been silent for so long has no open incident: what fails then is another one.
pub const SILENCE: SignedDuration = SignedDuration::from_hours(24);
/// As long as an incident is kept after it was written: longer than anybody asks for it.
pub const INCIDENT_KEPT: SignedDuration = SignedDuration::from_hours(48);
/// As long as an index is kept: longer than a workload fails without ever being well.
pub const INDEX_KEPT: SignedDuration = SignedDuration::from_hours(365 * 24);
/// After so long nobody comes again any more who was to announce the beginning of an incident, unless the
/// queue is far behind.
pub const BEGINNING_AWAITED: SignedDuration = SignedDuration::from_mins(75);

/// An incident that begins within so long of its predecessor's end flaps.
pub const FLAPPING_WITHIN: SignedDuration = SignedDuration::from_hours(1);
/// After so many in a row its end is told only once it has not failed for [`FLAPPING_QUIET`].
pub const FLAPS: u32 = 3;
/// As long as a workload that flaps must not fail to be over.
pub const FLAPPING_QUIET: SignedDuration = SignedDuration::from_mins(15);
/// Of a workload, so many open incidents are indexed.
pub const INDEXED: usize = 100;

/// More workloads than this are a storm. In the memory of each of [`INSTANCES`] its share of them is one.
pub const STORM_WORKLOADS: usize = 20;
/// If they fail alike within this time.
pub const STORM_WINDOW: SignedDuration = SignedDuration::from_mins(5);
/// A storm none of whose members has failed for so long is over: what fails alike then is another.
pub const STORM_SILENCE: SignedDuration = SignedDuration::from_hours(1);
/// As often as a storm notes that its members still fail.
pub const STORM_TOUCHED: SignedDuration = SignedDuration::from_mins(10);
/// With so many pages that nobody has told of yet, a storm's notice is due at once: the item stays small.
pub const STORM_PAGES: usize = 64;
/// Of so many clusters a storm knows how many members were told.
pub const STORM_CLUSTERS: usize = 50;

/// Failures counted in an incident are known by their ids; one that comes again after so many others is
/// counted again.
pub const COUNTED_IDS: usize = 256;
/// As often as somebody may come between before a change of a document is given up.
pub const CHANGE_TRIES: u32 = 64;
/// So many documents are kept where there is no table.
pub const MEMORY_DOCUMENTS: usize = 20_000;
/// So many notices that are out and could not be noted are remembered.
pub const UNNOTED_NOTICES: usize = 10_000;
