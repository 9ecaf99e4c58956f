//! One blob as a stream: gone on with where the connection breaks, and held against its size and digest.

use std::io::{self, Read};
use std::sync::Arc;
use std::time::Instant;

use crate::client::{Registry, slowest};
use crate::digest::{Digest, Hasher};

/// How often a blob is gone on with.
const MAX_RESUMED: u32 = 4;

/// What is known of a blob before it comes.
#[derive(Clone)]
pub(crate) struct Expected {
    pub(crate) digest: Digest,
    pub(crate) size: u64,
}

/// The bytes of a blob. Its end is an end only if they were all and are those that were meant.
pub(crate) struct Blob {
    registry: Arc<Registry>,
    expected: Expected,
    body: Box<dyn Read + Send>,
    /// Taken when the blob has ended, well or not.
    hasher: Option<Hasher>,
    is_whole: bool,
    count: u64,
    resumed: u32,
    started: Instant,
}

impl Blob {
    pub(crate) fn new(
        registry: &Arc<Registry>,
        expected: Expected,
        body: Box<dyn Read + Send>,
    ) -> Blob {
        Blob {
            registry: Arc::clone(registry),
            hasher: Some(expected.digest.hasher()),
            expected,
            body,
            is_whole: false,
            count: 0,
            resumed: 0,
            started: Instant::now(),
        }
    }

    /// At the end of what was sent.
    fn finish(&mut self) -> io::Result<()> {
        let digest = self.hasher.take().map(Hasher::finish);
        match digest {
            Some(digest) if digest == self.expected.digest => {
                self.is_whole = true;
                Ok(())
            }
            Some(digest) => Err(wrong(format!(
                "its digest is {digest}, not {}",
                self.expected.digest
            ))),
            None => Err(ended()),
        }
    }

    /// Asks for the rest, after `why` ended what was sent too early.
    fn resume(&mut self, why: io::Error) -> io::Result<()> {
        if self.resumed == MAX_RESUMED {
            self.hasher = None;
            return Err(why);
        }
        self.resumed += 1;
        match self.registry.blob(&self.expected, self.count) {
            Ok(body) => {
                self.body = body;
                Ok(())
            }
            Err(error) => {
                self.hasher = None;
                Err(io::Error::new(why.kind(), format!("{why}; then: {error}")))
            }
        }
    }
}

impl Read for Blob {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.is_whole || buffer.is_empty() {
                return Ok(0);
            }
            let Some(hasher) = &mut self.hasher else {
                return Err(ended());
            };
            match self.body.read(buffer) {
                Ok(0) if self.count == self.expected.size => self.finish()?,
                Ok(0) => self.resume(io::ErrorKind::UnexpectedEof.into())?,
                Ok(count) => {
                    self.count += count as u64;
                    if self.count > self.expected.size {
                        self.hasher = None;
                        return Err(wrong(format!(
                            "it has more than its {} bytes",
                            self.expected.size
                        )));
                    }
                    // By what came, not by the size that a manifest claims.
                    if self.started.elapsed() > slowest(self.count) {
                        self.hasher = None;
                        return Err(wrong("it comes too slowly".to_owned()));
                    }
                    hasher.update(buffer.get(..count).unwrap_or_default());
                    return Ok(count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => self.resume(error)?,
            }
        }
    }
}

fn wrong(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

fn ended() -> io::Error {
    wrong("it was not what was asked for".to_owned())
}
