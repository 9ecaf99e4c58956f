//! The threads of sealing: one lists, some read and hash, one writes, in the order of the listing.

use std::io::{Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use plimsoll_model::{Entry, RootPath};
use sha2::{Digest, Sha256};

use super::archive::{END, Form, Header, POISON, padding};
use super::content::{Item, Looking, Opened, Part, Reader, Ready, SharedFiles};
use super::error::{SealError, SealReason};
use super::listing::{Listing, refused};
use super::manifest::{FIRST_LINE, hex, line};
use super::{Choice, HardLinks, Sealed, Sealing};
use crate::names::Names;
use crate::root::Root;

/// Entries of a batch.
const BATCH: usize = 32;
/// Folders that a batch keeps open.
const BATCH_FOLDERS: usize = 8;
/// Batches between the listing and the writing.
const IN_FLIGHT: usize = 16;
/// Threads that read and hash.
const READERS: usize = 2;
/// How a large file is read.
const CHUNK: usize = 256 << 10;

type Parts = Vec<Result<Part, SealError>>;
type Work = (Vec<Item>, SyncSender<Parts>);

pub(super) fn run(
    root: &Root,
    sealing: &Sealing<'_>,
    choose: &mut dyn FnMut(&Entry) -> Choice,
    archive: &mut (dyn Write + Send),
    manifest: &mut (dyn Write + Send),
) -> Result<Sealed, SealError> {
    let shared = SharedFiles::default();
    let stop = AtomicBool::new(false);
    let (work_in, work_out) = sync_channel::<Work>(IN_FLIGHT);
    let (order_in, order_out) = sync_channel::<Receiver<Parts>>(IN_FLIGHT);
    let work_out = Mutex::new(work_out);
    let mut writer = Writer::new(sealing, archive, manifest);
    let outcome = thread::scope(|scope| {
        for _ in 0..READERS {
            scope.spawn(|| read_batches(&work_out, sealing, &shared));
        }
        let written = scope.spawn(|| {
            let outcome = writer.write_all(order_out);
            stop.store(true, Ordering::Relaxed);
            outcome
        });
        let mut dispatch = Dispatch::new(work_in, order_in, &stop, sealing);
        let listed = Listing::new(root, sealing).run(choose, &mut |item| dispatch.push(item));
        dispatch.finish();
        // What was written first failed first.
        let written = written.join().unwrap_or(Err(SealError::Panicked));
        written.and(listed)
    });
    let outcome = outcome.and_then(|()| {
        if sealing.cancel.is_cancelled() {
            return Err(SealError::Cancelled);
        }
        match sealing.hard_links {
            HardLinks::RefuseOutside => shared.outside().map_or(Ok(()), Err),
            HardLinks::Copy => Ok(()),
        }
    });
    writer.end(outcome)
}

fn read_batches(work: &Mutex<Receiver<Work>>, sealing: &Sealing<'_>, names: &SharedFiles) {
    let mut reader = Reader {
        sealing,
        names,
        buffer: Vec::new(),
    };
    loop {
        let next = work.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((batch, done)) = next else { return };
        // Caught, so that this thread goes on taking batches: without readers the listing would wait for ever.
        let read = catch_unwind(AssertUnwindSafe(|| reader.read(batch)));
        // Nobody waits for it where the writer has given up.
        let _ = done.send(read.unwrap_or_else(|_| vec![Err(SealError::Panicked)]));
    }
}

/// Puts items into batches and hands them on.
struct Dispatch<'a> {
    work: SyncSender<Work>,
    order: SyncSender<Receiver<Parts>>,
    stop: &'a AtomicBool,
    sealing: &'a Sealing<'a>,
    batch: Vec<Item>,
    folders: usize,
    last: Option<Arc<Names>>,
}

impl<'a> Dispatch<'a> {
    fn new(
        work: SyncSender<Work>,
        order: SyncSender<Receiver<Parts>>,
        stop: &'a AtomicBool,
        sealing: &'a Sealing<'a>,
    ) -> Dispatch<'a> {
        Dispatch {
            work,
            order,
            stop,
            sealing,
            batch: Vec::with_capacity(BATCH),
            folders: 0,
            last: None,
        }
    }

    /// Takes an item; false once nobody wants more.
    fn push(&mut self, item: Item) -> bool {
        if let Item::File { names, .. } = &item
            && !self
                .last
                .as_ref()
                .is_some_and(|last| Arc::ptr_eq(last, names))
        {
            self.folders += 1;
            self.last = Some(Arc::clone(names));
        }
        self.batch.push(item);
        if self.batch.len() < BATCH && self.folders < BATCH_FOLDERS {
            return true;
        }
        self.flush()
    }

    fn flush(&mut self) -> bool {
        if self.stop.load(Ordering::Relaxed) || self.sealing.cancel.is_cancelled() {
            return false;
        }
        self.folders = 0;
        self.last = None;
        let batch = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH));
        let (done, parts) = sync_channel(1);
        self.order.send(parts).is_ok() && self.work.send((batch, done)).is_ok()
    }

    fn finish(mut self) {
        self.flush();
    }
}

/// Writes the archive and its manifest.
struct Writer<'a> {
    sealing: &'a Sealing<'a>,
    archive: &'a mut (dyn Write + Send),
    manifest: &'a mut (dyn Write + Send),
    digest: Sha256,
    sealed: Sealed,
}

impl<'a> Writer<'a> {
    fn new(
        sealing: &'a Sealing<'a>,
        archive: &'a mut (dyn Write + Send),
        manifest: &'a mut (dyn Write + Send),
    ) -> Writer<'a> {
        Writer {
            sealing,
            archive,
            manifest,
            digest: Sha256::new(),
            sealed: Sealed::default(),
        }
    }

    fn write_all(&mut self, order: Receiver<Receiver<Parts>>) -> Result<(), SealError> {
        self.line(FIRST_LINE)?;
        for parts in order {
            let parts = parts.recv().map_err(|_| SealError::Panicked)?;
            for part in parts {
                match part? {
                    Part::Ready(ready) => self.ready(&ready)?,
                    Part::Large { path, file } => self.large(&path, file)?,
                }
            }
        }
        Ok(())
    }

    fn ready(&mut self, ready: &Ready) -> Result<(), SealError> {
        self.sealed.files += ready.files;
        self.sealed.folders += ready.folders;
        self.sealed.links += ready.links;
        self.add_bytes(&RootPath::root(), ready.bytes)?;
        self.blocks(&ready.blocks)?;
        self.line(&ready.lines)
    }

    /// Streams a file that is too large to be kept.
    fn large(&mut self, path: &RootPath, mut file: Opened) -> Result<(), SealError> {
        let (size, executable) = (file.size(), file.executable());
        self.add_bytes(path, size)?;
        self.sealed.files += 1;
        let form = Form::File { size, executable };
        let mut blocks = Vec::new();
        let header = Header {
            path: path.as_str(),
            form,
        };
        header.write(&mut blocks);
        self.blocks(&blocks)?;
        let digest = self.stream(path, &mut file, size)?;
        self.blocks(&vec![0; padding(size)])?;
        self.line(&line(path.as_str(), form, Some(digest)))
    }

    fn stream(
        &mut self,
        path: &RootPath,
        file: &mut Opened,
        size: u64,
    ) -> Result<[u8; 32], SealError> {
        let read = |error| SealError::Read {
            path: path.clone(),
            error,
        };
        let mut digest = Sha256::new();
        let mut buffer = vec![0; CHUNK];
        let mut left = size;
        let mut look = Looking::at(path, self.sealing);
        loop {
            if self.sealing.cancel.is_cancelled() {
                return Err(SealError::Cancelled);
            }
            let count = file.file.read(&mut buffer).map_err(read)?;
            let bytes = buffer.get(..count).unwrap_or_default();
            if count as u64 > left || (count == 0 && left > 0) {
                return Err(refused(path, SealReason::Changed));
            }
            if count == 0 {
                break;
            }
            look.see(bytes);
            left -= count as u64;
            digest.update(bytes);
            self.blocks(bytes)?;
        }
        look.end()?;
        match file.is_unchanged().map_err(read)? {
            true => Ok(digest.finalize().into()),
            false => Err(refused(path, SealReason::Changed)),
        }
    }

    fn add_bytes(&mut self, path: &RootPath, bytes: u64) -> Result<(), SealError> {
        self.sealed.bytes = self.sealed.bytes.saturating_add(bytes);
        let most = self.sealing.max_bytes;
        if self.sealed.bytes > most {
            return Err(refused(path, SealReason::TooManyBytes { most }));
        }
        Ok(())
    }

    fn blocks(&mut self, bytes: &[u8]) -> Result<(), SealError> {
        self.sealed.archive_bytes += bytes.len() as u64;
        self.archive.write_all(bytes).map_err(SealError::Write)
    }

    fn line(&mut self, bytes: &[u8]) -> Result<(), SealError> {
        self.digest.update(bytes);
        self.manifest.write_all(bytes).map_err(SealError::Write)
    }

    /// Ends the archive, or spoils it.
    fn end(mut self, outcome: Result<(), SealError>) -> Result<Sealed, SealError> {
        let outcome = outcome.and_then(|()| self.blocks(&END));
        let flushed = outcome.and_then(|()| {
            self.archive.flush().map_err(SealError::Write)?;
            self.manifest.flush().map_err(SealError::Write)
        });
        match flushed {
            Ok(()) => {
                self.sealed.digest = hex(&self.digest.finalize());
                Ok(self.sealed)
            }
            Err(error) => {
                // Whoever reads along must not take what is there for the whole.
                let _ = self.archive.write_all(&POISON);
                let _ = self.archive.flush();
                Err(error)
            }
        }
    }
}
