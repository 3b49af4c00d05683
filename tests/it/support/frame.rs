//! Reading JSON in tests.

use serde_json::Value;

/// One field of every element of a list.
#[track_caller]
pub fn pluck<'a>(list: impl IntoIterator<Item = &'a Value>, field: &str) -> Vec<Value> {
    list.into_iter().map(|item| item[field].clone()).collect()
}

/// The numbers in one field of every element of a list.
#[track_caller]
pub fn numbers<'a>(list: impl IntoIterator<Item = &'a Value>, field: &str) -> Vec<i64> {
    list.into_iter().map(|item| item[field].as_i64().unwrap_or_else(|| panic!("no {field} in {item}"))).collect()
}

/// Does any element of a list have this value in this field?
pub fn has(list: &Value, field: &str, value: impl Into<Value>) -> bool {
    let value = value.into();
    list.as_array().is_some_and(|list| list.iter().any(|item| item[field] == value))
}

/// The element of a list with this id.
#[track_caller]
pub fn with_id(list: &Value, id: i64) -> &Value {
    let found = list.as_array().and_then(|list| list.iter().find(|item| item["id"] == id));
    found.unwrap_or_else(|| panic!("no {id} in {list}"))
}

/// The id of a message, a room or a person.
#[track_caller]
pub fn id_of(item: &Value) -> i64 {
    item["id"].as_i64().unwrap_or_else(|| panic!("no id in {item}"))
}
