//! The SNS notice: subject, body, and the attributes that filter policies select by.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use jiff::Timestamp;

use super::body;
use crate::arn::Arn;
use crate::causes::{Command, NameKind};
use crate::context::{Surroundings, minute, occurrences, span};
use crate::diagnosis::{Diagnosis, Report};
use crate::event::{Source, Task};
use crate::incident::storm::{Member, Phase, Telling};
use crate::incident::{About, Due, Incident};

/// SNS takes fewer than 100 characters.
const LONGEST_SUBJECT: usize = 99;
/// SNS takes 262,144 bytes, attributes included.
const LONGEST_MESSAGE: usize = 262_144;
const LONGEST_BODY: usize = 256_000;
/// Of an attribute with one value: no name of AWS is longer.
const LONGEST_VALUE: usize = 1_024;
/// What SNS adds to each attribute and each value.
const AROUND: usize = 32;

/// Causes of a storm's workloads told, the most frequent first.
const STORM_CAUSES: usize = 3;

/// What is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Printable ASCII in one line, at most 99 characters.
    pub subject: String,
    /// The text, at most 256,000 bytes.
    pub body: String,
    /// Name and value, each a String attribute; absent facts have none.
    pub attributes: Vec<(&'static str, String)>,
    /// Name and values, each a String.Array attribute, of which a filter policy needs to want but one.
    pub lists: Vec<(&'static str, Vec<String>)>,
}

/// The notice of a failure that is in `state`, with what surrounds it; `None` where there is nothing to
/// announce.
#[must_use]
pub fn of(report: &Report<'_>, state: &str, around: &Surroundings) -> Option<Notice> {
    let best = report.diagnoses.first()?;
    let task = report.task;
    let workload = task.workload.as_ref().map(|workload| workload.name.as_str());
    let is = match task.source {
        Source::Forecast { blocked: true } => "deployment blocked",
        Source::Forecast { blocked: false } => "would not start",
        _ if state == Due::StillFailing.as_str() => "still not starting",
        _ => "not starting",
    };
    let front = front(task.cluster.as_deref(), task.account.as_deref(), task.region.as_deref());
    let front = format!("{front} {} {is}: ", workload.unwrap_or("task"));
    let subject = format!("{front}{}", short_title(best, LONGEST_SUBJECT.saturating_sub(front.len())));
    Some(Notice::new(
        &subject,
        body::failure(report, best, around),
        attributes(facts(report, best, state)),
        Vec::new(),
    ))
}

/// The notice of a deployment that waits for a person, with what a check says of it and the commands that go
/// on.
#[must_use]
pub fn waiting(task: &Task, stage: &str, said: &str, hook: Option<&str>) -> Notice {
    let workload = task.workload.as_ref().map(|workload| workload.name.as_str());
    let front = front(task.cluster.as_deref(), task.account.as_deref(), task.region.as_deref());
    let command = |words| {
        hook.map(|hook| {
            format!(
                "{}\n",
                Command::aws(words, task.region.as_deref()).name("--hook-id", NameKind::Hook, hook)
            )
        })
        .unwrap_or_default()
    };
    let text = format!(
        "The deployment of {} waits at {stage}\n\n{said}\n\nWHAT TO DO\n1. Continue it:\n{}2. Or roll it back:\n{}",
        body::place(task),
        command("ecs continue-service-deployment --action CONTINUE"),
        command("ecs continue-service-deployment --action ROLLBACK"),
    );
    let facts = [
        Some("waiting"),
        None,
        None,
        None,
        None,
        None,
        task.cluster.as_deref(),
        workload,
        task.account.as_deref(),
        task.region.as_deref(),
    ];
    let first = said.lines().next().unwrap_or_default().trim_start_matches("ecs-triage: ");
    Notice::new(
        &format!("{front} {} deployment waits: {first}", workload.unwrap_or("task")),
        text,
        attributes(facts),
        Vec::new(),
    )
}

/// The notice of a failure of which nothing is known beside it.
#[must_use]
pub fn notice(report: &Report<'_>) -> Option<Notice> {
    of(report, Due::Opened.as_str(), &Surroundings::default())
}

/// The notice that an incident is over.
#[must_use]
pub fn resolved(incident: &Incident) -> Notice {
    let about = &incident.about;
    let until = incident.resolved.unwrap_or(incident.last_seen);
    let lasted = span(until.duration_since(incident.first_seen));
    let place: Vec<&str> =
        [&about.region, &about.account].into_iter().flatten().map(String::as_str).collect();
    let recovered = if about.is_forecast { "deployable" } else { "recovered" };
    let text = format!(
        "{} in {} ({}) {}\n\nIMPACT: {} since {}, the last at {}; {recovered} at {}, after {lasted}\nCAUSE: {} ({})\nWAS: {}\n\nIncident {}\n",
        about.workload.as_deref().unwrap_or("the task"),
        about.cluster.as_deref().unwrap_or("the default cluster"),
        place.join(", "),
        if about.is_forecast { "can be deployed again" } else { "has recovered" },
        occurrences(about, incident.occurrences),
        minute(incident.first_seen),
        minute(incident.last_seen),
        minute(until),
        about.cause,
        about.verdict,
        about.title,
        about.fingerprint,
    );
    let front = front(about.cluster.as_deref(), about.account.as_deref(), about.region.as_deref());
    let subject = format!(
        "{front} {} {recovered} after {lasted}: {}",
        about.workload.as_deref().unwrap_or("task"),
        about.title
    );
    Notice::new(&subject, text, of_about(Due::Resolved.as_str(), about), Vec::new())
}

/// The notice that says of itself that it is a test of the function in this account and Region: nothing
/// fails. It has every attribute, so that no filter misses one, and those that are wished for as they are
/// wished.
///
/// # Errors
///
/// In words, where a notice has no attribute of a wished name.
pub fn selftest(
    own: Option<(&str, &str)>,
    wished: &BTreeMap<String, String>,
    at: Timestamp,
) -> Result<Notice, String> {
    if let Some(unknown) = wished.keys().find(|name| !NAMES.contains(&name.as_str())) {
        return Err(format!("a notice has no attribute {unknown:?}; it has {}", NAMES.join(", ")));
    }
    let (account, region) = own.unzip();
    let value = |name: &str| match (wished.get(name), name) {
        (Some(value), _) => value.clone(),
        (None, "account") => account.unwrap_or("selftest").to_owned(),
        (None, "region") => region.unwrap_or("selftest").to_owned(),
        (None, _) => "selftest".to_owned(),
    };
    let values = NAMES.map(value);
    let attributes = attributes(values.each_ref().map(|value| Some(value.as_str())));
    let told: Vec<String> = attributes.iter().map(|(name, value)| format!("- {name}: {value}")).collect();
    let text = format!(
        "This is a test of ecs-triage: nothing fails, and there is nothing to do\n{}\n\nIt shows that notices reach you. Subscriptions can filter by its \
         attributes:\n{}\n",
        minute(at),
        told.join("\n"),
    );
    let title =
        format!("{} this is a test of ecs-triage: nothing fails", front(Some("selftest"), account, region));
    Ok(Notice::new(&title, text, attributes, Vec::new()))
}

/// The notices of many workloads that fail alike, or have recovered: for each cluster that has new ones,
/// under its name. Filter policies ask for a cluster, a workload or an owner, and each must hear of what it
/// would have heard of one by one. Without new ones each cluster is reminded.
#[must_use]
pub fn storm(telling: &Telling) -> Vec<(String, Notice)> {
    let mut clusters: BTreeMap<&str, Vec<&Member>> = BTreeMap::new();
    for member in &telling.members {
        clusters.entry(member.place().0).or_default().push(member);
    }
    if clusters.is_empty() && telling.phase == Phase::Begun {
        clusters.extend(telling.before.keys().map(|cluster| (cluster.as_str(), Vec::new())));
    }
    let is_news = |members: &[&Member]| members.is_empty() || members.iter().any(|member| !member.told);
    let with_new = clusters.into_iter().filter(|(_, members)| is_news(members));
    with_new.map(|(cluster, members)| (cluster.to_owned(), of_cluster(telling, cluster, &members))).collect()
}

fn of_cluster(telling: &Telling, cluster: &str, members: &[&Member]) -> Notice {
    let about = &telling.about;
    let state = if telling.phase == Phase::Begun { "storm" } else { Due::Resolved.as_str() };
    let (title, text) = storm_text(telling, cluster, members);
    let front = front(Some(cluster), about.account.as_deref(), about.region.as_deref());
    let all = |of: fn(&Member) -> &str, otherwise: &str| {
        let words: BTreeSet<&str> =
            members.iter().map(|member| of(member)).filter(|word| !word.is_empty()).collect();
        if words.is_empty() { vec![safe(otherwise)] } else { words.into_iter().map(safe).collect() }
    };
    let (mut single, mut lists) = (of_about(state, about), Vec::new());
    for (name, values) in [
        ("cause", all(|member| &member.cause, &about.cause)),
        ("verdict", all(|member| &member.verdict, &about.verdict)),
        ("owner", all(|member| &member.owner, &about.owner)),
        ("cluster", vec![safe(cluster)]),
        ("workload", all(|member| member.place().1, "")),
    ] {
        single.retain(|(other, _)| *other != name);
        match &values[..] {
            [value] => single.push((name, value.clone())),
            _ => lists.push((name, values)),
        }
    }
    single.retain(|(_, value)| !value.is_empty());
    Notice::new(&format!("{front} storm: {title}"), text, single, lists)
}

/// What happened, in a few words, and the body, in the order of any other notice.
fn storm_text(telling: &Telling, cluster: &str, members: &[&Member]) -> (String, String) {
    let about = &telling.about;
    let workloads: BTreeSet<&str> = members.iter().map(|member| member.workload.as_str()).collect();
    let before = telling.before.get(cluster).copied().unwrap_or_default();
    let begun = workloads.len() as u64 + before;
    let counted =
        |count: u64| if count == 1 { "1 workload".to_owned() } else { format!("{count} workloads") };
    let kind = format!("{}/{}", about.step, about.fault);
    let place: Vec<&str> =
        [&about.region, &about.account].into_iter().flatten().map(String::as_str).collect();
    let place = format!("{cluster} ({})", place.join(", "));
    let is_over = telling.phase == Phase::Ended;
    let (title, mut text) = if is_over {
        let well = counted(workloads.len() as u64);
        let text = format!(
            "{well} recovered that failed in the same way\n{place}\n\nIMPACT: {well} of {before} start again\n"
        );
        (format!("{well} recovered: {kind}"), text)
    } else {
        let elsewhere = match telling.joined.saturating_sub(begun) {
            0 => String::new(),
            more => format!("; {more} more in other clusters"),
        };
        let fail = counted(begun);
        let text = format!(
            "{fail} not starting, all in the same way: one cause is likely behind them\n{place}\n\nIMPACT: {fail} not starting{elsewhere}\n"
        );
        (format!("{fail} not starting: {kind}"), text)
    };
    let _ = writeln!(text, "FAULT: {kind}");
    let mut causes: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    for member in members.iter().filter(|member| !member.cause.is_empty()) {
        *causes.entry((&member.cause, &member.verdict, &member.owner)).or_default() += 1;
    }
    let mut causes: Vec<_> = causes.into_iter().collect();
    causes.sort_by_key(|(_, count)| Reverse(*count));
    for ((cause, verdict, owner), count) in causes.iter().take(STORM_CAUSES) {
        let owner = if owner.is_empty() { String::new() } else { format!("; owner: {owner}") };
        let _ = writeln!(text, "CAUSE: {cause} ({verdict}), {}{owner}", counted(*count as u64));
    }
    if !is_over {
        text.push_str(
            "\nWHAT TO DO\n1. Look at what they share: a role, a key, a VPC, the service itself.\n2. Read the diagnosis of one of them: each is in the journal.\n",
        );
    }
    text.push_str("\nWORKLOADS\n");
    for member in members {
        let _ = writeln!(
            text,
            "  {}  {}{}",
            member.workload,
            if member.told || is_over { "" } else { "new: " },
            member.title
        );
    }
    if !is_over && before > 0 {
        let _ = writeln!(
            text,
            "  and {before} that {} announced before",
            if before == 1 { "was" } else { "were" }
        );
    }
    let _ = write!(text, "\nIncident {}/{cluster}\n", telling.key);
    (title, text)
}

impl Notice {
    fn new(
        title: &str,
        text: String,
        attributes: Vec<(&'static str, String)>,
        lists: Vec<(&'static str, Vec<String>)>,
    ) -> Self {
        let value = |value: &String| value.len() + AROUND;
        let single = attributes.iter().map(|(_, of)| value(of)).sum::<usize>();
        let taken = single + lists.iter().flat_map(|(_, of)| of).map(value).sum::<usize>();
        let room =
            LONGEST_BODY.min(LONGEST_MESSAGE.saturating_sub(taken + LONGEST_SUBJECT + NAMES.len() * AROUND));
        Self { subject: subject(title), body: body(text, room), attributes, lists }
    }
}

/// A value that SNS takes, whatever people call things: text of one line, and not for ever.
fn safe(value: &str) -> String {
    let taken = |letter: char| {
        if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') { '?' } else { letter }
    };
    value[..value.floor_char_boundary(LONGEST_VALUE)].chars().map(taken).collect()
}

/// What a notice is found and filtered by.
pub(super) const NAMES: [&str; 10] =
    ["state", "cause", "verdict", "owner", "step", "fault", "cluster", "workload", "account", "region"];

/// The values of these names for a failure.
pub(super) fn facts<'r>(
    report: &'r Report<'_>,
    best: &'r Diagnosis,
    state: &'r str,
) -> [Option<&'r str>; 10] {
    let (task, symptom) = (report.task, &report.symptoms[best.symptom].symptom);
    [
        Some(state),
        Some(best.cause.id),
        Some(best.verdict.as_str()),
        Some(best.cause.owner.as_str()),
        Some(symptom.step.as_str()),
        Some(symptom.fault.as_str()),
        task.cluster.as_deref(),
        task.workload.as_ref().map(|workload| workload.name.as_str()),
        task.account.as_deref(),
        task.region.as_deref(),
    ]
}

fn of_about(state: &str, about: &About) -> Vec<(&'static str, String)> {
    attributes([
        Some(state),
        Some(&about.cause),
        Some(&about.verdict),
        Some(&about.owner),
        Some(&about.step),
        Some(&about.fault),
        about.cluster.as_deref(),
        about.workload.as_deref(),
        about.account.as_deref(),
        about.region.as_deref(),
    ])
}

fn attributes(values: [Option<&str>; 10]) -> Vec<(&'static str, String)> {
    NAMES
        .into_iter()
        .zip(values)
        .filter_map(|(name, value)| Some((name, safe(value?))))
        .filter(|(_, value)| !value.is_empty())
        .collect()
}

/// How each subject begins: where. Of the account the last digits tell enough.
fn front(cluster: Option<&str>, account: Option<&str>, region: Option<&str>) -> String {
    let account = account.map(|account| &account[account.len().saturating_sub(4)..]);
    let at: Vec<&str> = [account, region].into_iter().flatten().collect();
    let place: Vec<&str> = ["ECS"].into_iter().chain(cluster).collect();
    let at = if at.is_empty() { String::new() } else { format!(" {}", at.join("/")) };
    format!("[{}{at}]", place.join(" "))
}

/// The title, or where that does not find room the culprit's name and what it is about: what is cut off then
/// is not the culprit.
fn short_title(best: &Diagnosis, room: usize) -> String {
    // A key is known by what it encrypts.
    let encrypted = best
        .culprit
        .references
        .first()
        .filter(|_| best.culprit.kind == "kms-key")
        .map(|reference| reference.value_from.as_str());
    let name = encrypted.or(best.culprit.id.as_deref()).map(short_name).filter(|name| !name.is_empty());
    match name {
        Some(name)
            if best.title.len() > room
                && !best
                    .title
                    .get(..room.saturating_sub("...".len()))
                    .is_some_and(|start| start.contains(name)) =>
        {
            format!("{name}: {}", best.cause.title)
        }
        _ => best.title.clone(),
    }
}

/// The name in an ARN or in the address of an image.
fn short_name(id: &str) -> &str {
    let resource = Arn::parse(id).map_or(id, |arn| arn.resource);
    let name = ["secret:", "parameter/", "role/", "key/", "alias/", "log-group:"]
        .into_iter()
        .find_map(|kind| resource.strip_prefix(kind));
    let name = name.unwrap_or(resource);
    name.split_once(".amazonaws.com/").map_or(name, |(_, image)| image)
}

fn subject(text: &str) -> String {
    let ascii: String = text
        .chars()
        .map(|letter| if letter == ' ' || letter.is_ascii_graphic() { letter } else { '?' })
        .collect();
    if ascii.len() <= LONGEST_SUBJECT {
        return ascii;
    }
    let (kept, rest) = ascii.split_at(LONGEST_SUBJECT - 3);
    // A part of a word can read as another: "is no" of "is not". Of a name a part is better than nothing.
    let word = kept.rsplit(' ').next().unwrap_or_default();
    let is_part = word.bytes().chain(rest.bytes().take(1)).all(|letter| letter.is_ascii_alphabetic());
    format!("{}...", if is_part { kept[..kept.len() - word.len()].trim_end() } else { kept.trim_end() })
}

fn body(mut text: String, room: usize) -> String {
    const CUT: &str = "\n... cut; the whole diagnosis is in the function's log and in the journal.\n";
    if text.len() > room {
        text.truncate(text.floor_char_boundary(room.saturating_sub(CUT.len())));
        text.push_str(CUT);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Notice, storm};
    use crate::incident::About;
    use crate::incident::storm::{Member, Phase, Telling};

    fn about() -> About {
        let word = |word: &str| Some(word.to_owned());
        About {
            account: word("111122223333"),
            region: word("eu-west-1"),
            cluster: word("prod"),
            workload: word("payments"),
            step: "secrets-manager".to_owned(),
            fault: "network-timeout".to_owned(),
            cause: "vpc-nat-broken".to_owned(),
            verdict: "confirmed".to_owned(),
            owner: "network-team".to_owned(),
            ..About::default()
        }
    }

    fn telling(members: Vec<Member>) -> Telling {
        let joined = members.len() as u64;
        let (key, before, pages) = Default::default();
        Telling { key, about: about(), phase: Phase::Begun, members, before, pages, joined, claim: None }
    }

    fn member(place: &str, cause: &str, owner: &str) -> Member {
        let [workload, cause, owner, verdict] = [place, cause, owner, "likely"].map(str::to_owned);
        Member { workload, cause, owner, verdict, title: "it times out".to_owned(), ..Member::default() }
    }

    /// Whether a filter policy with these wishes lets a notice through.
    fn hears(wishes: &[(&str, &str)], notice: &Notice) -> bool {
        wishes.iter().all(|(name, wanted)| {
            let single = notice.attributes.iter().any(|(other, value)| other == name && value == wanted);
            single
                || notice
                    .lists
                    .iter()
                    .any(|(other, values)| other == name && values.iter().any(|value| value == wanted))
        })
    }

    #[test]
    fn every_filter_hears_of_a_storm_what_it_would_have_heard_one_by_one() {
        let mut members: Vec<Member> = (0..20)
            .map(|number| member(&format!("prod/noise{number}"), "service-throttled", "aws"))
            .collect();
        members.push(member("prod/payments", "vpc-nat-broken", "network-team"));
        members.push(member("dev/payments", "vpc-nat-broken", "network-team"));
        members.push(Member { told: true, ..member("old/told", "vpc-nat-broken", "network-team") });
        let notices = storm(&telling(members.clone()));
        let clusters: Vec<&str> = notices.iter().map(|(cluster, _)| cluster.as_str()).collect();
        assert_eq!(clusters, ["dev", "prod"], "who was told is not told again");
        for member in members.iter().filter(|member| !member.told) {
            let (cluster, workload) = member.place();
            let all = [
                ("state", "storm"),
                ("cluster", cluster),
                ("workload", workload),
                ("owner", &member.owner),
                ("cause", &member.cause),
                ("verdict", "likely"),
                ("step", "secrets-manager"),
                ("fault", "network-timeout"),
                ("account", "111122223333"),
                ("region", "eu-west-1"),
            ];
            assert_eq!(
                notices.iter().filter(|(_, notice)| hears(&all, notice)).count(),
                1,
                "{}",
                member.workload
            );
        }
        let readme = [("cluster", "prod"), ("owner", "network-team")];
        assert_eq!(notices.iter().filter(|(_, notice)| hears(&readme, notice)).count(), 1);
        assert!(!notices.iter().any(|(_, notice)| hears(&[("cluster", "other")], notice)));
        let (_, prod) = &notices[1];
        assert_eq!(
            prod.subject,
            "[ECS prod 3333/eu-west-1] storm: 21 workloads not starting: secrets-manager/network-timeout"
        );
        for part in [
            "\nIMPACT: 21 workloads not starting; 2 more in other clusters\n",
            "\nCAUSE: service-throttled (likely), 20 workloads; owner: aws\nCAUSE: vpc-nat-broken (likely), 1 workload; owner: network-team\n",
            "\n  prod/payments  new: it times out\n",
        ] {
            assert!(prod.body.contains(part), "{}", prod.body);
        }
        let names: Vec<&str> = prod
            .attributes
            .iter()
            .map(|(name, _)| *name)
            .chain(prod.lists.iter().map(|(name, _)| *name))
            .collect();
        assert_eq!(names.len(), 10, "{names:?}");
    }

    #[test]
    fn what_an_earlier_release_kept_of_a_member_is_enough() {
        let old = Member { workload: "prod/api".to_owned(), ..Member::default() };
        let notices = storm(&telling(vec![old]));
        assert!(hears(
            &[
                ("cluster", "prod"),
                ("workload", "api"),
                ("owner", "network-team"),
                ("cause", "vpc-nat-broken")
            ],
            &notices[0].1
        ));
    }

    #[test]
    fn no_name_makes_a_notice_that_sns_does_not_take() {
        let odd = ["\"],[\"", "line\nbreak", "\u{ffff}\u{fffe}\u{0}", "\u{1b}[31m", "", "é\u{1f980}"];
        let mut members: Vec<Member> =
            odd.iter().map(|name| member(&format!("{name}/{name}"), name, name)).collect();
        members.extend(
            (0..600).map(|number| member(&format!("prod/{number:0>255}"), "vpc-nat-broken", "network-team")),
        );
        for (_, notice) in storm(&telling(members)) {
            let single = notice.attributes.iter().map(|(name, value)| (*name, value.clone()));
            let lists = notice
                .lists
                .iter()
                .map(|(name, values)| (*name, serde_json::to_string(values).expect("JSON")));
            let all: Vec<(&str, String)> = single.chain(lists).collect();
            let size: usize =
                all.iter().map(|(name, value)| name.len() + value.len() + "String.Array".len()).sum();
            assert!(
                size + notice.body.len() + notice.subject.len() <= 262_144,
                "{size} and {}",
                notice.body.len()
            );
            for (name, value) in all {
                assert!(
                    !value.is_empty()
                        && !value
                            .chars()
                            .any(|letter| letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}')),
                    "{name} {value:?}"
                );
            }
        }
    }
}
