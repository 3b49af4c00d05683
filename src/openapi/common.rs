//! What all routes have in common: names, how one shows who one is, and the ways in which anything can be refused.

use utoipa::{
    PartialSchema as _,
    openapi::{
        ContentBuilder, OpenApi, PathItem, Ref, RefOr, Response,
        path::{Operation, ParameterIn},
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};

use crate::error::problem::Problem;

/// The component of an error.
const PROBLEM: &str = "Problem";

/// Completes every operation.
pub fn finish(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    components.schemas.insert(PROBLEM.to_owned(), Problem::schema());
    let cookie = ApiKeyValue::with_description(
        "parlor",
        "The session of a browser; `__Host-parlor` where the site is reached by https. What changes something also needs our own \
         `Origin`, or `Sec-Fetch-Site: same-origin`.",
    );
    components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("parlor_…")
        .description(Some(
            "An access token, of which the role that is named here is the least scope: `read`, `write` (which may read), `admin` (which \
             may write, and the console as long as its owner is an admin).",
        ));
    components.add_security_scheme("token", SecurityScheme::Http(token.build()));
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            complete(path, method, operation);
        }
    }
}

/// The operations of a path by their methods.
pub fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let PathItem { get, put, post, delete, head, patch, .. } = item;
    let all = [("get", get), ("head", head), ("post", post), ("put", put), ("patch", patch), ("delete", delete)];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

fn complete(path: &str, method: &str, operation: &mut Operation) {
    let words = path.trim_start_matches("/api/v1").split(['/', '{', '}', '.']).filter(|word| !word.is_empty());
    operation.operation_id = Some([method].into_iter().chain(words).collect::<Vec<_>>().join("_"));
    let is_admin = path.starts_with("/api/v1/admin/");
    let changes = !matches!(method, "get" | "head");
    let scope = match (is_admin, changes) {
        (true, _) => "admin",
        (false, true) => "write",
        (false, false) => "read",
    };
    let usual = || {
        let nothing: [&str; 0] = [];
        vec![SecurityRequirement::new("session", nothing), SecurityRequirement::new("token", [scope])]
    };
    let security = operation.security.get_or_insert_with(usual);
    let is_open = *security == [SecurityRequirement::default()];
    let takes_session = security.len() == 1 && !is_open;
    for status in possible(operation, Kind { is_open, may_be_forbidden: changes || is_admin || takes_session }) {
        operation.responses.responses.entry(status.to_owned()).or_insert_with(|| Response::new("").into());
    }
    if !path.ends_with("z") || path.starts_with("/api/") {
        operation.responses.responses.insert("default".to_owned(), Response::new("Any other error.").into());
    }
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        if response.description.is_empty() {
            meaning(status).clone_into(&mut response.description);
        }
        let is_error = status == "default" || status.starts_with(['4', '5']);
        if is_error && response.content.is_empty() {
            let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(PROBLEM))).build();
            response.content.insert("application/problem+json".to_owned(), content);
        }
    }
}

#[derive(Clone, Copy)]
struct Kind {
    /// For everybody.
    is_open: bool,
    /// By its method or its place.
    may_be_forbidden: bool,
}

/// How it may be refused, whatever it is about.
fn possible(operation: &Operation, Kind { is_open, may_be_forbidden }: Kind) -> Vec<&'static str> {
    let has = |place: ParameterIn| operation.parameters.iter().flatten().any(|one| one.parameter_in == place);
    let takes_json = operation.request_body.as_ref().is_some_and(|body| body.content.contains_key("application/json"));
    let takes_form = operation.request_body.is_some() && !takes_json;
    let mut statuses = Vec::new();
    let mut add = |when: bool, these: &[&'static str]| statuses.extend(these.iter().filter(|_| when));
    add(!is_open, &["401", "429", "503"]);
    add(is_open && operation.request_body.is_some(), &["429", "503"]);
    add(may_be_forbidden, &["403"]);
    add(has(ParameterIn::Path), &["404"]);
    add(has(ParameterIn::Query), &["422"]);
    add(takes_json, &["400", "408", "413", "415", "422"]);
    add(takes_form, &["400"]);
    statuses
}

/// What a status means where a route says nothing more.
fn meaning(status: &str) -> &'static str {
    match status {
        "200" => "Done.",
        "201" => "Made.",
        "204" => "Done; there is nothing to say.",
        "400" => "`malformed`: the body cannot be read.",
        "401" => "`session_ended`: nobody is logged in; `bad_token`: the token is unknown, revoked or expired.",
        "403" => {
            "`forbidden`: I may not, or the request comes from another site; `scope`: the token is not good for it; `session_needed`: it \
             takes a login, and no token may do it."
        }
        "404" => "`not_found`: it does not exist, or I may not see it.",
        "408" => "`timeout`: the body did not arrive in time.",
        "409" => "What it is now forbids it; the `code` says why.",
        "413" => "`too_large`: the body is.",
        "415" => "`unsupported_media`: the body is of another type.",
        "422" => "`invalid`, among others: a value out of its range; `errors` and `codes` name the fields.",
        "429" => "`rate_limited`: too fast; `limit` names the limit, and `retry_after` says how long to wait.",
        "503" => "`busy`, `shutting_down`: nothing was stored; try again.",
        _ => "An error.",
    }
}
