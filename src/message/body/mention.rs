//! Who is called by `@name`.
//!
//! Chinese puts no space after a name: in `@许安你好` the name may end after any character. So all the names an `@` could
//! mean are proposed, and the longest that is a person is taken. A Latin word is never cut: `@anna` does not call `ann`.

use std::collections::{HashMap, HashSet};

use crate::{
    account::name::{USERNAME_MAX, USERNAME_MIN, fold, is_username_char},
    message::body::span::{SPANS_MAX, Span, count},
};

/// Most different `@…` of one message that are looked up: the first of them.
const CALLS_MAX: usize = 50;

/// The names, folded, by which everybody in the room is called; nobody else can have them.
pub const EVERYBODY: [&str; 2] = ["all", "所有人"];

/// Who is meant by a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Called {
    /// A person: id and username.
    Person(i64, String),
    /// Everybody in the room.
    Everybody,
}

/// Who can be called, by folded name.
pub type Lookup = HashMap<String, Called>;

/// The folded names that may be meant in these spans.
pub fn candidates(spans: &[Span]) -> Vec<String> {
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    visit(spans, &mut |span| {
        if let Span::Text(text) = span {
            found.extend(calls(text).map(|(_, call)| call).filter(|call| seen.insert(*call)));
        }
    });
    let mut names: Vec<String> = found.into_iter().take(CALLS_MAX).flat_map(Call::names).map(fold).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Turns the names of the people in `lookup` into mentions, as far as the number of spans allows.
pub fn resolve(spans: &mut Vec<Span>, lookup: &Lookup) {
    if lookup.is_empty() {
        return;
    }
    let mut room = SPANS_MAX.saturating_sub(count(spans));
    resolve_within(spans, lookup, &mut room);
}

/// Whom the mentions in these spans mean, each once.
pub fn mentioned(spans: &[Span]) -> Vec<i64> {
    let mut users = Vec::new();
    visit(spans, &mut |span| {
        if let Span::Mention { user, .. } = span {
            users.push(*user);
        }
    });
    users.sort_unstable();
    users.dedup();
    users
}

/// Is everybody called in these spans?
pub fn mentions_all(spans: &[Span]) -> bool {
    let mut found = false;
    visit(spans, &mut |span| found |= *span == Span::MentionAll);
    found
}

/// An `@` and the characters after it that may belong to a name.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Call<'t> {
    run: &'t str,
    /// What stands behind the run: a longer run is cut.
    next: Option<char>,
}

impl<'t> Call<'t> {
    /// The names it could mean, the longest first.
    fn names(self) -> impl Iterator<Item = &'t str> {
        let ends = self.run.char_indices().map(|(at, c)| at + c.len_utf8()).skip(USERNAME_MIN - 1);
        let names: Vec<&str> = ends.filter(|end| self.may_end_at(*end)).map(|end| &self.run[..end]).collect();
        names.into_iter().rev()
    }

    /// A name does not end within a word of an alphabet.
    fn may_end_at(self, end: usize) -> bool {
        let next = self.run[end..].chars().next().or(self.next);
        !(self.run[..end].ends_with(is_word_char) && next.is_some_and(is_word_char))
    }
}

/// The calls in a text, each with the place of its `@`.
fn calls(text: &str) -> impl Iterator<Item = (usize, Call<'_>)> {
    text.match_indices(['@', '＠']).filter_map(|(at, sign)| {
        let rest = &text[at + sign.len()..];
        let end = rest.char_indices().take(USERNAME_MAX).find(|(_, c)| !is_username_char(*c)).map(|(end, _)| end);
        let end = end.or_else(|| rest.char_indices().nth(USERNAME_MAX).map(|(end, _)| end)).unwrap_or(rest.len());
        let call = Call { run: &rest[..end], next: rest[end..].chars().next() };
        let in_word = text[..at].ends_with(is_word_char);
        let starts_well = call.run.starts_with(|c: char| c != '_' && !c.is_ascii_digit());
        (starts_well && !in_word).then_some((at, call))
    })
}

/// A character of a word that is written with spaces around it: an address like `a@b` calls nobody.
fn is_word_char(c: char) -> bool {
    c == '_' || (c.is_alphanumeric() && c < '\u{2e80}')
}

/// Shows every span outside of links, in which nobody is called.
fn visit<'t>(spans: &'t [Span], seen: &mut impl FnMut(&'t Span)) {
    for span in spans {
        seen(span);
        match span {
            Span::Bold { spans }
            | Span::Italic { spans }
            | Span::Strike { spans }
            | Span::Quote { spans }
            | Span::Action { spans } => {
                visit(spans, seen);
            }
            Span::List { items, .. } => items.iter().for_each(|item| visit(item, seen)),
            _ => {}
        }
    }
}

fn resolve_within(spans: &mut Vec<Span>, lookup: &Lookup, room: &mut usize) {
    for mut span in std::mem::take(spans) {
        match &mut span {
            Span::Text(text) => {
                split(text, lookup, room, spans);
                continue;
            }
            Span::Bold { spans }
            | Span::Italic { spans }
            | Span::Strike { spans }
            | Span::Quote { spans }
            | Span::Action { spans } => {
                resolve_within(spans, lookup, room);
            }
            Span::List { items, .. } => items.iter_mut().for_each(|item| resolve_within(item, lookup, room)),
            _ => {}
        }
        spans.push(span);
    }
}

/// Appends a text with its mentions; each takes the room of two spans, itself and the text behind it.
fn split(text: &str, lookup: &Lookup, room: &mut usize, out: &mut Vec<Span>) {
    let mut from = 0;
    for (at, call) in calls(text) {
        let known = call.names().find_map(|name| lookup.get(&fold(name)).map(|called| (name, called)));
        let Some((name, called)) = known else { continue };
        let Some(left) = room.checked_sub(2) else { break };
        *room = left;
        if from < at {
            out.push(Span::Text(text[from..at].to_owned()));
        }
        out.push(match called {
            Called::Person(user, username) => Span::Mention { user: *user, name: username.clone() },
            Called::Everybody => Span::MentionAll,
        });
        from = call.run.as_ptr() as usize - text.as_ptr() as usize + name.len();
    }
    if from < text.len() {
        out.push(Span::Text(text[from..].to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::body::Body;

    fn people(names: &[&str]) -> Lookup {
        names.iter().zip(1..).map(|(name, id)| (fold(name), Called::Person(id, (*name).to_owned()))).collect()
    }

    /// The text with `<name>` for each mention.
    fn resolved(raw: &str, names: &[&str]) -> String {
        let mut body = Body::parse(raw, 4_000).expect(raw);
        let candidates = body.mention_candidates();
        let known = people(names).into_iter().filter(|(name, _)| candidates.contains(name)).collect();
        body.resolve(&known);
        show(body.spans())
    }

    fn show(spans: &[Span]) -> String {
        let piece = |span: &Span| match span {
            Span::Text(text) => text.clone(),
            Span::Mention { name, .. } => format!("<{name}>"),
            Span::Bold { spans } | Span::Quote { spans } | Span::Link { spans, .. } => show(spans),
            Span::List { items, .. } => items.iter().map(|item| show(item)).collect(),
            Span::Code { text } | Span::CodeBlock { text, .. } => text.clone(),
            _ => "|".into(),
        };
        spans.iter().map(piece).collect()
    }

    #[test]
    fn a_name_is_called_wherever_text_stands() {
        assert_eq!(resolved("@ann: hi **@Bob** @nobody", &["ann", "bob"]), "<ann>: hi <bob> @nobody");
        assert_eq!(resolved("> @ann\n\n- @bob, @ann", &["ann", "bob"]), "<ann><bob>, <ann>");
        assert_eq!(resolved("(@ann) @ANN! ＠ann", &["Ann"]), "(<Ann>) <Ann>! <Ann>");
    }

    #[test]
    fn in_chinese_the_longest_known_name_is_called() {
        assert_eq!(resolved("请@许安你好", &["许安"]), "请<许安>你好");
        assert_eq!(resolved("@许安宁你好", &["许安", "许安宁"]), "<许安宁>你好");
        assert_eq!(resolved("@许安@李明，@ann你好", &["许安", "李明", "ann"]), "<许安><李明>，<ann>你好");
        assert_eq!(resolved("@许安ok", &["许安"]), "<许安>ok");
    }

    #[test]
    fn everybody_is_called_by_either_name() {
        for raw in ["@all hi", "请@所有人看", "@ALL"] {
            let mut body = Body::parse(raw, 4_000).expect(raw);
            let called = |name: String| EVERYBODY.contains(&name.as_str()).then_some((name, Called::Everybody));
            let lookup = body.mention_candidates().into_iter().filter_map(called).collect();
            body.resolve(&lookup);
            assert!(body.mentions_all(), "{raw}");
        }
        assert!(!Body::parse("@all", 4_000).expect("good").mentions_all(), "unless nobody allowed it");
    }

    #[test]
    fn who_is_called_twice_is_meant_once() {
        let mut body = Body::parse("@bob @ann **@bob**", 4_000).expect("good");
        assert_eq!(body.mentioned(), Vec::<i64>::new());
        body.resolve(&people(&["ann", "bob", "carl"]));
        assert_eq!(body.mentioned(), [1, 2]);
    }

    #[test]
    fn words_of_an_alphabet_are_not_cut() {
        assert_eq!(resolved("@anna @ann_2 @ann2", &["ann"]), "@anna @ann_2 @ann2");
        let long = "a".repeat(25);
        assert_eq!(resolved(&format!("@{long}"), &[&long[..20]]), format!("@{long}"));
        assert_eq!(
            resolved(&format!("@{}", "安".repeat(25)), &[&"安".repeat(20)]),
            format!("<{}>{}", "安".repeat(20), "安".repeat(5))
        );
    }

    #[test]
    fn addresses_links_and_code_call_nobody() {
        for raw in [
            "x@ann",
            "me@ann.org",
            "`@ann`",
            "```\n@ann\n```",
            "[@ann](https://a.bc)",
            "https://a.bc/@ann",
            "@1ann",
            "@_ann",
            "@",
            "@ ann",
            "a@@",
        ] {
            assert!(!resolved(raw, &["ann", "1ann", "_ann"]).contains('<'), "{raw}");
        }
    }

    #[test]
    fn the_names_an_at_could_mean_are_proposed() {
        let names = |raw| Body::parse(raw, 4_000).expect("good").mention_candidates();
        assert_eq!(names("@Ann @x @ann, @12"), ["ann"]);
        assert_eq!(names("@许安你好"), ["许安", "许安你", "许安你好"]);
        assert_eq!(names("no one"), Vec::<String>::new());
    }

    #[test]
    fn a_flood_of_calls_stays_bounded() {
        let raw = "@安安".repeat(1_333);
        let mut body = Body::parse(&raw, 4_000).expect("good");
        body.resolve(&people(&["安安"]));
        assert!(body.spans().len() <= SPANS_MAX);
        let raw: String = (0..200).map(|n| format!("@许安你好吗{n}在在在在 ")).collect();
        assert!(Body::parse(&raw, 4_000).expect("good").mention_candidates().len() <= CALLS_MAX * USERNAME_MAX);
    }
}
