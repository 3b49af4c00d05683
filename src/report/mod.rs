//! Messages that members reported, until an admin settles them.

pub mod queue;
pub mod store;
