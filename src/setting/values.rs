//! The settings as types.

use serde::{Deserialize, Serialize};

/// Who may register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Registration {
    /// Everybody.
    #[default]
    Open,
    /// Whoever has an invitation.
    Invite,
    /// Nobody.
    Closed,
}

/// Which language the pages speak to who has chosen none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Language {
    /// The browser's.
    #[default]
    #[serde(rename = "browser")]
    Browser,
    /// English.
    #[serde(rename = "en")]
    English,
    /// Simplified Chinese.
    #[serde(rename = "zh-CN")]
    Chinese,
}

/// Whether an address is to be confirmed with a code that is sent to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verify {
    /// It is not offered.
    Off,
    /// Whoever wants.
    #[default]
    Optional,
    /// Nobody registers without.
    Required,
}

/// What becomes of a message with one of the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WordFilter {
    /// Nothing.
    #[default]
    Off,
    /// The words are made unreadable.
    Mask,
    /// It is refused.
    Refuse,
}

/// How long messages are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Retention {
    /// For ever.
    #[default]
    Forever,
    /// So many days.
    Days,
    /// So many of a room.
    Count,
}

/// Every setting; `catalog` says what each may be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Values {
    /// Name of this chat, shown in titles.
    pub site_name: String,
    /// The key of the site's own mark; empty for ours.
    pub logo: String,
    /// Language of the pages for who has chosen none.
    pub language: Language,
    /// Who may register.
    pub registration: Registration,
    /// May guests read rooms that are marked for them?
    pub guests: bool,
    /// May admins read private chats?
    pub admins_read_private: bool,
    /// May members ask for the weather, which tells its provider the names of places?
    pub weather: bool,
    /// May members be offered notices of their desktop?
    pub push: bool,
    /// Longest text of a message, in characters.
    pub text_max: u32,
    /// Largest picture that may be uploaded, in bytes.
    pub upload_max_bytes: u64,
    /// Pictures are reduced to at most so many bytes.
    pub image_budget: u32,
    /// Largest original that is kept, in bytes; 0 for never.
    pub original_max_bytes: u32,
    /// Seconds in which an author may recall a message, where the room says nothing else.
    pub recall_seconds: i64,
    /// Messages a person may send at once.
    pub send_burst: u32,
    /// And how many a minute in the long run.
    pub send_per_minute: u32,
    /// New rooms a person in an hour.
    pub rooms_per_hour: u32,
    /// New accounts from one address in an hour.
    pub registrations_per_hour: u32,
    /// How long messages are kept, where the room says nothing else.
    pub retention: Retention,
    /// Days or messages, as `retention` says.
    pub retention_value: i64,
    /// Hours that a room shows, where it says nothing else; 0 for all.
    pub window_hours: i64,
    /// Messages that a room shows, where it says nothing else; 0 for all.
    pub window_count: i64,
    /// Are e-mail addresses confirmed, where mail can be sent?
    pub verify_email: Verify,
    /// Are phone numbers confirmed, where text messages can be sent?
    pub verify_phone: Verify,
    /// Who mail says it is from; empty for the name of this chat.
    pub mail_sender: String,
    /// The address mail comes from; empty for the user of the SMTP server.
    pub mail_from: String,
    /// What becomes of a message with one of the words.
    pub word_filter: WordFilter,
    /// The words.
    pub words: Vec<String>,
}

impl Default for Values {
    fn default() -> Self {
        Self {
            site_name: "Parlor".to_owned(),
            logo: String::new(),
            language: Language::Browser,
            registration: Registration::Open,
            guests: false,
            admins_read_private: false,
            weather: true,
            push: true,
            text_max: 4_000,
            upload_max_bytes: 20_000_000,
            image_budget: 204_800,
            original_max_bytes: 5_000_000,
            recall_seconds: 30,
            send_burst: 10,
            send_per_minute: 120,
            rooms_per_hour: 10,
            registrations_per_hour: 10,
            retention: Retention::Forever,
            retention_value: 365,
            window_hours: 0,
            window_count: 0,
            verify_email: Verify::Optional,
            verify_phone: Verify::Optional,
            mail_sender: String::new(),
            mail_from: String::new(),
            word_filter: WordFilter::Off,
            words: Vec::new(),
        }
    }
}
