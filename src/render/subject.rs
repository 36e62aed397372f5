//! The subject of a notice: where, who, and what is at fault, in the 99 letters that SNS takes.

use crate::arn::Arn;
use crate::causes::Verdict;
use crate::diagnosis::Diagnosis;

/// SNS takes fewer than 100 characters.
pub(super) const LONGEST_SUBJECT: usize = 99;

/// How each subject begins: where. Of the account the last digits are enough.
pub(super) fn front(cluster: Option<&str>, account: Option<&str>, region: Option<&str>) -> String {
    let account = account.map(|account| &account[account.len().saturating_sub(4)..]);
    let at: Vec<&str> = [account, region].into_iter().flatten().collect();
    let place: Vec<&str> = ["ECS"].into_iter().chain(cluster).collect();
    let at = if at.is_empty() { String::new() } else { format!(" {}", at.join("/")) };
    format!("[{}{at}]", place.join(" "))
}

/// The workload, with its team where there is room for it and it is a plain word.
pub(super) fn with_team(workload: &str, team: Option<&str>, room: usize) -> String {
    const BRACKETS: usize = " ()".len();
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    match team.filter(|team| !team.is_empty() && team.chars().all(is_plain)) {
        Some(team) if team.len() + BRACKETS <= room => format!("{workload} ({team})"),
        _ => workload.to_owned(),
    }
}

/// The title, or where that does not find room the culprit's name and its cause: what is cut off then is not
/// the culprit.
pub(super) fn short_title(best: &Diagnosis, room: usize) -> String {
    // A key is known by what it encrypts.
    let encrypted = best
        .culprit
        .references
        .first()
        .filter(|_| best.culprit.kind == "kms-key")
        .map(|reference| reference.value_from.as_str());
    let name = encrypted.or(best.culprit.id.as_deref()).map(short_name).filter(|name| !name.is_empty());
    match name {
        Some(name) if best.title.len() > room => {
            let is_sure = best.verdict != Verdict::Possible || best.cause.is_general();
            format!("{}{name}: {}", if is_sure { "" } else { "perhaps " }, best.cause.id)
        }
        _ => best.title.clone(),
    }
}

/// The name in an ARN, in the address of an image, or in that of a service.
fn short_name(id: &str) -> &str {
    let resource = Arn::parse(id).map_or(id, |arn| arn.resource);
    let name = ["secret:", "parameter/", "role/", "key/", "alias/", "log-group:"]
        .into_iter()
        .find_map(|kind| resource.strip_prefix(kind));
    let name = name.map_or(resource, |name| name.split(':').next().unwrap_or(name));
    match name.split_once(".amazonaws.com") {
        Some((_, image)) if image.starts_with('/') => &image[1..],
        // What is before the Region is the service, and perhaps the thing.
        Some((host, _)) => host.rsplit_once('.').map_or(host, |(service, _)| service),
        None => name,
    }
}

/// A text as SNS takes it for a subject: one line of printable ASCII.
pub(super) fn subject(text: &str) -> String {
    let ascii: String = text
        .chars()
        .map(|letter| if letter == ' ' || letter.is_ascii_graphic() { letter } else { '?' })
        .collect();
    if ascii.len() <= LONGEST_SUBJECT {
        return ascii;
    }
    let (kept, rest) = ascii.split_at(LONGEST_SUBJECT - 3);
    // A part of a word can read as another, as `is no` does of `is not`. A part of a name is better than
    // nothing.
    let word = kept.rsplit(' ').next().unwrap_or_default();
    let is_part = word.bytes().chain(rest.bytes().take(1)).all(|letter| letter.is_ascii_alphabetic());
    format!("{}...", if is_part { kept[..kept.len() - word.len()].trim_end() } else { kept.trim_end() })
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_SUBJECT, short_name, subject};

    #[test]
    fn a_name_is_the_shortest_that_people_know_it_by() {
        for (id, name) in [
            ("arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbC123:key::", "prod/db-AbC123"),
            ("arn:aws:iam::111122223333:role/path/ordersRole", "path/ordersRole"),
            ("111122223333.dkr.ecr.eu-west-1.amazonaws.com/team/app:7", "team/app:7"),
            ("secretsmanager.eu-west-1.amazonaws.com", "secretsmanager"),
            ("fs-0123.efs.eu-west-1.amazonaws.com", "fs-0123.efs"),
            ("rtb-0a", "rtb-0a"),
            ("", ""),
        ] {
            assert_eq!(short_name(id), name, "{id}");
        }
    }

    #[test]
    fn a_subject_is_what_sns_takes_and_no_word_of_it_is_cut() {
        let long = subject(&"word ".repeat(40));
        assert!(long.len() <= LONGEST_SUBJECT && long.ends_with("word..."), "{long}");
        assert_eq!(subject("one\nline \u{e9}"), "one?line ?");
        let name = subject(&format!("front: {}", "x1/".repeat(60)));
        assert!(name.len() == LONGEST_SUBJECT && name.ends_with("..."), "{name}");
    }
}
