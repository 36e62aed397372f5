//! The forms in which people paste a reason.

/// A form by its name, and what it makes of a text.
pub(crate) type Form = (&'static str, fn(&str) -> String);

pub(crate) const FORMS: &[Form] = &[
    ("the console's link behind it", |text| format!("{text}\nView troubleshooting guide")),
    ("the console's time before it", |text| {
        format!("Tarefa interrompida em: 2026-08-16T16:34:30.677Z\n{text}")
    }),
    ("between other events", |text| {
        format!(
            "(service api) has begun draining.\n(service api) was unable to place a task. Reason: {text}\n(service api) has started 1 tasks: (task 0123)."
        )
    }),
    ("escaped for HTML", |text| {
        text.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&quot;")
            .replace('\'', "&#39;")
    }),
    ("a field of JSON", |text| format!("\"stoppedReason\": {},", serde_json::Value::from(text))),
    ("an object of JSON", |text| {
        format!(
            "{{\n  \"lastStatus\": \"STOPPED\",\n  \"stoppedReason\": {},\n  \"stopCode\": \"TaskFailedToStart\"\n}}",
            serde_json::Value::from(text)
        )
    }),
    ("cut and set in by Copilot", |text| set_in(&cut(text, 70), "        ", "        ")),
    ("cut and hanging", |text| set_in(&cut(text, 70), "", "        ")),
    ("an item of Copilot's list", |text| {
        let first = "  - [21479dca]: ";
        let length = text.char_indices().nth(74 - first.len()).map_or(text.len(), |(at, _)| at);
        let rest = set_in(&cut(&text[length..], 70), "    ", "    ");
        format!("{first}{}{}{rest}", &text[..length], if length < text.len() { "\n" } else { "" })
    }),
    ("quoted in a mail", |text| set_in(&wrapped(text, 72), "> ", "> ")),
    ("quoted on one line", |text| format!("> {text}")),
    ("boxed by Terraform", |text| {
        format!(
            "\u{2577}\n\u{2502} Error: waiting for ECS\n{}\n\u{2502} \n\u{2575}",
            set_in(&wrapped(text, 76), "\u{2502} ", "\u{2502} ")
        )
    }),
    ("wrapped", |text| wrapped(text, 72).join("\n")),
    ("in brackets", |text| format!("STOPPED ({text})")),
    ("in backticks", |text| format!("`{text}`")),
    ("after a health check, on a line of its own", |text| {
        format!(
            "Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/x/1)\n{text}"
        )
    }),
    ("after a health check", |text| format!("Task failed container health checks; {text}")),
];

/// Of two tasks, one that was unhealthy says more than one that says no more than this.
pub(crate) const IS_GENERAL: &[&str] = &["unknown", "exited", "unhealthy"];

/// Readings that a form changes, by the form and the text.
pub(crate) const EXCEPTIONS: &[(&str, &str)] = &[
    ("cut and set in by Copilot", "other-0041"),
    ("cut and hanging", "other-0041"),
    ("an item of Copilot's list", "sec-0101"),
    ("quoted in a mail", "sec-0101"),
    ("boxed by Terraform", "sec-0101"),
    ("wrapped", "sec-0101"),
    ("in backticks", "other-0127"),
    ("wrapped", "sec-0098"),
    ("quoted in a mail", "sec-0149"),
    ("boxed by Terraform", "sec-0149"),
    ("wrapped", "sec-0149"),
    ("escaped for HTML", "sec-0034"),
    ("quoted in a mail", "sec-0047"),
    ("boxed by Terraform", "sec-0047"),
    ("quoted in a mail", "sec-0222"),
    ("wrapped", "sec-0222"),
    ("an item of Copilot's list", "sec-0226"),
    ("quoted in a mail", "sec-0131"),
    ("boxed by Terraform", "sec-0131"),
    ("an item of Copilot's list", "sec-0148"),
    ("in brackets", "seen-0001"),
    ("in backticks", "seen-0001"),
    ("in backticks", "seen-0035"),
    ("wrapped", "wild-pinned-digest-not-found"),
    ("wrapped", "wild-secret-name-read-as-parameter-denied"),
    ("in brackets", "wild-service-connect-poll"),
    ("in backticks", "wild-service-connect-poll"),
];

/// Cut at a width, also within words.
fn cut(text: &str, width: usize) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    letters.chunks(width).map(|line| line.iter().collect()).collect()
}

/// Wrapped between words.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let is_full = lines
            .last()
            .is_some_and(|line| !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width);
        if is_full {
            lines.push(String::new());
        }
        let Some(line) = lines.last_mut() else { continue };
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines
}

fn set_in(lines: &[String], first: &str, others: &str) -> String {
    let line = |(at, line): (usize, &String)| format!("{}{line}", if at == 0 { first } else { others });
    lines.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
}
