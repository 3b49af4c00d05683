//! The tray of images that wait for their message: files in it arrive, fail, are tried again or given up.

use std::path::PathBuf;

use serde_json::json;
use tempfile::TempDir;
use thirtyfour::prelude::*;

use crate::{
    support::{picture::png, server::Server},
    tab::{DESKTOP, Tab},
};

/// Pictures in a folder, as a person has them on disk.
pub struct Album(TempDir);

impl Album {
    /// One PNG of each size, named like `80x60.png`.
    pub fn of(sizes: &[(u32, u32)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder for pictures");
        for (width, height) in sizes {
            let bytes = png(*width, *height, [0xc0, 0x80, u8::try_from(width % 256).unwrap()]);
            std::fs::write(folder.path().join(format!("{width}x{height}.png")), bytes).unwrap();
        }
        Self(folder)
    }

    /// The files, by name.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<_> = self.0.path().read_dir().unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        files
    }
}

impl Tab {
    /// Picks files in the dialog that a field opens.
    pub async fn pick_files(&self, field: &str, files: &[PathBuf]) {
        let paths: Vec<_> = files.iter().map(|file| file.to_str().unwrap()).collect();
        self.browser().find(By::Css(field)).await.unwrap().send_keys(paths.join("\n")).await.unwrap();
    }

    /// Waits until so many images in the tray are ready to be sent.
    pub async fn has_ready_images(&self, count: usize) {
        let ready =
            "return document.querySelectorAll('.tray-tile:not(.tray-busy, .tray-failed)').length === arguments[0]";
        self.until(ready, &[json!(count)]).await;
    }

    /// The names of the images of the message with this text; the server chooses what kind of files they become.
    async fn image_names(&self, text: &str) -> serde_json::Value {
        let names = "return [...withText(arguments[0])[0].querySelectorAll('.message-images img')].map((image) => image.alt.replace(/\\.\\w+$/, ''))";
        self.rows(names, &[json!(text)]).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn images_picked_as_files_and_a_caption_are_one_message() {
    let server = Server::start();
    let (ann, bob) = (server.member("ann").await, server.member("bob").await);
    let (ann, bob) = (Tab::of(&server, &ann, DESKTOP).await, Tab::of(&server, &bob, DESKTOP).await);
    let album = Album::of(&[(80, 60), (60, 90), (50, 50)]);
    ann.see(".composer-text").await;
    bob.see(".composer-text").await;
    ann.pick_files("#files", &album.files()).await;
    ann.has_ready_images(3).await;
    ann.say("our table").await;
    for tab in [&ann, &bob] {
        tab.hears("our table").await;
        assert_eq!(tab.image_names("our table").await, json!(["Image: 50x50", "Image: 60x90", "Image: 80x60"]));
        assert_eq!(tab.rows("return rows.length", &[]).await, 1);
    }
    ann.close().await;
    bob.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_is_taken_out_is_not_sent() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    let album = Album::of(&[(80, 60), (60, 90)]);
    tab.see(".composer-text").await;
    tab.pick_files("#files", &album.files()).await;
    tab.has_ready_images(2).await;
    tab.click(".tray-remove[aria-label*='60x90.png']").await;
    tab.has_ready_images(1).await;
    tab.say("only the wide one").await;
    tab.hears("only the wide one").await;
    assert_eq!(tab.image_names("only the wide one").await, json!(["Image: 80x60"]));
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_failed_says_why_and_arrives_at_the_second_try() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    let album = Album::of(&[(60, 90), (80, 60)]);
    let files = album.files();
    tab.see(".composer-text").await;
    tab.pick_files("#files", &files[..1]).await;
    tab.has_ready_images(1).await;

    tab.go_offline().await;
    tab.pick_files("#files", &files[1..]).await;
    tab.read(".tray-failed .tray-note", "The network is down").await;
    tab.say("from the cellar").await;
    tab.read("#toast", "An image did not arrive").await;
    assert_eq!(tab.composer().await, "from the cellar", "what was written waits for the image");
    tab.go_online().await;
    tab.pick(".tray-failed .tray-note button", "Retry").await;
    tab.has_ready_images(2).await;
    tab.click(".send-button").await;
    tab.hears("from the cellar").await;
    assert_eq!(tab.image_names("from the cellar").await, json!(["Image: 60x90", "Image: 80x60"]));
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_cancelled_leaves_no_tile_and_is_not_sent() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    let album = Album::of(&[(60, 90), (80, 60)]);
    let files = album.files();
    tab.see(".composer-text").await;
    tab.pick_files("#files", &files[..1]).await;
    tab.has_ready_images(1).await;

    tab.line().lose_answers(); // so it stays on its way
    tab.pick_files("#files", &files[1..]).await;
    tab.see(".tray-busy progress").await;
    tab.pick(".tray-busy .tray-note button", "Cancel").await;
    tab.see_gone(".tray-busy").await;
    tab.has_ready_images(1).await;
    tab.line().cut();
    tab.line().mend();
    tab.say("one is enough").await;
    tab.hears("one is enough").await;
    assert_eq!(tab.image_names("one is enough").await, json!(["Image: 60x90"]));
    tab.close().await;
}

/// Pastes a picture that does not compress, which is a megabyte or more as a file.
const PASTE_NOISE: &str = r"
const done = arguments[0];
(async () => {
    const canvas = new OffscreenCanvas(700, 700);
    const context = canvas.getContext('2d');
    const noise = context.createImageData(700, 700);
    let state = 7;
    for (let index = 0; index < noise.data.length; index++) {
        state = (Math.imul(state, 1664525) + 1013904223) | 0;
        noise.data[index] = index % 4 === 3 ? 255 : state >>> 24;
    }
    context.putImageData(noise, 0, 0);
    const data = new DataTransfer();
    data.items.add(new File([await canvas.convertToBlob()], 'noise.png', {type: 'image/png'}));
    document.querySelector('#text').dispatchEvent(new ClipboardEvent('paste', {bubbles: true, cancelable: true, clipboardData: data}));
})().then(() => done(true));";

#[tokio::test(flavor = "multi_thread")]
async fn originals_are_sent_as_they_are_only_where_that_is_chosen() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.see(".composer-text").await;
    for (text, original) in [("as small as it gets", false), ("as it was taken", true)] {
        if original {
            // The box stands beside the first image; what is picked after it is ticked goes as it is.
            tab.pick_files("#files", &Album::of(&[(80, 60)]).files()).await;
            tab.click(".tray-original input").await;
            tab.click(".tray-remove").await;
        }
        tab.run_async(PASTE_NOISE, &[]).await;
        tab.has_ready_images(1).await;
        tab.say(text).await;
        tab.hears(text).await;
    }
    let weigh = "const done = arguments[0]; Promise.all([...document.querySelectorAll('.message-images a')]\
        .map(async (link) => (await (await fetch(link.href)).blob()).size)).then(done)";
    let sizes = tab.run_async(weigh, &[]).await;
    let (reduced, original) = (sizes[0].as_u64().unwrap(), sizes[1].as_u64().unwrap());
    assert!(original > 1_000_000 && reduced < original / 2, "{sizes}");
    tab.click(".message-images a").await;
    tab.read("#lightbox .lightbox-note", "kB").await;
    tab.press(Key::Right + "").await;
    tab.read("#lightbox .lightbox-note", "MB").await;
    tab.close().await;
}
