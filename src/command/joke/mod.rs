//! Jokes of our own.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::web::locale::Locale;

const ENGLISH: &str = include_str!("en.txt");
const CHINESE: &str = include_str!("zh.txt");

/// A joke in the language that is asked for, else in the caller's. The same `client_id` gives the same one, so that a send that
/// is repeated stays the same message.
pub fn one(language: &str, locale: Locale, client_id: &str) -> String {
    let locale = match language {
        "en" | "英文" | "english" => Locale::En,
        "zh" | "中文" | "chinese" => Locale::ZhCn,
        _ => locale,
    };
    let jokes = of(locale);
    let mut hasher = DefaultHasher::new();
    client_id.hash(&mut hasher);
    let index = hasher.finish() % jokes.len().max(1) as u64;
    jokes.get(index as usize).map(|joke| (*joke).to_owned()).unwrap_or_default()
}

/// The files are written as `fortune` reads them: parted by lines of a single `%`, remarks behind a `#`.
fn of(locale: Locale) -> Vec<&'static str> {
    let text = match locale {
        Locale::En => ENGLISH,
        Locale::ZhCn => CHINESE,
    };
    text.split("\n%\n").map(str::trim).filter(|joke| !joke.is_empty() && !joke.starts_with('#')).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::message::body::{Body, span::Span};

    #[test]
    fn there_are_more_than_a_hundred_in_each_language_and_none_has_markup() {
        for locale in Locale::ALL {
            let jokes = of(locale);
            assert!(jokes.len() > 100, "{}", jokes.len());
            assert_eq!(jokes.iter().collect::<HashSet<_>>().len(), jokes.len());
            for joke in jokes {
                assert!(joke.chars().count() <= 280, "{joke}");
                let body = Body::parse(joke, 280).expect("it is short");
                let lines = body.spans().iter().all(|span| matches!(span, Span::Text(_) | Span::Break));
                assert!(lines, "{joke}: {:?}", body.spans());
            }
        }
    }

    #[test]
    fn a_repeated_send_says_the_same_joke_and_others_say_others() {
        assert_eq!(one("", Locale::En, "a"), one("en", Locale::ZhCn, "a"));
        let told: HashSet<String> = (0..50).map(|n| one("zh", Locale::En, &format!("id-{n}"))).collect();
        assert!(told.len() > 10);
    }
}
