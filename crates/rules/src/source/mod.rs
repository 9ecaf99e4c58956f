//! Rules about the files themselves.

pub(crate) mod invalid_syntax;
