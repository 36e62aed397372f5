//! A first, quick reading of a record: one pass that looks only at the keys wanted and borrows what it finds.
//!
//! It takes what ECS sends all day and gives up (`None`) on anything out of the ordinary, valid or not: an unknown spelling, a `null`, a key
//! twice, a wrong type. The careful reading decides then, and words the errors. What it does take, both read alike.

mod scan;

use serde::Deserialize;

use super::super::scalar::{Moment, Number, Str};
use super::{Attachments, ContainerShape, Detail, Overrides, Shape, is_interface};
use scan::{Scan, Text};

/// Reads a whole text as one object of the wire.
pub(super) fn shape(text: &str) -> Option<Box<Shape<'_>>> {
    let mut scan = Scan::new(text);
    let mut shape = Box::default();
    scan.shape(&mut shape, true)?;
    scan.is_done().then_some(shape)
}

impl<'a> Scan<'a> {
    fn shape(&mut self, shape: &mut Shape<'a>, outermost: bool) -> Option<()> {
        self.each_key(|scan, key| match key {
            b"detail-type" => scan.text_into(&mut shape.detail_type),
            b"account" => scan.text_into(&mut shape.account),
            b"region" => scan.text_into(&mut shape.region),
            b"resources" => scan.list_into(&mut shape.resources, Self::text),
            b"time" => scan.moment_into(&mut shape.time),
            b"detail" if outermost => {
                let mut detail = Box::default();
                scan.shape(&mut detail, false)?;
                once(&mut shape.detail, detail)
            }
            b"taskArn" => scan.text_into(&mut shape.task_arn),
            b"clusterArn" => scan.text_into(&mut shape.cluster_arn),
            b"taskDefinitionArn" => scan.text_into(&mut shape.task_definition_arn),
            b"group" => scan.text_into(&mut shape.group),
            b"launchType" => scan.text_into(&mut shape.launch_type),
            b"platformVersion" => scan.text_into(&mut shape.platform_version),
            b"platformFamily" => scan.text_into(&mut shape.platform_family),
            b"containerInstanceArn" => scan.text_into(&mut shape.container_instance_arn),
            b"lastStatus" => scan.text_into(&mut shape.last_status),
            b"stopCode" => scan.text_into(&mut shape.stop_code),
            b"stoppedReason" => scan.text_into(&mut shape.stopped_reason),
            b"stoppedAt" => scan.moment_into(&mut shape.stopped_at),
            b"stoppingAt" => scan.moment_into(&mut shape.stopping_at),
            b"executionStoppedAt" => scan.moment_into(&mut shape.execution_stopped_at),
            b"startedAt" => scan.moment_into(&mut shape.started_at),
            b"createdAt" => scan.moment_into(&mut shape.created_at),
            b"updatedAt" => scan.moment_into(&mut shape.updated_at),
            b"version" => scan.number_into(&mut shape.version),
            b"containers" => scan.list_into(&mut shape.containers, Self::container),
            b"attachments" => {
                let attachments = scan.attachments()?;
                once(&mut shape.attachments, attachments)
            }
            b"overrides" => {
                let mut overrides = Overrides::default();
                scan.each_key(|scan, key| match key {
                    b"executionRoleArn" => scan.text_into(&mut overrides.execution_role_arn),
                    b"taskRoleArn" => scan.text_into(&mut overrides.task_role_arn),
                    _ => scan.skip_unless_capital(key),
                })?;
                once(&mut shape.overrides, overrides)
            }
            b"eventName" => scan.text_into(&mut shape.event_name),
            b"eventType" => scan.text_into(&mut shape.event_type),
            b"reason" => scan.text_into(&mut shape.reason),
            b"detail" | b"tasks" | b"task" => None,
            _ => scan.skip_unless_capital(key),
        })
    }

    fn container(&mut self) -> Option<ContainerShape<'a>> {
        let mut container = ContainerShape::default();
        self.each_key(|scan, key| match key {
            b"name" => scan.text_into(&mut container.name),
            b"image" => scan.text_into(&mut container.image),
            b"reason" => scan.text_into(&mut container.reason),
            b"exitCode" => scan.number_into(&mut container.exit_code),
            _ => scan.skip_unless_capital(key),
        })?;
        Some(container)
    }

    /// Of a list of attachments what [`super::subnet`] makes of them.
    fn attachments(&mut self) -> Option<Attachments<'a>> {
        let mut first = None;
        self.each_item(|scan| {
            let (mut kind, mut details, mut subnet) = (None, None, None);
            scan.each_key(|scan, key| match key {
                b"type" => scan.text_into(&mut kind),
                b"details" => {
                    scan.subnet_into(&mut subnet)?;
                    once(&mut details, ())
                }
                _ => scan.skip_unless_capital(key),
            })?;
            if is_interface(kind.as_deref()) {
                first = first.take().or(subnet);
            }
            Some(())
        })?;
        Some(Attachments::Subnet(first.and_then(|detail| detail.value)))
    }

    /// The first subnet among the details of an attachment.
    fn subnet_into(&mut self, slot: &mut Option<Detail<'a>>) -> Option<()> {
        self.each_item(|scan| {
            let detail = scan.detail()?;
            if slot.is_none() && detail.is_subnet() {
                *slot = Some(detail);
            }
            Some(())
        })
    }

    fn detail(&mut self) -> Option<Detail<'a>> {
        if let Some((name, value)) = self.name_and_value() {
            return Some(Detail { name: Some(Str(name.into())), value: Some(Str(value.into())) });
        }
        let mut detail = Detail::default();
        self.each_key(|scan, key| match key {
            b"name" => scan.text_into(&mut detail.name),
            b"value" => scan.text_into(&mut detail.value),
            _ => scan.skip_unless_capital(key),
        })?;
        Some(detail)
    }

    /// Steps over the value of a key that nobody wants. Keys with capitals may be another spelling of one that is.
    fn skip_unless_capital(&mut self, key: &[u8]) -> Option<()> {
        if key.first().is_some_and(u8::is_ascii_uppercase) { None } else { self.skip() }
    }

    /// A string, borrowed where it holds no escape.
    fn text(&mut self) -> Option<Str<'a>> {
        match self.string()? {
            Text::Plain(text) => Some(Str(text.into())),
            Text::Escaped(quoted) => serde_json::from_str(quoted).ok(),
        }
    }

    fn text_into(&mut self, slot: &mut Option<Str<'a>>) -> Option<()> {
        once(slot, self.text()?)
    }

    fn moment_into(&mut self, slot: &mut Option<Moment<'a>>) -> Option<()> {
        let moment = if self.peek()? == b'"' { Moment::Text(self.text()?) } else { self.scalar()? };
        once(slot, moment)
    }

    fn number_into(&mut self, slot: &mut Option<Number>) -> Option<()> {
        let raw = self.raw()?;
        let number = plain_number(raw).map_or_else(|| serde_json::from_str(raw).ok(), |number| Some(Number(number)))?;
        once(slot, number)
    }

    fn list_into<T>(&mut self, slot: &mut Option<Vec<T>>, item: impl Fn(&mut Self) -> Option<T>) -> Option<()> {
        let mut list = Vec::new();
        self.each_item(|scan| {
            list.push(item(scan)?);
            Some(())
        })?;
        once(slot, list)
    }

    /// A value whose type has its own way of reading it.
    fn scalar<T: Deserialize<'a>>(&mut self) -> Option<T> {
        serde_json::from_str(self.raw()?).ok()
    }
}

/// Fills what is empty: a key that comes twice is an error, which the careful reading words.
fn once<T>(slot: &mut Option<T>, value: T) -> Option<()> {
    slot.replace(value).is_none().then_some(())
}

/// A number of a few digits, as versions and exit codes are.
fn plain_number(raw: &str) -> Option<i64> {
    const MOST_DIGITS: usize = 9;
    if raw.len() > MOST_DIGITS {
        return None;
    }
    raw.bytes().try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0')))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Shape, decode, subnet, tasks};
    use super::shape;

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

    fn of_attachments(shape: &Shape<'_>) -> Option<String> {
        let of = shape.detail.as_deref().map_or(&shape.attachments, |detail| &detail.attachments);
        subnet(of.as_ref()?)
    }

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
        // Odd places are many, and each is hit rarely.
        #![proptest_config(ProptestConfig::with_cases(4_096))]

        #[test]
        fn what_is_read_quickly_reads_the_same_with_care(text in records()) {
            if let Some(quick) = shape(&text) {
                let careful = decode::<Box<Shape<'_>>>(&text, "");
                prop_assert!(careful.is_ok(), "{:?}", careful.err());
                if let Ok(careful) = careful {
                    // Tasks without a reason have no subnet either way.
                    prop_assert_eq!(of_attachments(&quick), of_attachments(&careful));
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
