//! Secrets that stand in links: random, shown once, and stored as their hash alone.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::Rng as _;
use sha2::{Digest as _, Sha256};

/// Longest text that is looked at; a token of 256 bits has 43 characters.
const LONGEST: usize = 128;

/// As stored.
pub type TokenHash = Vec<u8>;

/// A new one of so many random bytes, as it stands in a link.
pub fn fresh<const BYTES: usize>() -> String {
    let mut bytes = [0u8; BYTES];
    rand::rng().fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What is stored of a token, or looked for. Blanks around it come from copying.
pub fn hash(token: &str) -> TokenHash {
    let token = token.trim();
    Sha256::digest(token.get(..LONGEST).unwrap_or(token)).to_vec()
}
