//! XML answers as JSON values, so that one kind of facts is read from all services.
//!
//! An element is an object, or a list where all it holds is `item`s or `member`s, or where another of its
//! name is next to it; or a text. What is empty is absent.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;
use serde_json::{Map, Value};

/// Deeper than any answer; a value of any depth would exhaust the stack when it is dropped.
const DEEPEST: usize = 32;
/// Elements that say yes or no. The text of any other can be `true` by chance: people name things.
const YES_OR_NO: &[&str] = &[
    "main",
    "egress",
    "value",
    "privateDnsEnabled",
    "AllowedByOrganizations",
    "AllowedByPermissionsBoundary",
];

#[derive(Default)]
struct Element {
    name: String,
    text: String,
    children: Vec<(String, Value)>,
}

/// What the outermost element holds; `None` where the text is not XML to its end.
pub(crate) fn read(text: &str) -> Option<Value> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut open = vec![Element::default()];
    loop {
        match reader.read_event().ok()? {
            Event::Start(_) if open.len() > DEEPEST => return None,
            Event::Start(start) => {
                open.push(Element { name: start.local_name().as_ref().to_owned(), ..Element::default() });
            }
            Event::Text(part) => open.last_mut()?.text += &part.xml10_content(),
            Event::CData(part) => open.last_mut()?.text += &part.xml10_content(),
            Event::GeneralRef(reference) => match reference.resolve_char_ref().ok()? {
                Some(letter) => open.last_mut()?.text.push(letter),
                None => open.last_mut()?.text += resolve_predefined_entity(&reference)?,
            },
            Event::End(_) => {
                let ended = open.pop()?;
                let name = ended.name.clone();
                open.last_mut()?.children.push((name, ended.value()));
            }
            Event::Eof => break,
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    let [document] = open.try_into().ok()?;
    let (_, root) = document.children.into_iter().next()?;
    Some(root)
}

impl Element {
    fn value(self) -> Value {
        let is_list = self.children.iter().all(|(name, _)| matches!(name.as_str(), "item" | "member"));
        let mut children = self.children.into_iter().filter(|(_, value)| !value.is_null()).peekable();
        if children.peek().is_none() {
            return match self.text {
                text if text.trim().is_empty() => Value::Null,
                text if YES_OR_NO.contains(&self.name.as_str()) => {
                    text.parse().map_or(Value::String(text), Value::Bool)
                }
                text => Value::String(text),
            };
        }
        if is_list { children.map(|(_, value)| value).collect() } else { Value::Object(gathered(children)) }
    }
}

/// Elements of one name become a list under it.
fn gathered(children: impl Iterator<Item = (String, Value)>) -> Map<String, Value> {
    let mut fields: Map<String, Value> = Map::new();
    let mut repeated: Vec<String> = Vec::new();
    for (name, value) in children {
        match fields.get_mut(&name) {
            None => drop(fields.insert(name, value)),
            Some(Value::Array(values)) if repeated.contains(&name) => values.push(value),
            Some(first) => {
                *first = Value::Array(vec![first.take(), value]);
                repeated.push(name);
            }
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::read;
    use serde_json::{Value, json};

    #[test]
    fn elements_become_fields_lists_and_texts() {
        let text = "<?xml version=\"1.0\"?>\n<R xmlns=\"http://x\"><set>\n <item><id>a&amp;b&#32;c</id><main>true</main><name>true</name></item>\n <item><id>d</id><none/></item> </set>\
            <empty>\n</empty><Key>one</Key><Key>two</Key><Key>three</Key></R>";
        let value = json!({"set": [{"id": "a&b c", "main": true, "name": "true"}, {"id": "d"}], "Key": ["one", "two", "three"]});
        assert_eq!(read(text), Some(value));
        assert_eq!(read("<LocationConstraint xmlns=\"x\"/>"), Some(Value::Null));
        assert_eq!(read("<a:LocationConstraint>eu-west-1</a:LocationConstraint>"), Some(json!("eu-west-1")));
    }

    #[test]
    fn what_is_no_whole_document_is_refused() {
        for text in [
            "",
            "no",
            "<a>",
            "<a><b></a></b>",
            "<a>&lol;</a>",
            "{\"a\": 1}",
            "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read(&("<a>".repeat(100_000) + &"</a>".repeat(100_000))), None);
    }
    #[test]
    fn a_document_that_breaks_off_is_refused() {
        let whole = "<?xml version=\"1.0\"?><R a=\"b\"><set><item><id>a&amp;&#x62;<![CDATA[c]]></id><!-- d --></item></set></R>";
        assert_eq!(read(whole), Some(json!({"set": [{"id": "a&bc"}]})));
        for end in 0..whole.len() {
            assert_eq!(read(&whole[..end]), None, "{}", &whole[..end]);
        }
    }
}
