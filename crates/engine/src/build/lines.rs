//! Output as lines: pieces put together, long ones cut.

use std::collections::BTreeMap;

use super::{BuildEvent, LogStream};

/// Bytes after which a line is told although it has not ended.
const LONGEST_LINE: usize = 16 << 10;
/// Outputs that may have an unfinished line at once.
const OPEN_LINES: usize = 256;

/// The unfinished lines of each step.
#[derive(Default)]
pub(super) struct Lines {
    open: BTreeMap<(u32, bool), Vec<u8>>,
}

impl Lines {
    /// Adds output of a step and tells the lines it completes.
    pub(super) fn push(
        &mut self,
        step: u32,
        stream: LogStream,
        bytes: &[u8],
        tell: &mut dyn FnMut(BuildEvent),
    ) {
        let key = (step, stream == LogStream::Error);
        if !self.open.contains_key(&key) && self.open.len() >= OPEN_LINES {
            self.flush(tell);
        }
        let line = self.open.entry(key).or_default();
        for byte in bytes {
            match byte {
                b'\n' => tell(event(step, stream, line)),
                _ => {
                    line.push(*byte);
                    if line.len() >= LONGEST_LINE {
                        tell(event(step, stream, line));
                    }
                }
            }
        }
        if line.is_empty() {
            self.open.remove(&key);
        }
    }

    /// Tells what did not end in a newline.
    pub(super) fn flush(&mut self, tell: &mut dyn FnMut(BuildEvent)) {
        for ((step, is_error), mut line) in std::mem::take(&mut self.open) {
            let stream = if is_error {
                LogStream::Error
            } else {
                LogStream::Out
            };
            tell(event(step, stream, &mut line));
        }
    }
}

fn event(step: u32, stream: LogStream, line: &mut Vec<u8>) -> BuildEvent {
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    let text = String::from_utf8_lossy(line).into_owned();
    line.clear();
    BuildEvent::Log { step, stream, text }
}
