//! Lengths of time as people write them.

use chrono::TimeDelta;

/// `10m`, `2h`, `1d`, or `10分钟`, `2小时`, `1天`; a number alone is minutes.
pub fn parse(text: &str) -> Option<TimeDelta> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let number: i64 = text[..digits].parse().ok().filter(|number| (1..=525_600).contains(number))?;
    match &text[digits..] {
        "" | "m" | "min" | "分" | "分钟" => TimeDelta::try_minutes(number),
        "h" | "小时" | "时" => TimeDelta::try_hours(number),
        "d" | "天" | "日" => TimeDelta::try_days(number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_in_both_languages() {
        for (text, minutes) in [("5", 5), ("10m", 10), ("2h", 120), ("1d", 1_440), ("30分钟", 30), ("3天", 4_320)] {
            assert_eq!(parse(text), TimeDelta::try_minutes(minutes), "{text}");
        }
        for text in ["", "m", "0", "-1h", "1 h", "5w", "99999999999999999999d", "1h30m"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
