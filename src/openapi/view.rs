//! The document in the shape of its page: groups of operations, and the types they speak of.

use serde::Serialize;
use serde_json::{Map, Value};

/// Everything the page shows.
#[derive(Debug, Serialize)]
pub struct Reference {
    version: String,
    about: Vec<Word>,
    groups: Vec<Group>,
    types: Vec<Kind>,
}

/// Operations of one tag.
#[derive(Debug, Serialize)]
struct Group {
    name: String,
    anchor: String,
    about: Vec<Word>,
    operations: Vec<Operation>,
}

/// One method of one path.
#[derive(Debug, Serialize)]
struct Operation {
    method: String,
    path: String,
    summary: String,
    about: Vec<Word>,
    /// `read`, `write` or `admin`; `session` where no token will do, `open` where nothing is needed.
    access: String,
    /// Guests may too, where the site has them.
    guests: bool,
    parameters: Vec<Field>,
    body: Option<Body>,
    answers: Vec<Answer>,
}

/// What is sent.
#[derive(Debug, Serialize)]
struct Body {
    media: String,
    shape: Vec<Word>,
}

/// What may be answered.
#[derive(Debug, Serialize)]
struct Answer {
    status: String,
    wrong: bool,
    about: Vec<Word>,
    shape: Vec<Word>,
}

/// A named type.
#[derive(Debug, Serialize)]
struct Kind {
    name: String,
    about: Vec<Word>,
    shape: Vec<Word>,
    fields: Vec<Field>,
}

/// A parameter, or a field of a type.
#[derive(Debug, Serialize)]
struct Field {
    name: String,
    place: String,
    required: bool,
    shape: Vec<Word>,
    about: Vec<Word>,
}

/// A piece of text: plain, code, or the name of a type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Word {
    text: String,
    code: bool,
    kind: bool,
}

impl Word {
    fn plain(text: &str) -> Self {
        Self { text: text.to_owned(), code: false, kind: false }
    }

    fn code(text: &str) -> Self {
        Self { code: true, ..Self::plain(text) }
    }

    fn kind(name: &str) -> Self {
        Self { kind: true, ..Self::plain(name) }
    }
}

impl Reference {
    /// Of the document.
    pub fn of(document: &Value) -> Self {
        let groups = list(&document["tags"]).iter().map(|tag| group(document, tag)).collect();
        let types = fields_of(&document["components"]["schemas"]);
        Self {
            version: text(&document["info"]["version"]),
            about: prose(&document["info"]["description"]),
            groups,
            types: types.map(|(name, schema)| kind(name, schema)).collect(),
        }
    }
}

fn group(document: &Value, tag: &Value) -> Group {
    let name = text(&tag["name"]);
    let mut operations = Vec::new();
    for (path, item) in fields_of(&document["paths"]) {
        for method in ["get", "post", "put", "patch", "delete"] {
            let operation = &item[method];
            if list(&operation["tags"]).contains(&Value::from(name.as_str())) {
                operations.push(self::operation(path, method, operation));
            }
        }
    }
    Group { anchor: name.replace([':', ' '], "-"), about: prose(&tag["description"]), name, operations }
}

fn operation(path: &str, method: &str, operation: &Value) -> Operation {
    let parameters = list(&operation["parameters"]).iter().map(|one| Field {
        name: text(&one["name"]),
        place: text(&one["in"]),
        required: one["required"] == true,
        shape: shape(&one["schema"]),
        about: prose(&one["description"]),
    });
    let body = fields_of(&operation["requestBody"]["content"]).next();
    let answers = fields_of(&operation["responses"]).map(|(status, answer)| Answer {
        status: status.clone(),
        wrong: !status.starts_with(['1', '2', '3']),
        about: prose(&answer["description"]),
        shape: fields_of(&answer["content"]).next().map(|(_, content)| shape(&content["schema"])).unwrap_or_default(),
    });
    let security = list(&operation["security"]);
    let scope = security.iter().find_map(|way| way["token"][0].as_str());
    let needs_nothing = security.iter().any(|way| way.as_object().is_some_and(Map::is_empty));
    Operation {
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(&operation["summary"]),
        about: prose(&operation["description"]),
        access: scope.unwrap_or(if needs_nothing { "open" } else { "session" }).to_owned(),
        guests: needs_nothing && security.len() > 1,
        parameters: parameters.collect(),
        body: body.map(|(media, content)| Body { media: media.clone(), shape: shape(&content["schema"]) }),
        answers: answers.collect(),
    }
}

fn kind(name: &str, schema: &Value) -> Kind {
    let fields = rows(schema);
    // What has fields is told by them.
    let shape = if fields.is_empty() { shape(schema) } else { Vec::new() };
    Kind { name: name.to_owned(), about: prose(&schema["description"]), shape, fields }
}

fn rows(schema: &Value) -> Vec<Field> {
    let required = list(&schema["required"]);
    let own = fields_of(&schema["properties"]).map(|(name, schema)| Field {
        name: name.clone(),
        place: String::new(),
        required: required.contains(&Value::from(name.as_str())),
        shape: shape(schema),
        about: prose(description_of(schema)),
    });
    let parts = list(&schema["allOf"]).iter().flat_map(|part| match part["$ref"].is_string() {
        true => vec![Field {
            name: "…".to_owned(),
            place: String::new(),
            required: true,
            shape: shape(part),
            about: prose(&part["description"]),
        }],
        false => rows(part),
    });
    own.chain(parts).collect()
}

/// Of a field that may be null, the description stands at what it is else.
fn description_of(schema: &Value) -> &Value {
    let ways = list(&schema["oneOf"]);
    ways.iter().map(|way| &way["description"]).find(|text| text.is_string()).unwrap_or(&schema["description"])
}

/// In words: `list of Message`, `integer or null`.
fn shape(schema: &Value) -> Vec<Word> {
    if let Some(name) = schema["$ref"].as_str() {
        return vec![Word::kind(name.rsplit('/').next().unwrap_or_default())];
    }
    for (ways, between) in [("oneOf", " or "), ("anyOf", " or "), ("allOf", " and ")] {
        if let Some(ways) = schema[ways].as_array() {
            // Null is named last.
            let (null, ways): (Vec<_>, Vec<_>) = ways.iter().partition(|way| way["type"] == "null");
            return join(ways.into_iter().chain(null).map(shape), between);
        }
    }
    if let Some(choices) = schema["enum"].as_array() {
        return join(choices.iter().map(|choice| vec![Word::code(&text(choice))]), " or ");
    }
    match &schema["type"] {
        Value::Array(names) => {
            join(names.iter().map(|name| of_type(name.as_str().unwrap_or_default(), schema)), " or ")
        }
        Value::String(name) => of_type(name, schema),
        _ => vec![Word::plain("anything")],
    }
}

fn of_type(name: &str, schema: &Value) -> Vec<Word> {
    let with = |lead: &str, inner: &Value| [vec![Word::plain(lead)], shape(inner)].concat();
    match (name, schema["format"].as_str()) {
        ("array", _) => with("list of ", &schema["items"]),
        ("object", _) if schema["additionalProperties"].is_object() => {
            with("object of ", &schema["additionalProperties"])
        }
        ("object", _) if schema["properties"].is_object() => {
            let fields = fields_of(&schema["properties"])
                .map(|(name, schema)| [vec![Word::code(name), Word::plain(" ")], shape(schema)].concat());
            [vec![Word::plain("{")], join(fields, ", "), vec![Word::plain("}")]].concat()
        }
        ("string", Some("date-time")) => vec![Word::plain("time")],
        ("string", Some("date")) => vec![Word::plain("day")],
        ("string", Some("binary")) => vec![Word::plain("bytes")],
        (name, _) => vec![Word::plain(name)],
    }
}

fn join(parts: impl Iterator<Item = Vec<Word>>, between: &str) -> Vec<Word> {
    let mut joined = Vec::new();
    for part in parts {
        if !joined.is_empty() {
            joined.push(Word::plain(between));
        }
        joined.extend(part);
    }
    joined
}

/// Text with code between backticks.
fn prose(value: &Value) -> Vec<Word> {
    let text = value.as_str().unwrap_or_default();
    let pieces = text.split('`').enumerate();
    pieces
        .filter(|(_, piece)| !piece.is_empty())
        .map(|(at, piece)| if at % 2 == 1 { Word::code(piece) } else { Word::plain(piece) })
        .collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn fields_of(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(words: &[Word]) -> String {
        words.iter().map(|word| word.text.as_str()).collect()
    }

    #[test]
    fn types_are_told_in_words() {
        for (schema, words) in [
            (json!({"$ref": "#/components/schemas/User"}), "User"),
            (json!({"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/User"}]}), "User or null"),
            (json!({"type": "array", "items": {"type": "string", "format": "date-time"}}), "list of time"),
            (json!({"type": ["integer", "null"], "format": "int64"}), "integer or null"),
            (json!({"type": "string", "enum": ["a", "b"]}), "a or b"),
            (json!({"type": "object", "properties": {"user": {"type": "boolean"}}}), "{user boolean}"),
            (json!({"type": "object", "additionalProperties": {"type": "string"}}), "object of string"),
            (json!({}), "anything"),
        ] {
            assert_eq!(said(&shape(&schema)), words);
        }
    }

    #[test]
    fn code_is_told_from_text() {
        let words = prose(&json!("`busy`: try again"));
        assert_eq!(words, [Word::code("busy"), Word::plain(": try again")]);
        assert!(prose(&Value::Null).is_empty());
    }
}
