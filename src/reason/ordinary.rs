//! What ECS says all day, known without being read: most of a stream is about tasks that were scaled in or
//! ran to their end.

use super::symptom::{Fault, Step, Symptom};

/// What the `reader` makes of a text, if that is one of these.
pub(super) fn read(text: &str) -> Option<Symptom> {
    const EXITED: &str = "Essential container in task exited";
    const SCALED: &str = "Scaling activity initiated by";
    if text == EXITED {
        return Some(Symptom { span: 0..EXITED.len(), ..Symptom::suspected(Step::Container, Fault::Exited) });
    }
    let deployment = text.strip_prefix(SCALED)?.strip_prefix(" (deployment ecs-svc/")?.strip_suffix(')')?;
    let is_plain = deployment.len() <= LONGEST_ID && deployment.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| Symptom { span: 0..SCALED.len(), ..Symptom::suspected(Step::Container, Fault::Normal) })
}

/// The digits of a 64-bit number.
const LONGEST_ID: usize = 20;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::reader;
    use super::read;

    fn texts() -> impl Strategy<Value = String> {
        let ends = prop::sample::select(vec!["", "", ".", ")", " ", ")...", "; exit code 1", "\n"]);
        let digits = prop_oneof!["[0-9]{0,24}", "[0-9a-z ]{0,8}"];
        prop_oneof![
            (digits, ends.clone()).prop_map(|(id, end)| format!(
                "Scaling activity initiated by (deployment ecs-svc/{id}){end}"
            )),
            ends.prop_map(|end| format!("Essential container in task exited{end}")),
        ]
    }

    proptest! {
        #[test]
        fn what_is_known_reads_the_same(text in texts()) {
            if let Some(known) = read(&text) {
                prop_assert_eq!(vec![known], reader::read(&text));
            }
        }
    }

    #[test]
    fn ordinary_reasons_are_known() {
        for text in [
            "Essential container in task exited",
            "Scaling activity initiated by (deployment ecs-svc/5295213049184573046)",
        ] {
            assert!(read(text).is_some(), "{text}");
        }
    }
}
