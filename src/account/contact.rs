//! Ways to reach a person outside: an e-mail address and a phone number, each read once into one spelling. Pure.

use unicode_normalization::UnicodeNormalization;

use crate::account::name::is_invisible;

/// Most bytes of an e-mail address (RFC 5321 §4.5.3.1.3, less the angle brackets).
pub const EMAIL_MAX: usize = 254;
/// Most bytes before the `@` (RFC 5321 §4.5.3.1.1).
const LOCAL_PART_MAX: usize = 64;
/// Most bytes between two dots of a domain (RFC 1035 §2.3.4).
const LABEL_MAX: usize = 63;

/// Why an address or number is refused. The texts are for people, [`ContactError::code`] for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ContactError {
    /// Above [`EMAIL_MAX`].
    #[error("At most 254 characters.")]
    TooLong,
    /// No address of the form name@example.org.
    #[error("This is not an e-mail address.")]
    NotAnEmail,
    /// No number of the form +4930123456, and no Chinese mobile number.
    #[error("This is not a phone number; begin with + and the country's code.")]
    NotAPhone,
}

impl ContactError {
    /// The code of the field's error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::NotAnEmail | Self::NotAPhone => "invalid",
        }
    }
}

/// An e-mail address: the part of RFC 5321 (and 6531) that people use, in NFC, its domain in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

impl Email {
    /// Reads an address; white space around it is dropped. Quoted local parts and IP addresses are refused.
    ///
    /// # Errors
    /// [`ContactError::TooLong`], [`ContactError::NotAnEmail`].
    pub fn parse(raw: &str) -> Result<Self, ContactError> {
        let raw = raw.trim();
        if raw.len() > 4 * EMAIL_MAX {
            return Err(ContactError::TooLong);
        }
        let address: String = raw.nfc().collect();
        let (local, domain) = address.split_once('@').ok_or(ContactError::NotAnEmail)?;
        let domain = domain.to_lowercase();
        if !is_local_part(local) || !is_domain(&domain) {
            return Err(ContactError::NotAnEmail);
        }
        let address = format!("{local}@{domain}");
        if address.len() > EMAIL_MAX { Err(ContactError::TooLong) } else { Ok(Self(address)) }
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A phone number as E.164 writes it: `+`, the country's code, at most 15 digits in all.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Phone(String);

impl Phone {
    /// Reads a number; spaces, dashes and parentheses are dropped, wide digits made narrow. Eleven digits of a Chinese
    /// mobile number get their +86.
    ///
    /// # Errors
    /// [`ContactError::NotAPhone`].
    pub fn parse(raw: &str) -> Result<Self, ContactError> {
        let number: String = raw.nfkc().filter(|c| !is_separator(*c)).take(17).collect();
        let number = if is_chinese_mobile(&number) { format!("+86{number}") } else { number };
        let digits = number.strip_prefix('+').ok_or(ContactError::NotAPhone)?;
        let well_formed =
            (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
        if well_formed { Ok(Self(number)) } else { Err(ContactError::NotAPhone) }
    }

    /// The number, beginning with `+`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A dot-atom (RFC 5322 §3.2.3), letters of any script included (RFC 6531 §3.3).
fn is_local_part(local: &str) -> bool {
    let allowed = |c: char| {
        if c.is_ascii() { c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) } else { !is_invisible(c) }
    };
    local.len() <= LOCAL_PART_MAX && local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(allowed))
}

/// At least two labels, the last of which is no number.
fn is_domain(domain: &str) -> bool {
    let labels: Vec<&str> = domain.split('.').collect();
    let numeric = |label: &str| label.bytes().all(|b| b.is_ascii_digit());
    labels.len() >= 2 && labels.iter().all(|label| is_label(label)) && !labels.last().is_some_and(|last| numeric(last))
}

fn is_label(label: &str) -> bool {
    let allowed = |c: char| c.is_alphanumeric() || c == '-';
    (1..=LABEL_MAX).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.chars().all(allowed)
}

fn is_chinese_mobile(number: &str) -> bool {
    let bytes = number.as_bytes();
    bytes.len() == 11 && bytes.iter().all(u8::is_ascii_digit) && bytes[0] == b'1' && bytes[1] >= b'3'
}

/// What people put between the digits: spaces, parentheses and all the dashes of Unicode's U+2010–U+2015.
fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '(' | ')' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn usual_addresses_are_accepted() {
        for (raw, address) in [
            ("ann@example.org", "ann@example.org"),
            (" Ann.B+chat@Example.ORG ", "Ann.B+chat@example.org"),
            ("o'neil@sub.example.co.uk", "o'neil@sub.example.co.uk"),
            ("许安@例子.公司", "许安@例子.公司"),
            ("jose\u{301}@example.org", "jos\u{e9}@example.org"),
            ("12345@qq.com", "12345@qq.com"),
        ] {
            assert_eq!(Email::parse(raw).expect(raw).as_str(), address);
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for raw in [
            "",
            "@",
            "ann",
            "ann@",
            "@example.org",
            "a@b@example.org",
            "a b@example.org",
            "ann@exa mple.org",
            "ann@localhost",
            "ann@example..org",
            "ann@.example.org",
            "ann@example.org.",
            "ann@-example.org",
            "ann@example-.org",
            ".ann@example.org",
            "ann.@example.org",
            "a..b@example.org",
            "ann@127.0.0.1",
            "ann@[127.0.0.1]",
            "\"a b\"@example.org",
            "a\0b@example.org",
            "ann@exam\u{200b}ple.org",
            "an\u{202e}n@example.org",
            "ann@example.org\r\nBcc: x@y.zz",
            "<ann@example.org>",
            "a,b@example.org",
        ] {
            assert_eq!(Email::parse(raw), Err(ContactError::NotAnEmail), "{raw:?}");
        }
        assert_eq!(Email::parse(&format!("{}@example.org", "a".repeat(65))), Err(ContactError::NotAnEmail));
        let long = format!("ann@{}org", "abcdefgh.".repeat(30));
        assert_eq!(Email::parse(&long), Err(ContactError::TooLong));
        assert_eq!(Email::parse(&"x".repeat(1 << 20)), Err(ContactError::TooLong));
    }

    #[test]
    fn numbers_become_e164() {
        for (raw, number) in [
            ("+49 (30) 123-456", "+4930123456"),
            ("13812345678", "+8613812345678"),
            ("138 1234 5678", "+8613812345678"),
            ("１３８－１２３４－５６７８", "+8613812345678"),
            ("+86 138-1234-5678", "+8613812345678"),
            ("＋1 415 555 2671", "+14155552671"),
        ] {
            assert_eq!(Phone::parse(raw).expect(raw).as_str(), number, "{raw}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for raw in [
            "",
            "+",
            "030123456",
            "12345678901",
            "+0301234567",
            "+12345",
            "+1234567890123456",
            "+49 30 CALL",
            "+49+30123456",
            "++4930123456",
            "1381234567",
            "+٤٩٣٠١٢٣٤٥٦",
            "+4930123456\0",
            "+49/30/123456",
        ] {
            assert_eq!(Phone::parse(raw), Err(ContactError::NotAPhone), "{raw:?}");
        }
        assert_eq!(Phone::parse(&"1".repeat(1 << 20)), Err(ContactError::NotAPhone));
    }

    proptest! {
        #[test]
        fn what_was_read_reads_as_itself(raw in ".{0,12}@?.{0,12}\\.?.{0,5}", number in "[+０-９0-9 ()-]{0,20}") {
            if let Ok(email) = Email::parse(&raw) {
                prop_assert_eq!(Email::parse(email.as_str()), Ok(email));
            }
            if let Ok(phone) = Phone::parse(&number) {
                prop_assert_eq!(Phone::parse(phone.as_str()), Ok(phone));
            }
        }
    }
}
