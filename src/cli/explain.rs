//! `ecs-triage explain`: a cause, by its id however it was copied, or the causes in which a word occurs.

use super::error::CliError;
use crate::causes;
use crate::redact::beginning;
use crate::render::catalogue;
use crate::render::text::Style;

/// What was typed is shown up to so many bytes.
const LONGEST_SHOWN: usize = 200;

/// The text for what was asked; all causes where nothing was.
pub(super) fn explained(asked: Option<&str>, style: Style) -> Result<String, CliError> {
    let Some(asked) = asked else { return Ok(catalogue::list(style)) };
    let id =
        asked.split_once('[').and_then(|(_, rest)| rest.split_once(']')).map_or(asked.trim(), |(id, _)| id);
    if let Some(cause) = causes::find(&id.to_lowercase()) {
        return Ok(catalogue::explain(cause, style));
    }
    let found = Some(catalogue::search(id, style)).filter(|found| !found.is_empty());
    found.ok_or_else(|| CliError::NoCause {
        asked: beginning(asked, LONGEST_SHOWN).into_owned(),
        near: catalogue::nearest(id),
    })
}
