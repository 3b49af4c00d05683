//! Every page and dialog, by day and by night, in both languages, on a desktop and a phone: axe finds no barrier, a thumb hits
//! every control, and a picture is kept in `target/screens/`.

use serde_json::json;
use thirtyfour::prelude::*;

use crate::{
    support::server::Server,
    tab::{DESKTOP, Look, PHONE, Tab},
    village::Village,
    visit::Visit,
};

/// The dialogs that a button anywhere opens, and what shows that they are filled.
const DIALOGS: [(&str, &str); 7] = [
    ("create", "#create-name"),
    ("browse", "#dialog-browse li"),
    ("direct", "#direct-found .suggest-option"),
    ("switcher", "#dialog-switcher [role=option]"),
    ("contacts", "#contacts-none"),
    ("notices", "#notices-desktop"),
    ("settings", "#settings-name"),
];

async fn look_at_everything(look: Look) {
    let village = Village::build().await;
    let tab = Tab::open(&village.server, look).await;
    let mut visit = Visit { tab, look, wrong: Vec::new() };
    visit.as_a_stranger().await;
    visit.tab.log_in(&village.me).await;
    visit.in_the_chat(village.room).await;
    visit.in_dialogs().await;
    visit.at_a_message().await;
    for page in ["account", "logout"] {
        visit.page(&format!("/{page}/"), page).await;
    }
    visit.end().await;
}

impl Visit {
    async fn as_a_stranger(&mut self) {
        for page in ["login", "register", "setup", "nowhere"] {
            self.page(&format!("/{page}/"), page).await;
        }
        self.tab.goto("/register/").await;
        self.tab.fill("#username", "ann").await;
        self.tab.fill("#password", "password").await;
        self.inspect("register-filled").await;
        self.tab.click("form[action='/register/'] button[type=submit]").await;
        self.tab.see("#password[aria-invalid=true]").await;
        self.inspect("register-refused").await;
    }

    async fn in_the_chat(&mut self, room: i64) {
        self.tab.goto("/").await;
        self.tab.see("#room-list .room").await;
        self.inspect("first-page").await;
        self.tab.goto(&format!("/r/{room}")).await;
        self.tab.hears("那我也要一份").await;
        self.tab.see(".unread-line").await;
        self.inspect("room").await;
        if self.look.phone {
            self.tab.click("#people-toggle").await;
        }
        self.tab.see("#people-here .person").await;
        self.inspect("people").await;
        self.tab.click("#people .person").await;
        self.tab.see("#profile").await;
        self.inspect("profile").await;
        self.tab.click("#profile [data-close]").await;
        self.tab.goto(&format!("/r/{room}")).await;
        self.tab.hears("那我也要一份").await;
    }

    async fn in_dialogs(&mut self) {
        for (name, filled) in DIALOGS {
            // On a phone some of these buttons are in the list, which is not in sight now.
            self.tab.run_with("document.querySelector(`[data-dialog=${arguments[0]}]`).click()", &[json!(name)]).await;
            self.tab.see(filled).await;
            self.inspect(&format!("dialog-{name}")).await;
            if name == "settings" {
                self.tab.click("#tab-members").await;
                self.tab.see("#settings-members li").await;
                self.inspect("dialog-members").await;
                self.tab.click("#tab-notices").await;
                self.tab.see("#settings-muted").await;
                self.inspect("dialog-room-notices").await;
            }
            self.tab.run("document.querySelector('dialog[open]').close()").await;
        }
        self.tab.run("document.querySelector('#search-open').click()").await;
        self.tab.see("#search-empty").await;
        self.inspect("search").await;
        self.tab.click(if self.look.phone { "#search-back" } else { "#search-close" }).await;
        self.tab.press(Key::Control + "/").await;
        self.tab.see("#dialog-shortcuts").await;
        self.inspect("dialog-shortcuts").await;
        self.tab.run("document.querySelector('dialog[open]').close()").await;
    }

    async fn at_a_message(&mut self) {
        if self.look.phone {
            self.tab.hold("Two tofu").await;
            self.tab.see("#message-sheet").await;
            self.inspect("message-sheet").await;
            self.tab.click("#message-sheet .sheet-action-danger").await;
        } else {
            self.tab.open_menu("Two tofu").await;
            self.inspect("message-menu").await;
            self.tab.click(".menu-item-danger").await;
        }
        self.tab.see("#dialog-confirm").await;
        self.inspect("dialog-confirm").await;
        self.tab.click("#dialog-confirm footer [data-close]").await;

        self.tab.see(".composer-text").await.send_keys("words for later").await.unwrap();
        self.tab.go_offline().await;
        self.tab.see("#offline-bar").await;
        self.tab.click(".send-button").await;
        self.tab.sees_in_state("words for later", "pending").await;
        self.inspect("offline").await;
        self.tab.go_online().await;
        self.tab.hears("words for later").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_can_be_used_by_everybody_on_a_desktop_by_day() {
    look_at_everything(DESKTOP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_can_be_used_by_everybody_on_a_desktop_by_night() {
    look_at_everything(Look { dark: true, language: "zh-CN", ..DESKTOP }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_can_be_used_by_everybody_on_a_phone_by_day() {
    look_at_everything(Look { language: "zh-CN", ..PHONE }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_can_be_used_by_everybody_on_a_phone_by_night() {
    look_at_everything(Look { dark: true, ..PHONE }).await;
}

/// The tests above find nothing; this one shows that they would.
#[tokio::test(flavor = "multi_thread")]
async fn a_barrier_and_a_small_control_do_not_go_unseen() {
    let server = Server::start();
    let tab = Tab::open(&server, PHONE).await;
    tab.goto("/login/").await;
    let mut visit = Visit { tab, look: PHONE, wrong: Vec::new() };
    let spoil = "const button = document.createElement('button'); button.style.inlineSize = button.style.blockSize = '20px';\
        document.querySelector('form.form').append(button)";
    visit.tab.run(spoil).await;
    visit.inspect("spoiled").await;
    assert!(visit.wrong.iter().any(|wrong| wrong.contains("button-name")), "{:?}", visit.wrong);
    assert!(visit.wrong.iter().any(|wrong| wrong.contains(" × ")), "{:?}", visit.wrong);
    visit.tab.close().await;
}
