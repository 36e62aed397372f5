//! A stream of JSON records of any length, in memory for a few chunks.
//!
//! Records follow each other on lines or are spread over several. A `{` in the first column always begins a
//! record: so a broken record cannot swallow the next one, and a stream can be cut into [`Chunk`]s that are
//! read apart from each other.

use std::io::{self, Read};
use std::str;
use std::sync::{Arc, Mutex};

use super::{Entry, InputError};

/// A record of more bytes is reported and skipped: an SQS batch, the largest real one, has at most 6 MiB.
const LONGEST_RECORD: usize = 64 << 20;
/// What is read at once.
const READ: usize = 1 << 18;
/// What a chunk has at least, if more comes.
const CHUNK: usize = 1 << 20;
/// What is read into: a chunk, what came before it and what came with its end.
const BUFFER: usize = CHUNK + 2 * READ;

/// The chunks of a stream.
#[derive(Debug)]
pub struct Chunks<R> {
    input: R,
    buffers: Buffers,
    /// Read, but not given out: the beginning of a record whose end is not known yet.
    ahead: Vec<u8>,
    lines: usize,
    ended: bool,
}

/// Buffers of chunks that are done with: fresh memory costs more than it seems.
type Buffers = Arc<Mutex<Vec<Vec<u8>>>>;

/// Some whole records of a stream.
#[derive(Debug)]
pub struct Chunk {
    /// The records, and behind them what else fits in.
    buffer: Vec<u8>,
    length: usize,
    /// Where the buffer goes afterwards.
    buffers: Buffers,
    /// Lines of the stream before this chunk.
    lines_before: usize,
}

impl<R: Read> Chunks<R> {
    /// Reads chunks from `input`, which needs no buffer.
    pub fn new(input: R) -> Self {
        Self { input, buffers: Buffers::default(), ahead: Vec::new(), lines: 0, ended: false }
    }

    fn next_chunk(&mut self) -> io::Result<Option<Chunk>> {
        let used = self.buffers.lock().ok().and_then(|mut buffers| buffers.pop());
        let mut buffer = used.unwrap_or_else(|| vec![0; BUFFER]);
        let mut length = 0;
        make_room(&mut buffer, self.ahead.len());
        buffer[..self.ahead.len()].copy_from_slice(&self.ahead);
        length += self.ahead.len();
        self.ahead.clear();
        let mut searched = 0;
        while !self.ended && length <= LONGEST_RECORD {
            let from = length;
            make_room(&mut buffer, length + READ);
            length += read_some(&mut self.input, &mut buffer[length..length + READ])?;
            self.ended = length == from;
            let text = &buffer[..length];
            // Somebody writes line by line and may wait for an answer.
            if length < CHUNK && ends_with_a_record(text) {
                break;
            }
            if length >= CHUNK && !self.ended {
                // One byte back: the line break may have come with the part before.
                if let Some(last) = last_record(&text[searched..]) {
                    self.ahead.extend_from_slice(&text[searched + last..]);
                    length = searched + last;
                    break;
                }
                searched = from.saturating_sub(1);
            }
        }
        if length == 0 {
            return Ok(None);
        }
        let lines_before = self.lines;
        self.lines += line_breaks(&buffer[..length]);
        Ok(Some(Chunk { buffer, length, buffers: Arc::clone(&self.buffers), lines_before }))
    }
}

/// Fills some of `room` with what one read gives, and says how much; 0 at the end.
pub(super) fn read_some(input: &mut impl Read, room: &mut [u8]) -> io::Result<usize> {
    loop {
        match input.read(room) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

/// Makes a buffer that is too short for `length` bytes twice as long as that.
fn make_room(buffer: &mut Vec<u8>, length: usize) {
    if buffer.len() < length {
        buffer.resize(2 * length, 0);
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        // One that a long record has grown is not kept.
        if self.buffer.len() == BUFFER
            && let Ok(mut buffers) = self.buffers.lock()
        {
            buffers.push(std::mem::take(&mut self.buffer));
        }
    }
}

impl<R: Read> Iterator for Chunks<R> {
    type Item = io::Result<Chunk>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_chunk().transpose()
    }
}

impl Chunk {
    /// How many bytes it has.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "no chunk is empty")]
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether so little came at once that it is not worth sharing out.
    #[must_use]
    pub fn is_small(&self) -> bool {
        self.length < CHUNK / 2
    }

    /// The entries of the chunk's records, in order.
    pub fn entries(&self) -> impl Iterator<Item = Entry> {
        let text = &self.buffer[..self.length];
        let mut rest = Rest::of(text, self.lines_before + 1);
        std::iter::from_fn(move || rest.next_record()).flatten()
    }
}

/// What is left of a chunk.
struct Rest<'c> {
    text: &'c [u8],
    /// The line on which it begins, counted from 1.
    line: usize,
    /// How many bytes are left where the last record begins that was looked for; all of them if none was.
    next: usize,
}

impl<'c> Rest<'c> {
    const fn of(text: &'c [u8], line: usize) -> Self {
        Self { text, line, next: usize::MAX }
    }

    fn next_record(&mut self) -> Option<Vec<Entry>> {
        let blank = self.text.len() - self.text.trim_ascii_start().len();
        self.skip(blank);
        if self.text.is_empty() {
            return None;
        }
        let line = &self.text[..memchr::memchr(b'\n', self.text).map_or(self.text.len(), |end| end + 1)];
        let (entries, length) = if is_closed(line) && self.text.len() <= LONGEST_RECORD {
            (read(line), line.len())
        } else {
            self.read_lines(line)
        };
        let line_before = self.line - 1;
        if length == line.len() {
            // Its one line break is its last byte.
            self.text = &self.text[length..];
            self.line += usize::from(line.ends_with(b"\n"));
        } else {
            self.skip(length);
        }
        Some(moved(entries, line_before))
    }

    /// Reads a record of several lines, or one that is not whole.
    fn read_lines(&mut self, line: &[u8]) -> (Vec<Entry>, usize) {
        // Many records may end before the next that begins on its line: it is looked for once.
        if self.next >= self.text.len() {
            self.next = self.text.len() - next_record(self.text);
        }
        let record = &self.text[..self.text.len() - self.next];
        if record.len() > LONGEST_RECORD {
            (failed(format!("expected a record of at most {LONGEST_RECORD} bytes"), 1), record.len())
        } else if is_closed(line) {
            (read(line), line.len())
        } else {
            // It may end before the next record begins: then something else follows on lines of its own.
            let length = json_length(record).unwrap_or(record.len());
            (read(&record[..length]), length)
        }
    }

    fn skip(&mut self, length: usize) {
        let (skipped, rest) = self.text.split_at(length);
        self.line += line_breaks(skipped);
        self.text = rest;
    }
}

fn read(record: &[u8]) -> Vec<Entry> {
    match str::from_utf8(record.trim_ascii_end()) {
        Ok(text) => super::read_record(text),
        Err(error) => failed("expected UTF-8 text", error.valid_up_to() + 1),
    }
}

fn failed(problem: impl Into<String>, column: usize) -> Vec<Entry> {
    vec![Entry::of(vec![Err(InputError { column, ..InputError::new(problem) })])]
}

fn moved(mut entries: Vec<Entry>, lines: usize) -> Vec<Entry> {
    let errors = entries.iter_mut().flat_map(|entry| &mut entry.tasks).filter_map(|task| task.as_mut().err());
    errors.for_each(|error| error.line += lines);
    entries
}

/// Whether a line looks like a record of its own, whole or broken, or like no record at all.
fn is_closed(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let opens = matches!(line.first(), Some(b'{' | b'['));
    !opens || (line.len() > 1 && matches!(line.last(), Some(b'}' | b']')))
}

/// Whether a text ends with a record on a line of its own.
fn ends_with_a_record(text: &[u8]) -> bool {
    let Some(whole) = text.strip_suffix(b"\n") else { return false };
    let line = memchr::memrchr(b'\n', whole).map_or(whole, |before| &whole[before + 1..]);
    line.starts_with(b"{") && is_closed(line)
}

/// How many bytes the JSON value takes that `record` begins with, to the end of its line; `None` where it is
/// not whole.
fn json_length(record: &[u8]) -> Option<usize> {
    let mut values = serde_json::Deserializer::from_slice(record).into_iter::<serde::de::IgnoredAny>();
    values.next()?.ok()?;
    let end = values.byte_offset();
    Some(memchr::memchr(b'\n', &record[end..]).map_or(record.len(), |line| end + line + 1))
}

/// Where the record after the first begins, or the end.
fn next_record(text: &[u8]) -> usize {
    memchr::memmem::find(text, b"\n{").map_or(text.len(), |at| at + 1)
}

fn last_record(text: &[u8]) -> Option<usize> {
    memchr::memmem::rfind(text, b"\n{").map(|at| at + 1)
}

fn line_breaks(text: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', text).count()
}
