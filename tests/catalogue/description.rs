//! Clerk's description, which is OpenAPI 3.0, as JSON Schema 2020-12.

use std::path::PathBuf;

use jsonschema::Validator;
use libtest_mimic::Failed;
use saphyr::{LoadableYamlNode as _, Scalar, Yaml};
use serde_json::{Map, Value, json};

/// One file of Clerk's.
pub struct Description {
    /// Its name, for messages.
    pub file: String,
    document: Value,
}

/// The directory that the environment names.
pub fn directory() -> Option<PathBuf> {
    std::env::var_os("CLERKHOOK_SPEC_DIR").map(PathBuf::from)
}

impl Description {
    /// Every description that there is; to have none is a mistake.
    pub fn all() -> Vec<Self> {
        let directory = directory().expect("CLERKHOOK_SPEC_DIR is set");
        let entries = std::fs::read_dir(&directory).expect("the directory of CLERKHOOK_SPEC_DIR");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        let all: Vec<_> = paths.filter(|path| path.extension().is_some_and(|end| end == "yml")).map(read).collect();
        assert!(!all.is_empty(), "{} has no *.yml", directory.display());
        all
    }

    /// The event types that it names.
    pub fn types(&self) -> Vec<String> {
        let webhooks = self.document["x-webhooks"].as_object().expect("`x-webhooks`");
        webhooks.keys().cloned().collect()
    }

    /// The validator of an event type.
    pub fn validator(&self, event_type: &str) -> Result<Validator, Failed> {
        let body = &self.document["x-webhooks"][event_type]["post"]["requestBody"];
        let schema = &body["content"]["application/json"]["schema"];
        if schema.is_null() {
            return Err(format!("{} has no schema of {event_type}", self.file).into());
        }
        let schemas = self.document["components"]["schemas"].as_object().expect("schemas");
        let schemas: Map<_, _> = schemas
            .iter()
            // Their names end so; they are instances.
            .filter(|(name, _)| !name.ends_with("Example"))
            .map(|(name, schema)| (name.clone(), self.converted(schema)))
            .collect();
        let mut root = self.converted(schema);
        root["components"] = json!({ "schemas": schemas });
        Ok(jsonschema::draft202012::options().should_validate_formats(true).build(&root)?)
    }

    /// OpenAPI 3.0 differs from JSON Schema in `nullable`, and Clerk's in one more thing: it closes a schema with
    /// `additionalProperties: false` and then adds properties to it in an `allOf`, which nothing could satisfy.
    /// What is meant is that the whole is closed, `unevaluatedProperties: false`.
    fn converted(&self, schema: &Value) -> Value {
        match schema {
            Value::Array(items) => items.iter().map(|item| self.converted(item)).collect(),
            Value::Object(fields) => {
                let mut fields = fields.clone();
                let nullable = fields.remove("nullable") == Some(Value::Bool(true));
                let branches = fields.remove("allOf");
                for field in fields.values_mut() {
                    *field = self.converted(field);
                }
                if let Some(Value::Array(branches)) = branches {
                    self.join(&mut fields, &branches);
                }
                if nullable { json!({ "anyOf": [fields, { "type": "null" }] }) } else { Value::Object(fields) }
            }
            _ => schema.clone(),
        }
    }

    /// Puts the branches of an `allOf` back, opened, and closes the whole when one of them was closed.
    fn join(&self, fields: &mut Map<String, Value>, branches: &[Value]) {
        let mut closed = false;
        let opened = branches.iter().map(|branch| {
            let mut branch = self.converted(self.named(branch));
            let branch_fields = branch.as_object_mut().expect("a schema");
            for word in ["additionalProperties", "unevaluatedProperties"] {
                closed |= branch_fields.get(word) == Some(&Value::Bool(false));
                branch_fields.remove(word);
            }
            branch
        });
        let opened: Value = opened.collect();
        fields.insert("allOf".to_owned(), opened);
        if closed {
            fields.insert("unevaluatedProperties".to_owned(), Value::Bool(false));
        }
    }

    /// The schema that a `$ref` names, or the schema itself.
    fn named<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let pointer = schema["$ref"].as_str().and_then(|name| name.strip_prefix('#'));
        pointer.map_or(schema, |pointer| self.document.pointer(pointer).expect("what the reference names"))
    }
}

fn read(path: PathBuf) -> Description {
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let documents = Yaml::load_from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let document = documents.first().map(json_of).unwrap_or_default();
    Description { file: path.file_name().expect("a name").to_string_lossy().into_owned(), document }
}

fn json_of(node: &Yaml) -> Value {
    match node {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(is)) => json!(is),
        Yaml::Value(Scalar::Integer(number)) => json!(number),
        Yaml::Value(Scalar::FloatingPoint(number)) => json!(number.into_inner()),
        Yaml::Value(Scalar::String(text)) => json!(text),
        Yaml::Sequence(items) => items.iter().map(json_of).collect(),
        Yaml::Mapping(fields) => fields.iter().map(|(name, value)| (key_of(name), json_of(value))).collect(),
        other => panic!("no JSON is meant by {other:?}"),
    }
}

/// A status like `200:` is a number in YAML.
fn key_of(name: &Yaml) -> String {
    match json_of(name) {
        Value::String(text) => text,
        other => other.to_string(),
    }
}
