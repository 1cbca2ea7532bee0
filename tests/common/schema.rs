//! The JSON that commands print, held against the schemas beside the program's source.
//!
//! Only the keywords that our schemas use are known, and any other is an error: what is not checked is not written.

use serde_json::{Map, Value};
use test_support::layout;

/// Every schema that there is, by name.
pub(crate) fn all() -> Vec<String> {
    let folder = layout::root().join("runtime/schemas");
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

/// The value is as the schema of this name says.
#[track_caller]
pub(crate) fn holds(name: &str, value: &Value) {
    let path = layout::root().join(format!("runtime/schemas/{name}.json"));
    let schema = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    if let Err(wrong) = check(&schema, value, "$") {
        panic!("{name}: {wrong}\n{value:#}");
    }
}

/// What of the value is not as the schema says.
pub(crate) fn check(schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let schema = schema.as_object().ok_or_else(|| format!("{at}: the schema is no object"))?;
    for (keyword, says) in schema {
        match (keyword.as_str(), value) {
            ("$schema" | "title" | "description" | "properties", _) => {}
            ("type", _) => {
                let types = says.as_array().cloned().unwrap_or_else(|| vec![says.clone()]);
                if !types.iter().any(|name| is(name.as_str().unwrap(), value)) {
                    return Err(format!("{at} is no {says}"));
                }
            }
            ("enum", _) => {
                if !says.as_array().unwrap().contains(value) {
                    return Err(format!("{at} is none of {says}"));
                }
            }
            ("minimum", _) => {
                if value.as_f64().is_some_and(|number| number < says.as_f64().unwrap()) {
                    return Err(format!("{at} is less than {says}"));
                }
            }
            ("oneOf", _) => {
                let fit = says.as_array().unwrap().iter().filter(|one| check(one, value, at).is_ok()).count();
                if fit != 1 {
                    return Err(format!("{at} fits {fit} of several"));
                }
            }
            ("items", Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    check(says, item, &format!("{at}[{index}]"))?;
                }
            }
            ("required", Value::Object(members)) => {
                for name in says.as_array().unwrap() {
                    if !members.contains_key(name.as_str().unwrap()) {
                        return Err(format!("{at} lacks {name}"));
                    }
                }
            }
            ("additionalProperties", Value::Object(members)) => further(schema, says, members, at)?,
            ("items" | "required" | "additionalProperties", _) => {}
            (unknown, _) => return Err(format!("{at}: the keyword {unknown} is not known here")),
        }
    }
    let empty = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    for (name, says) in properties {
        if let Some(member) = value.get(name) {
            check(says, member, &format!("{at}.{name}"))?;
        }
    }
    Ok(())
}

/// The members that no property names.
fn further(schema: &Map<String, Value>, says: &Value, members: &Map<String, Value>, at: &str) -> Result<(), String> {
    let named = |name: &str| schema.get("properties").is_some_and(|properties| properties.get(name).is_some());
    for (name, member) in members.iter().filter(|(name, _)| !named(name)) {
        match says {
            Value::Bool(false) => return Err(format!("{at}.{name} is not expected")),
            Value::Bool(true) => {}
            says => check(says, member, &format!("{at}.{name}"))?,
        }
    }
    Ok(())
}

fn is(name: &str, value: &Value) -> bool {
    match name {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        _ => false,
    }
}
