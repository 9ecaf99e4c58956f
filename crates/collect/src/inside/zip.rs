//! Zip archives, read as those who unpack them read them: what the central directory lists counts, and what local headers
//! say against it does not. The only place that knows the crate for it.

use std::fs::File;
use std::io::{BufReader, Read};

use flate2::bufread::DeflateDecoder;
use plimsoll_model::RootPath;
use rawzip::{
    CompressionMethod, FileReader, RECOMMENDED_BUFFER_SIZE, ReaderAt, ZipArchive,
    ZipArchiveEntryWayfinder,
};

use super::look::{Look, inner_name};
use crate::image::inflate::inflated;

/// A member as the central directory lists it.
struct Listed {
    name: RootPath,
    method: CompressionMethod,
    is_encrypted: bool,
    is_folder: bool,
    way: ZipArchiveEntryWayfinder,
}

impl Look<'_> {
    /// Looks into the zip that `file` is.
    pub(super) fn zip_file(&mut self, file: File) {
        let mut buffer = vec![0; RECOMMENDED_BUFFER_SIZE];
        let root = RootPath::root();
        match ZipArchive::from_file(file, &mut buffer) {
            Ok(archive) => self.zip::<FileReader>(&root, 1, &archive, &mut buffer),
            Err(error) => self.gaps.add(&root, unreadable(&error)),
        }
    }

    /// Looks into the zip at `inside`, the `depth`th archive in a row.
    pub(super) fn zip_bytes(&mut self, inside: &RootPath, depth: usize, bytes: &[u8]) {
        let mut buffer = vec![0; RECOMMENDED_BUFFER_SIZE];
        match ZipArchive::from_slice(bytes) {
            Ok(archive) => self.zip(inside, depth, &archive.into_reader_archive(), &mut buffer),
            Err(error) => self.gaps.add(inside, unreadable(&error)),
        }
    }

    fn zip<R: ReaderAt>(
        &mut self,
        inside: &RootPath,
        depth: usize,
        archive: &ZipArchive<R>,
        buffer: &mut [u8],
    ) {
        let mut entries = archive.entries(buffer);
        let mut count = 0;
        while !self.is_over() {
            let listed = match entries.next_entry() {
                Ok(Some(entry)) => Listed {
                    name: inside.member(&inner_name(entry.file_path().as_bytes())),
                    method: entry.compression_method(),
                    is_encrypted: entry.flags().is_encrypted(),
                    is_folder: entry.is_dir(),
                    way: entry.wayfinder(),
                },
                Ok(None) if count != archive.entries_hint() => {
                    return self
                        .gaps
                        .add(inside, "its directory lists another number of members");
                }
                Ok(None) => return,
                Err(error) => return self.gaps.add(inside, unreadable(&error)),
            };
            count += 1;
            if !listed.is_folder && self.allowance.members.take(1) {
                self.zip_member(&listed, depth, archive);
            }
        }
        self.tell_bound(inside);
    }

    fn zip_member<R: ReaderAt>(&mut self, listed: &Listed, depth: usize, archive: &ZipArchive<R>) {
        let name = &listed.name;
        if listed.is_encrypted {
            return self.gaps.add(name, "encrypted");
        }
        let entry = match archive.get_entry(listed.way) {
            Ok(entry) => entry,
            Err(error) => return self.gaps.add(name, unreadable(&error)),
        };
        let stored = BufReader::with_capacity(32 << 10, entry.reader());
        let source: Box<dyn Read> = match listed.method {
            CompressionMethod::STORE => Box::new(stored),
            CompressionMethod::DEFLATE => Box::new(DeflateDecoder::new(stored)),
            CompressionMethod::ZSTD => match inflated(stored) {
                Ok(source) => source,
                Err(error) => return self.gaps.add(name, error.to_string()),
            },
            _ => {
                return self
                    .gaps
                    .add(name, "compressed by a method that is not read");
            }
        };
        // It fails behind the last byte where size or checksum are others than listed.
        self.unpack(name, depth, &mut entry.verifying_reader(source));
    }
}

fn unreadable(error: &rawzip::Error) -> String {
    format!("it cannot be read as a zip: {error}")
}
