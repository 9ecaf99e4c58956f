//! Files the operator names in options: a config, a baseline.

use std::fs::File;
use std::io;
use std::path::Path;

use crate::root::{Bytes, read_bounded};

const MAX_OPERATOR_FILE: u64 = 64 << 20;

/// Reads a file the operator named, links and pipes included; anything beyond 64 MiB is an error.
pub fn read_operator_file(path: &Path) -> io::Result<Vec<u8>> {
    match read_bounded(File::open(path)?, 0, MAX_OPERATOR_FILE)? {
        Bytes::Whole(bytes) => Ok(bytes),
        Bytes::TooLarge => Err(io::Error::other(format!(
            "larger than {MAX_OPERATOR_FILE} bytes"
        ))),
    }
}
