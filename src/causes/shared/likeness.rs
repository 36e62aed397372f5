//! Names that are slips for one another.

use super::assessment::Finding;

/// The least similarity, of at most 1, at which one name is suggested for another.
const ALIKE: f64 = 0.75;
/// The least length of a word in which two swapped letters are a misspelling: in a shorter one they make
/// another word.
const LONG: usize = 4;

/// A name that is near to another. The name as a whole is not for everybody who reads a notice, and proves
/// nothing: it may well be another's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::causes) struct Near {
    /// How it differs.
    pub(in crate::causes) how: String,
    /// Whether it differs by case, separators or two letters in each other's place alone, as no two names do
    /// that are meant to differ.
    pub(in crate::causes) is_slip: bool,
}

/// How a name that is nearly the same differs, or that none is among so many that were listed, whose names are
/// `such`; and whether these are all.
pub(in crate::causes) fn alike(
    noun: &str,
    such: &str,
    near: Option<Near>,
    (count, whole): (usize, bool),
    source: &'static str,
) -> Finding {
    if let Some(Near { how, .. }) = near {
        let said = format!("a {noun} whose name {how}: whether that one was meant, AWS cannot tell");
        return Finding::found(said, source);
    }
    let among = match (count, whole) {
        (0, true) => return Finding::missing(format!("a {noun} whose name {such}"), source),
        (_, true) => "all",
        (_, false) => "the first",
    };
    Finding::missing(format!("a {noun} with a similar name, among {among} {count} whose name {such}"), source)
}

/// How the candidate whose name is nearest to `name` differs from it, if any is near and none is it.
pub(in crate::causes) fn nearest<T>(
    name: &str,
    candidates: &[T],
    named: impl Fn(&T) -> Option<&str>,
) -> Option<String> {
    near(name, candidates.iter().filter_map(named)).map(|near| near.how)
}

/// The candidate that is nearest to `name`, if any is near and none is it.
pub(in crate::causes) fn near<'n>(name: &str, candidates: impl IntoIterator<Item = &'n str>) -> Option<Near> {
    let mut near: Vec<(f64, &str)> = candidates
        .into_iter()
        .map(|other| (likeness(name, other), other))
        .filter(|(alike, _)| *alike >= ALIKE)
        .collect();
    near.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    near.dedup_by(|(_, one), (_, other)| one == other);
    if near.iter().any(|(_, other)| *other == name) {
        return None;
    }
    let slips: Vec<&str> =
        near.iter().map(|(_, other)| *other).filter(|other| is_slip(name, other)).collect();
    if let [slip] = slips.as_slice() {
        return Some(Near { how: difference(name, slip), is_slip: true });
    }
    let (alike, best) = *near.first()?;
    let others = near.iter().filter(|(other, _)| *other >= alike).count() - 1;
    let how = difference(name, best);
    let how = if others == 0 {
        how
    } else {
        format!("{how}, and {others} more that {} as near", if others == 1 { "is" } else { "are" })
    };
    Some(Near { how, is_slip: false })
}

/// Whether two names differ in a way in which names of two things do not. A letter, a number or a word more
/// or less tells tenants, shards and stages apart.
fn is_slip(name: &str, other: &str) -> bool {
    let plain = |name: &str| {
        name.to_lowercase()
            .split(is_separator)
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let (name, other) = (plain(name), plain(other));
    let mut differing = name.iter().zip(&other).filter(|(one, other)| one != other);
    name.len() == other.len()
        && match (differing.next(), differing.next()) {
            (None, _) => true,
            (Some((one, other)), None) => is_transposed(one, other),
            (Some(_), Some(_)) => false,
        }
}

/// Whether a word has two adjacent letters of another swapped.
fn is_transposed(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let Some(at) = one.iter().zip(&other).position(|(one, other)| one != other) else { return false };
    let mut swapped = one.clone();
    if one.len() < LONG || at + 1 >= one.len() || !one[at].is_alphabetic() || !one[at + 1].is_alphabetic() {
        return false;
    }
    swapped.swap(at, at + 1);
    swapped == other
}

fn is_separator(letter: char) -> bool {
    matches!(letter, '/' | '-' | '_')
}

/// What `near` has where `name` has something else, in whole words.
fn difference(name: &str, near: &str) -> String {
    let is_end = |letter: char| !letter.is_alphanumeric();
    let same = |(one, other): &(char, char)| one == other;
    let before: usize =
        name.chars().zip(near.chars()).take_while(same).map(|(letter, _)| letter.len_utf8()).sum();
    let from = name[..before].rfind(is_end).map_or(0, |at| at + 1);
    let (name, near) = (&name[from..], &near[from..]);
    let after: usize = name
        .chars()
        .rev()
        .zip(near.chars().rev())
        .take_while(same)
        .map(|(letter, _)| letter.len_utf8())
        .sum();
    let after = after.min(name.len()).min(near.len());
    let kept = name[name.len() - after..].find(is_end).map_or(0, |at| after - at);
    match (&name[..name.len() - kept], &near[..near.len() - kept]) {
        ("", more) => format!("has {more:?} in addition"),
        (less, "") => format!("has no {less:?}"),
        (one, other) => format!("has {other:?} in place of {one:?}"),
    }
}

fn likeness(one: &str, other: &str) -> f64 {
    let bare = |name: &str| name.trim_matches('/').to_lowercase().replace("//", "/").replace('_', "-");
    strsim::normalized_damerau_levenshtein(&bare(one), &bare(other))
}
