//! People, invitations and the audit log in the console, and what invited and forgetful people see: on a desktop and a phone, by
//! day and by night, with scripts and without.

use serde_json::{Value, json};

use crate::{
    support::{PASSWORD, client::Member, server::Server},
    tab::{DESKTOP, Look, PHONE, Tab},
    visit::Visit,
};

const NEW: &str = "another horse 8 电池";

/// A house with some people, of whom one is of every kind.
struct House {
    server: Server,
    admin: Member,
    ann: Member,
}

impl House {
    async fn build() -> Self {
        let server = Server::setup().flag(&["--site-name", "清河 Qinghe"]).start();
        let (admin, ann) = (server.admin("linyi").await, server.member("wanglei").await);
        admin.patch("me", json!({"nickname": "林一"})).await.is(200);
        ann.patch("me", json!({"nickname": "王磊", "email": "wang.lei@example.com", "phone": "+8613800138000"}))
            .await
            .is(200);
        let lobby = ann.lobby().await;
        for number in 0..3 {
            ann.say(lobby, &format!("line {number}")).await;
        }
        for (name, nickname) in [
            ("chenxiao", "陈晓"),
            ("alice", "Alice Martín"),
            ("zhouhang", "周航"),
            ("zhengkai", "郑凯"),
            ("ben", "Ben Okafor"),
        ] {
            server.member(name).await.patch("me", json!({"nickname": nickname})).await.is(200);
        }
        let people = admin.get("admin/users?limit=100").await.is(200).json;
        let id = |name: &str| -> i64 {
            let people = people["users"].as_array().unwrap();
            people.iter().find(|user| user["username"] == name).unwrap()["id"].as_i64().unwrap()
        };
        let until = json!({"until": "2100-01-01T00:00:00Z", "reason": "在 #闲聊 连续刷屏,提醒两次无效"});
        admin.put(&format!("admin/users/{}/silence", ann.id), until).await.is(200);
        admin.put(&format!("admin/users/{}/ban", id("zhouhang")), json!({"reason": "spam"})).await.is(200);
        admin.put(&format!("admin/users/{}/deactivation", id("zhengkai")), json!({"reason": "left"})).await.is(200);
        let bot =
            admin.post("admin/users", json!({"username": "menubot", "nickname": "菜单", "role": "bot"})).await.is(201);
        let place = format!("admin/users/{}/tokens", bot["user"]["id"]);
        admin.post(&place, json!({"name": "厨房的程序", "scope": "write"})).await.is(201);
        admin.post("admin/invites", json!({"note": "厨房", "max_uses": 5})).await.is(201);
        Self { server, admin, ann }
    }
}

async fn look_around(look: Look) {
    let House { server, admin, ann } = House::build().await;
    let _company = ann.connect().await;
    // The browser's session ends on the way.
    let tab = Tab::of(&server, &admin.other_device().await, look).await;
    let mut visit = Visit { tab, look, wrong: Vec::new() };
    visit.page("/admin/users/", "console-users").await;
    visit.tab.click("#menu-1, [popovertarget]:not([popovertarget=admin-side])").await;
    visit.tab.see(".row-menu:popover-open").await;
    visit.inspect("console-users-menu").await;
    visit.tab.run("document.querySelector('.row-menu:popover-open').hidePopover()").await;
    visit
        .tab
        .run("document.querySelectorAll('.row-check').forEach((check, index) => index < 2 && check.click())")
        .await;
    visit.tab.see(".bulk").await;
    visit.inspect("console-users-bulk").await;
    visit.page("/admin/users/?q=nobody-at-all", "console-users-none").await;
    visit.page("/admin/users/new", "console-user-new").await;
    visit.page(&format!("/admin/users/{}/", ann.id), "console-user").await;
    visit
        .tab
        .run("scrollTo(0, document.body.scrollHeight); document.querySelector('.card-danger').scrollIntoView()")
        .await;
    visit.tab.picture(&format!("console-user-end-{}-{}", look.phone, look.dark)).await;
    visit.page(&format!("/admin/users/acts/ban?user={}&user=3", ann.id), "console-confirm").await;
    visit.page(&format!("/admin/users/acts/role?user={}", ann.id), "console-confirm-role").await;
    visit.page("/admin/invites/", "console-invites").await;
    visit.tab.fill("#note", "kitchen").await;
    visit.tab.click("form[action='/admin/invites/'] button[type=submit]").await;
    visit.tab.see("#invite-link").await;
    visit.inspect("console-invite-made").await;
    visit.page("/admin/audit/", "console-audit").await;
    visit.tab.click(".audit-more summary").await;
    visit.inspect("console-audit-open").await;
    admin.patch("admin/settings", json!({"registration": "invite"})).await.is(200);
    visit.tab.goto("/logout/").await;
    visit.tab.click("form[action='/logout/'] button[type=submit]").await;
    visit.tab.see("#password").await;
    visit.page("/register/", "register-invite").await;
    visit.page("/reset/#AAAA", "reset").await;
    admin.patch("admin/settings", json!({"registration": "closed"})).await.is(200);
    visit.page("/register/", "register-closed").await;
    visit.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_of_people_can_be_used_by_everybody_on_a_desktop() {
    look_around(DESKTOP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_of_people_can_be_used_by_everybody_on_a_desktop_by_night_in_chinese() {
    look_around(Look { dark: true, language: "zh-CN", ..DESKTOP }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_of_people_can_be_used_by_everybody_on_a_phone() {
    look_around(Look { language: "zh-CN", ..PHONE }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_of_people_can_be_used_by_everybody_on_a_phone_by_night() {
    look_around(Look { dark: true, ..PHONE }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_comes_from_the_chat_ticks_people_and_bans_them() {
    let House { server, admin, .. } = House::build().await;
    let tab = Tab::of(&server, &admin, DESKTOP).await;
    tab.click("#me a[href='/admin/']").await;
    tab.see(".admin-nav").await;
    tab.click(".admin-nav a[href='/admin/users/']").await;
    tab.see(".table").await;
    tab.see_gone(".bulk").await;
    tab.click("[aria-label='Select Alice Martín']").await;
    tab.click("[aria-label='Select Ben Okafor']").await;
    tab.read(".bulk-count", "2 selected").await;
    tab.click(".bulk-reset").await;
    tab.see_gone(".bulk").await;
    tab.click("[aria-label='Select Alice Martín']").await;
    tab.click("[aria-label='Select Ben Okafor']").await;
    tab.click(".bulk [formaction$='/ban']").await;
    tab.read("h1", "Ban 2 people?").await;
    tab.read(".confirm-list", "Ben Okafor").await;
    tab.fill("#reason", "a raid").await;
    tab.click(".confirm button[type=submit]").await;
    tab.read(".flash", "2 people are banned").await;
    tab.run("document.querySelector('select[name=state]').value = 'banned'").await;
    tab.click(".filters button[type=submit]").await;
    tab.read(".table", "Ben Okafor").await;
    assert_eq!(tab.run("return document.querySelectorAll('.table tbody tr').length").await, json!(3));
    tab.click(".sort[href*='sort=name']").await;
    tab.see("th[aria-sort=ascending]").await;
    assert!(tab.path().await.contains("state=banned"), "the filter stays");
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_forgot_their_password_gets_a_link_and_comes_back() {
    let House { server, admin, ann } = House::build().await;
    let tab = Tab::of(&server, &admin, DESKTOP).await;
    tab.goto(&format!("/admin/users/{}/", ann.id)).await;
    tab.click("#reset form button").await;
    tab.see("#reset-link").await;
    let link = tab.run("return document.querySelector('#reset-link').value").await;
    let path = link.as_str().unwrap().split_once("/reset/").unwrap().1.to_owned();
    tab.click("[data-copy]").await;
    tab.until("return document.querySelector('[data-copied]').textContent === 'Copied'", &[]).await;
    tab.close().await;

    let tab = Tab::open(&server, PHONE).await;
    tab.goto(&format!("/reset/{path}")).await;
    tab.until("return document.querySelector('#token').value.length === 43", &[]).await;
    tab.fill("#password", NEW).await;
    tab.click("form[action='/reset/'] button[type=submit]").await;
    tab.read(".form-alert", "Your new password is set").await;
    tab.fill("#username", "wanglei").await;
    tab.fill("#password", NEW).await;
    tab.click("form[action='/login/'] button[type=submit]").await;
    tab.see("#room-list .room").await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_invited_registers_behind_the_link() {
    let House { server, admin, .. } = House::build().await;
    admin.patch("admin/settings", json!({"registration": "invite"})).await.is(200);
    let token = admin.post("admin/invites", json!({"max_uses": 1})).await.is(201)["token"].as_str().unwrap().to_owned();
    let tab = Tab::open(&server, DESKTOP).await;
    tab.goto(&format!("/register/?invite={token}")).await;
    tab.read(".form-alert", "You are invited.").await;
    tab.fill("#username", "newcomer").await;
    tab.fill("#password", PASSWORD).await;
    tab.click("form[action='/register/'] button[type=submit]").await;
    tab.see(".composer-text").await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_scripts_people_are_found_silenced_invited_and_read_about() {
    let House { server, admin, ann } = House::build().await;
    let tab = Tab::open(&server, DESKTOP).await;
    tab.cdp("Emulation.setScriptExecutionDisabled", json!({"value": true})).await;
    tab.log_in(&admin).await;
    tab.goto("/admin/users/").await;
    tab.fill("input[name=q]", "alice").await;
    tab.click(".filters button[type=submit]").await;
    tab.read(".table", "Alice Martín").await;
    tab.click(".row-menu-button").await;
    tab.pick(".row-menu a", "Silence…").await;
    tab.read("h1", "Silence Alice Martín?").await;
    tab.picture("console-without-script/confirm").await;
    tab.click(".confirm button[type=submit]").await;
    tab.read(".flash", "Alice Martín is silenced.").await;
    tab.goto("/admin/users/").await;
    tab.click(".row-check").await;
    tab.read(".bulk", "Selected").await;
    tab.goto(&format!("/admin/users/{}/", ann.id)).await;
    tab.click("#reset form button").await;
    tab.see("#reset-link").await;
    tab.see_gone("[data-copy]").await;
    let dead = "return [...document.querySelectorAll('main button, main input')].filter(control => control.checkVisibility() \
        && !control.form && !control.readOnly && !control.popoverTargetElement).map(control => control.outerHTML)";
    assert_eq!(tab.run(dead).await, json!([]));
    tab.goto("/admin/invites/").await;
    tab.click("form[action='/admin/invites/'] button[type=submit]").await;
    tab.see("#invite-link").await;
    tab.goto("/admin/audit/").await;
    tab.click(".audit-more summary").await;
    tab.see(".change-list").await;
    assert_eq!(ann.get("me").await.status, 200);
    assert_ne!(admin.get("admin/audit").await.is(200)["entries"][0], Value::Null);
    tab.close().await;
}
