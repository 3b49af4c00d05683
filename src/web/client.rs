//! Who is asking: the address that limits count by, and what the browser calls itself.

use std::{
    future::{Ready, ready},
    net::{IpAddr, Ipv6Addr},
};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web};

use crate::{error::AppError, web::site::Site};

/// Longest user agent that is kept.
const AGENT: usize = 200;

/// The client of a request.
#[derive(Debug, Clone)]
pub struct Client {
    /// The client's own address, as far as it can be known.
    pub ip: IpAddr,
    /// The `User-Agent` header, cut.
    pub agent: String,
}

impl Client {
    /// Reads it off a request.
    pub fn of(req: &HttpRequest) -> Self {
        let agent = req.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let agent = agent.chars().filter(|c| !c.is_control()).take(AGENT).collect();
        let site = req.app_data::<web::Data<Site>>();
        let ip = site.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |site| address(req, site));
        Self { ip, agent }
    }

    /// What limits count by: an IPv4 address, or the /64 that one IPv6 household has to itself.
    pub fn network(&self) -> IpAddr {
        match self.ip {
            IpAddr::V4(_) => self.ip,
            IpAddr::V6(ip) => {
                let [a, b, c, d, ..] = ip.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        }
    }
}

impl FromRequest for Client {
    type Error = AppError;
    type Future = Ready<Result<Self, AppError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(req)))
    }
}

/// The peer, or, where the peer is a trusted proxy, the right-most address in `X-Forwarded-For` that is none. Everything left
/// of it was written by the client and proves nothing.
fn address(req: &HttpRequest, site: &Site) -> IpAddr {
    let Some(peer) = req.peer_addr() else { return IpAddr::V6(Ipv6Addr::UNSPECIFIED) };
    let mut nearest = peer.ip().to_canonical();
    let forwarded = req.headers().get_all("x-forwarded-for").filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = forwarded.flat_map(|line| line.split(',')).collect();
    for hop in hops.iter().rev() {
        if !site.is_trusted_proxy(nearest) {
            break;
        }
        let Ok(ip) = hop.trim().parse::<IpAddr>() else { break };
        nearest = ip.to_canonical();
    }
    nearest
}
