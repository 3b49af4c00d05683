//! Taking a text apart.

/// A command as it was given.
#[derive(Debug, PartialEq, Eq)]
pub struct Invocation {
    /// Without its slash, in lower case.
    pub name: String,
    /// What stands behind it, without blanks at its ends.
    pub rest: String,
}

impl Invocation {
    /// A slash and letters, and then nothing or a blank: `//`, `/usr/bin` and `/ 2` are things to be said.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (name, rest) = text.strip_prefix('/')?.split_once(char::is_whitespace).unwrap_or((&text[1..], ""));
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphabetic() || c == '-');
        is_name.then(|| Self { name: name.to_lowercase(), rest: rest.trim().to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_and_a_word_is_a_command_and_everything_else_is_said() {
        let given = |name: &str, rest: &str| Some(Invocation { name: name.to_owned(), rest: rest.to_owned() });
        for (text, expected) in [
            ("/help", given("help", "")),
            ("  /Weather   New York ", given("weather", "New York")),
            ("/天气 北京", given("天气", "北京")),
            ("/topic\na\nb", given("topic", "a\nb")),
            ("/", None),
            ("//help", None),
            ("/ help", None),
            ("/usr/bin", None),
            ("/2", None),
            ("help", None),
            ("a /help", None),
            ("", None),
        ] {
            assert_eq!(Invocation::parse(text), expected, "{text:?}");
        }
    }
}
