//! Pictures of what people see, drawn from a real run: a notice on a phone, a diagnosis in a terminal.

use std::fmt::Write as _;

/// The columns of the terminal.
const COLUMNS: usize = 128;
/// The letters that fit in a row of the phone.
const LETTERS: usize = 46;

/// The rows of a line: cut where it is full, at a blank if `at_blanks`.
fn rows(line: &str, width: usize, at_blanks: bool) -> Vec<String> {
    let letters: Vec<char> = line.chars().collect();
    let mut rows = Vec::new();
    let mut from = 0;
    while letters.len() - from > width {
        let blank = letters[from..=from + width]
            .iter()
            .rposition(|letter| *letter == ' ')
            .filter(|at| at_blanks && *at > 0);
        let to = from + blank.unwrap_or(width);
        rows.push(letters[from..to].iter().collect());
        from = to + usize::from(blank.is_some());
    }
    rows.push(letters[from..].iter().collect());
    rows
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn picture(width: usize, height: usize, background: &str, font: &str, rows: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\">\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"{background}\" stroke=\"#8c959f\"/>\n\
         <g font-family=\"{font}\" xml:space=\"preserve\">\n{rows}</g>\n</svg>\n"
    )
}

/// How a terminal shows an ANSI code of colors.
fn look(code: &str) -> String {
    let numbers = || code.split(';').filter_map(|number| number.parse::<u8>().ok());
    let weight = if numbers().any(|number| number == 1) { " font-weight=\"bold\"" } else { "" };
    let color = numbers().find_map(|number| match number {
        31 | 91 => Some("#ff7b72"),
        32 | 92 => Some("#7ee787"),
        33 | 93 => Some("#e3b341"),
        34 | 94 => Some("#79c0ff"),
        35 | 95 => Some("#d2a8ff"),
        36 | 96 => Some("#76e3ea"),
        2 | 90 => Some("#8b949e"),
        _ => None,
    });
    format!(" fill=\"{}\"{weight}", color.unwrap_or("#e6edf3"))
}

/// A terminal with a text that holds ANSI escapes.
pub(crate) fn terminal(text: &str) -> String {
    let mut drawn = String::new();
    let mut number = 0;
    for line in text.lines() {
        // Each letter with its look: a row is cut by what is seen.
        let mut letters: Vec<(char, String)> = Vec::new();
        for (place, part) in line.split('\u{1b}').enumerate() {
            let (code, part) = if place == 0 {
                ("0", part)
            } else {
                part.trim_start_matches('[').split_once('m').unwrap_or(("0", part))
            };
            letters.extend(part.chars().map(|letter| (letter, look(code))));
        }
        let all: String = letters.iter().map(|(letter, _)| *letter).collect();
        let mut from = 0;
        for row in rows(&all, COLUMNS, false) {
            number += 1;
            let _ = write!(drawn, "<text x=\"16\" y=\"{}\">", 10 + number * 18);
            let shown = &letters[from..from + row.chars().count()];
            for alike in shown.chunk_by(|(_, one), (_, other)| one == other) {
                let part: String = alike.iter().map(|(letter, _)| *letter).collect();
                let _ = write!(drawn, "<tspan{}>{}</tspan>", alike[0].1, escaped(&part));
            }
            drawn.push_str("</text>\n");
            from += shown.len();
        }
    }
    picture(
        COLUMNS * 8 + 32,
        number * 18 + 28,
        "#0d1117",
        "ui-monospace, Menlo, Consolas, monospace\" font-size=\"13.2",
        &drawn,
    )
}

/// A phone with a mail.
pub(crate) fn notice(subject: &str, body: &str) -> String {
    let mut drawn = String::new();
    let mut y = 12;
    for (line, style) in
        [(subject, " font-weight=\"bold\""), ("", "")].into_iter().chain(body.lines().map(|line| (line, "")))
    {
        for row in rows(line, LETTERS, true) {
            y += 20;
            let _ =
                writeln!(drawn, "<text x=\"16\" y=\"{y}\" fill=\"#1f2328\"{style}>{}</text>", escaped(&row));
        }
    }
    picture(390, y + 20, "#ffffff", "system-ui, Helvetica, Arial, sans-serif\" font-size=\"14", &drawn)
}
