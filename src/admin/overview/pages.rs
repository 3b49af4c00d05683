//! The overview as a page.

use actix_web::{HttpResponse, web::Data};
use chrono::NaiveDate;
use serde_json::{Value, json};

use crate::{
    admin::{
        console::Console,
        overview::{
            chart::Chart,
            facts::{self, Day, Facts, Queue, Storage},
            tally::Gauges,
        },
    },
    chat::Chat,
    error::AppResult,
};

/// Units in which the shares of the disk are drawn.
const WHOLE: f64 = 100.0;

/// `GET /admin/`
pub async fn overview(console: Console, chat: Data<Chat>, gauges: Data<Gauges>) -> AppResult<HttpResponse> {
    let facts = facts::gather(&chat, &gauges).await?;
    console.render("overview", "overview", context(&facts)).await
}

fn context(facts: &Facts) -> Value {
    let chart = |number: fn(&Day) -> i64| {
        let days: Vec<(NaiveDate, i64)> = facts.days.iter().map(|day| (day.day, number(day))).collect();
        Chart::of(&days)
    };
    let before_today = facts.days.len().checked_sub(2).and_then(|at| facts.days.get(at));
    json!({
        "facts": facts,
        "today": facts.days.last(),
        "yesterday": before_today.map_or(0, |day| day.messages),
        "messages": chart(|day| day.messages),
        "online": chart(|day| day.peak_online),
        "parts": parts(&facts.storage),
        "queues": facts.queues.iter().map(|queue| json!({ "queue": queue, "is_full": is_full(queue) })).collect::<Vec<_>>(),
        "backlog": facts.queues.iter().find(|queue| is_full(queue)),
        "uptime": { "days": facts.uptime / 86_400, "hours": facts.uptime / 3_600 % 24, "minutes": facts.uptime / 60 % 60 },
    })
}

/// Half of it is taken: it grows faster than it is worked off.
fn is_full(queue: &Queue) -> bool {
    2 * queue.waiting >= queue.limit
}

/// The disk's shares: what fills it, from where on and how wide, in [`WHOLE`]s. Where no disk is known, of what is stored.
fn parts(storage: &Storage) -> Vec<Value> {
    let own = storage.pictures + storage.database;
    let rest = storage.disk.map(|disk| [("other", disk.total.saturating_sub(disk.free + own)), ("free", disk.free)]);
    let known = [("pictures", storage.pictures), ("database", storage.database)];
    let all: Vec<(&str, u64)> = known.into_iter().chain(rest.into_iter().flatten()).collect();
    let total = all.iter().map(|(_, bytes)| *bytes).sum::<u64>().max(1) as f64;
    let mut start = 0.0;
    let share = |(name, bytes): (&str, u64)| {
        let width = WHOLE * bytes as f64 / total;
        let x = start;
        start += width;
        json!({ "name": name, "bytes": bytes, "x": format!("{x:.2}"), "width": format!("{width:.2}"), "percent": width.round() as i64 })
    };
    all.into_iter().map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::overview::facts::Disk;

    #[test]
    fn the_shares_fill_the_disk() {
        let disk = Some(Disk { total: 1_000, free: 500 });
        let parts = parts(&Storage { pictures: 100, database: 50, disk });
        let shares: Vec<_> = parts.iter().map(|part| (part["name"].as_str(), part["percent"].as_i64())).collect();
        let expected = [("pictures", 10), ("database", 5), ("other", 35), ("free", 50)];
        assert_eq!(shares, expected.map(|(name, percent)| (Some(name), Some(percent))));
        assert_eq!(parts[3]["x"], "50.00");
    }

    #[test]
    fn nothing_stored_is_drawn_without_a_disk() {
        let parts = parts(&Storage { pictures: 0, database: 0, disk: None });
        assert!(parts.iter().all(|part| part["width"] == "0.00"), "{parts:?}");
    }
}
