//! Registering with a confirmed address, an address of one's own, and a forgotten password: on a desktop and a phone, in both
//! languages, as people do it.

use serde_json::{Value, json};

use crate::{
    support::{
        PASSWORD,
        client::Member,
        outside::{Gateway, PostOffice, code_in},
        server::Server,
    },
    tab::{DESKTOP, Look, PHONE, Tab},
    visit::Visit,
};

const ADDRESS: &str = "ann@example.org";
const NEW: &str = "another horse 8 电池";

struct World {
    server: Server,
    office: PostOffice,
    gateway: Gateway,
    admin: Member,
}

impl World {
    async fn build() -> Self {
        let (office, gateway) = (PostOffice::open().await, Gateway::open().await);
        let flags = ["--smtp-url", &office.url(""), "--mail-from", "chat@example.org", "--sms-url", &gateway.url("/")];
        let server = Server::setup().flag(&flags).start();
        let admin = server.admin("founder").await;
        Self { server, office, gateway, admin }
    }

    async fn sms_code(&self) -> String {
        code_in(self.gateway.next().await.json()["text"].as_str().unwrap()).unwrap()
    }
}

async fn press(visit: &Visit, form: &str) {
    visit.tab.click(&format!("form[action='{form}'] button[type=submit]")).await;
}

async fn flows(look: Look) {
    let world = World::build().await;
    let tab = Tab::open(&world.server, look).await;
    let mut visit = Visit { tab, look, wrong: Vec::new() };
    register(&world, &mut visit).await;
    own_number(&world, &mut visit).await;
    forget(&world, &mut visit).await;
    visit.end().await;
    settings(&world, look).await;
}

async fn register(world: &World, visit: &mut Visit) {
    world.admin.patch("admin/settings", json!({"verify_email": "required"})).await.is(200);
    visit.page("/register/", "verification-register").await;
    visit.tab.fill("#email", ADDRESS).await;
    press(visit, "/register/code").await;
    visit.tab.see("#email_code").await;
    visit.inspect("verification-register-code").await;
    let code = world.office.next(ADDRESS).await.code();
    visit.tab.fill("#username", "ann").await;
    visit.tab.fill("#password", PASSWORD).await;
    visit.tab.fill("#email_code", "000").await;
    press(visit, "/register/").await;
    visit.tab.see("#email_code[aria-invalid=true]").await;
    visit.inspect("verification-register-refused").await;
    visit.tab.fill("#email_code", &code).await;
    visit.tab.fill("#password", PASSWORD).await;
    press(visit, "/register/").await;
    visit.tab.see("#room-list .room, .composer-text").await;
}

async fn own_number(world: &World, visit: &mut Visit) {
    visit.page("/account/", "verification-account").await;
    visit.page("/account/email/", "verification-email").await;
    visit.page("/account/email/remove", "verification-needed").await;
    visit.page("/account/phone/", "verification-phone").await;
    visit.tab.fill("#address", "13800138000").await;
    visit.tab.fill("#password", "not the password").await;
    press(visit, "/account/phone/").await;
    visit.tab.see("#password[aria-invalid=true]").await;
    visit.inspect("verification-phone-refused").await;
    visit.tab.fill("#password", PASSWORD).await;
    press(visit, "/account/phone/").await;
    visit.tab.see("#code").await;
    visit.inspect("verification-phone-code").await;
    visit.tab.fill("#code", &world.sms_code().await).await;
    press(visit, "/account/phone/code").await;
    visit.tab.see("#reach-title ~ .form-alert-ok").await;
    visit.inspect("verification-phone-done").await;
    visit.page("/account/phone/", "verification-phone-change").await;
    visit.page("/account/phone/remove", "verification-phone-remove").await;
}

async fn forget(world: &World, visit: &mut Visit) {
    visit.tab.goto("/logout/").await;
    press(visit, "/logout/").await;
    visit.tab.see("a[href='/forgot/']").await;
    visit.inspect("verification-login").await;
    visit.tab.click("a[href='/forgot/']").await;
    visit.tab.see("#account").await;
    visit.inspect("verification-forgot").await;
    visit.tab.fill("#account", "ann").await;
    press(visit, "/forgot/").await;
    visit.tab.see("#code").await;
    visit.inspect("verification-forgot-code").await;
    let code = world.office.next(ADDRESS).await.code();
    visit.tab.fill("#code", "000000").await;
    visit.tab.fill("#password", NEW).await;
    press(visit, "/forgot/code").await;
    visit.tab.see("#code[aria-invalid=true]").await;
    visit.inspect("verification-forgot-refused").await;
    visit.tab.fill("#code", &code).await;
    visit.tab.fill("#password", NEW).await;
    press(visit, "/forgot/code").await;
    visit.tab.see(".form-alert-ok").await;
    visit.tab.fill("#username", "ann").await;
    visit.tab.fill("#password", NEW).await;
    press(visit, "/login/").await;
    visit.tab.see("#room-list .room, .composer-text").await;
}

async fn press_test(visit: &Visit) {
    let button = "button[formaction='/admin/mail/email/test']";
    visit.tab.see(button).await;
    // The bar that saves lies at the foot of the screen.
    visit
        .tab
        .run_with("document.querySelector(arguments[0]).scrollIntoView({block: 'center'})", &[json!(button)])
        .await;
    visit.tab.click(button).await;
}

async fn settings(world: &World, look: Look) {
    world.admin.patch("me", json!({"email": "founder@example.org"})).await.is(200);
    world.office.refuse("554 5.7.1 not from you");
    let tab = Tab::of(&world.server, &world.admin, look).await;
    let mut visit = Visit { tab, look, wrong: Vec::new() };
    visit.tab.goto("/admin/settings/").await;
    press_test(&visit).await;
    visit.tab.read(".flash-error", "5.7.1 not from you").await;
    visit.inspect("verification-settings").await;
    visit.tab.run("document.querySelector('#mail').scrollIntoView()").await;
    visit.tab.picture(&format!("verification-settings-mail-{}-{}", look.phone, look.language)).await;
    press_test(&visit).await;
    visit.tab.see(".flash:not(.flash-error)").await;
    world.office.next("founder@example.org").await;
    visit.end().await;
    assert_eq!(world.admin.get("admin/mail").await["mail"]["phone"]["failed"], Value::from(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_are_asked_for_and_typed_on_a_desktop() {
    flows(DESKTOP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_are_asked_for_and_typed_on_a_desktop_by_night_in_chinese() {
    flows(Look { dark: true, language: "zh-CN", ..DESKTOP }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_are_asked_for_and_typed_on_a_phone_in_chinese() {
    flows(Look { language: "zh-CN", ..PHONE }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_are_asked_for_and_typed_on_a_phone_by_night() {
    flows(Look { dark: true, ..PHONE }).await;
}
