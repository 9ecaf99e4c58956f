//! A pack: where its objects lie, and which is stored as the difference to which.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::bits::Bits;
use super::inflate::Damage;
use super::object_id::ObjectId;
use super::parse::Kind;

/// Stands for no entry.
pub(crate) const NONE: u32 = u32::MAX;

/// The most an entry's header takes: ten bytes of size, and the name of a base or ten bytes of offset.
const MAX_HEADER: usize = 32;
const WINDOW: usize = 1 << 20;

/// A pack whose index was read. Entries are numbered in the order they lie in the file.
pub(crate) struct Pack {
    file: File,
    /// Where the last entry ends.
    end: u64,
    /// The number of the first object of its index.
    pub(crate) first: u32,
    offsets: Vec<u64>,
    /// Entry to place in the index, and back.
    places: Vec<u32>,
    entries: Vec<u32>,
    bases: Vec<u32>,
    /// The kind of each entry, that of its last base; `None` where the way there is broken.
    kinds: Vec<Option<Kind>>,
    /// Where the children of each entry begin in `children`.
    starts: Vec<u32>,
    children: Vec<u32>,
}

/// What stands before an entry's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) form: Form,
    /// How many bytes its data inflates to.
    pub(crate) size: u64,
    /// How many bytes the header takes.
    pub(crate) length: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Whole(Kind),
    /// A delta to the entry so many bytes before this one.
    Before(u64),
    /// A delta to a named object of the same pack.
    Named(ObjectId),
}

/// Reads the header at the start of `bytes`.
pub(crate) fn header(bytes: &[u8]) -> Option<Header> {
    let (first, mut rest) = bytes.split_first()?;
    let mut size = u64::from(first & 0x0f);
    let mut shift = 4;
    let mut more = first & 0x80 != 0;
    while more {
        let (byte, after) = rest.split_first()?;
        rest = after;
        if shift > 57 {
            return None;
        }
        size |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        more = byte & 0x80 != 0;
    }
    let form = match first >> 4 & 7 {
        1 => Form::Whole(Kind::Commit),
        2 => Form::Whole(Kind::Tree),
        3 => Form::Whole(Kind::Blob),
        4 => Form::Whole(Kind::Tag),
        6 => Form::Before(distance(&mut rest)?),
        7 => {
            let (name, after) = rest.split_at_checked(ObjectId::BYTES)?;
            rest = after;
            Form::Named(ObjectId::from_bytes(name)?)
        }
        _ => return None,
    };
    Some(Header {
        form,
        size,
        length: bytes.len() - rest.len(),
    })
}

fn distance(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for _ in 0..9 {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        value = (value << 7) | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some(value);
        }
        value = value.checked_add(1)?;
    }
    None
}

impl Pack {
    /// Reads where everything lies. `names` are those of `index`, in its order.
    pub(crate) fn open(
        file: File,
        names: &[u8],
        offsets: Vec<u64>,
        first: u32,
    ) -> io::Result<Pack> {
        let length = file.metadata()?.len();
        let mut start = [0; 12];
        file.read_exact_at(&mut start, 0)?;
        let is_pack = start.starts_with(b"PACK");
        if !is_pack || !matches!(start.get(4..8), Some([0, 0, 0, 2 | 3])) {
            return Err(io::Error::other("it is no pack of a known version"));
        }
        let mut placed: Vec<(u64, u32)> = offsets.into_iter().zip(0..).collect();
        placed.sort_unstable();
        let (offsets, places): (Vec<u64>, Vec<u32>) = placed.into_iter().unzip();
        let mut pack = Pack {
            file,
            end: length.saturating_sub(ObjectId::BYTES as u64),
            first,
            entries: inverse(&places),
            bases: vec![NONE; offsets.len()],
            kinds: vec![None; offsets.len()],
            starts: Vec::new(),
            children: Vec::new(),
            offsets,
            places,
        };
        pack.read_headers(names);
        pack.link();
        Ok(pack)
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.offsets.len()).unwrap_or(NONE)
    }

    /// The number of the object at `entry`.
    pub(crate) fn number(&self, entry: u32) -> u32 {
        let place = self.places.get(entry as usize).copied().unwrap_or(0);
        self.first + place
    }

    /// The entry of object `number`, if it lies in this pack.
    pub(crate) fn entry(&self, number: u32) -> Option<u32> {
        let place = number.checked_sub(self.first)?;
        self.entries.get(place as usize).copied()
    }

    pub(crate) fn kind(&self, entry: u32) -> Option<Kind> {
        self.kinds.get(entry as usize).copied().flatten()
    }

    pub(crate) fn base(&self, entry: u32) -> Option<u32> {
        let base = self.bases.get(entry as usize).copied()?;
        (base != NONE).then_some(base)
    }

    /// The entries stored as a difference to `entry`; the one with most below it comes last.
    pub(crate) fn children(&self, entry: u32) -> &[u32] {
        let bounds = self.starts.get(entry as usize..entry as usize + 2);
        let Some([start, end]) = bounds else {
            return &[];
        };
        let children = self.children.get(*start as usize..*end as usize);
        children.unwrap_or_default()
    }

    /// All headers, in one pass over the file.
    fn read_headers(&mut self, names: &[u8]) {
        let mut window = Vec::new();
        let mut start = 0;
        for entry in 0..self.len() {
            let Some(offset) = self.offsets.get(entry as usize).copied() else {
                return;
            };
            if offset >= self.end {
                continue;
            }
            if offset + MAX_HEADER as u64 > start + window.len() as u64 {
                start = offset;
                self.fill(&mut window, offset);
            }
            let at = usize::try_from(offset - start).unwrap_or(usize::MAX);
            if let Some(header) = window.get(at..).and_then(header) {
                self.record(entry, offset, header, names);
            }
        }
    }

    /// As much as there is from `offset` on, at most a window. Nothing where the file cannot be read.
    fn fill(&self, window: &mut Vec<u8>, offset: u64) {
        let left = usize::try_from(self.end - offset).unwrap_or(WINDOW);
        window.resize(left.min(WINDOW), 0);
        if self.file.read_exact_at(window, offset).is_err() {
            window.clear();
        }
    }

    fn record(&mut self, entry: u32, offset: u64, header: Header, names: &[u8]) {
        let base = match header.form {
            Form::Whole(kind) => {
                if let Some(slot) = self.kinds.get_mut(entry as usize) {
                    *slot = Some(kind);
                }
                None
            }
            Form::Before(distance) => offset
                .checked_sub(distance)
                .filter(|_| distance > 0)
                .and_then(|base| self.offsets.binary_search(&base).ok())
                .and_then(|base| u32::try_from(base).ok()),
            Form::Named(id) => place_of(names, id).and_then(|place| self.entry(self.first + place)),
        };
        if let (Some(base), Some(slot)) = (base, self.bases.get_mut(entry as usize)) {
            *slot = base;
        }
    }

    /// From bases to children, and down from whole objects to the kind of everything that hangs on them.
    fn link(&mut self) {
        self.list_children();
        let roots = (0..self.len()).filter(|entry| self.kind(*entry).is_some());
        let mut order: Vec<u32> = roots.collect();
        let mut next = 0;
        while let Some(entry) = order.get(next).copied() {
            next += 1;
            let kind = self.kind(entry);
            for at in self.child_range(entry) {
                let Some(child) = self.children.get(at).copied() else {
                    continue;
                };
                if let Some(slot) = self.kinds.get_mut(child as usize) {
                    *slot = kind;
                }
                order.push(child);
            }
        }
        self.heaviest_last(&order);
    }

    fn list_children(&mut self) {
        let mut starts = vec![0u32; self.offsets.len() + 2];
        for base in self.bases.iter().filter(|base| **base != NONE) {
            if let Some(count) = starts.get_mut(*base as usize + 2) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        self.children = vec![NONE; sum as usize];
        for (entry, base) in (0u32..).zip(&self.bases) {
            if *base == NONE {
                continue;
            }
            if let Some(next) = starts.get_mut(*base as usize + 1) {
                if let Some(slot) = self.children.get_mut(*next as usize) {
                    *slot = entry;
                }
                *next += 1;
            }
        }
        starts.pop();
        self.starts = starts;
    }

    fn child_range(&self, entry: u32) -> std::ops::Range<usize> {
        match self.starts.get(entry as usize..entry as usize + 2) {
            Some([start, end]) => *start as usize..*end as usize,
            _ => 0..0,
        }
    }

    /// Puts the child with most below it last. Its base can be let go before it is entered, so no walk ever holds
    /// more bases than the logarithm of their number, however the pack was built.
    fn heaviest_last(&mut self, from_roots: &[u32]) {
        let mut weights = vec![1u32; self.offsets.len()];
        for entry in from_roots.iter().rev() {
            let weight = weights.get(*entry as usize).copied().unwrap_or(1);
            if let Some(base) = self.base(*entry)
                && let Some(sum) = weights.get_mut(base as usize)
            {
                *sum = sum.saturating_add(weight);
            }
        }
        let weight = |entry: &u32| weights.get(*entry as usize).copied();
        for entry in from_roots {
            let range = self.child_range(*entry);
            let Some(children) = self.children.get_mut(range) else {
                continue;
            };
            let heaviest = (0..children.len()).max_by_key(|at| children.get(*at).and_then(weight));
            if let (Some(heaviest), Some(last)) = (heaviest, children.len().checked_sub(1)) {
                children.swap(heaviest, last);
            }
        }
    }

    /// How large the pack is.
    pub(crate) fn bytes(&self) -> u64 {
        self.end
    }

    /// `wanted`, and all bases on the way to them.
    pub(crate) fn with_bases(&self, wanted: &Bits) -> Bits {
        let mut needed = Bits::new(self.offsets.len());
        for entry in (0..self.len()).filter(|entry| wanted.contains(*entry)) {
            let mut next = Some(entry);
            while let Some(entry) = next
                && needed.insert(entry)
            {
                next = self.base(entry);
            }
        }
        needed
    }

    /// Reads the header and the compressed data of `entry` into `buffer`. The size it inflates to is at most `limit`.
    pub(crate) fn read(
        &self,
        entry: u32,
        limit: u64,
        buffer: &mut Vec<u8>,
    ) -> Result<Header, Lost> {
        const UNREADABLE: Lost = Lost::Damaged("the pack cannot be read there");
        const SMALL: usize = 64 << 10;
        let offset = self.offsets.get(entry as usize).copied();
        let offset = offset.filter(|offset| *offset < self.end);
        let offset = offset.ok_or(UNREADABLE)?;
        let next = self.offsets.get(entry as usize + 1).copied();
        let next = match next {
            // Two names for one place: a lie, but one that git reads.
            Some(next) if next == offset => {
                let after = self.offsets.partition_point(|one| *one <= offset);
                self.offsets.get(after).copied()
            }
            other => other,
        };
        let length = next.unwrap_or(self.end).min(self.end) - offset;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        self.fill_exactly(buffer, offset, length.min(SMALL))?;
        let found = header(buffer).ok_or(Lost::Damaged("its header is damaged"))?;
        if found.size > limit {
            return Err(Lost::TooLarge(found.size));
        }
        // Nothing that grew by being compressed is read for longer than this.
        let most = usize::try_from(found.size.saturating_mul(2)).unwrap_or(usize::MAX);
        let length = length.min(most.saturating_add(SMALL));
        if length > SMALL {
            self.fill_exactly(buffer, offset, length)?;
        }
        Ok(found)
    }

    fn fill_exactly(&self, buffer: &mut Vec<u8>, offset: u64, length: usize) -> Result<(), Lost> {
        buffer.resize(length, 0);
        self.file
            .read_exact_at(buffer, offset)
            .map_err(|_| Lost::Damaged("the pack cannot be read there"))
    }
}

/// Why an object was not restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// It is larger than we read.
    TooLarge(u64),
    /// A bound on memory or work was reached.
    Bound(&'static str),
    Damaged(Damage),
}

fn inverse(places: &[u32]) -> Vec<u32> {
    let mut entries = vec![NONE; places.len()];
    for (entry, place) in (0..).zip(places) {
        if let Some(slot) = entries.get_mut(*place as usize) {
            *slot = entry;
        }
    }
    entries
}

/// Where `id` stands among sorted `names`.
fn place_of(names: &[u8], id: ObjectId) -> Option<u32> {
    let (names, _) = names.as_chunks::<{ ObjectId::BYTES }>();
    let found = names.binary_search_by(|name| name.as_slice().cmp(id.as_bytes()));
    found.ok().and_then(|at| u32::try_from(at).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn headers_are_read() {
        let whole = header(&[0xb5, 0x01]).unwrap();
        assert_eq!(whole.form, Form::Whole(Kind::Blob));
        assert_eq!((whole.size, whole.length), (21, 2));
        let before = header(&[0x61, 0x80, 0x00]).unwrap();
        assert_eq!(before.form, Form::Before(128));
        assert_eq!(header(&[0x51]), None, "a kind that does not exist");
        assert_eq!(header(&[0xff; 30]), None, "a size without end");
    }

    proptest! {
        #[test]
        fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            if let Some(header) = header(&bytes) {
                prop_assert!(header.length <= MAX_HEADER);
            }
        }
    }
}
