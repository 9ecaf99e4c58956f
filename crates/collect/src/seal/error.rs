//! Why a context is not sealed.

use std::io;

use plimsoll_model::{RootPath, percent_encode_path};

/// Why a context is not sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// Something in it must not be sent.
    #[error("`{}` {reason}", percent_encode_path(&path.to_string()))]
    Refused {
        /// What.
        path: RootPath,
        /// Why.
        reason: SealReason,
    },
    /// It cannot be read.
    #[error("reading `{}`: {error}", percent_encode_path(&path.to_string()))]
    Read {
        /// What.
        path: RootPath,
        /// Why.
        error: io::Error,
    },
    /// The sealed context cannot be written.
    #[error("writing the sealed context: {0}")]
    Write(io::Error),
    /// A thread panicked: a mistake of ours.
    #[error("sealing the context failed: a thread of it panicked, which is a defect of Plimsoll")]
    Panicked,
    /// It was asked to stop.
    #[error("stopped before the context was sealed")]
    Cancelled,
}

/// Why an entry must not be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum SealReason {
    #[error(
        "is a link to `{}`, which lies outside the context",
        percent_encode_path(target)
    )]
    LinkLeaves { target: String },
    #[error("is a link that leads in a circle")]
    LinkLoop,
    #[error("is a device")]
    Device,
    #[error("is a FIFO")]
    Fifo,
    #[error("is a socket")]
    Socket,
    #[error("has control characters in its name")]
    NameControl,
    #[error("has a name, or leads to one, that is not UTF-8")]
    NameNotText,
    #[error("became a link while the context was being sealed")]
    SwappedForLink,
    #[error("became something else while the context was being sealed")]
    Swapped,
    #[error("changed while the context was being sealed")]
    Changed,
    #[error("is one of {links} names of a file, {outside} of them outside what is sent")]
    HardLinkOutside { links: u64, outside: u64 },
    #[error("lies more than {most} folders deep")]
    TooDeep { most: usize },
    #[error("is one entry more than the {most} that are allowed")]
    TooManyEntries { most: usize },
    #[error("brings the context to more than the {most} bytes that are allowed")]
    TooManyBytes { most: u64 },
    #[error("stands where the sealed context keeps a file of its own")]
    Reserved,
    #[error("{0}")]
    Inspected(String),
}
