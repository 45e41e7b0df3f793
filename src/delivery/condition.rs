//! A condition on a delivery's body: `data.id=user_1`, `data.email_addresses[*].email_address~@example.com`.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;

use crate::payload::{Path, PathFault};

/// Stands for any element of an array.
const ANY: &str = "[*]";

/// A text that is no condition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConditionFault {
    /// No comparison.
    #[error("`{0}` compares nothing: write PATH=VALUE, PATH!=VALUE or PATH~PART")]
    NoComparison(String),
    /// Its left side.
    #[error(transparent)]
    Path(#[from] PathFault),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    Unequal,
    Contains,
}

/// A comparison of what stands at a path with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// As it was typed.
    text: String,
    /// What stands between the places where any element is meant; `None` between two that touch.
    pieces: Vec<Option<Path>>,
    comparison: Comparison,
    value: String,
}

impl Condition {
    /// Whether it holds of a body. `!=` holds where no value at the path is equal, so also where there is none.
    pub fn holds(&self, body: &Value) -> bool {
        let values = self.values(body);
        let equal = |value: &&Value| text_of(value).is_some_and(|text| text == self.value);
        match self.comparison {
            Comparison::Equal => values.iter().any(equal),
            Comparison::Unequal => !values.iter().any(equal),
            Comparison::Contains => {
                values.iter().filter_map(|value| text_of(value)).any(|text| text.contains(&self.value))
            }
        }
    }

    /// What stands at its path, as it is typed.
    pub fn found(&self, body: &Value) -> Vec<String> {
        self.values(body).into_iter().filter_map(text_of).collect()
    }

    fn values<'a>(&self, body: &'a Value) -> Vec<&'a Value> {
        let mut values = vec![body];
        for (place, piece) in self.pieces.iter().enumerate() {
            if place > 0 {
                values = values.into_iter().filter_map(Value::as_array).flatten().collect();
            }
            if let Some(path) = piece {
                values = values.into_iter().filter_map(|value| path.find(value)).collect();
            }
        }
        values
    }
}

/// A value as it is typed: a string without quotes, anything else as JSON.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(_) | Value::Object(_) => None,
        other => Some(other.to_string()),
    }
}

impl FromStr for Condition {
    type Err = ConditionFault;

    fn from_str(text: &str) -> Result<Self, ConditionFault> {
        let at = text.find(['=', '~']).ok_or_else(|| ConditionFault::NoComparison(text.to_owned()))?;
        let (left, right) = text.split_at(at);
        let (path, comparison) = match (left.strip_suffix('!'), right.starts_with('=')) {
            (Some(path), true) => (path, Comparison::Unequal),
            (_, true) => (left, Comparison::Equal),
            (_, false) => (left, Comparison::Contains),
        };
        let piece = |(place, text): (usize, &str)| match text.strip_prefix('.').filter(|_| place > 0).unwrap_or(text) {
            "" if !path.is_empty() => Ok(None),
            text => text.parse::<Path>().map(Some),
        };
        let pieces = path.split(ANY).enumerate().map(piece).collect::<Result<_, _>>()?;
        Ok(Self { text: text.to_owned(), pieces, comparison, value: right[1..].to_owned() })
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(condition: &str) -> bool {
        let body = serde_json::json!({
            "type": "user.created",
            "data": {
                "id": "user_1", "banned": false, "count": 3, "name": null,
                "email_addresses": [{"email_address": "ada@example.com"}, {"email_address": "eve@example.com"}],
                "rows": [[1, 2], [3]],
            },
        });
        condition.parse::<Condition>().expect(condition).holds(&body)
    }

    #[test]
    fn values_are_compared_as_they_are_typed() {
        for condition in [
            "data.id=user_1",
            "data.id!=user_2",
            "data.id~ser_",
            "data.banned=false",
            "data.count=3",
            "data.name=null",
            "data.email_addresses[*].email_address=eve@example.com",
            "data.email_addresses[0].email_address=ada@example.com",
            "data.email_addresses[*].email_address~ada@",
            "data.rows[*][*]=3",
            "data.missing!=1",
            "data.email_addresses[*].email_address!=bob@example.com",
        ] {
            assert!(holds(condition), "{condition}");
        }
        for condition in [
            "data.id=user_2",
            "data.id!=user_1",
            "data.missing=1",
            "data.email_addresses[1].email_address=ada@example.com",
            "data.id[*]=user_1",
            "data=user_1",
            "data.email_addresses[*].email_address!=ada@example.com",
        ] {
            assert!(!holds(condition), "{condition}");
        }
    }

    #[test]
    fn what_is_no_condition_says_why() {
        let fault = |text: &str| text.parse::<Condition>().expect_err(text).to_string();
        assert!(fault("data.id").contains("compares nothing"));
        assert!(fault("=x").contains("no path"));
        assert!(fault("data..id=x").contains("a name is missing"));
    }
}
