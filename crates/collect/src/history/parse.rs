//! Commits, tags and trees as git stores them, read without trust.

use super::object_id::ObjectId;

/// The kinds of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    Commit,
    Tree,
    Blob,
    Tag,
}

impl Kind {
    pub(crate) fn from_name(name: &[u8]) -> Option<Kind> {
        match name {
            b"commit" => Some(Kind::Commit),
            b"tree" => Some(Kind::Tree),
            b"blob" => Some(Kind::Blob),
            b"tag" => Some(Kind::Tag),
            _ => None,
        }
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Kind::Commit => "commit",
            Kind::Tree => "tree",
            Kind::Blob => "blob",
            Kind::Tag => "tag",
        }
    }
}

/// Who did something, and when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signature {
    /// The name, as text.
    pub name: String,
    /// Seconds since 1970.
    pub seconds: i64,
    /// Minutes east of Greenwich.
    pub offset_minutes: i32,
}

/// The part of a commit or tag that is text, and what stands before it.
struct Message<'a> {
    headers: &'a [u8],
    text: &'a [u8],
}

fn split(object: &[u8]) -> Message<'_> {
    let end = object.windows(2).position(|pair| pair == b"\n\n");
    match end.and_then(|end| object.split_at_checked(end + 1)) {
        Some((headers, rest)) => Message {
            headers,
            text: rest.get(1..).unwrap_or_default(),
        },
        None => Message {
            headers: object,
            text: b"",
        },
    }
}

/// The value of each header line that begins with `name` and a space.
fn values<'a>(headers: &'a [u8], name: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    headers
        .split(|byte| *byte == b'\n')
        .filter_map(move |line| line.strip_prefix(name)?.strip_prefix(b" "))
}

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Commit<'a> {
    pub(crate) tree: ObjectId,
    pub(crate) parents: Vec<ObjectId>,
    pub(crate) author: Signature,
    pub(crate) committed: i64,
    pub(crate) message: &'a [u8],
}

/// More parents than this were never merged by anybody.
const MAX_PARENTS: usize = 4096;

/// Reads a commit; `None` where it has no tree.
pub(crate) fn commit(object: &[u8]) -> Option<Commit<'_>> {
    let Message { headers, text } = split(object);
    let tree = values(headers, b"tree").next()?;
    let signature_of = |name| values(headers, name).next().map(signature);
    let author = signature_of(b"author").unwrap_or_default();
    Some(Commit {
        tree: ObjectId::from_hex(tree)?,
        parents: values(headers, b"parent")
            .filter_map(ObjectId::from_hex)
            .take(MAX_PARENTS)
            .collect(),
        committed: signature_of(b"committer").map_or(author.seconds, |by| by.seconds),
        author,
        message: text,
    })
}

/// An annotated tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tag<'a> {
    pub(crate) target: ObjectId,
    pub(crate) tagger: Option<Signature>,
    pub(crate) message: &'a [u8],
}

/// Reads a tag; `None` where it names no object.
pub(crate) fn tag(object: &[u8]) -> Option<Tag<'_>> {
    let Message { headers, text } = split(object);
    Some(Tag {
        target: ObjectId::from_hex(values(headers, b"object").next()?)?,
        tagger: values(headers, b"tagger").next().map(signature),
        message: text,
    })
}

/// `Name <address> 1700000000 +0100`; what cannot be read is zero.
pub(crate) fn signature(line: &[u8]) -> Signature {
    let text = String::from_utf8_lossy(line);
    let (name, rest) = text.split_once('<').unwrap_or((&text, ""));
    let mut words = rest
        .rsplit_once('>')
        .map_or("", |(_, after)| after)
        .split_whitespace();
    let seconds = words.next().and_then(|word| word.parse().ok());
    Signature {
        name: name.trim().to_owned(),
        seconds: seconds.unwrap_or(0),
        offset_minutes: words.next().and_then(offset).unwrap_or(0),
    }
}

/// `+0130` in minutes.
fn offset(word: &str) -> Option<i32> {
    let sign = match word.get(..1)? {
        "-" => -1,
        "+" => 1,
        _ => return None,
    };
    let number: i32 = word.get(1..)?.parse().ok()?;
    let minutes = (number / 100).checked_mul(60)?.checked_add(number % 100)?;
    (0..=24 * 60).contains(&minutes).then_some(sign * minutes)
}

/// What an entry of a tree is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EntryKind {
    Tree,
    /// A file or a link.
    Blob,
    /// The commit of a submodule, which lies elsewhere.
    Submodule,
}

/// One entry of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TreeEntry<'a> {
    pub(crate) kind: EntryKind,
    pub(crate) name: &'a [u8],
    pub(crate) id: ObjectId,
}

/// The entries of a tree, up to the first that is damaged.
#[derive(Clone, Debug)]
pub(crate) struct TreeEntries<'a> {
    rest: &'a [u8],
}

pub(crate) fn tree(object: &[u8]) -> TreeEntries<'_> {
    TreeEntries { rest: object }
}

impl TreeEntries<'_> {
    /// Whether all was read.
    pub(crate) fn is_done(&self) -> bool {
        self.rest.is_empty()
    }
}

impl<'a> Iterator for TreeEntries<'a> {
    type Item = TreeEntry<'a>;

    fn next(&mut self) -> Option<TreeEntry<'a>> {
        let space = self.rest.iter().take(8).position(|byte| *byte == b' ')?;
        let (mode, rest) = self.rest.split_at_checked(space)?;
        let rest = rest.get(1..)?;
        let end = rest.iter().position(|byte| *byte == 0)?;
        let (name, rest) = rest.split_at_checked(end)?;
        let (id, rest) = rest.get(1..)?.split_at_checked(ObjectId::BYTES)?;
        let kind = match mode {
            b"40000" | b"040000" => EntryKind::Tree,
            b"160000" => EntryKind::Submodule,
            _ => EntryKind::Blob,
        };
        self.rest = rest;
        Some(TreeEntry {
            kind,
            name,
            id: ObjectId::from_bytes(id)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ID: &str = "1234567890123456789012345678901234567890";

    #[test]
    fn a_commit_is_read() {
        let text = format!(
            "tree {ID}\nparent {ID}\nparent {ID}\nauthor A B <a@b> 17 +0130\ncommitter C <c> 18 -0100\ngpgsig x\n y\n\nthe text\n\nmore"
        );
        let read = commit(text.as_bytes()).unwrap();
        assert_eq!(read.parents.len(), 2);
        assert_eq!(read.author.name, "A B");
        assert_eq!((read.author.seconds, read.author.offset_minutes), (17, 90));
        assert_eq!(read.committed, 18);
        assert_eq!(read.message, b"the text\n\nmore");
        assert_eq!(commit(b"author x\n\n"), None);
    }

    #[test]
    fn a_tag_is_read() {
        let text = format!("object {ID}\ntype commit\ntag v1\n\nnotes");
        let read = tag(text.as_bytes()).unwrap();
        assert_eq!(read.target.to_string(), ID);
        assert_eq!(read.message, b"notes");
        assert_eq!(read.tagger, None);
    }

    #[test]
    fn a_tree_is_read_up_to_the_damage() {
        let mut bytes = b"40000 folder\0".to_vec();
        bytes.extend([7; 20]);
        bytes.extend(b"100644 a b\0");
        bytes.extend([8; 20]);
        let mut entries = tree(&bytes);
        let names: Vec<_> = entries.by_ref().map(|one| (one.kind, one.name)).collect();
        let expected: Vec<(EntryKind, &[u8])> =
            vec![(EntryKind::Tree, b"folder"), (EntryKind::Blob, b"a b")];
        assert_eq!(names, expected);
        assert!(entries.is_done());
        bytes.extend(b"100644 cut\0abc");
        let mut entries = tree(&bytes);
        assert_eq!(entries.by_ref().count(), 2);
        assert!(!entries.is_done());
    }

    proptest! {
        #[test]
        fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = commit(&bytes);
            let _ = tag(&bytes);
            let _ = tree(&bytes).count();
            let _ = signature(&bytes);
        }
    }
}
