//! The figures of a context, as plain data to render.

use crate::sensitive::{Needless, Sensitive};
use plimsoll_model::RootPath;

/// How much.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Regular files (and devices and sockets).
    pub files: u64,
    /// Bytes in them.
    pub bytes: u64,
    /// Folders.
    pub folders: u64,
    /// Symbolic links.
    pub links: u64,
}

impl Tally {
    pub(super) fn add(&mut self, other: Tally) {
        self.files = self.files.saturating_add(other.files);
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.folders = self.folders.saturating_add(other.folders);
        self.links = self.links.saturating_add(other.links);
    }

    /// Whether nothing was counted.
    pub fn is_zero(self) -> bool {
        self == Tally::default()
    }
}

/// A folder or file with what it weighs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SizedPath {
    /// Where it stands below the inventory's root.
    pub path: RootPath,
    /// All it holds.
    pub tally: Tally,
}

/// A secret-looking file that is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundSensitive {
    /// Where it stands.
    pub path: RootPath,
    /// What it looks like.
    pub sensitive: Sensitive,
    /// Its size.
    pub bytes: u64,
}

/// Where a link leads, by its text alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LinkLeads {
    /// To a place in the context.
    Inside,
    /// Out of the context, not out of the root.
    OutsideContext,
    /// Out of the root.
    OutsideRoot,
    /// To an absolute path.
    Absolute,
}

/// A link that is sent and does not stay in the context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundLink {
    /// Where it stands.
    pub path: RootPath,
    /// What it holds.
    pub target: String,
    /// Where that leads.
    pub leads: LinkLeads,
}

/// A needless folder or file that is sent, with all it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeedlessGroup {
    /// Where it stands.
    pub path: RootPath,
    /// Why it is needless.
    pub needless: Needless,
    /// All it holds.
    pub tally: Tally,
}

/// The figures of one context. Lists are bounded; the counts beside them are not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContextSummary {
    /// What is sent.
    pub sent: Tally,
    /// What an ignore rule leaves out, as far as it was looked at.
    pub left_out: Tally,
    /// What no instruction names, so that BuildKit does not ask for it.
    pub not_needed: Tally,
    /// Folders left out whose contents were not looked at.
    pub skipped_folders: u64,
    /// Folders sent whose contents are not recorded, so that the figures are too small.
    pub unlisted: Vec<RootPath>,
    /// How many such folders there are.
    pub unlisted_count: u64,
    /// The heaviest folders that are sent, heaviest first; a folder and one above it may both be here.
    pub largest_folders: Vec<SizedPath>,
    /// The largest files that are sent, largest first.
    pub largest_files: Vec<SizedPath>,
    /// Secret-looking files that are sent, surest first.
    pub sensitive: Vec<FoundSensitive>,
    /// How many there are.
    pub sensitive_count: u64,
    /// Links that are sent and lead out of the context.
    pub links_out: Vec<FoundLink>,
    /// How many there are.
    pub links_out_count: u64,
    /// Needless folders and files that are sent, heaviest first.
    pub needless: Vec<NeedlessGroup>,
    /// What an ignore file with [`Self::suggested_rules`] would save.
    pub saving: Tally,
    /// Patterns that would leave out what is surely needless or secret, sorted.
    pub suggested_rules: Vec<String>,
}
