//! Images: from the clipboard or dropped, through the tray, into a message, and looked at in full.

use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::{
    support::{client::Member, fresh_id, picture::png, server::Server},
    tab::{DESKTOP, Look, PHONE, Tab},
};

/// Sends pictures of these names, widths and heights as one message; the message.
pub async fn share(author: &Member, room: i64, text: &str, pictures: &[(&str, u32, u32)]) -> Value {
    let mut ids = Vec::new();
    for (name, width, height) in pictures {
        let color = [u8::try_from(width % 256).unwrap(), u8::try_from(height % 256).unwrap(), 0x80];
        ids.push(author.upload(name, &png(*width, *height, color)).await.is(201)["upload"]["id"].clone());
    }
    let body = json!({"client_id": fresh_id(), "text": text, "uploads": ids});
    author.post(&format!("rooms/{room}/messages"), body).await.is(201)["message"].clone()
}

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
        self.has_ready_images(sizes.len()).await;
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
    tab.see_gone(".tray-note button").await; // nothing gets better by trying again
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

/// How many images of the message with a text have been loaded, and how high its row is.
const LOADED: &str = "const row = withText(arguments[0])[0]; const images = [...row.querySelectorAll('.message-images img')];\
    return [images.filter((image) => image.complete && image.naturalWidth > 0).length, row.getBoundingClientRect().height]";

#[tokio::test(flavor = "multi_thread")]
async fn nothing_moves_when_images_arrive() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let lobby = ann.lobby().await;
    for look in [DESKTOP, PHONE] {
        let tab = Tab::of(&server, &bob, look).await;
        tab.goto(&format!("/r/{lobby}")).await;
        tab.see(".composer-text").await;
        for count in [1, 2, 3, 5] {
            let text = format!("{count} pictures for {}", if look.phone { "a phone" } else { "a desk" });
            let pictures: Vec<_> = (0..count).map(|number| ("plate.png", 640 + number, 400 - 40 * number)).collect();
            tab.cdp("Fetch.enable", json!({"patterns": [{"urlPattern": "*/media/*"}]})).await; // holds what is asked for
            share(&ann, lobby, &text, &pictures).await;
            tab.hears(&text).await;
            let before = tab.rows(LOADED, &[json!(text)]).await;
            assert_eq!(before[0], 0, "none is there yet");
            tab.cdp("Fetch.disable", json!({})).await;
            let all = format!("const loaded = (() => {{ {LOADED} }})(); return loaded[0] === arguments[1] && loaded");
            let after = tab.until_rows(&all, &[json!(text), json!(count)]).await;
            assert_eq!(before[1], after[1], "the height of a row with {count} images");
        }
        tab.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_cannot_be_loaded_says_so_and_comes_when_asked_again() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let lobby = ann.lobby().await;
    share(&ann, lobby, "one", &[("lonely.png", 640, 400)]).await;
    share(&ann, lobby, "two", &[("salt.png", 90, 60), ("pepper.png", 60, 90)]).await;
    let (store, away) = (server.data().join("media/store/images"), server.data().join("media/away"));
    for look in [DESKTOP, PHONE] {
        std::fs::rename(&store, &away).unwrap();
        let tab = Tab::of(&server, &bob, look).await;
        tab.goto(&format!("/r/{lobby}")).await;
        tab.hears("two").await;
        for name in ["lonely", "salt", "pepper"] {
            tab.read(".image-broken", &format!("Image: {name}")).await;
        }
        tab.read(".image-broken", "could not be loaded").await;
        let wide = "return [...document.querySelectorAll('.image-broken')].filter((tile) => tile.getBoundingClientRect().right > innerWidth).length";
        assert_eq!(tab.run(wide).await, 0, "tiles reach beyond the screen");
        tab.click(".image-broken").await; // still away
        tab.until("return document.querySelectorAll('.image-broken').length === 3", &[]).await;
        std::fs::rename(&away, &store).unwrap();
        for name in ["lonely", "salt", "pepper"] {
            tab.pick(".image-broken", name).await;
            let shown = "return [...document.querySelectorAll('.message-images img')]\
                .some((image) => image.alt.includes(arguments[0]) && image.complete && image.naturalWidth > 0)";
            tab.until(shown, &[json!(name)]).await;
        }
        tab.see_gone(".image-broken").await;
        tab.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_loads_the_small_image_and_a_large_screen_the_large_one() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    share(&ann, lobby, "the view", &[("view.png", 1200, 800)]).await;
    for (look, small) in [(PHONE, true), (DESKTOP, false)] {
        assert_eq!(loads_the_small_one(&server, &ann, look).await, small, "{look:?}");
    }
}

async fn loads_the_small_one(server: &Server, member: &Member, look: Look) -> bool {
    let tab = Tab::of(server, member, look).await;
    tab.goto(&format!("/r/{}", member.lobby().await)).await;
    tab.hears("the view").await;
    let source = "const image = rows[0].querySelector('.message-images img');\
        return image.complete && image.naturalWidth > 0 && new URL(image.currentSrc).pathname";
    let source = tab.until_rows(source, &[]).await;
    let path = source.as_str().unwrap();
    assert!(path.starts_with("/media/"), "{path}");
    tab.close().await;
    path.contains("-t.")
}
