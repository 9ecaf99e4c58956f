//! Undoing zlib and deltas, never beyond a size that was agreed on before.

use gix::zlib::{Inflate, Status};

/// Why bytes could not be restored.
pub(crate) type Damage = &'static str;

/// A decompressor and its output, used again and again.
#[derive(Default)]
pub(crate) struct Inflater {
    state: Inflate,
}

impl Inflater {
    /// Inflates `input` into `output`, which holds exactly `size` bytes afterwards. The caller has bounded `size`.
    pub(crate) fn whole(
        &mut self,
        input: &[u8],
        size: usize,
        output: &mut Vec<u8>,
    ) -> Result<(), Damage> {
        // One byte more than promised, so that a stream that goes on is seen to.
        output.resize(size + 1, 0);
        self.state.reset();
        let (status, _, written) = self
            .state
            .once(input, output)
            .map_err(|_| "its compressed data is damaged")?;
        output.truncate(size);
        match status {
            Status::StreamEnd if written == size => Ok(()),
            Status::StreamEnd => Err("it is not as long as it says"),
            _ if written > size => Err("it is longer than it says"),
            _ => Err("its compressed data is cut off"),
        }
    }

    /// As much of the beginning of `input` as fits into `output`: how many bytes that were.
    pub(crate) fn beginning(&mut self, input: &[u8], output: &mut [u8]) -> Result<usize, Damage> {
        self.state.reset();
        let (_, _, written) = self
            .state
            .prefix(input, output)
            .map_err(|_| "its compressed data is damaged")?;
        Ok(written)
    }
}

/// A number in the little-endian form deltas begin with.
fn size(delta: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..63).step_by(7) {
        let (byte, rest) = delta.split_first()?;
        *delta = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// A delta whose sizes are known.
#[derive(Clone, Copy)]
pub(crate) struct Delta<'a> {
    /// How large the base must be.
    pub(crate) base: u64,
    /// How large the result will be.
    pub(crate) result: u64,
    instructions: &'a [u8],
}

impl<'a> Delta<'a> {
    pub(crate) fn new(mut bytes: &'a [u8]) -> Option<Delta<'a>> {
        Some(Delta {
            base: size(&mut bytes)?,
            result: size(&mut bytes)?,
            instructions: bytes,
        })
    }

    /// Writes the result into `output`. The caller has bounded its size.
    pub(crate) fn apply(&self, base: &[u8], output: &mut Vec<u8>) -> Result<(), Damage> {
        const DAMAGED: Damage = "its delta is damaged";
        let size = usize::try_from(self.result).map_err(|_| DAMAGED)?;
        if base.len() as u64 != self.base {
            return Err("its delta belongs to another base");
        }
        output.clear();
        output.reserve(size);
        let mut rest = self.instructions;
        while let Some((instruction, after)) = rest.split_first() {
            rest = after;
            let piece = match instruction {
                0 => return Err(DAMAGED),
                1..=0x7f => {
                    let length = usize::from(*instruction);
                    let (piece, after) = rest.split_at_checked(length).ok_or(DAMAGED)?;
                    rest = after;
                    piece
                }
                _ => copied(*instruction, &mut rest, base).ok_or(DAMAGED)?,
            };
            if output.len() + piece.len() > size {
                return Err(DAMAGED);
            }
            output.extend_from_slice(piece);
        }
        (output.len() == size).then_some(()).ok_or(DAMAGED)
    }
}

/// The piece of `base` that a copy instruction means.
fn copied<'b>(instruction: u8, rest: &mut &[u8], base: &'b [u8]) -> Option<&'b [u8]> {
    let mut numbers = [0usize; 7];
    for (bit, number) in numbers.iter_mut().enumerate() {
        if instruction & (1 << bit) != 0 {
            let (byte, after) = rest.split_first()?;
            *rest = after;
            *number = usize::from(*byte);
        }
    }
    let [o0, o1, o2, o3, s0, s1, s2] = numbers;
    let offset = o0 | o1 << 8 | o2 << 16 | o3 << 24;
    let length = match s0 | s1 << 8 | s2 << 16 {
        0 => 0x10000,
        length => length,
    };
    base.get(offset..offset.checked_add(length)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn apply(base: &[u8], delta: &[u8]) -> Option<Vec<u8>> {
        let mut output = Vec::new();
        let delta = Delta::new(delta)?;
        if delta.result > 1 << 20 {
            return None;
        }
        delta.apply(base, &mut output).ok()?;
        Some(output)
    }

    #[test]
    fn deltas_copy_and_insert() {
        // Base of 5 bytes, result of 6: copy 3 from 1, insert "xy", copy 1 from 0.
        let delta = b"\x05\x06\x91\x01\x03\x02xy\x90\x01";
        assert_eq!(apply(b"abcde", delta).unwrap(), b"bcdxya");
        assert_eq!(apply(b"abcd", delta), None, "another base");
        assert_eq!(apply(b"ab", b"\x02\x01\x90\x02"), None, "more than said");
        assert_eq!(apply(b"ab", b"\x02\x03\x90\x02"), None, "less than said");
        assert_eq!(
            apply(b"ab", b"\x02\x02\x91\x01\x02"),
            None,
            "beyond the base"
        );
        assert_eq!(apply(b"ab", b"\x02\x02\x00"), None, "reserved");
    }

    proptest! {
        #[test]
        fn nothing_panics(
            base in proptest::collection::vec(any::<u8>(), 0..40),
            delta in proptest::collection::vec(any::<u8>(), 0..60),
        ) {
            let _ = apply(&base, &delta);
            let mut output = Vec::new();
            let _ = Inflater::default().whole(&delta, 100, &mut output);
            let _ = Inflater::default().beginning(&delta, &mut [0; 32]);
        }
    }
}
