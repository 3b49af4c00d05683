//! Where the shapes of a chart stand. Pure: words and colours are the template's.

use chrono::{Datelike, NaiveDate};
use serde::Serialize;

/// Width of a day, in the units of the picture.
const STEP: f64 = 10.0;

/// Height of the picture.
const HEIGHT: f64 = 100.0;

/// Lines above the lowest one.
const LINES: i64 = 4;

/// A chart of one number a day.
#[derive(Debug, Serialize)]
pub struct Chart {
    /// Width of the picture.
    pub width: i64,
    /// The scale, the highest first.
    pub ticks: Vec<Tick>,
    /// The days, the oldest first.
    pub columns: Vec<Column>,
    /// Corners of a line through all days: `x,y x,y …`.
    pub points: String,
    /// Where that line begins and ends.
    pub ends: [String; 2],
    /// All together.
    pub total: i64,
    /// The day with the most, the later one of two; none where all are 0.
    pub most: Option<Column>,
}

/// A line across the chart.
#[derive(Debug, Serialize)]
pub struct Tick {
    /// What it stands for.
    pub value: i64,
    /// How far from the top.
    pub y: String,
}

/// A day.
#[derive(Debug, Clone, Serialize)]
pub struct Column {
    /// `YYYY-MM-DD`.
    pub day: NaiveDate,
    /// 1 to 12.
    pub month: u32,
    /// 1 to 31.
    pub date: u32,
    /// 1 for Monday to 7 for Sunday.
    pub weekday: u32,
    /// The last one.
    pub is_today: bool,
    /// The number.
    pub value: i64,
    /// Left edge of the day.
    pub x: String,
    /// Left edge of its bar.
    pub bar: String,
    /// Top of its bar.
    pub y: String,
    /// Height of its bar.
    pub height: String,
}

impl Chart {
    /// The chart of these days, today last.
    pub fn of(days: &[(NaiveDate, i64)]) -> Self {
        let top = top(days.iter().map(|(_, value)| *value).max().unwrap_or_default());
        let down = |value: i64| HEIGHT - HEIGHT * value as f64 / top as f64;
        let column = |(at, (day, value)): (usize, &(NaiveDate, i64))| Column {
            day: *day,
            month: day.month(),
            date: day.day(),
            weekday: day.weekday().number_from_monday(),
            is_today: at + 1 == days.len(),
            value: *value,
            x: number(at as f64 * STEP),
            bar: number(at as f64 * STEP + 1.5),
            y: number(down(*value)),
            height: number(HEIGHT - down(*value)),
        };
        let columns: Vec<Column> = days.iter().enumerate().map(column).collect();
        let middle = |at: usize| number(at as f64 * STEP + STEP / 2.0);
        let points = columns.iter().enumerate().map(|(at, column)| format!("{},{}", middle(at), column.y));
        Self {
            width: (days.len() as f64 * STEP) as i64,
            ticks: (0..=LINES)
                .rev()
                .map(|line| top / LINES * line)
                .map(|value| Tick { value, y: number(down(value)) })
                .collect(),
            points: points.collect::<Vec<_>>().join(" "),
            ends: [middle(0), middle(days.len().saturating_sub(1))],
            total: columns.iter().map(|column| column.value).sum(),
            most: columns.iter().filter(|column| column.value > 0).max_by_key(|column| column.value).cloned(),
            columns,
        }
    }
}

/// The end of the scale: above `most`, and in [`LINES`] round steps.
fn top(most: i64) -> i64 {
    let most = most.max(LINES);
    let rounds = (0..=17).flat_map(|power| [1, 2, 5].map(|round: i64| round * 10_i64.pow(power)));
    rounds.map(|step| step * LINES).find(|top| *top >= most).unwrap_or(i64::MAX)
}

fn number(length: f64) -> String {
    format!("{length:.1}")
}

#[cfg(test)]
mod tests {
    use chrono::Days;

    use super::*;

    fn days(values: &[i64]) -> Vec<(NaiveDate, i64)> {
        let first = NaiveDate::from_ymd_opt(2026, 10, 22).expect("a day");
        values.iter().enumerate().map(|(at, value)| (first + Days::new(at as u64), *value)).collect()
    }

    #[test]
    fn the_scale_ends_at_round_numbers_above_the_most() {
        for (most, end) in
            [(0, 4), (1, 4), (5, 8), (38, 40), (41, 80), (1_466, 2_000), (i64::MAX / 8, 2_000_000_000_000_000_000)]
        {
            assert_eq!(top(most), end, "{most}");
        }
    }

    #[test]
    fn bars_stand_on_the_lowest_line_and_reach_their_value() {
        let chart = Chart::of(&days(&[0, 20, 40]));
        let bars: Vec<_> = chart.columns.iter().map(|c| (c.x.as_str(), c.y.as_str(), c.height.as_str())).collect();
        assert_eq!(bars, [("0.0", "100.0", "0.0"), ("10.0", "50.0", "50.0"), ("20.0", "0.0", "100.0")]);
        assert_eq!(chart.points, "5.0,100.0 15.0,50.0 25.0,0.0");
        assert_eq!((chart.total, chart.most.map(|most| most.value)), (60, Some(40)));
        let ticks: Vec<_> = chart.ticks.iter().map(|tick| (tick.value, tick.y.as_str())).collect();
        assert_eq!(ticks, [(40, "0.0"), (30, "25.0"), (20, "50.0"), (10, "75.0"), (0, "100.0")]);
        assert!(chart.columns[2].is_today && !chart.columns[1].is_today);
    }

    #[test]
    fn days_without_anything_are_drawn_flat() {
        let chart = Chart::of(&days(&[0; 30]));
        assert_eq!((chart.width, chart.total, chart.columns.len()), (300, 0, 30));
        assert!(chart.most.is_none() && chart.columns.iter().all(|column| column.height == "0.0"));
    }
}
