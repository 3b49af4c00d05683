//! The list of limits, held against what can be set.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::server::{Server, parlor};

const LIST: &str = include_str!("../../../docs/limits.md");

const LIMITS: &str = include_str!("../../../src/limit.rs");

/// A row: the default in words, and what sets it.
struct Row {
    default: String,
    name: String,
}

fn rows() -> Vec<Row> {
    let lines = LIST.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---"));
    let rows = lines.skip(1).map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [what, default, name, answer] = cells[..] else { panic!("four columns: {line}") };
        assert!(!what.is_empty() && !answer.is_empty(), "{line}");
        Row { default: default.to_owned(), name: name.trim_matches('`').to_owned() }
    });
    rows.collect()
}

/// What refusals call the limits, from the `match` that names every one.
fn names() -> Vec<&'static str> {
    let (_, names) = LIMITS.split_once("pub fn as_str(").expect("the limits have names");
    let (names, _) = names.split_once("\n    }\n").expect("it ends");
    names.lines().filter_map(|line| line.split_once(" => \"")?.1.strip_suffix("\",")).collect()
}

#[test]
fn whatever_a_refusal_names_is_a_row_of_the_list() {
    let listed: BTreeSet<String> =
        rows().iter().map(|row| row.name.trim_start_matches("--").replace('-', "_")).collect();
    let names = names();
    assert!(names.len() > 15, "the names are not read any more: {names:?}");
    let missing: Vec<_> = names.iter().filter(|name| !listed.contains(**name)).collect();
    assert!(missing.is_empty(), "not in docs/limits.md: {missing:?}");
}

#[tokio::test]
async fn every_setting_in_the_list_is_one_and_every_one_stands_in_the_list_with_its_default() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    let settings = admin.get("admin/settings").await.is(200).json;
    let settings = settings["settings"].as_array().unwrap();
    let default = |name: &str| settings.iter().find(|one| one["name"] == name).map(|one| one["default"].clone());
    let listed: Vec<Row> = rows().into_iter().filter(|row| !row.name.starts_with("--")).collect();
    for Row { default: told, name } in &listed {
        let told = told.replace(',', "").parse::<i64>().unwrap_or_else(|_| panic!("{name} has no number: {told}"));
        assert_eq!(default(name), Some(Value::from(told)), "{name}");
    }
    let listed: BTreeSet<&str> = listed.iter().map(|row| row.name.as_str()).collect();
    let limits = settings.iter().filter(|one| one["section"] == "limits");
    let missing: Vec<_> = limits.filter(|one| !listed.contains(one["name"].as_str().unwrap())).collect();
    assert!(missing.is_empty(), "not in docs/limits.md: {missing:#?}");
}

#[test]
fn every_flag_in_the_list_is_one_with_that_default() {
    let folder = tempfile::tempdir().unwrap();
    let help = parlor(folder.path(), &["serve", "--help"], &[]);
    let help = String::from_utf8(help.stdout).unwrap();
    let flags: Vec<Row> = rows().into_iter().filter(|row| row.name.starts_with("--")).collect();
    assert!(flags.len() > 5, "the list is not read any more");
    for Row { default, name } in flags {
        let about = help.split(&format!("{name} <")).nth(1).unwrap_or_else(|| panic!("no {name} in {help}"));
        let about = about.split("\n      --").next().unwrap();
        let variable = format!("PARLOR_{}", name.trim_start_matches("--").replace('-', "_").to_uppercase());
        assert!(about.contains(&variable), "{name}: {about}");
        if let Ok(number) = default.replace(',', "").parse::<i64>() {
            assert!(about.contains(&format!("[default: {number}]")), "{name}: {about}");
        }
    }
}
