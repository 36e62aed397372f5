//! Names that are slips for one another.

/// As alike as two names must be for one to be a slip for the other.
const ALIKE: f64 = 0.75;

/// How the candidate whose name is nearest to `name` differs from it, if any is near and none is it. The name as a whole is not for everybody
/// who reads a notice, and proves nothing: it may well be another's.
pub(in crate::causes) fn nearest<T>(name: &str, candidates: &[T], named: impl Fn(&T) -> Option<&str>) -> Option<String> {
    let likeness = |candidate: &T| named(candidate).map_or(0.0, |other| likeness(name, other));
    let best = candidates.iter().max_by(|one, other| likeness(one).total_cmp(&likeness(other)))?;
    let near = named(best).filter(|near| *near != name)?;
    (likeness(best) >= ALIKE).then(|| difference(name, near))
}

/// What `near` has where `name` has something else, in whole words.
fn difference(name: &str, near: &str) -> String {
    let is_end = |letter: char| !letter.is_alphanumeric();
    let same = |(one, other): &(char, char)| one == other;
    let before: usize = name.chars().zip(near.chars()).take_while(same).map(|(letter, _)| letter.len_utf8()).sum();
    let from = name[..before].rfind(is_end).map_or(0, |at| at + 1);
    let (name, near) = (&name[from..], &near[from..]);
    let after: usize = name.chars().rev().zip(near.chars().rev()).take_while(same).map(|(letter, _)| letter.len_utf8()).sum();
    let after = after.min(name.len()).min(near.len());
    let kept = name[name.len() - after..].find(is_end).map_or(0, |at| after - at);
    match (&name[..name.len() - kept], &near[..near.len() - kept]) {
        ("", more) => format!("has {more:?} besides"),
        (less, "") => format!("has no {less:?}"),
        (one, other) => format!("has {other:?} in place of {one:?}"),
    }
}

fn likeness(one: &str, other: &str) -> f64 {
    let bare = |name: &str| name.trim_matches('/').to_lowercase().replace("//", "/").replace('_', "-");
    strsim::normalized_damerau_levenshtein(&bare(one), &bare(other))
}
