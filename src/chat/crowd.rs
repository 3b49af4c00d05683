//! Connections that stay open: sockets, streams of events and waits, so many an address and so many in all.
//!
//! They are counted before anything is looked up: whoever opens a thousand costs no question to the database.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use actix_web::{
    HttpMessage as _, HttpRequest,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
    web::Data,
};
use url::form_urlencoded;

use crate::{
    chat::doors::places::{Place, Places},
    error::{AppError, AppResult},
    limit::Limit,
    web::client::Client,
};

/// Who finds no place is told to come back after this.
const LATER: Duration = Duration::from_secs(30);

/// The places there are, by address.
#[derive(Debug, Clone)]
pub struct Crowd {
    places: Places<IpAddr>,
    /// It was said that a proxy may have been forgotten.
    has_warned: Arc<AtomicBool>,
}

/// A place of an address, taken as long as this lives.
pub type Stay = Place<IpAddr>;

impl Crowd {
    /// `all` places, of which one address takes at most so many.
    pub fn new(each: usize, all: usize) -> Self {
        Self { places: Places::new(each, all), has_warned: Arc::default() }
    }

    fn enter(&self, req: &HttpRequest) -> AppResult<Stay> {
        let network = Client::of(req).network();
        self.places.take(network).map_err(|error| match error {
            AppError::TooFast(..) => {
                if network.is_loopback() && !self.has_warned.swap(true, Ordering::Relaxed) {
                    tracing::warn!(
                        "this machine has all connections of an address; is its proxy named by --trusted-proxies?"
                    );
                }
                AppError::TooFast(Some(Limit::AddressSockets), LATER)
            }
            _ => AppError::Full(Limit::Sockets, Some(LATER)),
        })
    }
}

/// The middleware: a request that would stay takes a place, and carries it.
///
/// # Errors
/// None of its own: a refusal is an ordinary response.
pub async fn admit(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let crowd = if stays(&req) { req.app_data::<Data<Crowd>>().cloned() } else { None };
    match crowd.map(|crowd| crowd.enter(req.request())).transpose() {
        Ok(stay) => {
            if let Some(stay) = stay {
                req.extensions_mut().insert(stay);
            }
            Ok(next.call(req).await?.map_into_left_body())
        }
        Err(error) => Ok(req.error_response(error).map_into_right_body()),
    }
}

/// The place that a request carries, for what outlives it. A wait is over with its request, and leaves it there.
pub fn stay(req: &HttpRequest) -> Option<Stay> {
    req.extensions_mut().remove()
}

/// By the path and the query as they are understood: an address can be written in many ways.
fn stays(req: &ServiceRequest) -> bool {
    match req.match_info().as_str() {
        "/ws/chat/" | "/api/v1/events" => true,
        "/api/v1/sync" => {
            form_urlencoded::parse(req.query_string().as_bytes()).any(|(name, value)| name == "wait" && value != "0")
        }
        _ => false,
    }
}
