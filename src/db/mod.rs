//! The database: one set of queries for SQLite and PostgreSQL, a pool for reading, one door for writing.
//!
//! It knows no feature. Reading connections cannot write; every write is a job in a lane that the Scribe's thread works off
//! (on PostgreSQL the second lane runs on the pool).

pub mod checkpoint;
pub mod claim;
pub mod connection;
pub mod kept;
pub mod lane;
pub mod mark;
pub mod migrate;
pub mod page;
pub mod pen;
pub mod pool;
pub mod schema;
pub mod snapshot;
pub mod space;
pub mod time;
pub mod turn;
pub mod worker;
