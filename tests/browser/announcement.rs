//! The announcement: uploaded and published by an admin, opening by itself once a version for everybody else.

use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::{
    support::{client::Member, eventually, picture::png, server::Server},
    tab::{DESKTOP, Look, PHONE, Tab},
    village::Village,
    visit::Visit,
};

/// Draws a poster and gives it to the drop zone; calls back when it is there.
const DROP: &str = "const [color, done] = arguments; const canvas = new OffscreenCanvas(1200, 760); const brush = canvas.getContext('2d');\
    brush.fillStyle = color; brush.fillRect(0, 0, 1200, 760); brush.fillStyle = '#2f5bd0'; brush.font = '600 40px sans-serif';\
    brush.fillText('November · Lunch', 140, 210); brush.fillStyle = '#1b1f24'; brush.font = '700 84px sans-serif';\
    brush.fillText('Friday: half an hour early', 140, 320); brush.fillStyle = '#b9cbf7'; brush.fillRect(0, 560, 1200, 200);\
    canvas.convertToBlob().then((blob) => { const data = new DataTransfer(); data.items.add(new File([blob], 'notice-11.png', {type: 'image/png'}));\
    const field = document.querySelector('#notice-file'); field.dispatchEvent(new DragEvent('drop', {bubbles: true, dataTransfer: data}));\
    field.files = data.files; field.dispatchEvent(new Event('change', {bubbles: true})); done(true) })";

/// The picture in the dialog is there.
const LOADED: &str = "const image = document.querySelector('#dialog-announcement .announcement-picture');\
    return image.checkVisibility() && image.complete && image.naturalWidth > 0";

/// Uploads a poster with a text through the pages, up to the second step.
async fn uploads(tab: &Tab, text: &str) {
    tab.goto("/admin/announcement/").await;
    tab.run_async(DROP, &[json!("#eef3ff")]).await;
    tab.read("#notice-chosen", "notice-11.png").await;
    tab.fill("#notice-text", text).await;
    tab.click("#announcement-upload .button-primary").await;
    let preview = "const image = document.querySelector('#announcement-check .poster'); return image?.complete && image.naturalWidth === 1200";
    tab.until(preview, &[]).await;
}

/// Publishes one with a picture by request; its id.
async fn publish(admin: &Member, title: &str, background: bool) -> Value {
    let file = admin.upload("poster.png", &png(120, 80, [30, 60, 120])).await.is(201)["upload"]["id"].clone();
    let body = json!({"title": title, "alt": "a plan", "background": background, "upload": file});
    let id = admin.post("admin/announcements", body).await.is(201)["announcement"]["id"].clone();
    admin.post(&format!("admin/announcements/{id}/publish"), Value::Null).await.is(200);
    id
}

impl Tab {
    async fn is_shown(&self, title: &str) {
        self.read("#announcement-title", title).await;
    }

    /// The dialog is closed, and the chat has looked whether it should be open.
    async fn is_shown_nothing(&self) {
        self.see("#announcement-open").await;
        self.until("return document.querySelector('#announcement-open .badge-dot').hidden", &[]).await;
        assert_eq!(self.run("return document.querySelectorAll('dialog[open]').length").await, 0);
    }

    async fn has_focus(&self, css: &str) {
        self.until("return document.activeElement?.matches(arguments[0])", &[json!(css)]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poster_is_dropped_checked_and_published_and_an_open_chat_shows_it_by_itself() {
    let server = Server::start();
    let (admin, ann) = (server.admin("founder").await, server.member("ann").await);
    let member = Tab::of(&server, &ann, DESKTOP).await;
    member.see(".composer-text").await;
    let console = Tab::of(&server, &admin, DESKTOP).await;
    uploads(&console, "Order before 11:10").await;
    console.read(".chip-warn", "not published").await;
    console.fill("#notice-title", "Friday early").await;
    console.fill("#notice-alt", "A clock").await;
    console.click("#as-background").await;
    console.click("[formaction$='/publish']").await;
    console.read(".flash", "is published").await;

    member.is_shown("Friday early").await;
    member.until(LOADED, &[]).await;
    member.read("#dialog-announcement .announcement-text", "Order before 11:10").await;
    member.read("#dialog-announcement .announcement-by", "founder").await;
    member.has_focus("#dialog-announcement .button-primary").await;
    assert_eq!(member.run("return document.querySelector('.announcement-picture').alt").await, "A clock");
    member.press(Key::Enter + "").await;
    member.see_gone("#dialog-announcement").await;
    member.is_shown_nothing().await;
    member.has_focus(".composer-text").await;

    member.goto("/").await;
    member.is_shown_nothing().await;
    member.click("#announcement-open").await;
    member.is_shown("Friday early").await;
    member.press(Key::Escape + "").await;
    member.see_gone("#dialog-announcement").await;
    console.read("#current-title", "Announcement now").await;
    console.goto("/admin/announcement/").await;
    console.read(".poster-meta", "seen by 1 of 2").await;
    console.close().await;
    member.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_version_opens_once_more_also_for_who_was_away() {
    let server = Server::start();
    let (admin, ann) = (server.admin("founder").await, server.member("ann").await);
    publish(&admin, "the first", false).await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.is_shown("the first").await;
    tab.click("#dialog-announcement [data-close]").await;
    tab.is_shown_nothing().await;
    tab.go_offline().await;
    tab.see("#offline-bar").await;
    publish(&admin, "the second", false).await;
    tab.go_online().await;
    tab.is_shown("the second").await;
    tab.press(Key::Escape + "").await;
    tab.is_shown_nothing().await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_on_one_device_it_opens_on_no_other_and_its_dot_goes() {
    let server = Server::start();
    let (admin, ann) = (server.admin("founder").await, server.member("ann").await);
    let one = Tab::of(&server, &ann, DESKTOP).await;
    let two = Tab::of(&server, &ann, PHONE).await;
    one.see(".composer-text").await;
    // The phone is busy with something else.
    two.click("#room-list .room").await;
    two.see(".composer-text").await;
    two.run("document.querySelector('#dialog-create').showModal()").await;
    publish(&admin, "plan", false).await;
    one.is_shown("plan").await;
    two.until("return !document.querySelector('#announcement-open .badge-dot').hidden", &[]).await;
    one.press(Key::Escape + "").await;
    one.is_shown_nothing().await;
    two.until("return document.querySelector('#announcement-open .badge-dot').hidden", &[]).await;
    two.run("document.querySelector('#dialog-create').close()").await;
    two.is_shown_nothing().await;
    one.close().await;
    two.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_waits_until_nobody_types_and_no_other_dialog_is_open() {
    let server = Server::start();
    let (admin, ann) = (server.admin("founder").await, server.member("ann").await);
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    let composer = tab.see(".composer-text").await;
    composer.send_keys("a half-written thou").await.unwrap();
    publish(&admin, "the first", false).await;
    tab.see("#announcement-open").await;
    tab.see("#announcement-open .badge-dot").await;
    composer.send_keys("ght").await.unwrap();
    assert_eq!(tab.composer().await, "a half-written thought", "no dialog took the keys");
    composer.send_keys(Key::Enter + "").await.unwrap();
    tab.hears("a half-written thought").await;
    tab.is_shown("the first").await;
    tab.press(Key::Escape + "").await;
    tab.is_shown_nothing().await;

    tab.click("[data-dialog=create]").await;
    tab.see("#create-name").await;
    publish(&admin, "the second", false).await;
    tab.until("return !document.querySelector('#announcement-open .badge-dot').hidden", &[]).await;
    assert_eq!(tab.run("return document.querySelectorAll('dialog[open]').length").await, 1);
    tab.press(Key::Escape + "").await;
    tab.is_shown("the second").await;
    tab.press(Key::Escape + "").await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_without_a_line_it_stays_closed_and_the_server_learns_it_later() {
    let server = Server::start();
    let (admin, ann) = (server.admin("founder").await, server.member("ann").await);
    publish(&admin, "plan", false).await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.is_shown("plan").await;
    tab.go_offline().await;
    tab.press(Key::Escape + "").await;
    tab.is_shown_nothing().await;
    tab.go_online().await;
    let seen = async || ann.get("announcement").await.is(200)["announcement"]["seen"] == true;
    eventually("the server knows", seen).await;
    tab.is_shown_nothing().await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_image_is_looked_at_in_large_and_escape_leads_back_step_by_step() {
    let server = Server::start();
    let (admin, ann) = (server.admin("founder").await, server.member("ann").await);
    publish(&admin, "plan", false).await;
    for look in [DESKTOP, PHONE] {
        let tab = Tab::of(&server, &ann, look).await;
        if look.phone {
            // It was closed on the desktop.
            tab.click("#room-list .room").await;
            tab.click("#announcement-open").await;
        }
        tab.until(LOADED, &[]).await;
        let box_of =
            "const box = document.querySelector(arguments[0]).getBoundingClientRect(); return [box.width, box.height]";
        if look.phone {
            assert_eq!(tab.run_with(box_of, &[json!("#dialog-announcement")]).await, json!([390, 844]));
        }
        tab.click("#announcement-zoom").await;
        tab.see(".announcement-large #announcement-zoom[aria-pressed=true]").await;
        let size = if look.phone { json!([390, 844]) } else { json!([1280, 800]) };
        assert_eq!(tab.run_with(box_of, &[json!("#dialog-announcement")]).await, size);
        tab.press("+").await;
        let scale = "return Number(document.querySelector('.announcement-picture').style.transform.match(/scale\\((.*)\\)/)?.[1] ?? 1)";
        tab.until(&format!("const scale = (() => {{ {scale} }})(); return scale > 1.4"), &[]).await;
        tab.press("0").await;
        assert_eq!(tab.run(scale).await, 1);
        tab.press(Key::Escape + "").await;
        tab.see_gone(".announcement-large").await;
        tab.see("#dialog-announcement").await;
        tab.press(Key::Escape + "").await;
        tab.is_shown_nothing().await;
        tab.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_withdrawn_leaves_the_screen() {
    let server = Server::start();
    let (admin, ann) = (server.admin("founder").await, server.member("ann").await);
    let id = publish(&admin, "plan", true).await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.is_shown("plan").await;
    tab.see("#announcement-ground").await;
    admin.post(&format!("admin/announcements/{id}/withdraw"), Value::Null).await.is(200);
    tab.see_gone("#dialog-announcement").await;
    tab.see_gone("#announcement-open").await;
    tab.see_gone("#announcement-ground").await;
    tab.close().await;
}

/// The least contrast of text that stands straight on the picture, were that as dark or as light as can be, and the text.
const CONTRAST: &str = "const frame = document.querySelector('.timeline-frame'); const brush = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});\
    const rgb = (color) => { brush.clearRect(0, 0, 1, 1); brush.fillStyle = color; brush.fillRect(0, 0, 1, 1); return [...brush.getImageData(0, 0, 1, 1).data] };\
    const light = (color) => { const [r, g, b] = color.slice(0, 3).map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b };\
    const ratio = (a, b) => { const [high, low] = [light(a), light(b)].sort((x, y) => y - x); return (high + 0.05) / (low + 0.05) };\
    const opacity = Number(getComputedStyle(document.querySelector('#announcement-ground')).opacity);\
    const ground = rgb(getComputedStyle(document.body).backgroundColor);\
    const worst = [0, 255].map((extreme) => ground.map((v) => v * (1 - opacity) + extreme * opacity));\
    const texts = document.createTreeWalker(frame.querySelector('#timeline'), NodeFilter.SHOW_TEXT); let least = [99, '', 0];\
    const stands = (node) => { for (; node !== frame; node = node.parentElement) if (rgb(getComputedStyle(node).backgroundColor)[3] > 0 && !node.matches('.message')) return false; return true };\
    for (let count = 0; texts.nextNode();) { const {currentNode: text, currentNode: {parentElement: home}} = texts;\
        if (!text.data.trim() || !home.checkVisibility({opacityProperty: true, visibilityProperty: true}) || home.closest('.avatar, .emoji, .reaction, .visually-hidden') || !stands(home)) continue;\
        count++; for (const place of worst) { const found = ratio(rgb(getComputedStyle(home).color), place); if (found < least[0]) least = [found, home.outerHTML.slice(0, 120), count] } least[2] = count }\
    return [opacity, ...least]";

#[tokio::test(flavor = "multi_thread")]
async fn behind_the_chat_it_leaves_every_text_a_contrast_of_seven_and_moves_nothing() {
    let village = Village::build().await;
    let admin = village.server.admin("founder").await;
    for dark in [false, true] {
        let tab = Tab::of(&village.server, &village.me, Look { dark, ..DESKTOP }).await;
        tab.goto(&format!("/r/{}", village.room)).await;
        tab.hears("那我也要一份").await;
        let places = "return [...document.querySelectorAll('.message')].map((row) => row.getBoundingClientRect().y)";
        let before = tab.run(places).await;
        let id = publish(&admin, "plan", true).await;
        tab.is_shown("plan").await;
        tab.press(Key::Escape + "").await;
        tab.is_shown_nothing().await;
        tab.until("const image = document.querySelector('#announcement-ground'); return image.checkVisibility() && image.naturalWidth > 0", &[]).await;
        assert_eq!(tab.run(places).await, before, "messages moved");
        let found = tab.run(CONTRAST).await;
        assert_eq!(found[0], 0.12, "the picture is dimmed");
        assert!(found[3].as_i64().unwrap() > 20, "hardly any text was looked at: {found}");
        assert!(found[1].as_f64().unwrap() >= 7.0, "{found}");
        for feature in ["prefers-contrast", "prefers-reduced-transparency"] {
            let value = if feature == "prefers-contrast" { "more" } else { "reduce" };
            tab.cdp("Emulation.setEmulatedMedia", json!({"features": [{"name": feature, "value": value}]})).await;
            tab.see_gone("#announcement-ground").await;
        }
        admin.post(&format!("admin/announcements/{id}/withdraw"), Value::Null).await.is(200);
        tab.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_picture_is_refused_in_words_and_another_one_taken() {
    let server = Server::start();
    let admin = server.admin("founder").await;
    let tab = Tab::of(&server, &admin, DESKTOP).await;
    tab.goto("/admin/announcement/").await;
    tab.click("#announcement-upload .button-primary").await;
    tab.read("#notice-text-error", "Choose an image").await;
    let fake = "const data = new DataTransfer(); data.items.add(new File(['no picture'], 'fake.png', {type: 'image/png'}));\
        const field = document.querySelector('#notice-file'); field.files = data.files; field.dispatchEvent(new Event('change', {bubbles: true}))";
    tab.run(fake).await;
    tab.read("#notice-chosen", "fake.png").await;
    tab.click("#announcement-upload .button-primary").await;
    tab.read("#notice-file-error", "Choose a JPEG, PNG, GIF or WebP picture.").await;
    tab.click("#notice-chosen button").await;
    tab.see_gone("#notice-chosen").await;
    tab.see_gone("#notice-file-error").await;
    tab.run_async(DROP, &[json!("#ffffff")]).await;
    tab.click("#announcement-upload .button-primary").await;
    tab.see("#announcement-check .poster").await;
    // Enter in a field saves; it does not publish.
    let title = tab.see("#notice-title").await;
    title.send_keys("Friday").await.unwrap();
    title.send_keys(Key::Enter + "").await.unwrap();
    tab.read(".flash", "The draft is saved").await;
    assert_eq!(admin.get("announcement").await.is(200)["announcement"], Value::Null);
    tab.close().await;
}

async fn look_at_all_of_it(look: Look) {
    let village = Village::build().await;
    let admin = village.server.admin("林一").await;
    let zh = look.language == "zh-CN";
    let tab = Tab::of(&village.server, &admin, look).await;
    let mut visit = Visit { tab, look, wrong: Vec::new() };
    visit.page("/admin/announcement/", "admin-announcement-empty").await;
    publish(&admin, if zh { "今日菜单" } else { "Today's menu" }, false).await;
    uploads(
        &visit.tab,
        if zh {
            "周五提前半小时：11:10 截止下单，改单请回复原消息。"
        } else {
            "On Friday half an hour early: order before 11:10."
        },
    )
    .await;
    visit.inspect("admin-announcement").await;
    visit.tab.fill("#notice-title", if zh { "周五提前半小时" } else { "Friday: half an hour early" }).await;
    visit.tab.click("#as-background").await;
    visit.tab.click("[formaction$='/publish']").await;
    visit.tab.see(".flash").await;
    visit.inspect("admin-announcement-upload").await;
    visit.tab.log_in(&village.me).await;
    visit.page("/announcement/", "announcement-page").await;
    visit.tab.goto(&format!("/r/{}", village.room)).await;
    visit.tab.until(LOADED, &[]).await;
    visit.inspect("announcement").await;
    visit.tab.click("#announcement-zoom").await;
    visit.tab.see(".announcement-large").await;
    visit.inspect("announcement-large").await;
    visit.tab.press(Key::Escape + "").await;
    visit.tab.press(Key::Escape + "").await;
    visit.tab.see_gone("#dialog-announcement").await;
    visit.inspect("announcement-behind").await;
    visit.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_can_be_used_by_everybody_by_day_and_by_night_on_a_desktop_and_a_phone() {
    look_at_all_of_it(DESKTOP).await;
    look_at_all_of_it(Look { dark: true, language: "zh-CN", ..DESKTOP }).await;
    look_at_all_of_it(Look { language: "zh-CN", ..PHONE }).await;
    look_at_all_of_it(Look { dark: true, ..PHONE }).await;
}
