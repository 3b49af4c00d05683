//! The pages without JavaScript, their headers, and what they promise to a browser.

use reqwest::Method;
use serde_json::json;

use crate::support::{PASSWORD, client::Answer, server::Server};

#[tokio::test]
async fn somebody_without_javascript_registers_writes_reads_and_leaves() {
    let server = Server::start();
    let guest = server.guest();
    guest.get("/register/").await.is(200);
    let fields = [("username", "ann"), ("nickname", "Ann"), ("email", ""), ("phone", ""), ("password", PASSWORD)];
    let answer = guest.submit("/register/", &fields).await.is(303);
    assert_eq!(answer.header("location"), "/");
    let home = guest.get("/").await.any_of(&[200, 303]);
    assert!(home.status == 303 || home.body.contains("Ann"), "{}", home.body);
    let rooms = guest.get("rooms").await.is(200);
    let page = format!("/r/{}", rooms["rooms"][0]["id"]);
    guest.submit(&page, &[("text", "no script & <b>no</b> worry"), ("client_id", "form-1")]).await.is(303);
    guest.submit(&page, &[("text", "no script & <b>no</b> worry"), ("client_id", "form-1")]).await.is(303);
    let read = guest.get(&page).await.is(200).body;
    let shown = read.matches("no script &amp; &lt;b&gt;no&lt;").count();
    assert!(shown >= 1, "the message is shown as text: {read}");
    assert!(!read.contains("<b>no</b>"), "and never as markup");
    let history = guest.get(&format!("rooms/{}/messages", rooms["rooms"][0]["id"])).await.is(200);
    assert_eq!(history.messages().len(), 1, "sent twice, stored once");
    let leave = guest.get("/logout/").await.is(200);
    assert!(leave.body.contains("<form") && leave.body.contains("post"), "leaving takes a button: {}", leave.body);
    guest.submit("/logout/", &[]).await.is(303);
    guest.get("me").await.is(401);
}

#[tokio::test]
async fn a_form_with_mistakes_comes_back_with_what_was_typed() {
    let server = Server::start();
    server.member("taken_one").await;
    for (name, status) in [("9\"><script>alert(1)</script>", 422), ("taken_one", 409)] {
        let fields =
            [("username", name), ("nickname", "Nicky 7"), ("email", ""), ("phone", ""), ("password", PASSWORD)];
        let answer = server.guest().submit("/register/", &fields).await.is(status);
        assert!(answer.header("content-type").starts_with("text/html"));
        assert!(answer.body.contains("Nicky 7"), "{}", answer.body);
        assert!(!answer.body.contains("<script>alert"), "typed text is never markup");
        assert!(!answer.body.contains(PASSWORD), "a password is never printed");
    }
    let answer =
        server.guest().submit("/login/", &[("username", "taken_one"), ("password", "wrong one")]).await.is(401);
    assert!(answer.body.contains("taken_one"), "{}", answer.body);
}

#[tokio::test]
async fn the_login_page_remembers_the_last_name_unless_told_not_to() {
    let server = Server::start();
    server.member("ann_lee").await;
    let browser = server.guest();
    let login = [("username", "ann_lee"), ("password", PASSWORD)];
    browser.submit("/login/", &[login.as_slice(), &[("remember", "on")]].concat()).await.is(303);
    browser.submit("/logout/", &[]).await.is(303);
    assert!(browser.get("/login/").await.is(200).body.contains("ann_lee"));
    browser.submit("/login/", &login).await.is(303);
    browser.submit("/logout/", &[]).await.is(303);
    assert!(!browser.get("/login/").await.is(200).body.contains("ann_lee"));
}

#[tokio::test]
async fn a_login_leads_back_to_our_own_pages_only() {
    let server = Server::start();
    server.member("ann").await;
    let table = [
        ("/r/1", "/r/1"),
        ("/account/", "/account/"),
        ("", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("https:evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("\tjavascript:alert(1)", "/"),
        ("javascript:alert(1)", "/"),
        ("/%0d%0aSet-Cookie:x=y", "/"),
        ("/r/1\r\nSet-Cookie: x=y", "/"),
    ];
    for (next, location) in table {
        let fields = [("username", "ann"), ("password", PASSWORD), ("next", next)];
        let answer = server.guest().submit("/login/", &fields).await.is(303);
        let led_to = answer.header("location");
        let harmless = led_to == location || (location == "/" && led_to.starts_with("/%"));
        assert!(harmless, "{next:?} led to {led_to:?}");
        assert!(answer.set_cookie("x").is_none());
    }
}

#[tokio::test]
async fn the_profile_page_changes_profile_password_and_sessions() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let phone = ann.other_device().await;
    ann.get("/account/").await.is(200);
    let profile =
        [("nickname", "Ann B."), ("email", "ann@example.org"), ("phone", ""), ("bio", "ink"), ("locale", "en")];
    ann.submit("/account/profile", &profile).await.any_of(&[200, 303]);
    let me = ann.get("me").await.is(200);
    assert_eq!((&me["user"]["nickname"], &me["user"]["email"]), (&json!("Ann B."), &json!("ann@example.org")));
    ann.submit("/account/profile", &[("nickname", ""), ("email", "x"), ("phone", ""), ("bio", ""), ("locale", "")])
        .await
        .is(422);
    ann.submit("/account/sessions/end", &[]).await.any_of(&[200, 303]);
    phone.get("me").await.is(401);
    let tablet = ann.other_device().await;
    let sessions = ann.get("me/sessions").await.is(200);
    let other = sessions["sessions"].as_array().unwrap().iter().find(|session| session["current"] == false).unwrap();
    ann.submit(&format!("/account/sessions/{}/end", other["id"]), &[]).await.any_of(&[200, 303]);
    tablet.get("me").await.is(401);
    ann.submit("/account/password", &[("current", "wrong one"), ("new", "another horse 8")]).await.any_of(&[403, 422]);
    ann.submit("/account/password", &[("current", PASSWORD), ("new", "another horse 8")]).await.any_of(&[200, 303]);
    server.guest().try_login("ann", "another horse 8").await.is(200);
}

#[tokio::test]
async fn preferences_choose_language_and_theme() {
    let server = Server::start();
    let browser = server.guest();
    let answer =
        browser.submit("/preferences/", &[("locale", "zh-CN"), ("theme", "dark"), ("next", "/login/")]).await.is(303);
    assert_eq!(answer.header("location"), "/login/");
    assert!(browser.get("/login/").await.is(200).body.contains("lang=\"zh-CN\""));
    browser.submit("/preferences/", &[("locale", "en"), ("theme", "light"), ("next", "/login/")]).await.is(303);
    assert!(browser.get("/login/").await.is(200).body.contains("lang=\"en\""));
    let wrong = [("locale", "\"><script>"), ("theme", "neon"), ("next", "//evil.example")];
    let answer = browser.submit("/preferences/", &wrong).await.any_of(&[303, 400, 422]);
    assert!(!answer.header("location").contains("evil"), "{}", answer.header("location"));
    assert!(browser.get("/login/").await.is(200).body.contains("lang=\"en\""), "nonsense changes nothing");
}

#[tokio::test]
async fn the_browser_chooses_the_language_of_a_first_visit() {
    let server = Server::start();
    for (accept, lang) in
        [("zh-CN,zh;q=0.9,en;q=0.5", "zh-CN"), ("zh-TW", "zh-CN"), ("en-GB", "en"), ("tlh;q=x,,;", "en")]
    {
        let request = server.guest().request(Method::GET, "/login/").header("accept-language", accept);
        let page = Answer::to(request).await.is(200);
        assert!(page.body.contains(&format!("lang=\"{lang}\"")), "{accept} should give {lang}");
    }
}

#[tokio::test]
async fn every_page_comes_with_its_guards() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = format!("/r/{}", ann.lobby().await);
    let pages = ["/", &lobby, "/search?q=ink", "/account/", "/logout/", "/no/such/page"];
    for (visitor, pages) in [(&*ann, pages.as_slice()), (&server.guest(), &["/login/", "/register/", "/setup/"])] {
        for path in pages {
            let page = visitor.get(path).await.any_of(&[200, 303, 404]);
            check_guards(path, &page);
        }
    }
    let (one, two) = (server.guest().get("/login/").await, server.guest().get("/login/").await);
    assert_ne!(nonce(&one), nonce(&two), "a nonce is used once");
}

fn check_guards(path: &str, page: &Answer) {
    let policy = page.header("content-security-policy");
    for part in [
        "default-src 'none'",
        "script-src ",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    ] {
        assert!(policy.contains(part), "{path}: {part} is not in {policy:?}");
    }
    assert!(!policy.contains("unsafe-"), "{path}: {policy}");
    assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
    assert_eq!(page.header("cross-origin-opener-policy"), "same-origin", "{path}");
    assert_eq!(page.header("cross-origin-resource-policy"), "same-origin", "{path}");
    assert!(
        page.header("referrer-policy").contains("same-origin") || page.header("referrer-policy") == "no-referrer",
        "{path}"
    );
    assert!(page.header("cache-control").contains("no-store"), "{path}");
    assert_eq!(page.header("server"), "", "{path}");
    for inline in [" onclick=", " onload=", " style=\"", "javascript:"] {
        assert!(!page.body.contains(inline), "{path} has {inline}");
    }
}

fn nonce(page: &Answer) -> &str {
    let policy = page.header("content-security-policy");
    policy.split_once("'nonce-").expect("the policy has a nonce").1.split('\'').next().unwrap()
}

#[tokio::test]
async fn answers_of_the_api_are_neither_cached_nor_sniffed() {
    let server = Server::start();
    let ann = server.member("ann").await;
    for path in ["me", "rooms", "users", "rooms/999999", "nonsense"] {
        let answer = ann.get(path).await;
        assert!(answer.header("cache-control").contains("no-store"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert!(answer.header("content-type").contains("json"), "{path}: {}", answer.header("content-type"));
    }
}

#[tokio::test]
async fn assets_are_named_by_their_content_kept_for_ever_and_compressed() {
    let server = Server::start();
    let guest = server.guest();
    let page = guest.get("/login/").await.is(200).body;
    let assets: Vec<_> = page.split('"').filter(|part| part.starts_with("/s/") && part.contains('.')).collect();
    assert!(assets.iter().any(|path| path.ends_with(".css")), "{assets:?}");
    for path in assets {
        let asset = guest.get(path).await.is(200);
        assert!(asset.header("cache-control").contains("immutable"), "{path}");
        assert_eq!(asset.header("x-content-type-options"), "nosniff", "{path}");
        for coding in ["br", "gzip"] {
            let small = Answer::to(guest.request(Method::GET, path).header("accept-encoding", coding)).await.is(200);
            let coded = small.header("content-encoding");
            assert!(
                coded == coding || (coded.is_empty() && !path.ends_with(".css") && !path.ends_with(".js")),
                "{path}"
            );
            assert!(
                small.header("vary").to_ascii_lowercase().contains("accept-encoding") || coded.is_empty(),
                "{path}"
            );
        }
    }
    for path in ["/s/../Cargo.toml", "/s/%2e%2e/%2e%2e/Cargo.toml", "/s/x/absent.js", "/s//etc/passwd", "/static/%00"] {
        guest.get(path).await.any_of(&[302, 303, 400, 404]);
    }
}

#[tokio::test]
async fn a_page_that_does_not_exist_says_nothing_of_the_inside() {
    let server = Server::start();
    let ann = server.member("ann").await;
    for path in
        ["/nonsense", "/r/999999", "/r/abc", "/r/99999999999999999999", "/.git/config", "/.env", "/data/parlor.db"]
    {
        let answer = ann.get(path).await.is(404);
        for inside in ["src/", ".rs", "SELECT", "sqlite", "postgres", "actix", "panicked", env!("CARGO_MANIFEST_DIR")] {
            assert!(!answer.body.contains(inside), "{path} shows {inside}");
        }
    }
}
