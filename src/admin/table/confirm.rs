//! "Really?", as a page: what `templates/admin/confirm.html` shows under `confirm`.

use serde::Serialize;

use crate::admin::table::fields::{Fields, UNTYPED};

/// An act that waits for a yes.
#[derive(Debug, Clone, Serialize)]
pub struct Confirm {
    /// Names its words: `confirm-<key>-title`, `-text` and `-button`.
    pub key: &'static str,
    /// Of the sprite.
    pub icon: &'static str,
    /// It takes something away.
    pub danger: bool,
    /// To what it is done.
    pub items: Vec<Item>,
    /// To how many.
    pub count: usize,
    /// The name of the only one; empty where there are more.
    pub name: String,
    /// Fields that the form carries.
    pub hidden: Vec<(String, String)>,
    /// The number must be typed.
    pub typed: bool,
    /// It was typed wrong.
    pub wrong: bool,
    /// Where the yes goes.
    pub action: String,
    /// Where the no goes.
    pub back: String,
}

/// One of the things it is done to.
#[derive(Debug, Clone, Serialize)]
pub struct Item {
    /// Its name.
    pub name: String,
    /// More about it; may be empty.
    pub note: String,
}

impl Confirm {
    /// A question about these things, which the form carries as `field`.
    pub fn new(key: &'static str, icon: &'static str, field: &str, things: &[(i64, Item)]) -> Self {
        let only = if let [(_, only)] = things { only.name.clone() } else { String::new() };
        Self {
            key,
            icon,
            danger: false,
            items: things.iter().map(|(_, item)| item.clone()).collect(),
            count: things.len(),
            name: only,
            hidden: things.iter().map(|(id, _)| (field.to_owned(), id.to_string())).collect(),
            typed: things.len() > UNTYPED,
            wrong: false,
            action: String::new(),
            back: String::new(),
        }
    }

    /// Asked again after an answer that lacks the number.
    #[must_use]
    pub fn again(mut self, answer: &Fields) -> Self {
        self.wrong = !answer.confirms(self.count);
        self
    }
}
