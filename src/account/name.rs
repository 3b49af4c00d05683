//! Names of people: what a username and a nickname may look like, and when two usernames count as one.
//!
//! Pure. A name is parsed once, at the edge; inside, a [`Username`] or [`Nickname`] is always a good one.

use std::{collections::HashSet, sync::LazyLock};

use caseless::Caseless;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
use unicode_security::{GeneralSecurityProfile, RestrictionLevel, RestrictionLevelDetection};
use unicode_segmentation::UnicodeSegmentation;

/// Fewest characters of a username.
pub const USERNAME_MIN: usize = 2;
/// Most characters of a username.
pub const USERNAME_MAX: usize = 20;
/// Most characters (graphemes) of a nickname.
pub const NICKNAME_MAX: usize = 40;

/// Most bytes of a nickname; a grapheme has no length of its own.
const NICKNAME_MAX_BYTES: usize = 400;
/// Marks that may follow one letter; Thai, Hebrew and Tibetan need up to four, "Zalgo" text piles up dozens.
const MAX_MARKS: usize = 4;

/// Names of offices; only the command line and the first admin may take them.
const OFFICES: &[&str] = &[
    "admin",
    "admins",
    "administrator",
    "administrators",
    "root",
    "superuser",
    "sysadmin",
    "owner",
    "moderator",
    "moderators",
    "mod",
    "staff",
    "support",
    "help",
    "helpdesk",
    "security",
    "webmaster",
    "postmaster",
    "hostmaster",
    "official",
    "管理",
    "管理员",
    "系统管理员",
    "超级管理",
    "超级管理员",
    "版主",
    "群主",
    "客服",
    "官方",
    "站长",
];

/// Names of what is no person; nobody may take them.
const NOBODY: &[&str] = &[
    "parlor",
    "system",
    "server",
    "bot",
    "guest",
    "anonymous",
    "nobody",
    "unknown",
    "deleted",
    "null",
    "undefined",
    "me",
    "everyone",
    "everybody",
    "all",
    "here",
    "channel",
    "room",
    "online",
    "系统",
    "机器人",
    "访客",
    "游客",
    "匿名",
    "所有人",
    "全体",
    "全体成员",
    "大家",
];

/// Why a name is refused. The texts are for people, [`NameError::code`] for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing, or nothing that can be seen.
    #[error("A name is needed.")]
    Required,
    /// Below [`USERNAME_MIN`].
    #[error("At least 2 characters.")]
    TooShort,
    /// Above `max` characters.
    #[error("At most {max} characters.")]
    TooLong {
        /// The most this kind of name may have.
        max: usize,
    },
    /// A username of something else than letters, digits, `_` and Chinese.
    #[error("Only letters, digits, _ and Chinese characters.")]
    BadCharacters,
    /// A nickname with control or direction characters, or with heaps of marks.
    #[error("It contains characters that cannot be shown in a name.")]
    Unshowable,
    /// A username that begins with a digit or `_`.
    #[error("The first character must be a letter or Chinese.")]
    BadStart,
    /// Scripts that imitate each other, such as Latin with Cyrillic.
    #[error("These alphabets cannot be mixed in one name.")]
    MixedScripts,
    /// A name that would pass for an office or for the server itself.
    #[error("This name is reserved.")]
    Reserved,
}

impl NameError {
    /// The code of the field's error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::TooShort => "too_short",
            Self::TooLong { .. } => "too_long",
            Self::BadCharacters | Self::Unshowable => "bad_characters",
            Self::BadStart => "bad_start",
            Self::MixedScripts => "mixed_scripts",
            Self::Reserved => "reserved",
        }
    }
}

/// A person's unique name: 2–20 letters, digits, `_` or Chinese characters, in NFC.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Username(String);

impl Username {
    /// Reads a username; white space around it is dropped.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(raw: &str) -> Result<Self, NameError> {
        let name = Self::well_formed(raw)?;
        if OFFICE_SKELETONS.contains(&name.skeleton()) { Err(NameError::Reserved) } else { Ok(name) }
    }

    /// Reads a username that may be an office's, such as `admin`: for the command line and the first admin.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse_privileged(raw: &str) -> Result<Self, NameError> {
        Self::well_formed(raw)
    }

    /// The name as it is shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key under which the name is unique and found.
    pub fn folded(&self) -> String {
        fold(&self.0)
    }

    /// The key under which names that look alike are one.
    pub fn skeleton(&self) -> String {
        skeleton(&self.0)
    }

    fn well_formed(raw: &str) -> Result<Self, NameError> {
        let raw = raw.trim();
        // Composing shortens a text to a quarter at most, so this much needs no closer look.
        if raw.chars().nth(4 * USERNAME_MAX).is_some() {
            return Err(NameError::TooLong { max: USERNAME_MAX });
        }
        let name: String = raw.nfc().collect();
        let Some(first) = name.chars().next() else { return Err(NameError::Required) };
        if !name.chars().all(is_username_char) {
            return Err(NameError::BadCharacters);
        }
        if !is_letter(first) {
            return Err(NameError::BadStart);
        }
        match name.chars().count() {
            ..USERNAME_MIN => return Err(NameError::TooShort),
            n if n > USERNAME_MAX => return Err(NameError::TooLong { max: USERNAME_MAX }),
            _ => {}
        }
        if !scripts_mix_well(&name) {
            return Err(NameError::MixedScripts);
        }
        let name = Self(name);
        if NOBODY_SKELETONS.contains(&name.skeleton()) { Err(NameError::Reserved) } else { Ok(name) }
    }
}

/// The name a person shows: 1–40 graphemes in NFC; two people may show the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Nickname(String);

impl Nickname {
    /// Reads a nickname; white space around it is dropped.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(raw: &str) -> Result<Self, NameError> {
        let raw = raw.trim();
        if raw.len() > 4 * NICKNAME_MAX_BYTES {
            return Err(NameError::TooLong { max: NICKNAME_MAX });
        }
        let name: String = raw.nfc().collect();
        if name.chars().all(is_invisible) {
            return Err(NameError::Required);
        }
        if name.chars().any(|c| c.is_control() || turns_or_breaks_lines(c)) || longest_run_of_marks(&name) > MAX_MARKS {
            return Err(NameError::Unshowable);
        }
        if name.len() > NICKNAME_MAX_BYTES || name.graphemes(true).nth(NICKNAME_MAX).is_some() {
            return Err(NameError::TooLong { max: NICKNAME_MAX });
        }
        Ok(Self(name))
    }

    /// The name as it is shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The form in which names are compared: NFKC and case folding (Unicode 3.13), so `ＡＮＮ` and `Ann` are `ann`.
pub fn fold(text: &str) -> String {
    text.nfkc().default_case_fold().nfkc().collect()
}

/// The form in which look-alikes are equal: the skeleton of UTS 39 §4 of the folded text, folded again.
pub fn skeleton(text: &str) -> String {
    fold(&unicode_security::skeleton(&fold(text)).collect::<String>())
}

/// Whether a username may contain this character.
pub fn is_username_char(c: char) -> bool {
    c == '_' || c.is_ascii_digit() || is_letter(c)
}

/// Whether nothing is seen of this character: white space and what Unicode calls default ignorable.
pub fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// A Chinese character, or a letter that UTS 39 §3.1 allows in identifiers; that leaves out wide, mathematical and
/// historic forms. Marks are no letters: where a letter with its mark exists, NFC has already made it one character.
fn is_letter(c: char) -> bool {
    is_chinese(c) || (c.is_alphabetic() && !is_combining_mark(c) && c.identifier_allowed())
}

/// A unified ideograph. UTS 39 calls tens of thousands of them uncommon, but people are named with them.
fn is_chinese(c: char) -> bool {
    c.is_alphabetic()
        && matches!(c, '〇' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}')
}

/// UTS 39 §5.2 "moderately restrictive": Latin with Chinese, Japanese, Korean or one other script that does not
/// imitate it. Every Chinese character is judged as a common one.
fn scripts_mix_well(name: &str) -> bool {
    let judged: String = name.chars().map(|c| if is_chinese(c) { '中' } else { c }).collect();
    judged.as_str().check_restriction_level(RestrictionLevel::ModeratelyRestrictive)
}

/// Direction marks, overrides and isolates, and the line and paragraph separators: a name with them disturbs the
/// line it stands in.
pub fn turns_or_breaks_lines(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn longest_run_of_marks(text: &str) -> usize {
    text.split(|c| !is_combining_mark(c)).map(|marks| marks.chars().count()).max().unwrap_or(0)
}

static OFFICE_SKELETONS: LazyLock<HashSet<String>> = LazyLock::new(|| OFFICES.iter().map(|s| skeleton(s)).collect());
static NOBODY_SKELETONS: LazyLock<HashSet<String>> = LazyLock::new(|| NOBODY.iter().map(|s| skeleton(s)).collect());

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refusal(raw: &str) -> NameError {
        Username::parse(raw).expect_err(raw)
    }

    #[test]
    fn letters_digits_underscores_and_chinese_make_a_username() {
        for name in [
            "ann",
            "Ann_2",
            "许安",
            "许安2",
            "ann许",
            "élodie",
            "Жанна",
            "ひろし",
            "김철수",
            "𠮷野",
            "䶮仸",
            "〇一",
            "a_",
            "中国",
        ] {
            assert_eq!(Username::parse(name).expect(name).as_str(), name);
        }
    }

    #[test]
    fn a_username_is_composed_and_trimmed() {
        assert_eq!(Username::parse(" e\u{301}lodie\n").expect("good").as_str(), "\u{e9}lodie");
    }

    #[test]
    fn a_username_has_2_to_20_characters() {
        assert_eq!(refusal(""), NameError::Required);
        assert_eq!(refusal(" \u{3000}"), NameError::Required);
        assert_eq!(refusal("a"), NameError::TooShort);
        assert_eq!(refusal("安"), NameError::TooShort);
        assert!(Username::parse(&"安".repeat(20)).is_ok());
        assert_eq!(refusal(&"安".repeat(21)).code(), "too_long");
        assert_eq!(refusal(&"a".repeat(10_000)).code(), "too_long");
    }

    #[test]
    fn a_username_starts_with_a_letter() {
        assert_eq!(refusal("1ann"), NameError::BadStart);
        assert_eq!(refusal("_ann"), NameError::BadStart);
        assert_eq!(refusal("_"), NameError::BadStart);
    }

    #[test]
    fn characters_that_deceive_are_refused() {
        for name in [
            "ad\u{200b}min",
            "an\u{200d}n",
            "\u{202e}ann",
            "ann\u{2066}",
            "an\u{ad}n",
            "\u{feff}ann",
            "a\0b",
            "a\nb",
            "a b",
            "a.b",
            "a-b",
            "a@b",
            "a🎉",
            "ａｎｎ",
            "𝐚𝐧𝐧",
            "a\u{338}nn",
            "a\u{fe0f}n",
            "\u{3164}\u{3164}",
            "an\u{e0061}",
            "安\u{3000}安",
            "ann١",
        ] {
            assert_eq!(refusal(name), NameError::BadCharacters, "{name:?}");
        }
        assert_eq!(refusal(&format!("a{}", "\u{301}".repeat(60))), NameError::BadCharacters);
    }

    #[test]
    fn alphabets_that_imitate_each_other_do_not_mix() {
        for name in ["\u{430}dmin", "annа", "anΑn", "pаypаl"] {
            assert_eq!(refusal(name), NameError::MixedScripts, "{name}");
        }
    }

    #[test]
    fn reserved_names_are_refused_however_they_are_spelt() {
        for name in
            ["admin", "ADMIN", "Admin ", "adrnin", "r00t", "管理员", "系统", "everyone", "ALL", "Parlor", "par1or"]
        {
            assert_eq!(refusal(name), NameError::Reserved, "{name}");
        }
    }

    #[test]
    fn the_first_admin_may_be_called_admin_but_not_everyone() {
        assert_eq!(Username::parse_privileged("admin").expect("allowed").as_str(), "admin");
        assert_eq!(Username::parse_privileged("everyone"), Err(NameError::Reserved));
        assert_eq!(Username::parse_privileged("x").map_err(|e| e.code()), Err("too_short"));
    }

    #[test]
    fn folding_makes_one_name_of_all_spellings() {
        assert_eq!(fold("ＡＮＮ"), "ann");
        assert_eq!(fold("STRASSE"), fold("straße"));
        assert_eq!(fold("E\u{301}"), fold("é"));
        assert_ne!(fold("ann"), fold("anne"));
    }

    #[test]
    fn look_alikes_share_a_skeleton() {
        assert_eq!(skeleton("scope"), skeleton("ѕсоре"));
        assert_eq!(skeleton("modern"), skeleton("modem"));
        assert_eq!(skeleton("Bob0"), skeleton("bobo"));
        assert_ne!(skeleton("许安"), skeleton("许按"));
    }

    #[test]
    fn a_nickname_may_be_anything_that_can_be_read() {
        for name in ["Ann B.", "许安", "🎉", "👩‍👩‍👧", "O'Neil", "مریم‌ها", "สมศักดิ์", "<b>x</b>", "-", "x\u{301}"]
        {
            assert_eq!(Nickname::parse(name).expect(name).as_str(), name);
        }
        assert_eq!(Nickname::parse("  Ann  ").expect("good").as_str(), "Ann");
    }

    #[test]
    fn a_nickname_of_nothing_visible_or_of_tricks_is_refused() {
        for name in ["", " ", "\u{200b}", "\u{feff}\u{2060}", "\u{3164}", "\u{2800}"] {
            assert_eq!(Nickname::parse(name), Err(NameError::Required), "{name:?}");
        }
        let zalgo = format!("A{}", "\u{301}\u{322}".repeat(100));
        for name in ["a\0b", "a\nb", "a\tb", "a\u{202e}b", "a\u{2067}b", "a\u{2028}b", zalgo.as_str()] {
            assert_eq!(Nickname::parse(name), Err(NameError::Unshowable), "{name:?}");
        }
        assert!(Nickname::parse(&"安".repeat(40)).is_ok());
        assert_eq!(Nickname::parse(&"安".repeat(41)).map_err(|e| e.code()), Err("too_long"));
        assert_eq!(Nickname::parse(&"x".repeat(1 << 20)).map_err(|e| e.code()), Err("too_long"));
    }

    proptest! {
        #[test]
        fn no_input_breaks_the_parsers(raw in any::<String>()) {
            let _ = Nickname::parse(&raw);
            if let Ok(name) = Username::parse(&raw) {
                prop_assert_eq!(Username::parse(name.as_str()), Ok(name));
            }
        }

        #[test]
        fn the_keys_of_a_username_are_stable(raw in "[\\p{L}][\\p{L}0-9_]{1,19}") {
            if let Ok(name) = Username::parse(&raw) {
                prop_assert_eq!(fold(&name.folded()), name.folded());
                prop_assert_eq!(fold(&name.as_str().to_uppercase()).is_empty(), false);
                prop_assert_eq!(skeleton(&name.folded()), name.skeleton());
            }
        }
    }
}
