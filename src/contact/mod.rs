//! What people are to each other: friends, requests, blocks.

pub mod store;
pub mod wire;
