//! Images: from the clipboard or dropped, through the tray, into a message, and looked at in full.

use serde_json::json;
use thirtyfour::prelude::*;

use crate::{
    support::server::Server,
    tab::{DESKTOP, Tab},
};

/// Makes pictures of these sizes and gives them to the page: `paste` into the composer or `drop` on the room.
const GIVE: &str = r"
const [kind, sizes, done] = arguments;
(async () => {
    const data = new DataTransfer();
    for (const [width, height] of sizes) {
        const canvas = new OffscreenCanvas(width, height);
        const context = canvas.getContext('2d');
        context.fillStyle = '#c08040';
        context.fillRect(0, 0, width, height);
        data.items.add(new File([await canvas.convertToBlob()], `${width}x${height}.png`, {type: 'image/png'}));
    }
    const how = {bubbles: true, cancelable: true};
    if (kind === 'paste') document.querySelector('#text').dispatchEvent(new ClipboardEvent('paste', {...how, clipboardData: data}));
    else for (const type of ['dragenter', 'dragover', 'drop']) document.querySelector('#timeline').dispatchEvent(new DragEvent(type, {...how, dataTransfer: data}));
})().then(() => done(true));";

impl Tab {
    /// Gives pictures of these sizes to the page and waits until each has been uploaded.
    async fn give_images(&self, kind: &str, sizes: &[(u32, u32)]) {
        self.run_async(GIVE, &[json!(kind), json!(sizes)]).await;
        let uploaded =
            "return document.querySelectorAll('.tray-tile:not(.tray-busy, .tray-failed)').length === arguments[0]";
        self.until(uploaded, &[json!(sizes.len())]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pasted_images_and_a_caption_are_one_message() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let (ann, bob) = (Tab::of(&server, &ann, DESKTOP).await, Tab::of(&server, &bob, DESKTOP).await);
    bob.see(".composer-text").await;
    ann.see(".composer-text").await;
    ann.give_images("paste", &[(80, 60), (60, 90)]).await;
    ann.say("two plates").await;
    for tab in [&ann, &bob] {
        tab.hears("two plates").await;
        let shown = "return [...withText('two plates')[0].querySelectorAll('.message-images img')]\
            .filter((image) => image.complete && image.naturalWidth > 0).length === 2";
        tab.until_rows(shown, &[]).await;
    }
    ann.see_gone(".tray").await;
    ann.close().await;
    bob.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_image_needs_no_words_and_keeps_its_place_before_it_is_loaded() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.see(".composer-text").await;
    tab.give_images("drop", &[(800, 400)]).await;
    tab.see_gone("#drop-target").await;
    tab.click(".send-button").await;
    let sent = "return rows.length === 1 && !rows[0].matches('.message-pending') && rows[0].querySelector('.message-images img')?.complete";
    tab.until_rows(sent, &[]).await;
    // Its size stands in the page, so the place is there before the image.
    let sizes = "const image = rows[0].querySelector('.message-images img'); const box = image.getBoundingClientRect();\
        return [box.width, box.height, Number(image.getAttribute('width')), Number(image.getAttribute('height'))]";
    assert_eq!(tab.rows(sizes, &[]).await, json!([420, 210, 420, 210]));
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_image_is_refused_with_words() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.see(".composer-text").await;
    let fake = "const data = new DataTransfer(); data.items.add(new File(['no picture'], 'fake.png', {type: 'image/png'}));\
        document.querySelector('#text').dispatchEvent(new ClipboardEvent('paste', {bubbles: true, cancelable: true, clipboardData: data}))";
    tab.run(fake).await;
    tab.read(".tray-failed .tray-note", "kind of image").await;
    tab.click(".tray-remove").await;
    tab.see_gone(".tray").await;
    // The refusal itself is what the browser logs as an error of the network.
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn images_are_looked_at_in_full_and_the_focus_comes_back() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.see(".composer-text").await;
    tab.give_images("paste", &[(80, 60), (60, 90)]).await;
    tab.say("two plates").await;
    tab.click(".message:not(.message-pending) .message-images a").await;
    tab.read("#lightbox .lightbox-note", "1 / 2").await;
    tab.press(Key::Right + "").await;
    tab.read("#lightbox .lightbox-note", "2 / 2").await;
    tab.press(Key::Escape + "").await;
    tab.see_gone("#lightbox").await;
    let last = "return document.activeElement === [...document.querySelectorAll('[data-upload]')].at(-1)";
    tab.until(last, &[]).await;
    tab.close().await;
}
