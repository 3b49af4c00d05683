//! Limits by name: whoever meets one is told which. `docs/limits.md` lists them all.

/// A limit, named as the setting or the flag that sets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Requests of a person that read.
    Reading,
    /// Pictures that a person looks at.
    Pictures,
    /// Requests of a person that change something.
    Changing,
    /// Searches of a person.
    Searching,
    /// Requests of guests, by address.
    Guests,
    /// Messages of a person.
    Sends,
    /// New rooms of a person.
    NewRooms,
    /// New accounts, by address.
    NewAccounts,
    /// Uploads of a person in a row.
    UploadPace,
    /// Bytes of a body without files.
    Body,
    /// Bytes of a file.
    File,
    /// Bytes of an original.
    Original,
    /// Time of a body.
    BodyTime,
    /// Frames of a socket.
    Frames,
    /// Sockets, streams and waits of an address.
    AddressSockets,
    /// The same of everybody.
    Sockets,
    /// Rooms that a person owns.
    OwnRooms,
    /// Rooms that a person is in.
    JoinedRooms,
    /// Members of a room.
    Members,
    /// Uploads of a person in a day.
    Uploads,
    /// Bytes of pictures that a person stores in a day.
    UploadBytes,
    /// Bytes of pictures that a person has stored.
    PersonBytes,
    /// Bytes of pictures that everybody has stored.
    SiteBytes,
}

impl Limit {
    /// The setting or flag that sets it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reading | Self::Pictures => "read_per_second",
            Self::Changing => "change_per_second",
            Self::Searching => "search_per_minute",
            Self::Guests => "guest_per_second",
            Self::Sends => "send_per_minute",
            Self::NewRooms => "rooms_per_hour",
            Self::NewAccounts => "registrations_per_hour",
            Self::UploadPace => "uploads_per_minute",
            Self::Body => "body_max_bytes",
            Self::File => "upload_max_bytes",
            Self::Original => "original_max_bytes",
            Self::BodyTime => "body_seconds",
            Self::Frames => "frames_per_second",
            Self::AddressSockets => "sockets_per_address",
            Self::Sockets => "max_sockets",
            Self::OwnRooms => "rooms_owned_max",
            Self::JoinedRooms => "rooms_joined_max",
            Self::Members => "room_members_max",
            Self::Uploads => "uploads_per_day",
            Self::UploadBytes => "upload_bytes_per_day",
            Self::PersonBytes => "upload_bytes_per_person",
            Self::SiteBytes => "storage_max_bytes",
        }
    }

    /// The code of a refusal where it is full.
    pub fn code(self) -> &'static str {
        match self {
            Self::Members => "room_full",
            Self::JoinedRooms => "too_many_rooms",
            Self::OwnRooms => "too_many_own_rooms",
            Self::SiteBytes => "site_full",
            Self::Uploads | Self::UploadBytes | Self::PersonBytes => "quota",
            Self::Sockets => "busy",
            Self::Body | Self::File | Self::Original => "too_large",
            Self::BodyTime => "timeout",
            _ => "rate_limited",
        }
    }

    /// What is told of it.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Reading => "Too many requests of yours in a second; wait a moment.",
            Self::Pictures => "Too many pictures asked for in a second; wait a moment.",
            Self::Changing => "Too many changes of yours in a second; wait a moment.",
            Self::Searching => "Too many searches of yours in a minute; wait a moment.",
            Self::Guests => "Too many requests from your address in a second; wait a moment.",
            Self::Sends => "Too many messages of yours in a minute; wait a moment.",
            Self::NewRooms => "Too many new rooms of yours in an hour; try again later.",
            Self::NewAccounts => "Too many new accounts from your address in an hour; try again later.",
            Self::UploadPace => "Too many uploads of yours in a minute; wait a moment.",
            Self::Body => "The body is too large.",
            Self::File => "The file is too large.",
            Self::Original => "The original is too large to be kept; send it reduced.",
            Self::BodyTime => "The body did not arrive in time.",
            Self::Frames => "Too many frames in a second on this socket; wait a moment.",
            Self::AddressSockets => "Your address has as many open connections as it may; close one, or wait.",
            Self::Sockets => "The server has as many open connections as it may; try again later.",
            Self::OwnRooms => "You own as many rooms as you may; delete one, or hand one over.",
            Self::JoinedRooms => "In as many rooms as anybody may be; one must be left first.",
            Self::Members => "The room has as many members as a room may have.",
            Self::Uploads => "You have uploaded as many pictures as you may in a day.",
            Self::UploadBytes => "You have stored as many bytes of pictures as you may in a day.",
            Self::PersonBytes => "You have stored as many bytes of pictures as you may.",
            Self::SiteBytes => "The server has no room for more pictures. It is its space that is full, not yours.",
        }
    }
}
