//! What a file or a pipe holds: records one after another, one JSON value of any other kind, or text that
//! somebody pasted.

use std::io::{self, Chain, Cursor, Read};

use serde::de::IgnoredAny;

use super::stream::read_some;
use super::{Chunks, Entry, InputError, Task};

/// What is read to find out what it is. A stream of records is known by its first byte; what is longer and no
/// stream is nothing that a person pasted.
const LONGEST_VALUE: usize = 8 << 20;
/// A pasted text is a screen or two.
const LONGEST_PASTE: usize = 64 << 10;
const READ: usize = 64 << 10;
/// The mark of the byte order that some editors write before UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// What an input holds.
#[derive(Debug)]
pub enum Input<R> {
    /// Records, to be read chunk by chunk.
    Records(Chunks<Chain<Cursor<Vec<u8>>, R>>),
    /// One JSON value: a list, or a reason in quotes, as the AWS CLI's `--query` prints them.
    Value(Vec<Entry>),
    /// Text that is not JSON, taken for what ECS says.
    Text(Entry),
}

impl<R: Read> Input<R> {
    /// Looks at the beginning of `input`, and reads all of it where it is not a stream of objects.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn open(mut input: R) -> io::Result<Self> {
        let mut head = Vec::new();
        while first_byte(&head).is_none()
            && head.len() < LONGEST_VALUE
            && read_more(&mut input, &mut head)? > 0
        {
            if head.starts_with(MARK) {
                head.drain(..MARK.len());
            }
        }
        if !matches!(first_byte(&head), None | Some(b'{')) {
            input
                .by_ref()
                .take((LONGEST_VALUE - head.len().min(LONGEST_VALUE)) as u64)
                .read_to_end(&mut head)?;
            let text = decoded(&head);
            let is_value = || head.len() < LONGEST_VALUE && !text.trim().is_empty() && !is_stream(&text);
            if binary(&text).is_some() || is_value() {
                return Ok(Self::read(&text));
            }
            head = text.into_bytes();
        }
        Ok(Self::Records(Chunks::new(Cursor::new(head).chain(input))))
    }

    fn read(text: &str) -> Self {
        if is_json(text) {
            return Self::Value(super::read_record(text));
        }
        let problem = if let Some(kind) = binary(text) {
            Some(format!("expected JSON or text, found {kind}"))
        } else if text.len() > LONGEST_PASTE {
            Some(format!(
                "expected JSON, or at most {LONGEST_PASTE} bytes of what ECS says, found {} bytes of text: --log reads the log of an application, and ecs-triage check a template or a task definition",
                text.len()
            ))
        } else {
            None
        };
        let task = problem
            .map_or_else(|| Ok(Task::from_reason(text.trim_end())), |problem| Err(InputError::new(problem)));
        Self::Text(Entry::of(vec![task]))
    }
}

/// Adds what one read gives, as somebody may wait for an answer to it.
fn read_more(input: &mut impl Read, into: &mut Vec<u8>) -> io::Result<usize> {
    let from = into.len();
    into.resize(from + READ, 0);
    let read = read_some(input, &mut into[from..])?;
    into.truncate(from + read);
    Ok(read)
}

fn first_byte(text: &[u8]) -> Option<u8> {
    text.trim_ascii_start().first().copied()
}

/// Whether there are objects on lines of a text that does not begin with one, or values on each line.
fn is_stream(text: &str) -> bool {
    if is_json(text) {
        return false;
    }
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.next().is_some_and(is_json) || lines.any(|line| line.starts_with('{') && is_json(line))
}

/// What a text is that was none before it was decoded.
#[must_use]
pub fn binary(text: &str) -> Option<&'static str> {
    // The first byte of the mark of gzip is a control character, its second no UTF-8.
    if text.starts_with("\u{1f}\u{fffd}") {
        Some("a compressed file: decompress it, as with gunzip")
    } else {
        text.contains('\0').then_some("a binary file")
    }
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// A text without the mark of its byte order: PowerShell writes UTF-16, some editors a mark before UTF-8.
#[must_use]
pub fn decoded(bytes: &[u8]) -> String {
    let utf16 = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = rest.as_chunks().0.iter().map(|pair| unit(*pair));
        char::decode_utf16(units).map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => String::from_utf8_lossy(bytes.strip_prefix(MARK).unwrap_or(bytes)).into_owned(),
    }
}
