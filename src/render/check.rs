//! What came of a check, as a person reads it, and as JSON.

use std::fmt::Write as _;

use super::text::{Colour, told_of};
use crate::check::Findings;

/// What no check can tell beforehand.
const NOT_PROVED: &str = "not proved: that secrets hold the JSON keys and shapes asked for (values are never read), that images are built for the \
                          platform, that the cluster has room, and whatever changes before the task starts";

/// The problems of a definition, each as it would be diagnosed, and what stays open. Ends with a line break.
#[must_use]
pub fn render(definition: &str, findings: &Findings, colour: Colour) -> String {
    let mut out = String::new();
    for problem in &findings.problems {
        let diagnosis = &problem.diagnosis;
        let _ = writeln!(out, "{}: {}", colour.bad(&format!("error[{}]", diagnosis.cause.id)), colour.strong(&diagnosis.title));
        told_of(definition, diagnosis, &problem.symptom, colour, &mut out);
        out.push('\n');
    }
    let count = findings.problems.len();
    let said = match count {
        0 => "no problem found".to_owned(),
        1 => "1 problem".to_owned(),
        several => format!("{several} problems"),
    };
    let references = if findings.references == 1 { "1 reference".to_owned() } else { format!("{} references", findings.references) };
    let _ = writeln!(out, "{}: {definition}, {references} looked at", colour.strong(&said));
    for unknown in &findings.unknown {
        let _ = writeln!(out, "  not checked: {unknown}");
    }
    let _ = writeln!(out, "  {NOT_PROVED}");
    out
}
