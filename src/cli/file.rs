//! Files that are read at once, and standard input, which is read once.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use super::error::CliError;
use crate::event::{binary, decoded};
use crate::question::{Evidence, record};
use crate::redact::redact_name;
use crate::source;
use crate::task_definition::TaskDefinition;

/// Task definitions and recordings are far smaller; streams of records may be of any size.
pub(super) const LARGEST: u64 = 64 << 20;

/// AWS's answers that a file holds; none without one.
pub(super) fn evidence(path: Option<&Path>) -> Result<Evidence, CliError> {
    let Some(path) = path else { return Ok(Evidence::default()) };
    record::read(&read_text(path)?).map_err(|error| CliError::NoEvidence { path: shown(path), error })
}

/// The one task definition that a file holds.
pub(super) fn definition(path: &Path) -> Result<TaskDefinition, CliError> {
    let read = source::definition(&read_text(path)?);
    read.map_err(|error| CliError::NoTaskDefinition { path: shown(path), error })
}

/// The text of a file that is read at once; `-` is standard input.
pub(super) fn read_text(path: &Path) -> Result<String, CliError> {
    let mut bytes = Vec::new();
    let mut read = |input: &mut dyn Read| input.take(LARGEST + 1).read_to_end(&mut bytes);
    let read = if is_stdin(path) {
        read(&mut stdin()?)
    } else {
        File::open(path).and_then(|mut file| read(&mut file))
    };
    let is_too_large = bytes.len() as u64 > LARGEST;
    match read {
        Ok(_) if is_too_large => Err(CliError::TooLarge { path: shown(path) }),
        Ok(_) => {
            let text = decoded(&bytes);
            match binary(&text) {
                Some(kind) => Err(CliError::Binary { path: shown(path), kind }),
                None => Ok(text),
            }
        }
        Err(error) => Err(CliError::unreadable(path, error)),
    }
}

/// Standard input, for the one thing that is read from it.
pub(super) fn stdin() -> Result<io::StdinLock<'static>, CliError> {
    static IS_TAKEN: AtomicBool = AtomicBool::new(false);
    if IS_TAKEN.swap(true, Ordering::Relaxed) { Err(CliError::ReadTwice) } else { Ok(io::stdin().lock()) }
}

pub(super) fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

/// A file's name, safe to print.
pub(super) fn shown(path: &Path) -> String {
    if is_stdin(path) {
        return "standard input".to_owned();
    }
    redact_name(&path.display().to_string()).into_owned()
}
