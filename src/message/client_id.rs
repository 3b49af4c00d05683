//! The name a client gives to a send, so that it can repeat it safely.

/// 1–64 characters of `[A-Za-z0-9_-]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId(String);

/// Longest, in bytes.
const LONGEST: usize = 64;

impl ClientId {
    /// Parses one; also the rule for a frame's `ref`.
    pub fn parse(raw: &str) -> Option<Self> {
        let fits = (1..=LONGEST).contains(&raw.len());
        let plain = raw.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
        (fits && plain).then(|| Self(raw.to_owned()))
    }

    /// As sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_short_plain_names_pass() {
        for good in ["a", "5b0c7c1e-5d0f-4c0e-9a34-0a5c3f0b7e11", "_-", &"x".repeat(64)] {
            assert!(ClientId::parse(good).is_some(), "{good}");
        }
        for bad in ["", " ", "a b", "é", "a\n", "a.b", &"x".repeat(65)] {
            assert!(ClientId::parse(bad).is_none(), "{bad}");
        }
    }
}
