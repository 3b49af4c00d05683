//! What the derives cannot say of a type.

use serde_json::{Value, json};
use utoipa::openapi::{
    OpenApi, RefOr, Schema,
    schema::{AnyOf, ObjectBuilder, SchemaType, Type},
};

/// Answers that are of one kind for people and of another for guests: an empty list is of both.
const EITHER: [&str; 4] = ["RoomAnswer", "MessagesAnswer", "ChangesAnswer", "GuestChanges"];

/// Enums of which one variant is bare text.
const OR_TEXT: [&str; 2] = ["Span", "SnippetPiece"];

/// Puts it right.
pub fn finish(document: &mut OpenApi) {
    let Some(components) = &mut document.components else { return };
    for name in EITHER {
        if let Some(RefOr::T(schema)) = components.schemas.get_mut(name) {
            any_of(schema);
        }
    }
    for name in OR_TEXT {
        if let Some(RefOr::T(Schema::OneOf(one_of))) = components.schemas.get_mut(name)
            && let Some(last) = one_of.items.last_mut()
        {
            let text =
                ObjectBuilder::new().schema_type(SchemaType::Type(Type::String)).description(Some("Plain text."));
            *last = RefOr::T(text.build().into());
        }
    }
}

fn any_of(schema: &mut Schema) {
    let Schema::OneOf(one_of) = schema else { return };
    let mut any_of = AnyOf::new();
    any_of.items = std::mem::take(&mut one_of.items);
    any_of.description = one_of.description.take();
    *schema = Schema::AnyOf(any_of);
}

/// The body of an answer about one person, whoever that is; its type is generic, and would be written out for each.
const ABOUT_ONE: &str = "UserBody_";

/// Puts right what is easier said of the text: references in place of copies, and no links that only the source can follow.
pub fn polish(document: &mut Value) {
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        let names: Vec<String> =
            schemas.keys().filter_map(|name| name.strip_prefix(ABOUT_ONE).map(str::to_owned)).collect();
        for name in names.iter().filter(|name| schemas.contains_key(*name)).cloned().collect::<Vec<_>>() {
            schemas[&format!("{ABOUT_ONE}{name}")]["properties"]["user"] =
                json!({ "$ref": format!("#/components/schemas/{name}") });
        }
    }
    unlink(document);
}

fn unlink(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if name == "description" => *text = text.replace("[`", "`").replace("`]", "`"),
                    value => unlink(value),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(unlink),
        _ => {}
    }
}
