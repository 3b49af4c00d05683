//! The queue of reported messages: what waits, what was settled, and settling it.

pub mod store;
