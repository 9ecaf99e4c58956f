//! What a builder would do, without doing it.
