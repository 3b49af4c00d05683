//! The site's mark on pages and in apps: the one an admin uploaded, or ours.

use serde::Serialize;

use crate::{setting::values::Values, web::assets};

/// Addresses of the mark's pictures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// On pages and in tabs.
    pub image: String,
    /// 192 pixels a side, PNG.
    pub icon: String,
    /// 512 pixels a side, PNG.
    pub large: String,
    /// The same with a margin for apps whose icons are cut round, where there is one.
    pub maskable: Option<String>,
}

impl Mark {
    /// The one in force.
    pub fn of(values: &Values) -> Self {
        let ours = |file: &str| format!("{}/img/{file}", assets::prefix());
        match own(values) {
            Some([large, small]) => Self { image: small.clone(), icon: small, large, maskable: None },
            None => Self {
                image: ours("logo.svg"),
                icon: ours("icon-192.png"),
                large: ours("icon-512.png"),
                maskable: Some(ours("icon-maskable.png")),
            },
        }
    }
}

/// Addresses of an uploaded mark, large and small.
pub fn own(values: &Values) -> Option<[String; 2]> {
    let key = &values.logo;
    (!key.is_empty()).then(|| [format!("/media/logos/{key}.png"), format!("/media/logos/{key}-s.png")])
}
