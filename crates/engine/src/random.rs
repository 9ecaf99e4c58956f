//! Randomness of the system, for names that nobody guesses.

use std::fs::File;
use std::io::{self, Read};

/// `bytes` random bytes as hexadecimal digits.
pub fn random_hex(bytes: usize) -> io::Result<String> {
    let mut random = vec![0; bytes];
    File::open("/dev/urandom")?.read_exact(&mut random)?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_differ() {
        let [first, second] = [random_hex(16).unwrap(), random_hex(16).unwrap()];
        assert_eq!(first.len(), 32);
        assert_ne!(first, second);
    }
}
