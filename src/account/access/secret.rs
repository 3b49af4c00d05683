//! What a token looks like: `parlor_`, 36 random letters and digits, and 6 that are reckoned from them. The head lets scanners
//! find tokens that got where they should not be, the tail lets them (and us) tell a token from what only looks like one. Pure.

use rand::RngExt as _;
use sha2::{Digest as _, Sha256};

/// What every token begins with.
pub const HEAD: &str = "parlor_";

/// Random characters: 214 bits.
const RANDOM: usize = 36;

/// Reckoned ones.
const CHECK: usize = 6;

/// Characters by which its owner knows a token in a list.
const START: usize = HEAD.len() + 4;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// As stored.
pub type SecretHash = [u8; 32];

/// A token in plain text. It has no `Debug`, so that no log has it.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// A new one.
    pub fn fresh() -> Self {
        let mut rng = rand::rng();
        let random = (0..RANDOM).map(|_| char::from(DIGITS[rng.random_range(0..DIGITS.len())]));
        let body: String = HEAD.chars().chain(random).collect();
        let check = check(&body);
        Self(body + &check)
    }

    /// Reads one off a request; `None` for what cannot be a token.
    pub fn parse(text: &str) -> Option<Self> {
        let is_one = text.len() == HEAD.len() + RANDOM + CHECK
            && text.starts_with(HEAD)
            && text[HEAD.len()..].bytes().all(|byte| byte.is_ascii_alphanumeric());
        let (body, tail) = is_one.then(|| text.split_at(text.len() - CHECK))?;
        (check(body) == tail).then(|| Self(text.to_owned()))
    }

    /// What is stored of it, or looked for.
    pub fn hash(&self) -> SecretHash {
        Sha256::digest(&self.0).into()
    }

    /// The part that lists show.
    pub fn start(&self) -> &str {
        &self.0[..START]
    }

    /// The whole, to be told once.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The first 48 bits of the SHA-256 of what stands before, in base 62, cut to its last six digits.
fn check(body: &str) -> String {
    let digest = Sha256::digest(body);
    let mut number = digest[..6].iter().fold(0u64, |number, byte| number << 8 | u64::from(*byte));
    let mut digits = [0u8; CHECK];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(number % 62) as usize];
        number /= 62;
    }
    digits.iter().copied().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_fresh_token_reads_as_itself_and_is_like_no_other() {
        let (one, two) = (Secret::fresh(), Secret::fresh());
        assert_eq!(Secret::parse(one.as_str()).expect("a token").hash(), one.hash());
        assert_ne!(one.hash(), two.hash());
        assert_eq!(one.as_str().len(), 49);
        assert!(one.as_str().starts_with(one.start()));
    }

    #[test]
    fn the_tail_stays_what_scanners_know() {
        let body = "parlor_000000000000000000000000000000000000";
        let check = check(body);
        assert_eq!(check, "rkqr2v");
        assert!(Secret::parse(&format!("{body}{check}")).is_some());
    }

    proptest! {
        #[test]
        fn a_token_with_a_wrong_character_is_none(at in 0..49usize, other in "[0-9A-Za-z]") {
            let secret = Secret::fresh();
            let mut text = secret.as_str().to_owned();
            text.replace_range(at..=at, &other);
            prop_assert_eq!(Secret::parse(&text).is_some(), text == secret.as_str());
        }

        #[test]
        fn anything_else_is_none_and_breaks_nothing(text in ".{0,60}", padded in "parlor_.{42}") {
            prop_assert!(Secret::parse(&text).is_none());
            prop_assert!(Secret::parse(&padded).is_none());
        }
    }
}
