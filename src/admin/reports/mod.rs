//! Reported messages: what waits, what was settled, and settling it. The queue itself is [`crate::report::queue`].

pub mod case;
pub mod handlers;
pub mod pages;
