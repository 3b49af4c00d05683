//! Images in full: from one to the next with mouse, keys and fingers; larger, kept, and gone when their message goes.

use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::{
    images::share,
    support::{eventually, server::Server},
    tab::{DESKTOP, PHONE, Tab},
};

impl Tab {
    /// Waits until this image is the one in full.
    async fn looks_at(&self, name: &str) {
        self.read("#lightbox .lightbox-note", name).await;
        self.until("const image = document.querySelector('#lightbox .lightbox-picture img'); return image.complete && image.naturalWidth > 0", &[]).await;
    }

    /// Draws a finger over the middle of the screen by so many pixels.
    async fn draw_finger(&self, right: i64, down: i64) {
        let touch = |kind: &str, x: i64, y: i64| {
            let points = if kind == "touchEnd" { json!([]) } else { json!([{"x": x, "y": y}]) };
            json!({"type": kind, "touchPoints": points})
        };
        for (kind, part) in [("touchStart", 0), ("touchMove", 1), ("touchMove", 2), ("touchEnd", 2)] {
            let place = touch(kind, 195 + right * part / 2, 400 + down * part / 2);
            self.cdp("Input.dispatchTouchEvent", place).await;
        }
    }
}

const THREE: [(&str, u32, u32); 3] = [("soup.png", 90, 60), ("rice.png", 60, 90), ("tea.png", 70, 70)];

#[tokio::test(flavor = "multi_thread")]
async fn buttons_and_arrows_lead_through_the_images_of_the_room() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let lobby = ann.lobby().await;
    share(&ann, lobby, "two", &THREE[..2]).await;
    share(&bob, lobby, "one more", &THREE[2..]).await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.hears("one more").await;
    tab.click(".message-images a").await;
    tab.looks_at("soup").await;
    tab.see("#lightbox [data-step='-1']:disabled").await;
    tab.click("#lightbox [data-step='1']").await;
    tab.looks_at("rice").await;
    tab.read("#lightbox .lightbox-title", "ann").await;
    tab.press(Key::Right + "").await;
    tab.looks_at("tea").await;
    tab.read("#lightbox .lightbox-title", "bob").await;
    tab.see("#lightbox [data-step='1']:disabled").await;
    tab.press(Key::Left + "").await;
    tab.looks_at("rice").await;
    tab.click("#lightbox [data-step='-1']").await;
    tab.looks_at("soup").await;
    tab.click("#lightbox .lightbox-thumb:nth-child(2)").await;
    tab.looks_at("rice").await;
    tab.press(Key::Escape + "").await;
    tab.see_gone("#lightbox").await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_grows_and_shrinks_with_buttons_and_keys() {
    let server = Server::start();
    let ann = server.member("ann").await;
    share(&ann, ann.lobby().await, "look", &THREE[..1]).await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.hears("look").await;
    tab.click(".message-images a").await;
    tab.looks_at("soup").await;
    let width = async || {
        let width = "return document.querySelector('#lightbox .lightbox-picture img').getBoundingClientRect().width";
        tab.run(width).await.as_f64().unwrap()
    };
    let first = width().await;
    tab.click("#lightbox [data-zoom=in]").await;
    let second = width().await;
    assert!(second > first * 1.4, "{first} → {second}");
    tab.press("+").await;
    let third = width().await;
    assert!(third > second * 1.4, "{second} → {third}");
    tab.press("-").await;
    tab.click("#lightbox [data-zoom=out]").await;
    assert!((width().await - first).abs() < 1.0);
    tab.see("#lightbox [data-zoom=out]:disabled").await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_downloaded_image_has_the_name_of_its_file() {
    let server = Server::start();
    let ann = server.member("ann").await;
    share(&ann, ann.lobby().await, "keep this", &[("Sunday 午餐.png", 40, 30)]).await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    let folder = tempfile::tempdir().unwrap();
    let allow = json!({"behavior": "allow", "downloadPath": folder.path()});
    tab.cdp("Browser.setDownloadBehavior", allow).await;
    tab.hears("keep this").await;
    tab.click(".message-images a").await;
    tab.looks_at("Sunday 午餐").await;
    tab.click("#lightbox-download").await;
    let names = || folder.path().read_dir().unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    eventually("the file is there", async || {
        names().any(|name| name.starts_with("Sunday 午餐.") && !name.ends_with("crdownload"))
    })
    .await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copied_link_leads_to_the_message_of_the_image() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    let message = share(&ann, lobby, "look", &THREE[..1]).await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.hears("look").await;
    tab.click(".message-images a").await;
    tab.looks_at("soup").await;
    tab.click("#lightbox-copy").await;
    tab.read("#lightbox #toast", "Copied").await;
    tab.press(Key::Escape + "").await;
    tab.see_gone("#lightbox").await;
    tab.click(".composer-text").await;
    tab.press(Key::Control + "v").await;
    let link = format!("{}/r/{lobby}/m/{}", tab.line().origin(), message["seq"]);
    tab.until("return document.querySelector('.composer-text').value === arguments[0]", &[json!(link)]).await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finger_leads_from_image_to_image_and_away() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    share(&ann, lobby, "look", &THREE).await;
    let phone = Tab::of(&server, &ann, PHONE).await;
    phone.goto(&format!("/r/{lobby}")).await;
    phone.hears("look").await;
    phone.click(".message-images a").await;
    phone.looks_at("soup").await;
    phone.draw_finger(-160, 0).await;
    phone.looks_at("rice").await;
    phone.draw_finger(160, 0).await;
    phone.looks_at("soup").await;
    phone.draw_finger(0, 200).await;
    phone.see_gone("#lightbox").await;
    phone.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recalled_image_is_gone_from_the_page_and_for_who_looks_at_it() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let lobby = ann.lobby().await;
    share(&bob, lobby, "this one stays", &THREE[1..2]).await;
    let message = share(&ann, lobby, "not for the office", &THREE[..1]).await;
    let tab = Tab::of(&server, &bob, DESKTOP).await;
    tab.hears("not for the office").await;
    tab.click(".message-images a[href*='/media/'] img[alt*='soup']").await;
    tab.looks_at("soup").await;
    ann.post(&format!("messages/{}/recall", message["id"]), Value::Null).await.is(200);
    tab.see_gone("#lightbox").await;
    tab.read(".message-gone", "Message recalled").await;
    tab.see_gone(".message-images img[alt*='soup']").await;
    tab.see(".message-images img[alt*='rice']").await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_does_not_come_in_full_can_be_asked_for_again() {
    let server = Server::start();
    let ann = server.member("ann").await;
    share(&ann, ann.lobby().await, "look", &THREE[..2]).await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.hears("look").await;
    let (store, away) = (server.data().join("media/store/images"), server.data().join("media/away"));
    std::fs::rename(&store, &away).unwrap();
    tab.click(".message-images img[alt*='rice']").await;
    tab.read("#lightbox-again", "could not be loaded").await;
    std::fs::rename(&away, &store).unwrap();
    tab.click("#lightbox-again").await;
    tab.looks_at("rice").await;
    tab.see_gone("#lightbox-again").await;
    tab.close().await;
}
