//! Looking through the files of an image: which hold a token, and what their digests are.

use std::collections::BTreeMap;
use std::io::{self, Read};

use sha2::{Digest, Sha256};

/// Files of an image that are looked at.
const MAX_FILES: usize = 500_000;
/// Bytes of an image that are looked at.
const MAX_BYTES: u64 = 4 << 30;
/// Hits that are kept.
const MAX_HITS: usize = 16;
/// The longest rest of a token behind its beginning.
const LONGEST_REST: usize = 24;

/// What was looked for, and what was found.
pub(crate) struct Search {
    token: Vec<u8>,
    /// Paths whose digest is wanted.
    wanted: Vec<String>,
    pub(crate) hits: Vec<Hit>,
    pub(crate) digests: BTreeMap<String, String>,
    /// Lines of the wanted files, where they are short.
    pub(crate) texts: BTreeMap<String, String>,
}

/// A file that holds a token, or whose path does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) path: String,
    pub(crate) token: String,
    pub(crate) digest: String,
}

impl Search {
    pub(crate) fn new(token: &str, wanted: &[String]) -> Search {
        Search {
            token: token.as_bytes().to_vec(),
            wanted: wanted.to_vec(),
            hits: Vec::new(),
            digests: BTreeMap::new(),
            texts: BTreeMap::new(),
        }
    }

    /// Looks through a tar of an image's files. One that is larger than is looked at is an error: what was not seen is no
    /// refusal.
    pub(crate) fn tar(&mut self, reader: impl Read) -> io::Result<()> {
        let mut limited = reader.take(MAX_BYTES);
        let mut archive = tar::Archive::new(&mut limited);
        for (count, entry) in archive.entries()?.enumerate() {
            let mut entry = entry?;
            if count >= MAX_FILES {
                let why =
                    format!("the image holds more than {MAX_FILES} files: not all were looked at");
                return Err(io::Error::other(why));
            }
            let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let path = format!("/{}", path.trim_start_matches("./").trim_matches('/'));
            if entry.header().entry_type().is_file() {
                self.file(&path, &mut entry)?;
            } else {
                self.name(&path);
            }
        }
        if limited.limit() == 0 {
            let why =
                format!("the image holds more than {MAX_BYTES} bytes: not all were looked at");
            return Err(io::Error::other(why));
        }
        Ok(())
    }

    /// Looks at a path that holds no bytes.
    fn name(&mut self, path: &str) {
        if let Some(token) = found(path.as_bytes(), &self.token) {
            self.hit(path, token, String::new());
        }
    }

    fn file(&mut self, path: &str, reader: &mut dyn Read) -> io::Result<()> {
        let mut digest = Sha256::new();
        let mut window: Vec<u8> = Vec::new();
        let mut token = found(path.as_bytes(), &self.token);
        let mut buffer = vec![0; 64 << 10];
        let mut kept = Vec::new();
        loop {
            let length = reader.read(&mut buffer)?;
            let Some(chunk) = buffer.get(..length).filter(|chunk| !chunk.is_empty()) else {
                break;
            };
            digest.update(chunk);
            if kept.len() < 4096 {
                kept.extend_from_slice(chunk.get(..chunk.len().min(4096)).unwrap_or_default());
            }
            if token.is_none() {
                window.extend_from_slice(chunk);
                token = found(&window, &self.token);
                let overlap = self.token.len() + LONGEST_REST;
                window.drain(..window.len().saturating_sub(overlap));
            }
        }
        let digest: String = digest
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        if self.wanted.iter().any(|wanted| wanted == path) {
            self.digests.insert(path.to_owned(), digest.clone());
            let text = String::from_utf8_lossy(&kept).into_owned();
            self.texts.insert(path.to_owned(), text);
        }
        if let Some(token) = token {
            self.hit(path, token, digest);
        }
        Ok(())
    }

    fn hit(&mut self, path: &str, token: String, digest: String) {
        if self.hits.len() < MAX_HITS {
            let path = path.to_owned();
            self.hits.push(Hit {
                path,
                token,
                digest,
            });
        }
    }
}

/// The token that begins with `token` in `bytes`.
fn found(bytes: &[u8], token: &[u8]) -> Option<String> {
    let at = bytes
        .windows(token.len())
        .position(|window| window == token)?;
    let rest = bytes.get(at + token.len()..).unwrap_or_default();
    let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'-';
    let rest = rest.iter().take(LONGEST_REST).take_while(is_part);
    let whole: Vec<u8> = token.iter().chain(rest).copied().collect();
    Some(String::from_utf8_lossy(&whole).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_found_across_chunks() {
        struct Slow(Vec<u8>);
        impl Read for Slow {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let length = self.0.len().min(3);
                buffer[..length].copy_from_slice(&self.0[..length]);
                self.0.drain(..length);
                Ok(length)
            }
        }
        let mut search = Search::new("canary-1", &["/a".to_owned()]);
        let bytes = [&[b'x'; 100][..], b"canary-1-2\n", &[b'y'; 100]].concat();
        search.file("/a", &mut Slow(bytes)).unwrap();
        assert_eq!(search.hits.len(), 1);
        assert!(search.hits[0].token.starts_with("canary-1"));
        assert_eq!(search.digests["/a"], search.hits[0].digest);
    }
}
