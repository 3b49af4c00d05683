//! Pictures that people send: taken in, checked, made small, stored, served, swept.

pub mod image;
