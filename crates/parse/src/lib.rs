//! Bytes to trees with byte spans; never fails.
