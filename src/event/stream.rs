//! A stream of JSON records of any length, in memory for one record.
//!
//! Records follow each other on lines or are spread over several. The splitter counts brackets outside strings. A raw line break inside a
//! string, or an object that begins in the first column while another is open, shows that the record before was broken: it is reported, and
//! reading goes on with the next line.

use std::io::{self, BufRead};

use super::{Entry, InputError};

/// A record of more bytes is reported and skipped: an SQS batch, the largest real one, has at most 10,000 messages of 1 MiB but 6 MiB in all.
const LONGEST_RECORD: usize = 64 << 20;

/// The entries of a stream of JSON records.
#[derive(Debug)]
pub struct Records<R> {
    input: R,
    /// Lines read so far.
    line: usize,
    /// A line that was read but belongs to the next record.
    ahead: Option<Vec<u8>>,
}

/// One record as it stands in the stream.
struct Document {
    text: Vec<u8>,
    first_line: usize,
}

impl<R: BufRead> Records<R> {
    /// Reads records from `input`.
    pub fn new(input: R) -> Self {
        Self { input, line: 0, ahead: None }
    }

    fn next_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        if let Some(line) = self.ahead.take() {
            return Ok(Some(line));
        }
        let mut line = Vec::new();
        // A line longer than a record may be is read to its end in parts that are thrown away, so memory stays bounded.
        let mut read = io::Read::take(&mut self.input, LONGEST_RECORD as u64 + 1).read_until(b'\n', &mut line)?;
        if read > LONGEST_RECORD && !line.ends_with(b"\n") {
            while read > 0 && !line.ends_with(b"\n") {
                line.truncate(LONGEST_RECORD + 1);
                let mut rest = Vec::new();
                read = io::Read::take(&mut self.input, 1 << 20).read_until(b'\n', &mut rest)?;
                if rest.ends_with(b"\n") {
                    line.push(b'\n');
                }
            }
        }
        if line.is_empty() {
            return Ok(None);
        }
        self.line += 1;
        if self.line == 1 && line.starts_with(b"\xef\xbb\xbf") {
            line.drain(..3);
        }
        Ok(Some(line))
    }

    fn next_document(&mut self) -> io::Result<Option<Document>> {
        let Some(first) = self.next_filled_line()? else { return Ok(None) };
        let mut document = Document { first_line: self.line, text: first };
        let mut depth = Depth::default();
        depth.read(&document.text);
        while depth.open > 0 && !depth.in_string && document.text.len() <= LONGEST_RECORD {
            let Some(line) = self.next_line()? else { break };
            if line.starts_with(b"{") && document.text.starts_with(b"{") {
                self.ahead = Some(line);
                break;
            }
            depth.read(&line);
            document.text.extend_from_slice(&line);
        }
        Ok(Some(document))
    }

    fn next_filled_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            match self.next_line()? {
                Some(line) if line.trim_ascii().is_empty() => {}
                line => return Ok(line),
            }
        }
    }
}

impl<R: BufRead> Iterator for Records<R> {
    type Item = io::Result<Vec<Entry>>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.next_document() {
            Err(error) => Some(Err(error)),
            Ok(None) => None,
            Ok(Some(document)) => Some(Ok(document.entries())),
        }
    }
}

impl Document {
    fn entries(&self) -> Vec<Entry> {
        let failed = |column, problem| {
            let error = InputError { line: self.first_line, column, path: String::new(), problem };
            vec![Entry { message_id: None, tasks: vec![Err(error)] }]
        };
        if self.text.len() > LONGEST_RECORD {
            return failed(1, format!("expected a record of at most {LONGEST_RECORD} bytes"));
        }
        match std::str::from_utf8(self.text.trim_ascii_end()) {
            Err(error) => failed(error.valid_up_to() + 1, "expected UTF-8 text".to_owned()),
            Ok(text) => {
                let mut entries = super::read_record(text);
                let errors = entries.iter_mut().flat_map(|entry| &mut entry.tasks).filter_map(|task| task.as_mut().err());
                errors.for_each(|error| error.line += self.first_line - 1);
                entries
            }
        }
    }
}

/// How many brackets are open, read line by line.
#[derive(Default)]
struct Depth {
    open: usize,
    in_string: bool,
}

impl Depth {
    fn read(&mut self, line: &[u8]) {
        let mut escaped = false;
        for &byte in line {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if self.in_string => escaped = true,
                b'"' => self.in_string = !self.in_string,
                b'{' | b'[' if !self.in_string => self.open += 1,
                b'}' | b']' if !self.in_string => self.open = self.open.saturating_sub(1),
                _ => {}
            }
        }
    }
}
