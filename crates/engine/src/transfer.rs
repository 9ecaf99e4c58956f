//! Sending what a blocking reader gives as the body of a request.

use std::io::Read;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Frame;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::http::Body;

/// Bytes read at once.
const CHUNK: usize = 128 << 10;
/// Chunks that may wait to be sent, so that memory stays flat however slow the engine is.
const WAITING: usize = 4;

/// The sending side of a body, for the thread that reads.
pub(crate) struct Pump {
    chunks: Sender<std::io::Result<Frame<Bytes>>>,
    failure: Failure,
}

/// Why reading stopped, where it failed.
#[derive(Clone, Default)]
pub(crate) struct Failure(Arc<Mutex<Option<std::io::Error>>>);

impl Failure {
    /// Takes the error out, if there is one.
    pub(crate) fn take(&self) -> Option<std::io::Error> {
        self.0.lock().ok()?.take()
    }
}

/// A body and the pump that fills it.
pub(crate) fn body() -> (Body, Pump, Failure) {
    let (chunks, received) = channel(WAITING);
    let failure = Failure::default();
    let pump = Pump {
        chunks,
        failure: failure.clone(),
    };
    (Chunks(received).boxed(), pump, failure)
}

impl Pump {
    /// Sends all of `reader`; returns early where nobody receives any more.
    pub(crate) fn run(self, reader: &mut dyn Read) {
        let mut buffer = vec![0; CHUNK];
        loop {
            let chunk = match reader.read(&mut buffer) {
                Ok(0) => return,
                Ok(length) => Bytes::copy_from_slice(buffer.get(..length).unwrap_or_default()),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return self.fail(error),
            };
            if self.chunks.blocking_send(Ok(Frame::data(chunk))).is_err() {
                return;
            }
        }
    }

    /// Breaks the body off, so that the engine does not take half of it for the whole.
    fn fail(self, error: std::io::Error) {
        let broken = std::io::Error::new(error.kind(), "the source of the request failed");
        if let Ok(mut failure) = self.failure.0.lock() {
            *failure = Some(error);
        }
        // Where nobody receives any more, nobody needs to be told.
        let _ = self.chunks.blocking_send(Err(broken));
    }
}

/// The receiving side as a body.
struct Chunks(Receiver<std::io::Result<Frame<Bytes>>>);

impl hyper::body::Body for Chunks {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<std::io::Result<Frame<Bytes>>>> {
        self.0.poll_recv(context)
    }
}
