//! Forms in which a field may stand more than once: the ticked rows of a table.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web};

use crate::{
    error::{AppError, AppResult},
    web::body::Form,
};

/// Rows that one act takes at most: what fits on a page.
pub const AT_ONCE: usize = super::MOST as usize;

/// Above so many the number is typed before anything is done to them.
pub const UNTYPED: usize = 10;

/// The fields of a form or of a query string, in their order.
#[derive(Debug, Clone, Default)]
pub struct Fields(pub Vec<(String, String)>);

impl Fields {
    /// Of a query string.
    ///
    /// # Errors
    /// [`AppError::Malformed`] for one that cannot be read.
    pub fn of_query(req: &HttpRequest) -> AppResult<Self> {
        web::Query::<Vec<(String, String)>>::from_query(req.query_string())
            .map(|query| Self(query.into_inner()))
            .map_err(|error| AppError::Malformed(error.to_string()))
    }

    /// The first of this name, without blanks around it; empty where there is none.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(given, _)| given == name).map_or("", |(_, value)| value.trim())
    }

    /// The ids under this name, each once, in their order.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for none, for more than [`AT_ONCE`], and for what is no id.
    pub fn ids(&self, name: &'static str) -> AppResult<Vec<i64>> {
        let mut ids = Vec::new();
        for (_, value) in self.0.iter().filter(|(given, _)| given == name) {
            let id = value.parse::<i64>().ok().filter(|id| *id > 0);
            let id = id.ok_or_else(|| super::invalid(name, "is an id"))?;
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        match ids.len() {
            0 => Err(super::invalid(name, "is missing: choose at least one")),
            1..=AT_ONCE => Ok(ids),
            _ => Err(super::invalid(name, "stands there too often: 100 at once")),
        }
    }

    /// Was the number typed that an act on so many wants?
    pub fn confirms(&self, count: usize) -> bool {
        count <= UNTYPED || self.get("count").parse() == Ok(count)
    }
}

impl FromRequest for Fields {
    type Error = AppError;
    type Future = Pin<Box<dyn Future<Output = AppResult<Self>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let form = Form::<Vec<(String, String)>>::from_request(req, payload);
        Box::pin(async move { Ok(Self(form.await?.0)) })
    }
}
