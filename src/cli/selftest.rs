//! Asks the deployed function for its self-test, and shows what each channel made of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use clap::builder::NonEmptyStringValueParser as NonEmpty;
use serde_json::{Value, json};

use super::error::CliError;
use super::live::Live;
use super::output::{Outcome, Output};
use super::{Format, Global, pair};
use crate::redact::redact_values;

/// What to ask for.
#[derive(clap::Args, Debug)]
pub(super) struct Selftest {
    /// Lambda function, by name or ARN
    #[arg(long, value_name = "NAME", default_value = "ecs-triage", value_parser = NonEmpty::new())]
    function: String,
    /// Attribute of the notice, such as cluster=prod, so that it passes the filter policy of a subscription; may be
    /// repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    attribute: Vec<(String, String)>,
    /// How to write the outcome: text is a line for each channel, json and jsonl are the function's answer
    #[arg(long, value_enum, ignore_case = true, default_value_t = Format::Text)]
    format: Format,
}

impl Selftest {
    pub(super) fn run(&self, global: &Global, output: &mut Output<'_>) -> Result<(), CliError> {
        let live = Live::new(global, false, None)?;
        let wished: BTreeMap<&str, &str> =
            self.attribute.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let payload = json!({"selftest": if wished.is_empty() { json!(true) } else { json!(wished) }});
        let answer = redact_values(live.invoke(&self.function, &payload)?);
        let Some(channels) = answer.get("channels").and_then(Value::as_object) else {
            let said = answer
                .get("errorMessage")
                .and_then(Value::as_str)
                .unwrap_or("it is of a release that knows none");
            return Err(CliError::CannotAsk(format!("{} made no self-test: {said}", self.function)));
        };
        output.text(&match self.format {
            Format::Json => format!("{answer:#}\n"),
            Format::Jsonl => format!("{answer}\n"),
            Format::Text | Format::Markdown => {
                channels.iter().fold(String::new(), |mut text, (name, channel)| {
                    let _ = writeln!(text, "{name:<8} {}", told(channel));
                    text
                })
            }
        })?;
        output.note(if answer["passed"] == true { Outcome::Fine } else { Outcome::Wrong });
        Ok(())
    }
}

/// What became of the notice in a channel, in words.
fn told(channel: &Value) -> String {
    match (channel["state"].as_str(), channel["why"].as_str()) {
        (Some("took-it"), _) => "accepted".to_owned(),
        (Some("not-set"), _) => "not set up".to_owned(),
        (state, why) => format!("{}: {}", state.unwrap_or("unknown"), why.unwrap_or("it does not say why")),
    }
}
