//! The picture people show: chosen at the start or later, cut to a square, and taken away again.

use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::{
    support::{PASSWORD, server::Server},
    tab::{DESKTOP, Tab},
    tray::Album,
};

/// Gives the field that `arguments[0]` names a picture that is twice as wide as high: red on the left, blue on the right.
const GIVE: &str = "const [css, done] = arguments; const canvas = new OffscreenCanvas(400, 200); const brush = canvas.getContext('2d');\
    brush.fillStyle = '#ff0000'; brush.fillRect(0, 0, 200, 200); brush.fillStyle = '#0000ff'; brush.fillRect(200, 0, 200, 200);\
    canvas.convertToBlob().then((blob) => { const data = new DataTransfer(); data.items.add(new File([blob], 'flag.png', {type: 'image/png'}));\
    const field = document.querySelector(css); field.files = data.files; field.dispatchEvent(new Event('change', {bubbles: true})); done(true) })";

/// Size of the first picture that can be seen at such a place, and the colours of its left and its right edge.
const PICTURE: &str = "const image = [...document.querySelectorAll(arguments[0])].find((image) => image.checkVisibility() && image.complete && image.naturalWidth);\
    if (!image) return null; const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight); const brush = canvas.getContext('2d');\
    brush.drawImage(image, 0, 0); const color = (x) => { const [red, , blue] = brush.getImageData(x, image.naturalHeight / 2, 1, 1).data;\
    return red > 200 && blue < 60 ? 'red' : blue > 200 && red < 60 ? 'blue' : `${red} ${blue}` };\
    return [image.naturalWidth === image.naturalHeight, color(4), color(image.naturalWidth - 5)]";

impl Tab {
    /// Waits until the picture at such a place is a square with these colours at its left and its right edge.
    async fn sees_square(&self, css: &str, left: &str, right: &str) {
        let same = format!("const found = (() => {{ {PICTURE} }})(); return String(found) === arguments[1]");
        self.until(&same, &[json!(css), json!(format!("true,{left},{right}"))]).await;
    }

    async fn initials(&self) -> Value {
        self.until("return document.querySelector('.account-who .avatar').textContent.trim()", &[]).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_account_shows_the_square_that_was_cut_for_it() {
    let server = Server::start();
    let bob = server.member("bob").await;
    let other = Tab::of(&server, &bob, DESKTOP).await;
    other.see(".composer-text").await;
    let tab = Tab::open(&server, DESKTOP).await;
    tab.goto("/register/").await;
    tab.fill("#username", "ann").await;
    tab.fill("#password", PASSWORD).await;
    tab.run_async(GIVE, &[json!("#avatar")]).await;
    tab.click("#crop [data-use]").await;
    tab.see_gone("#crop").await;
    tab.sees_square(".picture .avatar img", "red", "blue").await; // the middle of the flag
    tab.click("form[action='/register/'] button[type=submit]").await;
    tab.see(".composer-text").await;
    tab.say("how do I look?").await;
    for tab in [&tab, &other] {
        tab.hears("how do I look?").await;
        tab.sees_square("#timeline .avatar img", "red", "blue").await;
    }
    tab.close().await;
    other.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_changed_with_a_cut_of_ones_own_and_taken_away_again() {
    let server = Server::start();
    let ann = server.member("ann").await;
    ann.say(ann.lobby().await, "here I am").await;
    let bob = server.member("bob").await;
    let other = Tab::of(&server, &bob, DESKTOP).await;
    other.hears("here I am").await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.goto("/account/").await;
    assert_eq!(tab.initials().await, "A");
    tab.see_gone("#picture-remove").await;

    tab.run_async(GIVE, &[json!("#picture-file")]).await;
    let square = tab.see("#crop canvas").await;
    for _ in 0..40 {
        square.send_keys(Key::Left + "").await.unwrap(); // to the red half
    }
    tab.click("#crop [data-use]").await;
    tab.sees_square(".account-who .avatar img", "red", "red").await;
    other.sees_square("#timeline .avatar img", "red", "red").await;

    tab.run_async(GIVE, &[json!("#picture-file")]).await;
    tab.click("#crop [data-close]").await; // given up: nothing changes
    tab.see_gone("#crop").await;
    tab.sees_square(".account-who .avatar img", "red", "red").await;

    tab.click("#picture-remove").await;
    tab.see_gone("#picture-remove").await;
    tab.see_gone(".account-who .avatar img").await;
    assert_eq!(tab.initials().await, "A");
    other.see_gone("#timeline .avatar img").await;
    let initial = other.rows("return rows[0].querySelector('.avatar').textContent", &[]).await;
    assert_eq!(initial, "A");
    tab.close().await;
    other.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_picked_on_the_disk_is_cut_and_kept() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    let album = Album::of(&[(300, 120)]);
    tab.goto("/account/").await;
    tab.pick_files("#picture-file", &album.files()).await;
    tab.click("#crop [data-use]").await;
    let square = "const image = document.querySelector('.account-who .avatar img');\
        return image?.complete && image.naturalWidth > 0 && image.naturalWidth === image.naturalHeight";
    tab.until(square, &[]).await;
    tab.reload().await;
    tab.until(square, &[]).await;
    tab.close().await;
}
