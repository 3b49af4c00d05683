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
    /// Sockets, streams and asking sessions of a person at once.
    pub sockets_per_person: u32,
    /// Requests of a person that read: at once.
    pub read_burst: u32,
    /// And a second in the long run.
    pub read_per_second: u32,
    /// Requests of a person that change something: at once.
    pub change_burst: u32,
    /// And a second in the long run.
    pub change_per_second: u32,
    /// Searches of a person in a minute.
    pub search_per_minute: u32,
    /// Requests of the guests of an address: at once.
    pub guest_burst: u32,
    /// And a second in the long run.
    pub guest_per_second: u32,
    /// Rooms a person may own.
    pub rooms_owned_max: u32,
    /// Rooms a person may be in, private chats of two and the lobby aside.
    pub rooms_joined_max: u32,
    /// Members a room may have, but for the lobby.
    pub room_members_max: u32,
    /// Pictures a person may upload at once, one behind the other.
    pub upload_burst: u32,
    /// And how many a minute in the long run.
    pub uploads_per_minute: u32,
    /// Pictures a person may upload within 24 hours.
    pub uploads_per_day: i64,
    /// Bytes of pictures a person may store within 24 hours.
    pub upload_bytes_per_day: i64,
    /// Bytes of pictures a person may have stored; 0 for no end.
    pub upload_bytes_per_person: i64,
    /// Bytes of pictures everybody may have stored together; 0 for no end.
    pub storage_max_bytes: i64,
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
            sockets_per_person: 16,
            read_burst: 200,
            read_per_second: 50,
            change_burst: 30,
            change_per_second: 5,
            search_per_minute: 30,
            guest_burst: 60,
            guest_per_second: 6,
            rooms_owned_max: 100,
            rooms_joined_max: 1_000,
            room_members_max: 20_000,
            upload_burst: 20,
            uploads_per_minute: 10,
            uploads_per_day: 500,
            upload_bytes_per_day: 500_000_000,
            upload_bytes_per_person: 2_147_483_648,
            storage_max_bytes: 0,
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
