//! What a builder would do, without doing it.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod context;
pub mod expand;
pub mod ignore_file;
pub mod resolve;
pub mod scope;
pub mod sensitive;
pub mod stages;
