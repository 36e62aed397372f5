//! Evidence as a file: `--record` writes it, `--evidence` replays it.
//!
//! One JSON object: `{"schema": "ecs-triage/evidence/v1", "answers": [{"question": ..., "answer": ...}]}`. It
//! holds no value of a secret.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Answer, Evidence, Question, cleaned};
use crate::json_path;
use crate::redact::redact_name;

const SCHEMA: &str = "ecs-triage/evidence/v1";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record<P> {
    schema: String,
    answers: Vec<P>,
}

#[derive(Serialize, Deserialize)]
struct Answered<Q, A> {
    question: Q,
    answer: A,
}

/// Why a file could not be read as recorded evidence.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// It is not JSON of the right types.
    #[error("at {path} of the file: {problem}")]
    Malformed {
        /// The path inside the file.
        path: String,
        /// What was expected and found.
        problem: String,
    },
    /// It is of another version, or something else.
    #[error("expected what --record writes, whose schema is {SCHEMA}; found {0}")]
    OtherSchema(String),
}

/// The file's text.
#[must_use]
pub fn write(evidence: &Evidence) -> String {
    let answers = evidence.answers().map(|(question, answer)| Answered { question, answer }).collect();
    // Plain values under string keys always serialize.
    serde_json::to_string_pretty(&Record { schema: SCHEMA.to_owned(), answers }).unwrap_or_default() + "\n"
}

/// Reads such a file.
///
/// # Errors
///
/// When it is not JSON, of another schema, or an answer has the wrong shape.
pub fn read(text: &str) -> Result<Evidence, RecordError> {
    let malformed = |path: String, error: &serde_json::Error| RecordError::Malformed {
        path: redact_name(&path).into_owned(),
        problem: crate::event::without_values(&error.to_string()),
    };
    let value: Value = serde_json::from_str(text)
        .map_err(|error| malformed(format!("line {}, column {}", error.line(), error.column()), &error))?;
    match value.get("schema").and_then(Value::as_str) {
        Some(SCHEMA) => {}
        Some(other) => return Err(RecordError::OtherSchema(redact_name(other).into_owned())),
        None => return Err(RecordError::OtherSchema("no schema".to_owned())),
    }
    let text = cleaned(value).to_string();
    let record: Record<Answered<Question, Answer>> = serde_json::from_str(&text)
        .map_err(|error| malformed(json_path::failed_at(&text, &error), &error))?;
    let mut evidence = Evidence::default();
    for (index, Answered { question, answer }) in record.answers.into_iter().enumerate() {
        if !question.takes(&answer) {
            return Err(RecordError::Malformed {
                path: format!("answers[{index}]"),
                problem: format!("this is not an answer of {}", question.source()),
            });
        }
        evidence.note(question, answer);
    }
    Ok(evidence)
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_no_recording_is_reported_as_such() {
        for (text, found) in [
            ("{}", "no schema"),
            ("[]", "no schema"),
            (r#"{"version": "0", "detail": {}}"#, "no schema"),
            (r#"{"schema": "ecs-triage/v1", "task": {}}"#, "ecs-triage/v1"),
        ] {
            let error = super::read(text).expect_err("it is none").to_string();
            let expected = "expected what --record writes, whose schema is ecs-triage/evidence/v1; found ";
            assert_eq!(error, format!("{expected}{found}"));
        }
    }

    #[test]
    fn an_answer_to_another_question_is_reported_with_its_place() {
        let secret = r#"{"question": {"Secret": {"region": "eu-west-1", "id": "a"}}, "answer": "Missing"}"#;
        for (answer, is_taken) in [
            (r#"{"Secrets": []}"#, false),
            (r#"{"Policy": {}}"#, false),
            (r#"{"Secret": {"Name": "a"}}"#, true),
            (r#"{"Unknown": "no"}"#, true),
        ] {
            let text = format!(
                r#"{{"schema": "ecs-triage/evidence/v1", "answers": [{secret}, {{"question": {{"Secret": {{"region": "eu-west-1", "id": "b"}}}}, "answer": {answer}}}]}}"#
            );
            match super::read(&text) {
                Ok(_) => assert!(is_taken, "{answer}"),
                Err(error) => assert_eq!(
                    (error.to_string().as_str(), is_taken),
                    ("at answers[1] of the file: this is not an answer of DescribeSecret", false)
                ),
            }
        }
    }
}
