//! The chat page in the words of somebody who uses it.

use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::tab::Tab;

/// What the scripts below call: the rows of messages, and those with a text.
const ROWS: &str = "const rows = [...document.querySelectorAll('#timeline .message')];\
    const body = (row) => row.querySelector('.message-body')?.textContent ?? '';\
    const withText = (text) => rows.filter((row) => body(row).includes(text));";

impl Tab {
    /// Runs a script that may use `rows`, `body(row)` and `withText(text)`.
    pub async fn rows(&self, script: &str, arguments: &[Value]) -> Value {
        self.run_with(&format!("{ROWS}{script}"), arguments).await
    }

    /// Waits until such a script returns something true.
    pub async fn until_rows(&self, script: &str, arguments: &[Value]) -> Value {
        self.until(&format!("{ROWS}{script}"), arguments).await
    }

    /// Writes a message and sends it with Enter. From the first sign on that no key has, it comes as from an input method.
    pub async fn say(&self, text: &str) {
        let composer = self.see(".composer-text").await;
        let (typed, chosen) = text.split_at(text.find(|sign| sign > '\u{ffff}').unwrap_or(text.len()));
        composer.send_keys(typed).await.unwrap();
        if !chosen.is_empty() {
            self.cdp("Input.insertText", json!({"text": chosen})).await;
        }
        composer.send_keys(Key::Enter + "").await.unwrap();
    }

    /// Waits until a message with this text is there and on the server's disk.
    pub async fn hears(&self, text: &str) {
        let sent = "return withText(arguments[0]).some((row) => !row.matches('.message-pending, .message-failed'))";
        self.until_rows(sent, &[json!(text)]).await;
    }

    /// Demands that a message with this text stands there exactly once.
    pub async fn has_once(&self, text: &str) {
        let count = self.rows("return withText(arguments[0]).length", &[json!(text)]).await;
        assert_eq!(count, 1, "rows with {text:?}");
    }

    /// Waits until the message with this text is in a state: `pending` or `failed`.
    pub async fn sees_in_state(&self, text: &str, state: &str) {
        let script = "return withText(arguments[0]).some((row) => row.matches('.message-' + arguments[1]))";
        self.until_rows(script, &[json!(text), json!(state)]).await;
    }

    /// What stands in the composer.
    pub async fn composer(&self) -> String {
        self.see(".composer-text").await.prop("value").await.unwrap().unwrap_or_default()
    }

    /// Opens a room by its name in the list.
    pub async fn enter(&self, room: &str) {
        let found = "return [...document.querySelectorAll('.room')]\
            .find((room) => room.querySelector('.room-name')?.textContent.trim() === arguments[0])?.getAttribute('href')";
        let href = self.until(found, &[json!(room)]).await;
        self.click(&format!(".room[href='{}']", href.as_str().unwrap())).await;
        self.read("#room-title", room).await;
    }

    /// Points at the message with this text.
    pub async fn point_at(&self, text: &str) {
        let row = self.row(text).await;
        self.browser().action_chain().move_to_element_center(&row).perform().await.unwrap();
    }

    /// Points at the message with this text and opens its menu.
    pub async fn open_menu(&self, text: &str) {
        self.point_at(text).await;
        self.click("#timeline #message-tools [data-act=menu]").await;
        self.see("[role=menu]").await;
    }

    /// Rests a finger on the message with this text until it is felt.
    pub async fn hold(&self, text: &str) {
        let row = self.row(text).await;
        row.scroll_into_view().await.unwrap();
        let place = row.rect().await.unwrap();
        let point = json!([{"x": place.x + place.width / 2.0, "y": place.y + place.height / 2.0}]);
        self.cdp("Input.dispatchTouchEvent", json!({"type": "touchStart", "touchPoints": point})).await;
        self.see("#message-sheet").await;
        self.cdp("Input.dispatchTouchEvent", json!({"type": "touchEnd", "touchPoints": []})).await;
    }

    /// The one row with this text.
    async fn row(&self, text: &str) -> WebElement {
        self.has_once(text).await;
        let script = format!("{ROWS}return withText(arguments[0])[0]");
        self.browser().execute(script, vec![json!(text)]).await.unwrap().element().unwrap()
    }
}
