//! YAML as values that know their lines.

use saphyr::{LoadableYamlNode as _, MarkedYaml, Scalar, YamlData};
use serde_json::{Map, Number, Value};

use super::fault::{Fault, Why};

/// A value of the file.
pub type Node<'a> = MarkedYaml<'a>;

/// Reads a file of one document.
///
/// # Errors
/// `Yaml`, `Documents`, `NoSteps` for an empty one.
pub fn load(text: &str) -> Result<Node<'_>, Fault> {
    let fault = |line, why| Fault { line, step: None, why };
    let mut documents = Node::load_from_str(text).map_err(|error| {
        let marker = error.marker();
        fault(marker.line(), Why::Yaml { words: error.info().to_owned(), column: marker.col() + 1 })
    })?;
    match (documents.pop(), documents.len()) {
        (Some(document), 0) => Ok(document),
        (Some(document), others) => Err(fault(line(&document), Why::Documents { count: others + 1 })),
        (None, _) => Err(fault(1, Why::NoSteps)),
    }
}

/// Where a value begins, from 1.
pub fn line(node: &Node) -> usize {
    node.span.start.line()
}

/// What a value is, for a person.
fn kind(node: &Node) -> &'static str {
    match &node.data {
        YamlData::Sequence(_) => "a list",
        YamlData::Mapping(_) => "a map",
        YamlData::Value(Scalar::Null) => "nothing",
        YamlData::Value(Scalar::String(_)) => "a text",
        YamlData::Value(Scalar::Boolean(_)) => "true or false",
        YamlData::Value(Scalar::Integer(_) | Scalar::FloatingPoint(_)) => "a number",
        _ => "something else",
    }
}

/// That a value is not what it should be.
pub fn not(expected: &'static str, node: &Node) -> Fault {
    Fault { line: line(node), step: None, why: Why::Kind { expected, found: kind(node) } }
}

/// A key of a map and its value, which may begin lines below.
pub struct Entry<'a, 'b> {
    /// Where the key stands, from 1.
    pub line: usize,
    /// The key.
    pub key: String,
    /// The value.
    pub value: &'b Node<'a>,
}

/// Keys and values of a map, in their order.
///
/// # Errors
/// `Kind`.
pub fn map<'a, 'b>(node: &'b Node<'a>) -> Result<Vec<Entry<'a, 'b>>, Fault> {
    let YamlData::Mapping(entries) = &node.data else { return Err(not("a map", node)) };
    entries.iter().map(|(key, value)| Ok(Entry { line: line(key), key: text(key)?, value })).collect()
}

/// The values of a list.
///
/// # Errors
/// `Kind`.
pub fn list<'a, 'b>(node: &'b Node<'a>) -> Result<&'b [Node<'a>], Fault> {
    match &node.data {
        YamlData::Sequence(values) => Ok(values),
        _ => Err(not("a list", node)),
    }
}

/// A text; a number counts as its digits, so that `expect: 409` needs no quotes.
///
/// # Errors
/// `Kind`.
pub fn text(node: &Node) -> Result<String, Fault> {
    match &node.data {
        YamlData::Value(Scalar::String(text)) => Ok(text.to_string()),
        YamlData::Value(Scalar::Integer(number)) => Ok(number.to_string()),
        _ => Err(not("a text", node)),
    }
}

/// Any value as JSON.
///
/// # Errors
/// `Kind` for what JSON has not.
pub fn json(node: &Node) -> Result<Value, Fault> {
    Ok(match &node.data {
        YamlData::Value(Scalar::Null) => Value::Null,
        YamlData::Value(Scalar::Boolean(value)) => Value::from(*value),
        YamlData::Value(Scalar::Integer(value)) => Value::from(*value),
        YamlData::Value(Scalar::String(value)) => Value::from(value.as_ref()),
        YamlData::Value(Scalar::FloatingPoint(value)) => {
            Number::from_f64(value.into_inner()).map(Value::Number).ok_or_else(|| not("a value that JSON has", node))?
        }
        YamlData::Sequence(values) => Value::Array(values.iter().map(json).collect::<Result<_, _>>()?),
        YamlData::Mapping(_) => {
            let fields = map(node)?.into_iter().map(|entry| Ok((entry.key, json(entry.value)?)));
            Value::Object(fields.collect::<Result<Map<_, _>, Fault>>()?)
        }
        _ => return Err(not("a value that JSON has", node)),
    })
}
