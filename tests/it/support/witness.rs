//! [`Witness`]: holds every answer against the OpenAPI document, and remembers which operations it has seen.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard},
};

use jsonschema::Validator;
use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Answer, Guest};

/// Method and path, as the document has them.
pub type Route = (String, String);

/// The document and what was seen of it.
pub struct Witness {
    /// The document.
    pub document: Value,
    seen: Mutex<BTreeSet<Route>>,
    validators: Mutex<BTreeMap<String, Validator>>,
}

impl Witness {
    /// With the document that this site serves.
    pub async fn of(guest: &Guest) -> Self {
        let document = guest.get("/api/openapi.json").await.is(200).json;
        Self { document, seen: Mutex::default(), validators: Mutex::default() }
    }

    /// Every operation of the document.
    pub fn operations(&self) -> Vec<(Route, &Value)> {
        let paths = self.document["paths"].as_object().expect("the document has paths");
        let all = paths.iter().flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().iter();
            methods.map(move |(method, operation)| ((method.clone(), path.clone()), operation))
        });
        all.collect()
    }

    /// Operations of which no answer went well so far.
    pub fn unseen(&self) -> Vec<Route> {
        let seen = self.seen();
        self.operations().into_iter().map(|(route, _)| route).filter(|route| !seen.contains(route)).collect()
    }

    /// Asks, and holds the answer against the document.
    #[track_caller]
    pub fn call<'a>(
        &'a self,
        who: &'a Guest,
        method: &'a str,
        path: &'a str,
        body: Value,
    ) -> impl Future<Output = Answer> + use<'a> {
        let verb: Method = method.parse().unwrap();
        async move {
            let answer = who.call(verb, path, body).await;
            let place = if path.starts_with('/') { path.to_owned() } else { format!("/api/v1/{path}") };
            self.check(&method.to_lowercase(), &place, &answer);
            answer
        }
    }

    /// The same for something that must go well.
    pub async fn goes(&self, who: &Guest, method: &str, path: &str, body: Value) -> Answer {
        let answer = self.call(who, method, path, body).await;
        assert!(answer.status < 400, "{method} {path}: {} {}", answer.status, answer.body);
        answer
    }

    /// Holds an answer against the document.
    pub fn check(&self, method: &str, place: &str, answer: &Answer) {
        let path = place.split('?').next().unwrap();
        let (route, operation) = self.route(method, path);
        let what = format!("{method} {place}: {} {}", answer.status, answer.body);
        let responses = &operation["responses"];
        let response = &responses[answer.status.to_string()];
        assert!(response.is_object(), "the document does not know this status of {what}");
        let media = answer.header("content-type").split(';').next().unwrap().trim();
        match response["content"].as_object() {
            None => assert!(answer.body.is_empty() || method == "head", "the document knows no body of {what}"),
            Some(content) => {
                let kind = media.split('/').next().unwrap();
                let told = content.get(media).or_else(|| content.get(&format!("{kind}/*")));
                let told = told.unwrap_or_else(|| panic!("the document does not know {media} of {what}"));
                if media.ends_with("json") && method != "head" {
                    self.fits(&told["schema"], &answer.json, &what);
                }
            }
        }
        if answer.status < 400 {
            self.seen().insert(route);
        }
    }

    /// Notes what is seen in another way.
    pub fn saw(&self, method: &str, path: &str) {
        let (route, _) = self.route(method, path);
        self.seen().insert(route);
    }

    /// The least that a schema takes.
    pub fn sample(&self, schema: &Value) -> Value {
        if let Some(name) = schema["$ref"].as_str() {
            let name = name.rsplit('/').next().unwrap();
            return self.sample(&self.document["components"]["schemas"][name]);
        }
        if let Some(choices) = schema["enum"].as_array() {
            return choices[0].clone();
        }
        match schema["type"].as_str() {
            Some("object") => {
                let required = schema["required"].as_array().into_iter().flatten().map(|name| name.as_str().unwrap());
                required.map(|name| (name.to_owned(), self.sample(&schema["properties"][name]))).collect()
            }
            Some("array") => json!([]),
            Some("string") => json!("x"),
            Some("integer" | "number") => json!(1),
            Some("boolean") => json!(true),
            _ => Value::Null,
        }
    }

    fn seen(&self) -> MutexGuard<'_, BTreeSet<Route>> {
        self.seen.lock().unwrap()
    }

    /// The operation of a path: of several that fit, the one with the fewest variables.
    fn route(&self, method: &str, path: &str) -> (Route, &Value) {
        let fits = |template: &str| {
            let (one, two): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
            one.len() == two.len() && one.iter().zip(&two).all(|(one, two)| one.starts_with('{') || one == two)
        };
        let found = self.operations().into_iter().filter(|((verb, template), _)| verb == method && fits(template));
        let found = found.min_by_key(|((_, template), _)| template.matches('{').count());
        found.unwrap_or_else(|| panic!("the document does not know {method} {path}"))
    }

    fn fits(&self, schema: &Value, value: &Value, what: &str) {
        let complaints = self.complaints(schema, value);
        assert!(complaints.is_empty(), "{}\nin {what}", complaints.join("\n"));
    }

    /// What is wrong with a value of this schema, fields included of which the document does not know.
    pub fn complaints(&self, schema: &Value, value: &Value) -> Vec<String> {
        let mut unknown = Vec::new();
        self.unknown(schema, value, "", &mut unknown);
        let unknown = unknown.into_iter().map(|field| format!("the document does not know {field}"));
        self.errors(schema, value).into_iter().chain(unknown).collect()
    }

    fn errors(&self, schema: &Value, value: &Value) -> Vec<String> {
        let mut validators = self.validators.lock().unwrap();
        let validator = validators.entry(schema.to_string()).or_insert_with(|| {
            let whole = json!({
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "allOf": [schema],
                "components": self.document["components"],
            });
            let options = jsonschema::options().should_validate_formats(true);
            options.build(&whole).unwrap_or_else(|error| panic!("{error} in {schema}"))
        });
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
    }

    /// Fields that are there, and of which the document says nothing.
    fn unknown(&self, schema: &Value, value: &Value, place: &str, unknown: &mut Vec<String>) {
        let shapes = self.shapes(schema, value);
        match value {
            Value::Object(fields) => {
                let is_free =
                    |shape: &&Value| !shape["properties"].is_object() && !shape["additionalProperties"].is_object();
                if shapes.iter().any(is_free) {
                    return;
                }
                for (name, value) in fields {
                    let told = shapes.iter().find_map(|shape| {
                        let field = shape["properties"].get(name).or_else(|| shape.get("additionalProperties"));
                        field.filter(|field| field.is_object())
                    });
                    match told {
                        Some(told) => self.unknown(told, value, &format!("{place}/{name}"), unknown),
                        None => unknown.push(format!("{place}/{name}")),
                    }
                }
            }
            Value::Array(values) => {
                let items = shapes.iter().find_map(|shape| shape.get("items"));
                for (value, items) in values.iter().zip(std::iter::repeat(items)) {
                    if let Some(items) = items {
                        self.unknown(items, value, &format!("{place}/[]"), unknown);
                    }
                }
            }
            _ => {}
        }
    }

    /// The schemas without references and choices that say together what a value is.
    fn shapes<'a>(&'a self, schema: &'a Value, value: &Value) -> Vec<&'a Value> {
        if let Some(name) = schema["$ref"].as_str() {
            let name = name.rsplit('/').next().unwrap();
            return self.shapes(&self.document["components"]["schemas"][name], value);
        }
        if let Some(parts) = schema["allOf"].as_array() {
            return parts.iter().flat_map(|part| self.shapes(part, value)).collect();
        }
        let ways = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array());
        match ways.map(|ways| ways.iter().find(|way| self.errors(way, value).is_empty())) {
            Some(Some(way)) => self.shapes(way, value),
            Some(None) => Vec::new(),
            None => vec![schema],
        }
    }
}
