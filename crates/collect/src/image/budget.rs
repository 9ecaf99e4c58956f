//! What one archive may take: counters that all its layers and images share, what went wrong, and the request to stop.

use std::cell::{Cell, RefCell};
use std::io::{self, Read};

use plimsoll_model::{ErrorKind, RootPath, SkipReason};

use crate::cancel::Cancel;
use crate::collection::Collection;
use crate::inside::MAX_UNPACKED;
use crate::walk::Note;

/// Bytes read, bytes of the archive unpacked, and bytes of all its layers unpacked.
const MAX_BYTES: u64 = 64 << 30;
/// Members of an archive that are looked at.
const MAX_MEMBERS: u64 = 100_000;
/// Names in layers that are remembered.
const MAX_NAMES: u64 = 4_000_000;
/// Credentials that are kept, and as many places of credentials that are told.
const MAX_SIGHTINGS: u64 = 100_000;
/// Bytes of the names of members, and of files in which something was seen.
const MAX_NAME_BYTES: u64 = 64 << 20;
/// Steps taken to learn what later layers remove and which instruction set a variable.
const MAX_STEPS: u64 = 100_000_000;
/// Messages about what was not read.
const MAX_MESSAGES: u64 = 100;

/// A number that is used up.
#[derive(Debug)]
pub(crate) struct Left {
    count: Cell<u64>,
    was_exceeded: Cell<bool>,
}

impl Left {
    /// Whether more was asked for than there was.
    pub(crate) fn was_exceeded(&self) -> bool {
        self.was_exceeded.get()
    }

    /// How much there is.
    pub(crate) fn left(&self) -> u64 {
        self.count.get()
    }

    pub(crate) fn new(count: u64) -> Left {
        Left {
            count: Cell::new(count),
            was_exceeded: Cell::new(false),
        }
    }

    /// Takes `count`; whether there was as much. Once there was not, nothing is left.
    pub(crate) fn take(&self, count: u64) -> bool {
        self.take_some(count) == count
    }

    /// Takes as much of `count` as there is.
    pub(crate) fn take_some(&self, count: u64) -> u64 {
        let taken = count.min(self.count.get());
        self.count.set(self.count.get() - taken);
        if taken < count {
            self.was_exceeded.set(true);
        }
        taken
    }
}

/// What is left for an archive, and what went wrong in it.
#[derive(Debug)]
pub(crate) struct Budget<'a> {
    cancel: &'a Cancel,
    read: Left,
    archive: Left,
    layers: Left,
    pub(crate) members: Left,
    pub(crate) names: Left,
    pub(crate) sightings: Left,
    /// What archives among the files unpack to.
    pub(crate) unpacked: Left,
    /// Archives among the files of which it is told what was not searched.
    pub(crate) gaps: Left,
    pub(crate) name_bytes: Left,
    /// Places of sightings: a layer of several images has one for each.
    pub(crate) places: Left,
    pub(crate) steps: Left,
    messages: Left,
    failed: RefCell<Vec<String>>,
}

impl<'a> Budget<'a> {
    pub(crate) fn new(cancel: &'a Cancel) -> Budget<'a> {
        Budget {
            cancel,
            read: Left::new(MAX_BYTES),
            archive: Left::new(MAX_BYTES),
            layers: Left::new(MAX_BYTES),
            members: Left::new(MAX_MEMBERS),
            names: Left::new(MAX_NAMES),
            sightings: Left::new(MAX_SIGHTINGS),
            unpacked: Left::new(MAX_UNPACKED),
            gaps: Left::new(MAX_MESSAGES),
            name_bytes: Left::new(MAX_NAME_BYTES),
            places: Left::new(MAX_SIGHTINGS),
            steps: Left::new(MAX_STEPS),
            messages: Left::new(MAX_MESSAGES),
            failed: RefCell::default(),
        }
    }

    /// `source`, from which no more is read than is left for all of the archive.
    pub(crate) fn source<R>(&self, source: R) -> Bounded<'_, R> {
        self.bounded(source, &self.read)
    }

    /// The archive unpacked.
    pub(crate) fn archive<R>(&self, source: R) -> Bounded<'_, R> {
        self.bounded(source, &self.archive)
    }

    /// A layer unpacked.
    pub(crate) fn layer<R>(&self, source: R) -> Bounded<'_, R> {
        self.bounded(source, &self.layers)
    }

    fn bounded<'b, R>(&'b self, source: R, left: &'b Left) -> Bounded<'b, R> {
        Bounded {
            source,
            left,
            cancel: self.cancel,
        }
    }

    pub(crate) fn cancel(&self) -> &'a Cancel {
        self.cancel
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }

    /// Whether something went wrong so far.
    pub(crate) fn has_failed(&self) -> bool {
        self.is_cancelled() || !self.failed.borrow().is_empty()
    }

    /// Keeps a message about what was not read. What is missing because the run was asked to stop is no news.
    pub(crate) fn fail(&self, message: String) {
        if !self.is_cancelled() && self.messages.take(1) {
            self.failed.borrow_mut().push(message);
        }
    }

    /// Tells what went wrong, and which bounds were reached.
    pub(crate) fn tell(self, collection: &mut Collection) {
        let root = RootPath::root();
        let bounds = self.reached().into_iter();
        collection.note(bounds.map(|detail| Note::new(&root, SkipReason::Bound, detail)));
        for message in self.failed.into_inner() {
            collection.fail(ErrorKind::TargetUnreadable, &root, message);
        }
        if self.cancel.is_cancelled() {
            let message = "stopped before all was read";
            collection.fail(ErrorKind::Deadline, &root, message);
        }
    }

    fn reached(&self) -> Vec<String> {
        let bounds = [
            (
                &self.members,
                format!("more than {MAX_MEMBERS} members: further ones are not looked at"),
            ),
            (
                &self.names,
                format!(
                    "more than {MAX_NAMES} names in the layers: whether a later layer removes a file is not known of all"
                ),
            ),
            (
                &self.sightings,
                format!("more than {MAX_SIGHTINGS} credentials: further ones are not told"),
            ),
            (
                &self.gaps,
                format!("more than {MAX_MESSAGES} archives in the layers were not searched whole: further ones are not told"),
            ),
            (
                &self.name_bytes,
                format!(
                    "names of more than {MAX_NAME_BYTES} bytes: credentials in further files are not told"
                ),
            ),
            (
                &self.places,
                format!(
                    "credentials in more than {MAX_SIGHTINGS} places: further places are not told"
                ),
            ),
            (
                &self.steps,
                "too many layers and credentials to learn of each whether a later layer removes it, and which instruction \
                 brought it"
                    .to_owned(),
            ),
            (
                &self.messages,
                format!(
                    "more than {MAX_MESSAGES} parts could not be read: further ones are not told"
                ),
            ),
        ];
        let reached = bounds.into_iter().filter(|(left, _)| left.was_exceeded());
        reached.map(|(_, detail)| detail).collect()
    }
}

/// A reader that fails once its bytes are used up, instead of pretending to be at its end, and once the run is asked to
/// stop.
#[derive(Debug)]
pub(crate) struct Bounded<'a, R> {
    source: R,
    left: &'a Left,
    cancel: &'a Cancel,
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.cancel.is_cancelled() {
            return Err(io::Error::other("stopped before all was read"));
        }
        let count = self.source.read(buffer)?;
        if !self.left.take(count as u64) {
            return Err(io::Error::other("more than 64 GiB, which is not read"));
        }
        Ok(count)
    }
}

/// How to say that `what` was not read whole.
pub(crate) fn unread(what: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => format!("{what} breaks off: {error}"),
        _ => format!("{what} is not read to its end: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_used_up() {
        let left = Left::new(3);
        assert_eq!(
            [1, 2, 0, 1].map(|count| left.take(count)),
            [true, true, true, false]
        );
        assert!(left.was_exceeded());
    }

    #[test]
    fn readers_share_what_is_left() {
        let cancel = Cancel::new();
        let mut budget = Budget::new(&cancel);
        budget.layers = Left::new(5);
        let read = |bytes: &[u8]| io::read_to_string(budget.layer(bytes)).is_ok();
        assert_eq!([read(b"abc"), read(b"ab"), read(b"a")], [true, true, false]);
        cancel.cancel();
        assert!(io::read_to_string(budget.source(&b""[..])).is_err());
    }

    #[test]
    fn messages_are_counted_and_the_rest_noted() {
        let cancel = Cancel::new();
        let budget = Budget::new(&cancel);
        for at in 0..MAX_MESSAGES + 10 {
            budget.fail(at.to_string());
        }
        assert_eq!(budget.failed.borrow().len() as u64, MAX_MESSAGES);
        assert!(budget.reached()[0].contains("parts could not be read"));
    }
}
