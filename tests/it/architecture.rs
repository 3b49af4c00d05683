//! The arrows between modules, and the rules of the front end, read from the sources.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Top-level modules from the outside in. A module uses only those of later lines; those of one line do not know each other.
const LAYERS: &[&[&str]] = &[
    &["main"],
    &["app"],
    &["routes", "housekeeping", "control", "backup"],
    &["openapi"],
    &["reference"],
    &["monitor"],
    &["admin"],
    &["chat"],
    &["announcement", "command", "preset", "report"],
    &["message"],
    &["upload"],
    &["room"],
    &["contact"],
    &["account"],
    &["courier"],
    &["web"],
    &["setting", "audit"],
    &["db"],
    &["config"],
    &["bench"],
    &["event", "error", "secrets"],
    &["folder", "meter"],
    &["id", "clock", "limit", "vital"],
];

#[test]
fn modules_know_only_what_lies_below_them() {
    let mut wrong = Vec::new();
    for (path, text) in sources("src", "rs") {
        let module = module_of(&path);
        for used in used_modules(&text) {
            if used != module && module != "lib" && layer(&used) <= layer(&module) {
                wrong.push(format!("{}: {module} uses {used}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn layer(module: &str) -> usize {
    let layer = LAYERS.iter().position(|layer| layer.contains(&module));
    layer.unwrap_or_else(|| panic!("{module} has no place among the layers"))
}

/// The first part of a path below `src`.
fn module_of(path: &Path) -> String {
    let below = path.strip_prefix(root("src")).unwrap();
    let first = below.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

/// The modules that stand behind `crate::` (or, in the binary, the name of the library).
fn used_modules(text: &str) -> BTreeSet<String> {
    let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut found = BTreeSet::new();
    for prefix in ["crate::", "parlor::"] {
        for (at, _) in code.match_indices(prefix) {
            let rest = &code[at + prefix.len()..];
            match rest.strip_prefix('{') {
                Some(group) => found.extend(heads_of(group)),
                None => found.extend(name(rest)),
            }
        }
    }
    found.retain(|module| root("src").join(module).exists() || root("src").join(format!("{module}.rs")).exists());
    found
}

/// The first names of the branches of a use group, whose opening brace is read already.
fn heads_of(group: &str) -> Vec<String> {
    let (mut heads, mut depth, mut start) = (Vec::new(), 0, true);
    for (at, sign) in group.char_indices() {
        match sign {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => start = true,
            _ if start && !sign.is_whitespace() => {
                heads.extend(name(&group[at..]));
                start = false;
            }
            _ => {}
        }
    }
    heads
}

fn name(text: &str) -> Option<String> {
    let name: String = text.chars().take_while(|sign| sign.is_alphanumeric() || *sign == '_').collect();
    (!name.is_empty()).then_some(name)
}

#[test]
fn diesel_is_known_to_the_stores_alone() {
    for (path, text) in sources("src", "rs") {
        let store = ["store.rs", "id.rs"].contains(&file_name(&path)) || path.ends_with("src/error/database.rs");
        assert!(store || module_of(&path) == "db" || !imports(&text, "diesel"), "{} imports diesel", path.display());
    }
}

#[test]
fn the_wall_clock_is_read_in_one_place() {
    for (path, text) in sources("src", "rs") {
        assert!(path.ends_with("src/clock.rs") || !text.contains("Utc::now("), "{} reads the clock", path.display());
    }
}

#[test]
fn the_socket_crate_is_known_to_the_session_alone() {
    for (path, text) in sources("src", "rs") {
        let session = path.ends_with("chat/session.rs");
        assert!(session || !imports(&text, "actix_web_actors"), "{} imports actix_web_actors", path.display());
    }
}

fn imports(text: &str, krate: &str) -> bool {
    text.lines().any(|line| {
        let line = line.trim_start().trim_start_matches("pub ");
        ["use ", "pub(crate) use "].iter().any(|word| {
            let rest = line.strip_prefix(word);
            rest.is_some_and(|rest| name(rest.trim_start_matches("::")).as_deref() == Some(krate))
        })
    })
}

#[test]
fn nothing_is_left_unfinished() {
    for (folder, extension) in
        [("src", "rs"), ("tests", "rs"), ("static/js", "js"), ("static/css", "css"), ("templates", "html")]
    {
        for (path, text) in sources(folder, extension) {
            for word in [
                concat!("TO", "DO"),
                concat!("FIX", "ME"),
                concat!("XX", "X "),
                concat!("unimplemented", "!"),
                concat!("todo", "!"),
            ] {
                assert!(!text.contains(word), "{} says {word}", path.display());
            }
        }
    }
}

#[test]
fn scripts_never_make_markup_of_text() {
    let forbidden = [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "createContextualFragment",
        "DOMParser",
        "eval(",
        "new Function",
        "srcdoc",
        "javascript:",
        "setHTML",
        ".cssText",
    ];
    for (path, text) in sources("static/js", "js") {
        for word in forbidden {
            assert!(!text.contains(word), "{} uses {word}", path.display());
        }
    }
}

#[test]
fn pages_have_no_inline_script_style_or_handler() {
    for (path, text) in sources("templates", "html") {
        for tag in text.split('<').skip(1) {
            let tag = tag.split('>').next().unwrap();
            let handler = tag.split_whitespace().skip(1).any(|part| part.starts_with("on") && part.contains('='));
            assert!(!handler && !tag.contains(" style="), "{}: <{tag}>", path.display());
            let bare = tag.starts_with("script")
                && !tag.contains("src=")
                && !tag.contains("nonce=")
                && !tag.contains("application/json");
            assert!(!bare, "{}: <{tag}>", path.display());
        }
    }
}

#[test]
fn models_know_no_page_and_the_library_knows_neither() {
    for (path, text) in sources("static/js", "js") {
        let folder = path.parent().unwrap();
        let (is_model, is_library) = (folder.ends_with("models"), folder.ends_with("lib"));
        for target in js_imports(&text) {
            let upwards = target.contains("views") || (is_library && target.contains("models"));
            assert!(!((is_model || is_library) && upwards), "{} imports {target}", path.display());
        }
        assert!(!is_model || !text.contains("document."), "{} touches the page", path.display());
    }
}

fn js_imports(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().filter(|line| line.starts_with("import ") || line.starts_with("} from "));
    lines.filter_map(|line| line.split(['"', '\'']).nth(1))
}

#[test]
fn styles_name_no_left_or_right() {
    let physical = [
        "left",
        "right",
        "margin-left",
        "margin-right",
        "padding-left",
        "padding-right",
        "border-left",
        "border-right",
        "border-left-width",
        "border-right-width",
        "inset-left",
        "inset-right",
    ];
    for (path, text) in sources("static/css", "css") {
        for declaration in text.split([';', '{', '}']) {
            let Some((property, value)) = declaration.split_once(':') else { continue };
            let property = property.rsplit("*/").next().unwrap().trim();
            assert!(!physical.contains(&property), "{}: {property}", path.display());
            let aligned = property == "text-align" && ["left", "right"].contains(&value.trim());
            assert!(!aligned, "{}: text-align", path.display());
        }
    }
}

#[test]
fn nothing_is_loaded_from_elsewhere() {
    for (folder, extension) in [("static/js", "js"), ("static/css", "css"), ("templates", "html")] {
        for (path, text) in sources(folder, extension) {
            for sign in [
                "src=\"http",
                "src=\"//",
                "href=\"//",
                "url(http",
                "url(//",
                "@import \"http",
                "from \"http",
                "import(\"http",
            ] {
                assert!(!text.contains(sign), "{}: {sign}", path.display());
            }
        }
    }
}

#[test]
fn both_databases_have_the_same_migrations() {
    let names = |backend: &str| -> BTreeSet<_> {
        let folders = fs::read_dir(root("migrations").join(backend)).unwrap();
        folders.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    assert_eq!(names("sqlite"), names("postgres"));
    for backend in ["sqlite", "postgres"] {
        for name in names(backend) {
            for file in ["up.sql", "down.sql"] {
                let path = root("migrations").join(backend).join(&name).join(file);
                assert!(path.exists(), "{} is missing", path.display());
            }
        }
    }
}

fn root(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)
}

fn file_name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

/// Every file with this extension below a folder of the repository, with its text.
fn sources(folder: &str, extension: &str) -> Vec<(PathBuf, String)> {
    let (mut folders, mut found) = (vec![root(folder)], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    assert!(!found.is_empty(), "no .{extension} in {folder}");
    found
}
