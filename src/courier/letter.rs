//! What letters say, in the language of who reads them: a subject and some lines for mail, one line for text messages.

use fluent_bundle::FluentArgs;

use crate::web::locale::Locale;

/// How long a code is good, in minutes.
pub const MINUTES: i64 = 5;

/// Words for one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// An e-mail address or a phone number, as the channel wants it.
    pub to: String,
    /// Its language.
    pub locale: Locale,
    /// What it is about.
    pub matter: Matter,
}

/// What a letter is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matter {
    /// A code to register with.
    Register {
        /// Six digits.
        code: String,
    },
    /// A code that shows that an address is one's own.
    Confirm {
        /// Six digits.
        code: String,
        /// Of the account.
        username: String,
    },
    /// A code for a new password.
    Recover {
        /// Six digits.
        code: String,
        /// Of the account.
        username: String,
    },
    /// Somebody wanted to register with the address of an account.
    Known {
        /// Of the account.
        username: String,
    },
    /// The account has another address now.
    Replaced {
        /// Of the account.
        username: String,
    },
    /// The account does not have this address any more.
    Removed {
        /// Of the account.
        username: String,
    },
    /// A new password was set with a code.
    Recovered {
        /// Of the account.
        username: String,
    },
    /// An admin looks whether letters arrive.
    Test,
}

impl Matter {
    /// The code in it, if it has one.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Register { code } | Self::Confirm { code, .. } | Self::Recover { code, .. } => Some(code),
            _ => None,
        }
    }

    fn username(&self) -> &str {
        match self {
            Self::Register { .. } | Self::Test => "",
            Self::Confirm { username, .. }
            | Self::Recover { username, .. }
            | Self::Known { username }
            | Self::Replaced { username }
            | Self::Removed { username }
            | Self::Recovered { username } => username,
        }
    }

    fn key(&self) -> &'static str {
        match self {
            Self::Register { .. } => "register",
            Self::Confirm { .. } => "confirm",
            Self::Recover { .. } => "recover",
            Self::Known { .. } => "known",
            Self::Replaced { .. } => "replaced",
            Self::Removed { .. } => "removed",
            Self::Recovered { .. } => "recovered",
            Self::Test => "test",
        }
    }
}

impl Letter {
    /// The subject, for mail.
    pub fn subject(&self, site: &str) -> String {
        self.words("subject", site)
    }

    /// The whole text, for mail.
    pub fn text(&self, site: &str) -> String {
        self.words("text", site)
    }

    /// The same in a line.
    pub fn line(&self, site: &str) -> String {
        self.words("line", site)
    }

    fn words(&self, part: &str, site: &str) -> String {
        let mut args = FluentArgs::new();
        args.set("site", site);
        args.set("code", self.matter.code().unwrap_or_default());
        args.set("name", self.matter.username());
        args.set("minutes", MINUTES);
        self.locale.text(&format!("letter-{}-{part}", self.matter.key()), &args)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_has_words_in_both_languages_and_says_its_code() {
        let (code, username) = ("012345".to_owned(), "ann".to_owned());
        let matters = [
            Matter::Register { code: code.clone() },
            Matter::Confirm { code: code.clone(), username: username.clone() },
            Matter::Recover { code, username: username.clone() },
            Matter::Known { username: username.clone() },
            Matter::Replaced { username: username.clone() },
            Matter::Removed { username: username.clone() },
            Matter::Recovered { username },
            Matter::Test,
        ];
        for locale in Locale::ALL {
            for matter in matters.clone() {
                let letter = Letter { to: String::new(), locale, matter };
                let parts = [letter.subject("Parlor"), letter.text("Parlor"), letter.line("Parlor")];
                assert!(parts.iter().all(|text| !text.starts_with("letter-") && !text.contains('{')), "{parts:?}");
                assert!(parts[1..].iter().all(|text| text.contains("Parlor")), "{parts:?}");
                let code = letter.matter.code().unwrap_or_default();
                assert!(parts[1..].iter().all(|text| text.contains(code)), "{parts:?}");
                assert!(!parts[0].contains('\n') && !parts[2].contains('\n'), "{parts:?}");
            }
        }
    }
}
