//! A stream of JSON values, one a line, each of bounded length.

use bytes::BytesMut;
use serde_json::Value;

/// The longest value: BuildKit sends a step's whole burst of output in one.
const LINE_LIMIT: usize = 32 << 20;

/// Puts lines together from chunks.
#[derive(Default)]
pub(crate) struct JsonLines {
    rest: BytesMut,
}

/// A line was longer than any the engine has reason to send.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LineTooLong;

impl JsonLines {
    /// Adds a chunk and returns the values that are complete now. What is not JSON is left out.
    pub(crate) fn push(&mut self, chunk: &[u8]) -> Result<Vec<Value>, LineTooLong> {
        let mut values = Vec::new();
        for part in chunk.split_inclusive(|byte| *byte == b'\n') {
            if self.rest.len() + part.len() > LINE_LIMIT {
                return Err(LineTooLong);
            }
            self.rest.extend_from_slice(part);
            if part.ends_with(b"\n") {
                values.extend(self.take());
            }
        }
        Ok(values)
    }

    /// The value that no newline followed.
    pub(crate) fn take(&mut self) -> Option<Value> {
        serde_json::from_slice(&self.rest.split()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_come_whole() {
        let mut lines = JsonLines::default();
        assert_eq!(lines.push(b"{\"a\":"), Ok(vec![]));
        assert_eq!(
            lines.push(b"1}\r\n{}\nnonsense\n{\"b\""),
            Ok(vec![json!({"a": 1}), json!({})])
        );
        assert_eq!(lines.push(b":2}"), Ok(vec![]));
        assert_eq!(lines.take(), Some(json!({"b": 2})));
    }

    #[test]
    fn endless_lines_are_not_kept() {
        let mut lines = JsonLines::default();
        let chunk = vec![b'x'; LINE_LIMIT / 2];
        assert_eq!(lines.push(&chunk), Ok(vec![]));
        assert_eq!(lines.push(&chunk), Ok(vec![]));
        assert_eq!(lines.push(b"x"), Err(LineTooLong));
    }
}
