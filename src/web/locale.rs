//! The words of the pages in both languages: Fluent files, chosen by cookie or by the browser.
//!
//! Keys that begin with `js-` are the client's: they ride in one JSON block of the chat page, with `{$name}` left in place
//! and, where a number decides, the plural forms as attributes (`.one`, `.other`).

use std::{collections::BTreeMap, sync::LazyLock};

use fluent_bundle::{FluentArgs, FluentResource, concurrent::FluentBundle};
use rust_embed::Embed;
use serde::{Serialize, Serializer};
use unic_langid::LanguageIdentifier;

#[derive(Embed)]
#[folder = "$CARGO_MANIFEST_DIR/locales"]
struct Files;

static LOCALES: LazyLock<Locales> = LazyLock::new(Locales::load);

/// A language the pages speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Locale {
    /// English, also for everybody whose language we do not speak.
    #[default]
    En,
    /// Simplified Chinese.
    ZhCn,
}

impl Locale {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::En, Self::ZhCn];

    /// The BCP 47 tag, as in cookies, in `lang` and in the database.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::ZhCn => "zh-CN",
        }
    }

    /// The language of exactly this tag.
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|locale| locale.tag() == tag)
    }

    /// The best language for an `Accept-Language` header (RFC 9110 §12.5.4).
    pub fn negotiate(accepted: &str) -> Self {
        let mut best = (0.0, Self::default());
        for range in accepted.split(',') {
            let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
            let weight = weight.trim().strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()).unwrap_or(0.0);
            let locale = match tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase().as_str() {
                "zh" => Self::ZhCn,
                "en" => Self::En,
                _ => continue,
            };
            if weight > best.0 {
                best = (weight, locale);
            }
        }
        best.1
    }

    /// The language of the environment, as POSIX names it (`zh_CN.UTF-8`).
    pub fn of_environment() -> Self {
        let named = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .iter()
            .find_map(|name| std::env::var(name).ok().filter(|tag| !tag.is_empty()));
        if named.is_some_and(|tag| tag.starts_with("zh")) { Self::ZhCn } else { Self::En }
    }

    /// The text of `key` in this language; the key itself where the files lack it.
    pub fn text(self, key: &str, args: &FluentArgs<'_>) -> String {
        LOCALES.text(self, key, args)
    }

    /// The client's strings: one JSON object that may stand in a `script` element.
    pub fn client_strings(self) -> &'static str {
        &LOCALES.of(self).client
    }
}

impl Serialize for Locale {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.tag())
    }
}

/// All languages, parsed once.
struct Locales {
    en: Language,
    zh_cn: Language,
}

/// One language.
struct Language {
    bundle: FluentBundle<FluentResource>,
    client: String,
}

impl Locales {
    fn load() -> Self {
        Self { en: Language::load(Locale::En), zh_cn: Language::load(Locale::ZhCn) }
    }

    fn of(&self, locale: Locale) -> &Language {
        match locale {
            Locale::En => &self.en,
            Locale::ZhCn => &self.zh_cn,
        }
    }

    fn text(&self, locale: Locale, key: &str, args: &FluentArgs<'_>) -> String {
        self.of(locale).text(key, args).unwrap_or_else(|| key.to_owned())
    }
}

impl Language {
    fn load(locale: Locale) -> Self {
        let source = source(locale);
        let resource = FluentResource::try_new(source.clone()).unwrap_or_else(|(resource, _)| resource);
        let tag: LanguageIdentifier = locale.tag().parse().expect("our own tags are well-formed");
        let mut bundle = FluentBundle::new_concurrent(vec![tag]);
        // Names stand in <bdi> elements; isolation marks would end up in attributes and titles.
        bundle.set_use_isolating(false);
        bundle.add_resource_overriding(resource);
        let client = client_strings(&bundle, &source);
        Self { bundle, client }
    }

    fn text(&self, key: &str, args: &FluentArgs<'_>) -> Option<String> {
        let pattern = self.bundle.get_message(key)?.value()?;
        Some(self.bundle.format_pattern(pattern, Some(args), &mut Vec::new()).into_owned())
    }
}

/// The language's files: the one of its name, and those in the folder of its name.
fn source(locale: Locale) -> String {
    let (file, folder) = (format!("{}.ftl", locale.tag()), format!("{}/", locale.tag()));
    let parts =
        Files::iter().filter(|path| **path == *file || path.starts_with(&folder)).filter_map(|path| Files::get(&path));
    parts.map(|part| String::from_utf8_lossy(&part.data).into_owned()).collect::<Vec<_>>().join("\n")
}

/// The keys of a file, in its order.
fn keys(source: &str) -> impl Iterator<Item = &str> {
    source
        .lines()
        .filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase()))
        .filter_map(|line| line.split_once('=').map(|(key, _)| key.trim()))
}

/// A string, or its plural forms.
#[derive(Serialize)]
#[serde(untagged)]
enum ClientString {
    Text(String),
    Plural(BTreeMap<String, String>),
}

fn client_strings(bundle: &FluentBundle<FluentResource>, source: &str) -> String {
    // Without arguments Fluent writes a variable as `{$name}`, which is what the client fills in.
    let format = |pattern| bundle.format_pattern(pattern, None, &mut Vec::new()).into_owned();
    let strings: BTreeMap<&str, ClientString> = keys(source)
        .filter_map(|key| {
            let name = key.strip_prefix("js-")?;
            let message = bundle.get_message(key)?;
            let string = match message.value() {
                Some(pattern) => ClientString::Text(format(pattern)),
                None => ClientString::Plural(
                    message.attributes().map(|form| (form.id().to_owned(), format(form.value()))).collect(),
                ),
            };
            Some((name, string))
        })
        .collect();
    let json = serde_json::to_string(&strings).expect("strings are always JSON");
    // `<` is all that could end a script element early.
    json.replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    fn keys_of(locale: Locale) -> BTreeSet<String> {
        keys(&source(locale)).map(str::to_owned).collect()
    }

    /// Every `prefix…"key"` or `prefix…'key'` in the files below `folder`.
    fn used_keys(folder: &Path, ending: &str, openings: &[&str], found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).expect("the folder is there") {
            let path = entry.expect("the folder is readable").path();
            if path.is_dir() {
                used_keys(&path, ending, openings, found);
                continue;
            }
            if path.extension().is_none_or(|extension| extension != ending) {
                continue;
            }
            let text = fs::read_to_string(&path).expect("the file is text");
            for opening in openings {
                for rest in text.split(opening).skip(1) {
                    let end = rest.find(['"', '\'', '`', '$']).unwrap_or(rest.len());
                    // A key that ends in a dash is completed by a value; those families are checked by name below.
                    if end > 0 && !rest[..end].ends_with('-') && !rest[end..].starts_with('$') {
                        found.insert(rest[..end].to_owned());
                    }
                }
            }
        }
    }

    #[test]
    fn both_languages_have_the_same_keys() {
        assert_eq!(keys_of(Locale::En), keys_of(Locale::ZhCn));
    }

    #[test]
    fn the_files_have_no_syntax_errors() {
        for locale in Locale::ALL {
            assert!(FluentResource::try_new(source(locale)).is_ok(), "{}.ftl", locale.tag());
        }
    }

    #[test]
    fn every_key_the_templates_use_exists() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut used = BTreeSet::new();
        used_keys(&root.join("templates"), "html", &["t(key=\""], &mut used);
        let known = keys_of(Locale::En);
        let missing: Vec<_> = used.difference(&known).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn every_key_the_client_uses_exists_and_every_client_key_is_used() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut used = BTreeSet::new();
        used_keys(
            &root.join("static/js"),
            "js",
            &[" t('", "(t('", "[t('", "{t('", " plural('", "(plural('", "[plural('"],
            &mut used,
        );
        let known: BTreeSet<_> =
            keys_of(Locale::En).iter().filter_map(|key| key.strip_prefix("js-")).map(str::to_owned).collect();
        let missing: Vec<_> = used.difference(&known).collect();
        assert!(missing.is_empty(), "{missing:?}");
        // A key may be chosen first and given to `t` later, and a family's keys are completed by a value.
        let mut named = BTreeSet::new();
        used_keys(&root.join("static/js"), "js", &["'"], &mut named);
        let families = ["error-", "role-", "emoji-", "contact-", "contacts-", "closed-"];
        let is_family = |key: &str| families.iter().any(|family| key.starts_with(family)) || key.ends_with("-name");
        let idle: Vec<_> = known.difference(&named).filter(|key| !is_family(key)).collect();
        assert!(idle.is_empty(), "{idle:?}");
    }

    #[test]
    fn the_browsers_first_language_that_we_speak_wins() {
        assert_eq!(Locale::negotiate("zh-TW,zh;q=0.9,en;q=0.8"), Locale::ZhCn);
        assert_eq!(Locale::negotiate("fr, en;q=0.3, zh;q=0.2"), Locale::En);
        assert_eq!(Locale::negotiate("en;q=0.2,zh-CN;q=0.7"), Locale::ZhCn);
        assert_eq!(Locale::negotiate("de"), Locale::En);
        assert_eq!(Locale::negotiate(""), Locale::En);
        assert_eq!(Locale::negotiate("zh;q=nonsense"), Locale::En);
    }

    #[test]
    fn client_strings_keep_their_variables_and_cannot_end_a_script() {
        for locale in Locale::ALL {
            let strings = locale.client_strings();
            assert!(!strings.contains('<'));
            assert!(strings.contains("{$count}"));
        }
    }
}
