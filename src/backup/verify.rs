//! Is a backup whole and undamaged?

use std::{collections::BTreeMap, path::Path};

use super::{
    files_below,
    make::describe,
    manifest::{self, Entry, Manifest},
};
use crate::db::snapshot;

/// Reads all of it, and opens the database in it; says what is in it.
///
/// # Errors
/// Names what is missing, damaged or should not be there.
pub fn verify(folder: &Path) -> anyhow::Result<String> {
    check(folder).map(|manifest| describe(&manifest))
}

/// The same, for who wants to work with it.
pub(super) fn check(folder: &Path) -> anyhow::Result<Manifest> {
    let manifest = Manifest::read(folder)?;
    let mut wrong = differences(folder, &manifest)?;
    if wrong.is_empty() {
        // A database whose file is not as it was written is not opened.
        wrong = snapshot::inspect(folder, &manifest.content)?;
    }
    anyhow::ensure!(wrong.is_empty(), "{} is not as it was made:\n  {}", folder.display(), wrong.join("\n  "));
    Ok(manifest)
}

fn differences(folder: &Path, manifest: &Manifest) -> anyhow::Result<Vec<String>> {
    let mut expected: BTreeMap<&str, &Entry> =
        manifest.files.iter().map(|entry| (entry.path.as_str(), entry)).collect();
    let mut wrong = Vec::new();
    for path in files_below(folder)? {
        let name = path.to_string_lossy();
        if [manifest::NAME, manifest::SUM].contains(&&*name) {
            continue;
        }
        match expected.remove(&*name) {
            // SQLite, for one, would take a log that lies beside the file for its own.
            None => wrong.push(format!("{name} does not belong to it")),
            Some(entry) if Entry::of(folder, &path)? != *entry => wrong.push(format!("{name} is damaged")),
            Some(_) => {}
        }
    }
    wrong.extend(expected.into_keys().map(|name| format!("{name} is missing")));
    Ok(wrong)
}
