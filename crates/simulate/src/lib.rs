//! What a builder would do, without doing it.

pub mod context;
pub mod expand;
pub mod ignore_file;
pub mod resolve;
pub mod scope;
pub mod sensitive;
pub mod stages;
