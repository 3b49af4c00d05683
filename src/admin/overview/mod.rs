//! The overview: what goes on now, and what went on in the last thirty days.
//!
//! Reading order: [`tally`] counts as messages come, [`facts`] gathers, [`chart`] draws; [`store`] speaks SQL.

pub mod chart;
pub mod facts;
pub mod handlers;
pub mod pages;
pub mod store;
pub mod tally;
