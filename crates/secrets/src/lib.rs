//! The pattern engine for credentials: bytes to redacted matches.
