//! What a builder would do, without doing it.

pub mod context;
pub mod ignore_file;
pub mod resolve;
pub mod sensitive;
