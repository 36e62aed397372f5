//! The notices of a storm: many workloads that fail in the same way, cluster by cluster.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::attributes::{of_about, safe};
use super::failure::in_words;
use super::notice::Notice;
use super::subject::front;
use crate::incident::Due;
use crate::incident::storm::{DueNotice, Member, Phase};

/// Causes of a storm's workloads that are named, the most frequent first.
const STORM_CAUSES: usize = 3;

/// The notices of many workloads that fail in the same way, or have recovered: for each cluster that has new
/// ones, under its name. Filter policies ask for a cluster, a workload or an owner, and each must get what it
/// would have got one by one. Without new ones each cluster gets a reminder.
#[must_use]
pub fn notices(due_notice: &DueNotice) -> Vec<(String, Notice)> {
    let mut clusters: BTreeMap<&str, Vec<&Member>> = BTreeMap::new();
    for member in &due_notice.members {
        clusters.entry(member.place().0).or_default().push(member);
    }
    if clusters.is_empty() && due_notice.phase == Phase::Begun {
        clusters.extend(due_notice.before.keys().map(|cluster| (cluster.as_str(), Vec::new())));
    }
    let has_new =
        |members: &[&Member]| members.is_empty() || members.iter().any(|member| !member.is_announced);
    let with_new = clusters.into_iter().filter(|(_, members)| has_new(members));
    with_new
        .map(|(cluster, members)| (cluster.to_owned(), of_cluster(due_notice, cluster, &members)))
        .collect()
}

fn of_cluster(due_notice: &DueNotice, cluster: &str, members: &[&Member]) -> Notice {
    let about = &due_notice.about;
    let state = if due_notice.phase == Phase::Begun { "storm" } else { Due::Resolved.as_str() };
    let (title, text) = storm_text(due_notice, cluster, members);
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
    Notice::new(&format!("{front} {title}"), text, single, lists)
}

/// What happened, in a few words, and the body, in the order of any other notice.
fn storm_text(due_notice: &DueNotice, cluster: &str, members: &[&Member]) -> (String, String) {
    let about = &due_notice.about;
    let before = due_notice.before.get(cluster).copied().unwrap_or_default();
    let kind = in_words(&about.step, &about.fault);
    let at: Vec<&str> = [&about.region, &about.account].into_iter().flatten().map(String::as_str).collect();
    let is_over = due_notice.phase == Phase::Ended;
    let (title, says, impact) = impact(due_notice, members, before);
    let mut text = format!("{says}\n{cluster} ({})\n\nIMPACT: {impact}\nFAULT: {kind}\n", at.join(", "));
    causes(members, &mut text);
    if !is_over {
        text.push_str(
            "\nWHAT TO DO\n1. Look at what they share: a role, a key, a VPC, the service itself.\n2. Read the diagnosis of one of them: each is in the journal.\n",
        );
    }
    text.push_str("\nWORKLOADS\n");
    for member in members {
        let mark = if member.is_announced || is_over { "" } else { " (new)" };
        let _ = writeln!(text, "- {}{mark}: {}", member.workload, member.title);
    }
    if !is_over && before > 0 {
        let were = if before == 1 { "was" } else { "were" };
        let _ = writeln!(text, "- and {before} that {were} announced before");
    }
    let _ = write!(text, "\nIncident {}/{cluster}\n", due_notice.key);
    (format!("{title}: {kind}"), text)
}

fn workloads(count: u64) -> String {
    if count == 1 { "1 workload".to_owned() } else { format!("{count} workloads") }
}

/// How many workloads it is about: for the subject, for the first line, and for the impact, which counts
/// other clusters too.
fn impact(due_notice: &DueNotice, members: &[&Member], before: u64) -> (String, String, String) {
    let names: BTreeSet<&str> = members.iter().map(|member| member.workload.as_str()).collect();
    let is_forecast = due_notice.about.is_of_next_task;
    if due_notice.phase == Phase::Ended {
        let well = workloads(names.len() as u64);
        let (recovered, failed) =
            if is_forecast { ("startable", "would have failed") } else { ("recovered", "failed") };
        return (
            format!("{well} {recovered}"),
            format!("{well} {recovered} that {failed} in the same way"),
            format!("{well} of {before} start again"),
        );
    }
    let begun = names.len() as u64 + before;
    let elsewhere = match due_notice.joined.saturating_sub(begun) {
        0 => String::new(),
        more => format!("; {more} more in other clusters"),
    };
    let is = if is_forecast { "would not start" } else { "not starting" };
    let fail = format!("{} {is}", workloads(begun));
    (
        fail.clone(),
        format!("{fail}, all in the same way: one cause is likely behind them"),
        format!("{fail}{elsewhere}"),
    )
}

/// The causes of its workloads, the most frequent first.
fn causes(members: &[&Member], text: &mut String) {
    let mut causes: BTreeMap<(&str, &str, &str), u64> = BTreeMap::new();
    for member in members.iter().filter(|member| !member.cause.is_empty()) {
        *causes.entry((&member.cause, &member.verdict, &member.owner)).or_default() += 1;
    }
    let mut causes: Vec<_> = causes.into_iter().collect();
    causes.sort_by_key(|(_, count)| Reverse(*count));
    for ((cause, verdict, owner), count) in causes.into_iter().take(STORM_CAUSES) {
        let owner = if owner.is_empty() { String::new() } else { format!("; owner: {owner}") };
        let _ = writeln!(text, "CAUSE: {cause} ({verdict}), {}{owner}", workloads(count));
    }
}

#[cfg(test)]
mod tests {
    use super::{Notice, notices};
    use crate::incident::About;
    use crate::incident::storm::{DueNotice, Member, Phase};

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

    fn due_notice(members: Vec<Member>) -> DueNotice {
        let joined = members.len() as u64;
        let (key, before, pages) = Default::default();
        DueNotice { key, about: about(), phase: Phase::Begun, members, before, pages, joined, claim: None }
    }

    fn member(place: &str, cause: &str, owner: &str) -> Member {
        let [workload, cause, owner, verdict] = [place, cause, owner, "likely"].map(str::to_owned);
        Member { workload, cause, owner, verdict, title: "it times out".to_owned(), ..Member::default() }
    }

    /// Whether a filter policy with these wishes accepts a notice.
    fn receives(wishes: &[(&str, &str)], notice: &Notice) -> bool {
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
    fn every_filter_lets_through_of_a_storm_what_it_would_one_by_one() {
        let mut members: Vec<Member> = (0..20)
            .map(|number| member(&format!("prod/noise{number}"), "service-throttled", "aws"))
            .collect();
        members.push(member("prod/payments", "vpc-nat-broken", "network-team"));
        members.push(member("dev/payments", "vpc-nat-broken", "network-team"));
        members.push(Member { is_announced: true, ..member("old/told", "vpc-nat-broken", "network-team") });
        let published = notices(&due_notice(members.clone()));
        let clusters: Vec<&str> = published.iter().map(|(cluster, _)| cluster.as_str()).collect();
        assert_eq!(clusters, ["dev", "prod"], "what was announced is not announced again");
        for member in members.iter().filter(|member| !member.is_announced) {
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
                published.iter().filter(|(_, notice)| receives(&all, notice)).count(),
                1,
                "{}",
                member.workload
            );
        }
        let readme = [("cluster", "prod"), ("owner", "network-team")];
        assert_eq!(published.iter().filter(|(_, notice)| receives(&readme, notice)).count(), 1);
        assert!(!published.iter().any(|(_, notice)| receives(&[("cluster", "other")], notice)));
        let (_, prod) = &published[1];
        assert_eq!(
            prod.subject,
            "[ECS prod 3333/eu-west-1] 21 workloads not starting: network timeout calling Secrets Manager"
        );
        for part in [
            "\nIMPACT: 21 workloads not starting; 2 more in other clusters\n",
            "\nCAUSE: service-throttled (likely), 20 workloads; owner: aws\nCAUSE: vpc-nat-broken (likely), 1 workload; owner: network-team\n",
            "\nFAULT: network timeout calling Secrets Manager\n",
            "\n- prod/payments (new): it times out\n",
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
        let published = notices(&due_notice(vec![old]));
        assert!(receives(
            &[
                ("cluster", "prod"),
                ("workload", "api"),
                ("owner", "network-team"),
                ("cause", "vpc-nat-broken")
            ],
            &published[0].1
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
        for (_, notice) in notices(&due_notice(members)) {
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
