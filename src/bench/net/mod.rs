//! The generator's own network: non-blocking sockets on one thread, because at millions of deliveries a second a client that
//! allocates for each of them would measure itself.

pub mod frame;
pub mod http;
pub mod link;
pub mod poller;
