//! What each setting may be, and where its page shows it.

use std::ops::RangeInclusive;

use serde_json::Value;

/// Part of the settings page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// Name and language.
    Site,
    /// Who comes in and what they may read.
    Access,
    /// Confirmed addresses, and who mail comes from.
    Mail,
    /// Words that are not wanted.
    Words,
    /// Sizes and rates.
    Limits,
    /// What is kept and shown.
    Keeping,
    /// Notices.
    Notices,
}

impl Section {
    /// In the order of the page.
    pub const ALL: [Self; 7] =
        [Self::Site, Self::Access, Self::Mail, Self::Words, Self::Limits, Self::Keeping, Self::Notices];

    /// In addresses and in the keys of its words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Site => "site",
            Self::Access => "access",
            Self::Mail => "mail",
            Self::Words => "words",
            Self::Limits => "limits",
            Self::Keeping => "keeping",
            Self::Notices => "notices",
        }
    }
}

/// The type of a setting.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// One line of so many characters.
    Line(RangeInclusive<usize>),
    /// An e-mail address, or nothing.
    Email,
    /// On or off.
    Switch,
    /// One of these.
    Choice(&'static [&'static str]),
    /// A whole number.
    Number(RangeInclusive<i64>),
    /// The key of a picture, or nothing. It is uploaded, never named: a change can only take it away.
    Picture,
    /// At most so many lines of at most so many characters.
    Lines(usize, usize),
}

impl Kind {
    /// Is this a value of the type?
    ///
    /// # Errors
    /// What it must be.
    pub fn check(&self, value: &Value) -> Result<(), String> {
        match self {
            Self::Line(length) => match value.as_str() {
                Some(text) if length.contains(&text.chars().count()) && is_plain(text) => Ok(()),
                _ => Err(format!("A line of {} to {} characters.", length.start(), length.end())),
            },
            Self::Email => match value.as_str() {
                Some(text) if text.is_empty() || is_email(text) => Ok(()),
                _ => Err("An e-mail address, or nothing.".to_owned()),
            },
            Self::Switch => value.is_boolean().then_some(()).ok_or_else(|| "true or false.".to_owned()),
            Self::Choice(choices) => match value.as_str() {
                Some(choice) if choices.contains(&choice) => Ok(()),
                _ => Err(format!("One of {}.", choices.join(", "))),
            },
            Self::Number(range) => match value.as_i64() {
                Some(number) if range.contains(&number) => Ok(()),
                _ => Err(format!("A whole number from {} to {}.", range.start(), range.end())),
            },
            Self::Picture => match value.as_str() {
                Some(key)
                    if key.len() <= 22 && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)) =>
                {
                    Ok(())
                }
                _ => Err("A picture that was uploaded.".to_owned()),
            },
            Self::Lines(most, longest) => match value.as_array() {
                Some(lines) if lines.len() <= *most && lines.iter().all(|line| is_line(line, *longest)) => Ok(()),
                _ => Err(format!("At most {most} lines of 1 to {longest} characters.")),
            },
        }
    }

    /// What may be chosen; empty where nothing is.
    pub fn choices(&self) -> &'static [&'static str] {
        match self {
            Self::Choice(choices) => choices,
            _ => &[],
        }
    }

    /// The least and the most, of numbers and lengths.
    pub fn range(&self) -> Option<(i64, i64)> {
        match self {
            Self::Number(range) => Some((*range.start(), *range.end())),
            Self::Line(length) => Some((i64::try_from(*length.start()).ok()?, i64::try_from(*length.end()).ok()?)),
            _ => None,
        }
    }

    /// Reads what a form's field says; a switch that is off says nothing.
    pub fn read(&self, text: Option<&str>) -> Value {
        let text = text.unwrap_or_default().trim();
        match self {
            Self::Switch => (text == "on").into(),
            Self::Number(_) => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
            Self::Lines(..) => text.lines().map(str::trim).filter(|line| !line.is_empty()).collect(),
            Self::Line(_) | Self::Email | Self::Choice(_) | Self::Picture => text.into(),
        }
    }

    /// In the page's template.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Line(_) => "line",
            Self::Email => "email",
            Self::Switch => "switch",
            Self::Choice(_) => "choice",
            Self::Number(_) => "number",
            Self::Picture => "picture",
            Self::Lines(..) => "lines",
        }
    }
}

fn is_plain(text: &str) -> bool {
    text.trim() == text && !text.chars().any(char::is_control)
}

/// As mail is sent from.
pub fn is_email(text: &str) -> bool {
    is_plain(text) && text.parse::<lettre::Address>().is_ok()
}

fn is_line(value: &Value, longest: usize) -> bool {
    value.as_str().is_some_and(|line| !line.is_empty() && line.chars().count() <= longest && is_plain(line))
}

/// A setting.
#[derive(Debug)]
pub struct Setting {
    /// Its name in the API, the database and the keys of its words.
    pub name: &'static str,
    /// Where it stands.
    pub section: Section,
    /// What it may be.
    pub kind: Kind,
}

const fn setting(name: &'static str, section: Section, kind: Kind) -> Setting {
    Setting { name, section, kind }
}

/// Every setting, in the order of the page.
pub const CATALOG: &[Setting] = &[
    setting("site_name", Section::Site, Kind::Line(1..=40)),
    setting("logo", Section::Site, Kind::Picture),
    setting("language", Section::Site, Kind::Choice(&["browser", "en", "zh-CN"])),
    setting("weather", Section::Site, Kind::Switch),
    setting("registration", Section::Access, Kind::Choice(&["open", "invite", "closed"])),
    setting("guests", Section::Access, Kind::Switch),
    setting("admins_read_private", Section::Access, Kind::Switch),
    setting("verify_email", Section::Mail, Kind::Choice(&["off", "optional", "required"])),
    setting("verify_phone", Section::Mail, Kind::Choice(&["off", "optional", "required"])),
    setting("mail_sender", Section::Mail, Kind::Line(0..=60)),
    setting("mail_from", Section::Mail, Kind::Email),
    setting("word_filter", Section::Words, Kind::Choice(&["off", "mask", "refuse"])),
    setting("words", Section::Words, Kind::Lines(1_000, 50)),
    setting("text_max", Section::Limits, Kind::Number(100..=10_000)),
    setting("upload_max_bytes", Section::Limits, Kind::Number(1..=100_000_000)),
    setting("image_budget", Section::Limits, Kind::Number(16_384..=20_000_000)),
    setting("original_max_bytes", Section::Limits, Kind::Number(0..=100_000_000)),
    setting("recall_seconds", Section::Limits, Kind::Number(0..=86_400)),
    setting("send_burst", Section::Limits, Kind::Number(1..=100)),
    setting("send_per_minute", Section::Limits, Kind::Number(1..=6_000)),
    setting("rooms_per_hour", Section::Limits, Kind::Number(1..=1_000)),
    setting("registrations_per_hour", Section::Limits, Kind::Number(1..=10_000)),
    setting("sockets_per_person", Section::Limits, Kind::Number(1..=1_000)),
    setting("read_burst", Section::Limits, Kind::Number(10..=100_000)),
    setting("read_per_second", Section::Limits, Kind::Number(1..=10_000)),
    setting("change_burst", Section::Limits, Kind::Number(5..=10_000)),
    setting("change_per_second", Section::Limits, Kind::Number(1..=1_000)),
    setting("search_per_minute", Section::Limits, Kind::Number(1..=6_000)),
    setting("guest_burst", Section::Limits, Kind::Number(5..=100_000)),
    setting("guest_per_second", Section::Limits, Kind::Number(1..=10_000)),
    setting("rooms_owned_max", Section::Limits, Kind::Number(0..=100_000)),
    setting("rooms_joined_max", Section::Limits, Kind::Number(1..=100_000)),
    setting("room_members_max", Section::Limits, Kind::Number(1..=1_000_000)),
    setting("upload_burst", Section::Limits, Kind::Number(1..=10_000)),
    setting("uploads_per_minute", Section::Limits, Kind::Number(1..=10_000)),
    setting("uploads_per_day", Section::Limits, Kind::Number(0..=1_000_000)),
    setting("upload_bytes_per_day", Section::Limits, Kind::Number(0..=1_000_000_000_000)),
    setting("upload_bytes_per_person", Section::Limits, Kind::Number(0..=1_000_000_000_000_000)),
    setting("storage_max_bytes", Section::Limits, Kind::Number(0..=1_000_000_000_000_000)),
    setting("retention", Section::Keeping, Kind::Choice(&["forever", "days", "count"])),
    setting("retention_value", Section::Keeping, Kind::Number(1..=1_000_000)),
    setting("window_hours", Section::Keeping, Kind::Number(0..=87_600)),
    setting("window_count", Section::Keeping, Kind::Number(0..=100_000)),
    setting("push", Section::Notices, Kind::Switch),
];
