//! What people call their files: shown, and offered when saving; never where a file is.

use std::fmt::Write as _;

/// Longest name, in characters.
const LONGEST: usize = 100;

/// What a file is called that has no name worth showing.
const NAMELESS: &str = "image";

/// A name to be shown, with the true extension.
pub fn clean(given: &str, extension: &str) -> String {
    let visible = visible(given);
    let stem = visible.rsplit_once('.').filter(|(_, end)| is_extension(end)).map_or(visible.as_str(), |(stem, _)| stem);
    let stem = stem.trim_matches(|c: char| c == '.' || c.is_whitespace()).trim_start_matches(['-', '.', ' ']);
    let stem: String = stem.chars().take(LONGEST - extension.len() - 1).collect();
    format!("{}.{extension}", if stem.is_empty() { NAMELESS } else { stem.trim_end() })
}

/// A name to be shown beside what is wrong with the file.
pub fn shown(given: &str) -> String {
    visible(given).trim().chars().take(LONGEST).collect()
}

fn visible(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).find(|part| !part.trim().is_empty()).unwrap_or_default();
    last.chars().filter(|c| !deceives(*c)).collect()
}

fn is_extension(text: &str) -> bool {
    (1..=5).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Control characters, and those that change the direction of text or show nothing.
fn deceives(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// `Content-Disposition: attachment` (RFC 6266) with a name that [`clean`] made.
pub fn attachment(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') || c == ' ' { c } else { '_' })
        .collect();
    let mut encoded = String::new();
    for byte in name.bytes() {
        // RFC 8187's attr-char, but for what needs no telling apart.
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => encoded.push(char::from(byte)),
            _ => drop(write!(encoded, "%{byte:02X}")),
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_only_names() {
        let table = [
            ("cat.png", "cat.jpg"),
            ("../../etc/passwd", "passwd.jpg"),
            ("C:\\Windows\\x.exe", "x.jpg"),
            ("..\\..\\", "image.jpg"),
            ("..%2f..%2fetc", "%2f..%2fetc.jpg"),
            ("a\u{0}b\nc\r.gif", "abc.jpg"),
            ("\u{202e}gpj.exe", "gpj.jpg"),
            ("-rf.png", "rf.jpg"),
            (".htaccess", "htaccess.jpg"),
            ("", "image.jpg"),
            ("  .png", "image.jpg"),
            ("猫.jpeg", "猫.jpg"),
            ("my.holiday in Rome", "my.holiday in Rome.jpg"),
            ("a.php.png", "a.php.jpg"),
        ];
        for (given, shown) in table {
            assert_eq!(clean(given, "jpg"), shown, "{given:?}");
        }
        assert_eq!(clean(&"x".repeat(5_000), "webp").chars().count(), LONGEST);
    }

    #[test]
    fn a_download_is_named_for_old_browsers_and_new_ones() {
        assert_eq!(
            attachment("a\"b 猫.jpg"),
            "attachment; filename=\"a_b _.jpg\"; filename*=UTF-8''a%22b%20%E7%8C%AB.jpg"
        );
    }
}
