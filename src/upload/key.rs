//! Names that cannot be guessed.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// Characters of a key.
const LENGTH: usize = 22;

/// 128 random bits in base64url, 22 characters: the name of an upload, or of the files of a blob, an avatar or the mark.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key(String);

impl Key {
    /// A new one.
    pub fn random() -> Self {
        Self(URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>()))
    }

    /// One that a client or the database named.
    pub fn parse(text: &str) -> Option<Self> {
        let is_key = text.len() == LENGTH && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        is_key.then(|| Self(text.to_owned()))
    }

    /// Letters, digits, `-` and `_` alone.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The folder in which its files are: so many files in one folder would be slow to list.
    pub fn folder(&self) -> &str {
        &self.0[..2]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_22_characters_and_none_that_means_anything_in_a_path_or_in_sql() {
        assert_eq!(Key::parse(Key::random().as_str()).map(|key| key.as_str().len()), Some(22));
        for bad in
            ["", "short", "../../../../etc/passwd", "0123456789012345678'--", "012345678901234567890", "äääääääääää"]
        {
            assert_eq!(Key::parse(bad), None, "{bad}");
        }
    }
}
