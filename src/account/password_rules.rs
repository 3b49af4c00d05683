//! What a new password must be like. Pure: hashing is elsewhere.

use std::{collections::HashSet, fmt, sync::LazyLock};

use unicode_normalization::UnicodeNormalization;

use crate::account::name::fold;

/// Fewest characters of a password.
pub const PASSWORD_MIN: usize = 8;
/// Most characters of a password.
pub const PASSWORD_MAX: usize = 128;

/// A shorter name turns up in good passwords by chance, so only a longer one must not stand inside.
const NAME_INSIDE_MIN: usize = 4;

/// Common passwords, folded; where they come from says `static/data/README.md`.
const COMMON_LIST: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/static/data/common-passwords.txt"));

/// Why a password is refused. The texts are for people, [`PasswordError::code`] for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Nothing at all.
    #[error("A password is needed.")]
    Required,
    /// Below [`PASSWORD_MIN`].
    #[error("At least 8 characters.")]
    TooShort,
    /// Above [`PASSWORD_MAX`].
    #[error("At most 128 characters.")]
    TooLong,
    /// U+0000, which not every system can store or type.
    #[error("It contains a character that cannot be used.")]
    BadCharacters,
    /// The username, or a longer text around it.
    #[error("It must not contain the user name.")]
    SameAsName,
    /// One of the passwords everybody tries first.
    #[error("Too many people use this password.")]
    Common,
}

impl PasswordError {
    /// The code of the field's error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::TooShort => "too_short",
            Self::TooLong => "too_long",
            Self::BadCharacters => "bad_characters",
            Self::SameAsName => "same_as_name",
            Self::Common => "common",
        }
    }
}

/// A password in clear, in NFC, so that it is the same from every keyboard. It shows itself to nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// Reads the new password of the person called `username`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(raw: &str, username: &str) -> Result<Self, PasswordError> {
        let password = Self::given(raw)?;
        match password.0.chars().count() {
            0 => return Err(PasswordError::Required),
            1..PASSWORD_MIN => return Err(PasswordError::TooShort),
            _ => {}
        }
        let folded = fold(&password.0);
        if tells_name(&folded, &fold(username.trim())) {
            return Err(PasswordError::SameAsName);
        }
        if COMMON.contains(folded.as_str()) { Err(PasswordError::Common) } else { Ok(password) }
    }

    /// Takes a password somebody logs in with: worth hashing, and not judged further.
    ///
    /// # Errors
    /// [`PasswordError::TooLong`], [`PasswordError::BadCharacters`]: nobody has such a password.
    pub fn given(raw: &str) -> Result<Self, PasswordError> {
        // Composing shortens a text to a quarter at most, so this much needs no closer look.
        if raw.chars().nth(4 * PASSWORD_MAX).is_some() {
            return Err(PasswordError::TooLong);
        }
        if raw.contains('\0') {
            return Err(PasswordError::BadCharacters);
        }
        let password: String = raw.nfc().collect();
        if password.chars().nth(PASSWORD_MAX).is_some() { Err(PasswordError::TooLong) } else { Ok(Self(password)) }
    }

    /// The bytes to hash.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// Whether the password is the name (also repeated), or a longer name stands in it; both folded.
fn tells_name(password: &str, name: &str) -> bool {
    let inside = name.chars().count() >= NAME_INSIDE_MIN && password.contains(name);
    inside || (!name.is_empty() && password.replace(name, "").is_empty())
}

static COMMON: LazyLock<HashSet<&'static str>> = LazyLock::new(|| COMMON_LIST.lines().collect());

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refusal(raw: &str) -> PasswordError {
        Password::parse(raw, "xuan").expect_err(raw)
    }

    #[test]
    fn long_passwords_spaces_and_emoji_are_fine() {
        for raw in
            ["correct horse battery staple", "龙在天上飞来飞去", "🎉🎉🎉🎉🎉🎉🎉🍊", "        x", &"z9".repeat(64)]
        {
            assert_eq!(Password::parse(raw, "xuan").expect(raw).as_bytes(), raw.as_bytes());
        }
    }

    #[test]
    fn the_length_is_8_to_128_characters() {
        assert_eq!(refusal(""), PasswordError::Required);
        assert_eq!(refusal("k3#vQ_x"), PasswordError::TooShort);
        assert_eq!(refusal("龙在天上飞来飞"), PasswordError::TooShort);
        assert_eq!(refusal(&"z".repeat(129)), PasswordError::TooLong);
        assert_eq!(refusal(&"z".repeat(1 << 20)), PasswordError::TooLong);
    }

    #[test]
    fn nothing_is_cut_off() {
        let long = "k".repeat(72);
        assert_ne!(Password::parse(&long, "xuan"), Password::parse(&format!("{long}x"), "xuan"));
    }

    #[test]
    fn one_password_typed_in_two_ways_is_one() {
        assert_eq!(Password::parse("cafe\u{301} noir", "xuan"), Password::parse("caf\u{e9} noir", "xuan"));
    }

    #[test]
    fn u0000_is_refused() {
        assert_eq!(refusal("abcdefgh\0ijk"), PasswordError::BadCharacters);
    }

    #[test]
    fn the_username_is_refused_in_any_spelling_and_inside() {
        for raw in ["xuanxuan", "XUAN-2024-ok", "ｘｕａｎｘｕａｎｘ", "my xuan password"] {
            assert_eq!(refusal(raw), PasswordError::SameAsName, "{raw}");
        }
        assert_eq!(Password::parse("李明李明李明李明", "李明"), Err(PasswordError::SameAsName));
        assert!(Password::parse("annual report, page 7", "ann").is_ok());
        assert!(Password::parse("quite another thing", "").is_ok());
    }

    #[test]
    fn common_passwords_are_refused_in_any_case() {
        for raw in ["password", "PassWord1", "12345678", "qwertyuiop", "woaini1314", "ｐａｓｓｗｏｒｄ"] {
            assert_eq!(refusal(raw), PasswordError::Common, "{raw}");
        }
    }

    #[test]
    fn the_list_is_long_folded_and_without_useless_entries() {
        assert!(COMMON.len() >= 3_000);
        assert!(COMMON.iter().all(|entry| entry.chars().count() >= PASSWORD_MIN && fold(entry) == *entry));
    }

    #[test]
    fn a_password_does_not_print_itself() {
        assert_eq!(format!("{:?}", Password::given("hunter2 hunter2")), "Ok(Password(…))");
    }

    #[test]
    fn logging_in_judges_only_what_cannot_be_a_password() {
        assert!(Password::given("short").is_ok());
        assert_eq!(Password::given(&"z".repeat(1 << 20)), Err(PasswordError::TooLong));
        assert_eq!(Password::given("a\0b"), Err(PasswordError::BadCharacters));
    }

    proptest! {
        #[test]
        fn no_input_breaks_it(raw in any::<String>(), name in any::<String>()) {
            if let Ok(password) = Password::parse(&raw, &name) {
                prop_assert!((PASSWORD_MIN..=PASSWORD_MAX).contains(&password.0.chars().count()));
                prop_assert_eq!(Password::given(&password.0), Ok(password));
            }
        }
    }
}
