//! The table of what was seen: a line a row, on standard error and in `target/faults.txt`.

use std::{fs::OpenOptions, io::Write as _, path::Path, time::Duration};

use super::{Scale, load::Verdict, scale};
use crate::support::server::Server;

/// A row of the table.
pub struct Row {
    line: String,
}

impl Row {
    /// What was done how often to a server on which database.
    pub fn new(what: &str, server: &Server, cycles: usize) -> Self {
        let database = if server.database().url().is_some() { "PostgreSQL" } else { "SQLite" };
        Self { line: format!("{what:<42} {database:<10} {cycles:>5}×") }
    }

    /// What the checker counted; it lets nothing through that is lost or doubled.
    pub fn verdict(mut self, verdict: &Verdict) -> Self {
        let Verdict { acked, changes, unanswered, refusals, jumps } = verdict;
        let refused: Vec<_> = refusals.iter().map(|(code, count)| format!("{count} {code}")).collect();
        let refused = if refused.is_empty() { "0".to_owned() } else { refused.join(", ") };
        self.line += &format!(
            "  {acked} sends and {changes} changes acked, 0 lost, 0 doubled; {unanswered} unanswered, {refused} refused"
        );
        if *jumps > 0 {
            self.line += &format!(", {jumps} holes that clients had to ask for");
        }
        self
    }

    /// How long something took.
    pub fn times(mut self, what: &str, times: &[Duration]) -> Self {
        let mut sorted = times.to_vec();
        sorted.sort();
        if let (Some(most), Some(middle)) = (sorted.last(), sorted.get(sorted.len() / 2)) {
            self.line += &format!("; {what} {:.2} s (median {:.2})", most.as_secs_f64(), middle.as_secs_f64());
        }
        self
    }

    /// Anything else.
    pub fn fact(mut self, fact: &str) -> Self {
        self.line += &format!("; {fact}");
        self
    }

    /// Writes it, where somebody asked for the table.
    pub fn write(self) {
        if scale() != Scale::Quick {
            tell(&self.line);
        }
    }
}

/// Says what is not run, and why.
pub fn not_run(what: &str, why: &str) {
    let line = format!("left out: {what}: {why}");
    if scale() == Scale::Quick {
        let _ = writeln!(std::io::stderr(), "{line}");
    } else {
        tell(&line);
    }
}

fn tell(line: &str) {
    // Not eprintln: cargo would keep that line to itself.
    let _ = writeln!(std::io::stderr(), "{line}");
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("faults.txt");
    let mut file = OpenOptions::new().create(true).append(true).open(path).expect("the table can be written");
    writeln!(file, "{line}").unwrap();
}
