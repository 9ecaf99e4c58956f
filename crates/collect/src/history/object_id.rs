//! The name of a git object.

use std::fmt;

/// The SHA-1 name of a git object.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId([u8; ObjectId::BYTES]);

impl ObjectId {
    /// How many bytes a name has.
    pub const BYTES: usize = 20;

    /// The name in exactly the right number of bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<ObjectId> {
        bytes.try_into().ok().map(ObjectId)
    }

    /// The name in 40 hex digits.
    pub fn from_hex(digits: &[u8]) -> Option<ObjectId> {
        if digits.len() != 2 * ObjectId::BYTES {
            return None;
        }
        let mut bytes = [0; ObjectId::BYTES];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let [high, low] = pair else { return None };
            *byte = (hex_digit(*high)? << 4) | hex_digit(*low)?;
        }
        Some(ObjectId(bytes))
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

fn hex_digit(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}

impl fmt::Display for ObjectId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_goes_both_ways() {
        let text = "00ff10ab00000000000000000000000000000009";
        let id = ObjectId::from_hex(text.as_bytes()).unwrap();
        assert_eq!(id.to_string(), text);
        assert_eq!(ObjectId::from_bytes(id.as_bytes()), Some(id));
        assert_eq!(ObjectId::from_hex(b"00"), None);
        assert_eq!(ObjectId::from_hex("é".repeat(20).as_bytes()), None);
    }
}
