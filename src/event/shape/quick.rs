//! A first, quick reading of a record: one pass that looks only at the keys wanted and borrows what it finds.
//!
//! It takes what ECS sends all day and gives up (`None`) on anything out of the ordinary, valid or not: an unknown spelling, a `null`, a key
//! twice, a wrong type. The careful reading decides then, and words the errors. What it does take, both read alike.

use serde::Deserialize;

use super::super::scalar::{Moment, Number, Raw, Str};
use super::{Attachment, ContainerShape, Detail, Shape};

/// Deeper values are left to the careful reading.
const DEEPEST: usize = 32;

/// Reads a whole text as one object of the wire.
pub(super) fn shape(text: &str) -> Option<Shape<'_>> {
    let mut shape = Shape::default();
    whole(text, |scan| scan.shape(&mut shape, true))?;
    Some(shape)
}

/// Reads a whole text as a list of attachments.
pub(super) fn attachments(text: &str) -> Option<Vec<Attachment<'_>>> {
    let mut attachments = None;
    whole(text, |scan| scan.list_into(&mut attachments, Scan::attachment))?;
    attachments
}

fn whole<'a>(text: &'a str, read: impl FnOnce(&mut Scan<'a>) -> Option<()>) -> Option<()> {
    // Without branches this becomes a few vector operations, for which one string at a time is too short.
    let marks = text.bytes().map(|byte| u8::from(byte == b'"') | u8::from(byte == b'\\') | u8::from(byte < 0x20));
    let mut scan = Scan { text, marks: marks.collect(), at: 0 };
    read(&mut scan)?;
    scan.peek().is_none().then_some(())
}

struct Scan<'a> {
    text: &'a str,
    /// For each byte, whether it needs a second look in a string.
    marks: Vec<u8>,
    at: usize,
}

impl<'a> Scan<'a> {
    fn shape(&mut self, shape: &mut Shape<'a>, outermost: bool) -> Option<()> {
        self.each_key(|scan, key| match key {
            "detail-type" => scan.text_into(&mut shape.detail_type),
            "account" => scan.text_into(&mut shape.account),
            "region" => scan.text_into(&mut shape.region),
            "resources" => scan.list_into(&mut shape.resources, Self::string),
            "time" => scan.moment_into(&mut shape.time),
            "detail" if outermost => {
                let mut detail = Box::default();
                scan.shape(&mut detail, false)?;
                once(&mut shape.detail, detail)
            }
            "taskArn" => scan.text_into(&mut shape.task_arn),
            "clusterArn" => scan.text_into(&mut shape.cluster_arn),
            "taskDefinitionArn" => scan.text_into(&mut shape.task_definition_arn),
            "group" => scan.text_into(&mut shape.group),
            "launchType" => scan.text_into(&mut shape.launch_type),
            "platformVersion" => scan.text_into(&mut shape.platform_version),
            "containerInstanceArn" => scan.text_into(&mut shape.container_instance_arn),
            "lastStatus" => scan.text_into(&mut shape.last_status),
            "stopCode" => scan.text_into(&mut shape.stop_code),
            "stoppedReason" => scan.text_into(&mut shape.stopped_reason),
            "stoppedAt" => scan.moment_into(&mut shape.stopped_at),
            "stoppingAt" => scan.moment_into(&mut shape.stopping_at),
            "startedAt" => scan.moment_into(&mut shape.started_at),
            "createdAt" => scan.moment_into(&mut shape.created_at),
            "updatedAt" => scan.moment_into(&mut shape.updated_at),
            "version" => scan.number_into(&mut shape.version),
            "containers" => scan.list_into(&mut shape.containers, Self::container),
            "attachments" => once(&mut shape.attachments, Raw(scan.raw()?)),
            "eventName" => scan.text_into(&mut shape.event_name),
            "eventType" => scan.text_into(&mut shape.event_type),
            "reason" => scan.text_into(&mut shape.reason),
            "detail" | "tasks" | "task" => None,
            _ => scan.skip_unless_capital(key),
        })
    }

    fn container(&mut self) -> Option<ContainerShape<'a>> {
        let mut container = ContainerShape::default();
        self.each_key(|scan, key| match key {
            "name" => scan.text_into(&mut container.name),
            "image" => scan.text_into(&mut container.image),
            "reason" => scan.text_into(&mut container.reason),
            "exitCode" => scan.number_into(&mut container.exit_code),
            _ => scan.skip_unless_capital(key),
        })?;
        Some(container)
    }

    fn attachment(&mut self) -> Option<Attachment<'a>> {
        let mut attachment = Attachment::default();
        self.each_key(|scan, key| match key {
            "type" => scan.text_into(&mut attachment.kind),
            "details" => scan.list_into(&mut attachment.details, Self::detail),
            _ => scan.skip_unless_capital(key),
        })?;
        Some(attachment)
    }

    fn detail(&mut self) -> Option<Detail<'a>> {
        let mut detail = Detail::default();
        self.each_key(|scan, key| match key {
            "name" => scan.text_into(&mut detail.name),
            "value" => scan.text_into(&mut detail.value),
            _ => scan.skip_unless_capital(key),
        })?;
        Some(detail)
    }

    /// Steps over the value of a key that nobody wants. Keys with capitals may be another spelling of one that is.
    fn skip_unless_capital(&mut self, key: &str) -> Option<()> {
        if key.starts_with(|first: char| first.is_ascii_uppercase()) { None } else { self.skip(DEEPEST) }
    }

    fn text_into(&mut self, slot: &mut Option<Str<'a>>) -> Option<()> {
        once(slot, self.string()?)
    }

    fn moment_into(&mut self, slot: &mut Option<Moment<'a>>) -> Option<()> {
        let moment = if self.peek()? == b'"' { Moment::Text(self.string()?) } else { self.scalar()? };
        once(slot, moment)
    }

    fn number_into(&mut self, slot: &mut Option<Number>) -> Option<()> {
        once(slot, self.scalar()?)
    }

    fn list_into<T>(&mut self, slot: &mut Option<Vec<T>>, item: impl Fn(&mut Self) -> Option<T>) -> Option<()> {
        let mut list = Vec::new();
        self.each_item(b'[', b']', |scan| {
            list.push(item(scan)?);
            Some(())
        })?;
        once(slot, list)
    }

    /// A string, borrowed where it holds no escape.
    fn string(&mut self) -> Option<Str<'a>> {
        self.expect(b'"')?;
        let from = self.at;
        if self.skip_string()? { serde_json::from_str(&self.text[from - 1..self.at]).ok() } else { Some(Str(self.text[from..self.at - 1].into())) }
    }

    /// A value whose type has its own way of reading it.
    fn scalar<T: Deserialize<'a>>(&mut self) -> Option<T> {
        serde_json::from_str(self.raw()?).ok()
    }

    /// Any value, as it is written.
    fn raw(&mut self) -> Option<&'a str> {
        self.peek()?;
        let from = self.at;
        self.skip(DEEPEST)?;
        Some(&self.text[from..self.at])
    }

    fn each_key(&mut self, mut value: impl FnMut(&mut Self, &'a str) -> Option<()>) -> Option<()> {
        self.each_item(b'{', b'}', |scan| {
            scan.expect(b'"')?;
            let from = scan.at;
            let escaped = scan.skip_string()?;
            let key = &scan.text[from..scan.at - 1];
            scan.expect(b':')?;
            if escaped { None } else { value(scan, key) }
        })
    }

    fn each_item(&mut self, open: u8, close: u8, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.expect(open)?;
        if self.peek()? == close {
            self.at += 1;
            return Some(());
        }
        loop {
            item(self)?;
            let next = self.peek()?;
            self.at += 1;
            if next == close {
                return Some(());
            }
            if next != b',' {
                return None;
            }
        }
    }

    /// Steps over any value.
    fn skip(&mut self, deepest: usize) -> Option<()> {
        let deeper = deepest.checked_sub(1)?;
        match self.peek()? {
            b'"' => {
                self.at += 1;
                self.skip_string().map(|_| ())
            }
            b'{' => self.each_item(b'{', b'}', |scan| {
                scan.expect(b'"')?;
                scan.skip_string()?;
                scan.expect(b':')?;
                scan.skip(deeper)
            }),
            b'[' => self.each_item(b'[', b']', |scan| scan.skip(deeper)),
            b't' => self.skip_word("true"),
            b'f' => self.skip_word("false"),
            b'n' => self.skip_word("null"),
            _ => self.skip_number(),
        }
    }

    fn skip_word(&mut self, word: &str) -> Option<()> {
        self.at += self.text[self.at..].starts_with(word).then_some(word.len())?;
        Some(())
    }

    fn skip_number(&mut self) -> Option<()> {
        let number = &self.text.as_bytes()[self.at..];
        let digits = |from: usize| number[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let sign = usize::from(number.first() == Some(&b'-'));
        let whole = digits(sign);
        if whole == 0 || (whole > 1 && number[sign] == b'0') {
            return None;
        }
        let mut length = sign + whole;
        if number.get(length) == Some(&b'.') {
            let fraction = digits(length + 1);
            if fraction == 0 {
                return None;
            }
            length += 1 + fraction;
        }
        self.at += length;
        // What cannot follow a number, such as an exponent, is seen by whoever goes on.
        Some(())
    }

    /// Steps behind the quote that ends a string, and says whether there was an escape.
    fn skip_string(&mut self) -> Option<bool> {
        self.at += clear(&self.marks[self.at..]);
        if *self.text.as_bytes().get(self.at)? == b'"' {
            self.at += 1;
            return Some(false);
        }
        self.skip_escapes().map(|()| true)
    }

    #[cold]
    fn skip_escapes(&mut self) -> Option<()> {
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(self.at)? {
                b'"' => {
                    self.at += 1;
                    return Some(());
                }
                b'\\' => {
                    let skipped = match bytes.get(self.at + 1)? {
                        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => 2,
                        b'u' if bytes.get(self.at + 2..self.at + 6)?.iter().all(u8::is_ascii_hexdigit) => 6,
                        _ => return None,
                    };
                    self.at += skipped;
                    self.at += clear(&self.marks[self.at..]);
                }
                _ => return None,
            }
        }
    }

    fn expect(&mut self, wanted: u8) -> Option<()> {
        if self.peek()? != wanted {
            return None;
        }
        self.at += 1;
        Some(())
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        loop {
            match *self.text.as_bytes().get(self.at)? {
                b' ' | b'\n' | b'\t' | b'\r' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }
}

/// Fills what is empty: a key that comes twice is an error, which the careful reading words.
fn once<T>(slot: &mut Option<T>, value: T) -> Option<()> {
    slot.replace(value).is_none().then_some(())
}

/// How many bytes come before the next mark, or the end.
fn clear(marks: &[u8]) -> usize {
    let (blocks, rest) = marks.as_chunks::<8>();
    for (at, block) in blocks.iter().enumerate() {
        let marked = u64::from_le_bytes(*block);
        if marked != 0 {
            return at * 8 + marked.trailing_zeros() as usize / 8;
        }
    }
    blocks.len() * 8 + rest.iter().take_while(|mark| **mark == 0).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Shape, decode, subnet, tasks};
    use super::{Raw, attachments, shape};

    const SAMPLES: &[&str] = &[
        include_str!("../../../events/secret-key-missing.json"),
        include_str!("../../../events/scale-in.json"),
        include_str!("../../../events/service-role-unassumable.json"),
        include_str!("../../../tests/inputs/task-object.json"),
        include_str!("../../../tests/inputs/detail-only.json"),
        r#"{"taskArn": "a\u00e9\/", "version": -1.5, "stoppedAt": 1755000000.25, "containers": [{"name": "b", "exitCode": 1, "x": [{}, [], "\n\"", true, null, 0.5]}]}"#,
    ];
    /// What makes a record odd, or no JSON at all.
    const ODDITIES: &[&str] = &[
        "\"",
        "\\",
        "\\u12",
        "\\ud800",
        "{",
        "}",
        "[",
        "]",
        "[]",
        "{}",
        ":",
        ",",
        "null",
        "true",
        "tru",
        "0",
        "01",
        "-",
        "1.",
        "1e5",
        " ",
        "\n",
        "\u{1}",
        "\u{e9}",
        "\"version\":1,",
        "\"detail\":{},",
        "\"TaskArn\":\"b\",",
        "\"group\":null,",
        "\"tasks\":[],",
        "\"name\":\"c\",",
        "\"stoppedAt\":1.5,",
    ];

    fn records() -> impl Strategy<Value = String> {
        let change = (any::<prop::sample::Index>(), 0_usize..3, prop::sample::select(ODDITIES));
        (prop::sample::select(SAMPLES), any::<bool>(), prop::collection::vec(change, 0..4)).prop_map(|(sample, compact, changes)| {
            let value: serde_json::Value = serde_json::from_str(sample).expect("it is JSON");
            let mut text = if compact { value.to_string() } else { sample.to_owned() };
            for (at, length, oddity) in changes {
                let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
                let from = at.index(places.len());
                let to = places.get(from + length).copied().unwrap_or(text.len());
                text.replace_range(places[from]..to, oddity);
            }
            text
        })
    }

    proptest! {
        #[test]
        fn what_is_read_quickly_reads_the_same_with_care(text in records()) {
            if let Some(quick) = shape(&text) {
                let careful = decode::<Shape<'_>>(&text, "");
                prop_assert!(careful.is_ok(), "{:?}", careful.err());
                let raw = |shape: &Shape<'_>| shape.detail.as_deref().unwrap_or(shape).attachments.map(|raw| raw.0.to_owned());
                if let Ok(careful) = careful {
                    let seen = raw(&quick);
                    prop_assert_eq!(&seen, &raw(&careful));
                    if let Some(seen) = seen.filter(|seen| attachments(seen).is_some()) {
                        // An escape in a key is left to the careful reading.
                        prop_assert_eq!(subnet(Raw(&seen)), subnet(Raw(&seen.replace("\"type\"", "\"\\u0074ype\""))));
                    }
                    prop_assert_eq!(tasks(quick, &text), tasks(careful, &text));
                }
            }
        }
    }

    #[test]
    fn ordinary_records_are_read_quickly() {
        for sample in SAMPLES {
            assert!(shape(sample).is_some(), "{sample}");
        }
    }
}
