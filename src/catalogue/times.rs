//! The times in a payload: which fields they are, and moving them together.

use serde_json::Value;

/// Moves every time in a payload by `milliseconds`.
pub(super) fn shift(value: &mut Value, milliseconds: i64) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field.as_i64() {
                    Some(time) if is_time(name) => *field = (time + milliseconds).into(),
                    _ => shift(field, milliseconds),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| shift(item, milliseconds)),
        _ => {}
    }
}

/// Whether a field of this name holds Unix milliseconds, in Clerk's naming.
pub(super) fn is_time(name: &str) -> bool {
    matches!(name, "timestamp" | "period_start" | "period_end" | "billing_date")
        || name.ends_with("_at")
        || name.ends_with("_at_ms")
}
