//! The keyed hash of a secret, by which it is known again without being kept.

use std::fmt;

use sha2::{Digest, Sha256};

/// Bytes of a block of SHA-256.
const BLOCK: usize = 64;

/// The key of [`ValueHash`]es: values hashed with one key can be compared with each other and with nothing else.
#[derive(Clone)]
pub struct HashKey {
    inner: Sha256,
    outer: Sha256,
}

impl fmt::Debug for HashKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashKey")
    }
}

/// HMAC-SHA256 of a secret.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ValueHash(pub [u8; 32]);

impl HashKey {
    /// A key of any length.
    pub fn new(key: &[u8]) -> HashKey {
        let mut block = [0_u8; BLOCK];
        if key.len() > BLOCK {
            copy(&mut block, &Sha256::digest(key));
        } else {
            copy(&mut block, key);
        }
        HashKey {
            inner: Sha256::new_with_prefix(block.map(|byte| byte ^ 0x36)),
            outer: Sha256::new_with_prefix(block.map(|byte| byte ^ 0x5c)),
        }
    }

    /// The hash of a secret under this key.
    pub fn hash(&self, value: &[u8]) -> ValueHash {
        let inner = self.inner.clone().chain_update(value).finalize();
        let outer = self.outer.clone().chain_update(inner).finalize();
        ValueHash(outer.into())
    }
}

fn copy(to: &mut [u8], from: &[u8]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}

impl fmt::Display for ValueHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ValueHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_standard() {
        // RFC 4231, cases 2 and 6.
        let check = |key: &[u8], text: &[u8], expected: &str| {
            assert_eq!(HashKey::new(key).hash(text).to_string(), expected);
        };
        check(
            b"Jefe",
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        );
        check(
            &[0xaa; 131],
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        );
    }
}
