//! What a builder would do, without doing it.

pub mod ignore_file;
pub mod resolve;
