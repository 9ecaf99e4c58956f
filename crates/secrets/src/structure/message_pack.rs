//! MessagePack, as much of it as tokens use: bounded in depth and in number of values.

/// Deeper values are not read.
const DEEPEST: usize = 12;
/// More values than this are not read.
const MOST: usize = 4096;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Nil,
    Number(i128),
    Bytes(Vec<u8>),
    Text(String),
    Array(Vec<Value>),
    Map(Vec<(Value, Value)>),
}

impl Value {
    pub(super) fn array(&self) -> Option<&[Value]> {
        match self {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }

    pub(super) fn number(&self) -> Option<i128> {
        match self {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// The first value of `bytes`.
pub(super) fn read(bytes: &[u8]) -> Option<Value> {
    let mut reader = Reader {
        rest: bytes,
        left: MOST,
    };
    reader.value(0)
}

struct Reader<'a> {
    rest: &'a [u8],
    left: usize,
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Option<Value> {
        self.left = self.left.checked_sub(1)?;
        if depth > DEEPEST {
            return None;
        }
        let first = self.take(1)?.first().copied()?;
        Some(match first {
            0..=0x7f => Value::Number(i128::from(first)),
            0x80..=0x8f => self.map(usize::from(first & 15), depth)?,
            0x90..=0x9f => self.array(usize::from(first & 15), depth)?,
            0xa0..=0xbf => self.text(usize::from(first & 31))?,
            0xc0 => Value::Nil,
            0xc2 | 0xc3 => Value::Number(i128::from(first & 1)),
            0xc4..=0xc6 => {
                let length = self.length(1 << (first - 0xc4))?;
                Value::Bytes(self.take(length)?.to_vec())
            }
            0xcc..=0xcf => Value::Number(i128::from(self.unsigned(1 << (first - 0xcc))?)),
            0xd0 => Value::Number(i128::from(self.unsigned(1)? as u8 as i8)),
            0xd1 => Value::Number(i128::from(self.unsigned(2)? as u16 as i16)),
            0xd2 => Value::Number(i128::from(self.unsigned(4)? as u32 as i32)),
            0xd3 => Value::Number(i128::from(self.unsigned(8)? as i64)),
            0xd9..=0xdb => {
                let length = self.length(1 << (first - 0xd9))?;
                self.text(length)?
            }
            0xdc | 0xdd => {
                let length = self.length(2 << (first - 0xdc))?;
                self.array(length, depth)?
            }
            0xde | 0xdf => {
                let length = self.length(2 << (first - 0xde))?;
                self.map(length, depth)?
            }
            0xe0..=0xff => Value::Number(i128::from(first as i8)),
            _ => return None,
        })
    }

    fn take(&mut self, length: usize) -> Option<&[u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    fn unsigned(&mut self, length: usize) -> Option<u64> {
        let bytes = self.take(length)?;
        Some(
            bytes
                .iter()
                .fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
        )
    }

    fn length(&mut self, length: usize) -> Option<usize> {
        usize::try_from(self.unsigned(length)?).ok()
    }

    fn text(&mut self, length: usize) -> Option<Value> {
        let bytes = self.take(length)?;
        Some(Value::Text(String::from_utf8_lossy(bytes).into_owned()))
    }

    /// Grows as values are read, not as the input says: a length is a stranger's word.
    fn array(&mut self, length: usize, depth: usize) -> Option<Value> {
        let mut items = Vec::new();
        for _ in 0..length {
            items.push(self.value(depth + 1)?);
        }
        Some(Value::Array(items))
    }

    fn map(&mut self, length: usize, depth: usize) -> Option<Value> {
        let mut entries = Vec::new();
        for _ in 0..length {
            entries.push((self.value(depth + 1)?, self.value(depth + 1)?));
        }
        Some(Value::Map(entries))
    }
}
