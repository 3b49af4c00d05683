//! What came out: a table for people, a line of JSON for programs.

use hdrhistogram::Histogram;
use serde::{Serialize, Serializer};

use crate::bench::server::Cost;

/// Times between a microsecond and a minute, to three digits.
pub struct Times(Histogram<u64>);

impl Default for Times {
    fn default() -> Self {
        Self(Histogram::new_with_bounds(1, 60_000_000, 3).expect("the bounds are right"))
    }
}

impl Times {
    /// Notes one, in nanoseconds.
    pub fn note(&mut self, nanoseconds: u64) {
        self.0.saturating_record((nanoseconds / 1_000).max(1));
    }

    /// The time within which so much of a hundred came, in milliseconds; none if nothing came.
    pub fn percentile(&self, percent: f64) -> Option<f64> {
        (!self.0.is_empty()).then(|| milliseconds(self.0.value_at_quantile(percent / 100.0)))
    }

    /// The longest, in milliseconds.
    pub fn longest(&self) -> Option<f64> {
        (!self.0.is_empty()).then(|| milliseconds(self.0.max()))
    }
}

fn milliseconds(microseconds: u64) -> f64 {
    amount(microseconds) / 1_000.0
}

/// A figure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Figure {
    /// How many.
    Count(u64),
    /// How much, in the unit that its name ends with.
    Amount(f64),
}

/// One measurement.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    /// Which scenario.
    pub scenario: &'static str,
    /// What exactly was measured.
    pub what: String,
    /// What came out, by name, in the order in which it is shown.
    #[serde(flatten, serialize_with = "as_map")]
    figures: Vec<(&'static str, Figure)>,
}

fn as_map<S: Serializer>(figures: &[(&'static str, Figure)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(figures.iter().copied())
}

impl Outcome {
    /// One without figures.
    pub fn of(scenario: &'static str, what: impl Into<String>) -> Self {
        Self { scenario, what: what.into(), figures: Vec::new() }
    }

    /// Adds how many.
    #[must_use]
    pub fn count(mut self, name: &'static str, count: impl TryInto<u64>) -> Self {
        self.figures.push((name, Figure::Count(count.try_into().unwrap_or_default())));
        self
    }

    /// Adds how much, where that is known.
    #[must_use]
    pub fn amount(mut self, name: &'static str, amount: Option<f64>) -> Self {
        self.figures.extend(amount.filter(|amount| amount.is_finite()).map(|amount| (name, Figure::Amount(amount))));
        self
    }

    /// Adds how long it took half of them, 99 of 100, and all.
    #[must_use]
    pub fn times(self, times: &Times) -> Self {
        self.amount("p50_ms", times.percentile(50.0))
            .amount("p99_ms", times.percentile(99.0))
            .amount("max_ms", times.longest())
    }

    /// Adds the server's memory, where its process is known.
    #[must_use]
    pub fn memory(self, cost: &Cost) -> Self {
        let mib = |bytes: u64| (bytes > 0).then(|| amount(bytes) / 1_048_576.0);
        self.amount("rss_mib", mib(cost.rss)).amount("rss_peak_mib", mib(cost.peak))
    }

    /// The figure of that name.
    pub fn get(&self, name: &str) -> Option<f64> {
        let (_, figure) = self.figures.iter().find(|(known, _)| *known == name)?;
        Some(match figure {
            Figure::Count(count) => amount(*count),
            Figure::Amount(amount) => *amount,
        })
    }
}

/// A count to reckon with.
#[expect(clippy::cast_precision_loss, reason = "no figure of a bench needs more than fifteen digits")]
pub fn amount(count: u64) -> f64 {
    count as f64
}

/// Measurements side by side: a line for each figure, a column for each of them.
pub fn table(outcomes: &[Outcome]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in outcomes.iter().flat_map(|outcome| &outcome.figures) {
        if !names.contains(name) {
            names.push(name);
        }
    }
    let title = [String::new()].into_iter().chain(outcomes.iter().map(|outcome| outcome.what.clone())).collect();
    let row = |name: &str| -> Vec<String> {
        let figure =
            |outcome: &Outcome| outcome.figures.iter().find(|(known, _)| *known == name).map(|(_, figure)| *figure);
        let cells = outcomes.iter().map(|outcome| figure(outcome).map_or(String::new(), shown));
        [name.replace('_', " ")].into_iter().chain(cells).collect()
    };
    let rows: Vec<Vec<String>> = [title].into_iter().chain(names.into_iter().map(row)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..=outcomes.len()).map(width).collect();
    let lines = rows.iter().map(|row| {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| match column {
            0 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        cells.collect::<Vec<_>>().join("  ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn shown(figure: Figure) -> String {
    match figure {
        Figure::Count(count) => count.to_string(),
        Figure::Amount(amount) if amount < 10.0 => format!("{amount:.2}"),
        Figure::Amount(amount) => format!("{amount:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_shows_what_there_is() {
        let mut times = Times::default();
        times.note(1_234_000);
        let one = Outcome::of("history", "newest").count("lost", 0_u64).times(&times);
        let other = Outcome::of("history", "oldest").amount("p50_ms", Some(123.4)).amount("rss_mib", None);
        let lines = [
            "        newest  oldest",
            "lost         0        ",
            "p50 ms    1.23     123",
            "p99 ms    1.23        ",
            "max ms    1.23        ",
        ];
        assert_eq!(table(&[one, other]), lines.join("\n"));
    }

    #[test]
    fn a_line_of_json_has_the_figures_by_name() {
        let outcome = Outcome::of("idle", "3 sockets").count("sockets", 3_u64).amount("rss_mib", Some(1.5));
        let json = serde_json::to_value(outcome).expect("it is JSON");
        let expected = serde_json::json!({"scenario": "idle", "what": "3 sockets", "sockets": 3, "rss_mib": 1.5});
        assert_eq!(json, expected);
    }
}
