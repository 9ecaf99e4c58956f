//! The folders of a repository, opened so that nothing in it leads us elsewhere unasked.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use plimsoll_model::{ErrorKind, SkipReason};

use super::gap::Gaps;
use super::object_id::ObjectId;
use crate::root::{Bytes, Root};
use crate::work_tree::WorkTree;

const MAX_SMALL_FILE: u64 = 1 << 20;
/// How many object folders alternates may add, and how far they may lead on, as git itself has it.
const MAX_ALTERNATES: usize = 64;
const MAX_ALTERNATE_DEPTH: usize = 5;

/// The open folders of one repository, and what its configuration says of its form.
pub(crate) struct Ground {
    /// The git directory of the work tree: its `HEAD` and its index.
    pub(crate) own: Root,
    /// The git directory shared by all work trees: refs, packs, configuration.
    pub(crate) common: Root,
    /// The object folders: its own, then those it borrows from.
    pub(crate) objects: Vec<Root>,
    /// The commits behind which a shallow clone has nothing.
    pub(crate) shallow: BTreeSet<ObjectId>,
    /// Whether it borrows objects from folders that were not followed.
    pub(crate) is_cut_off: bool,
    /// Whether objects may be missing by intent.
    pub(crate) is_partial: bool,
    /// Whether refs lie in files we read.
    pub(crate) has_readable_refs: bool,
}

/// Opens the repository of `tree`. What it borrows elsewhere is followed only where its files are not a stranger's.
pub(crate) fn open(tree: &WorkTree, submitted: bool, gaps: &mut Gaps) -> io::Result<Ground> {
    let own = Root::open(&tree.git_directory)?;
    let (common, folder) = common(&own, &tree.git_directory)?;
    let config = Config::read(&common, gaps);
    if let Some(format) = config.object_format.filter(|format| format != "sha1") {
        let text = format!("repositories of the object format `{format}` are not supported yet");
        return Err(io::Error::other(text));
    }
    if config.has_reftable {
        let text = "its refs are stored as a reftable, which is not supported yet: which commits a ref reaches is not known";
        gaps.fail(ErrorKind::TargetUnreadable, text);
    }
    let shallow = shallow(&common, gaps);
    let path = folder.join("objects");
    let own_objects = common.open_root(Path::new("objects"))?;
    let borrows = !alternates(&own_objects, &path).is_empty();
    let objects = if submitted && borrows {
        let text = "it borrows objects from other folders (`objects/info/alternates`), which a stranger's repository may not";
        gaps.note(SkipReason::NotHonoured, text);
        vec![own_objects]
    } else {
        object_folders(own_objects, &path, gaps)
    };
    Ok(Ground {
        is_cut_off: submitted && borrows,
        shallow,
        objects,
        is_partial: config.is_partial,
        has_readable_refs: !config.has_reftable,
        own,
        common,
    })
}

/// The git directory that `own` shares with other work trees: itself, or the one whose `worktrees` it stands in.
fn common(own: &Root, path: &Path) -> io::Result<(Root, PathBuf)> {
    let line = match own.read(Path::new("commondir"), MAX_SMALL_FILE) {
        Ok(Bytes::Whole(bytes)) => bytes,
        Ok(Bytes::TooLarge) => return Err(io::Error::other("its `commondir` is no line")),
        Err(_) => return Ok((Root::open(path)?, path.to_owned())),
    };
    let worktrees = path.parent().filter(|parent| parent.ends_with("worktrees"));
    let main = worktrees.and_then(Path::parent);
    let named = OsStr::from_bytes(line.trim_ascii());
    match main {
        Some(main) if named == "../.." || named == main => Ok((Root::open(main)?, main.to_owned())),
        _ => Err(io::Error::other("its `commondir` leads elsewhere")),
    }
}

#[derive(Default)]
struct Config {
    object_format: Option<String>,
    has_reftable: bool,
    is_partial: bool,
}

impl Config {
    fn read(common: &Root, gaps: &mut Gaps) -> Config {
        let Ok(Bytes::Whole(bytes)) = common.read(Path::new("config"), MAX_SMALL_FILE) else {
            return Config::default();
        };
        let text: &gix::bstr::BStr = bytes.as_slice().into();
        let Ok(file) = gix::config::File::try_from(text) else {
            gaps.note(SkipReason::Unreadable, "its `config` is damaged");
            return Config::default();
        };
        let value = |key: &str| file.string(key).map(|value| value.to_string());
        let storage = value("extensions.refStorage");
        let promises = file
            .sections_by_name("remote")
            .into_iter()
            .flatten()
            .any(|section| section.value("promisor").is_some());
        Config {
            object_format: value("extensions.objectFormat").map(|value| value.to_lowercase()),
            has_reftable: storage.is_some_and(|storage| storage.starts_with("reftable")),
            is_partial: promises || value("extensions.partialClone").is_some(),
        }
    }
}

fn shallow(common: &Root, gaps: &mut Gaps) -> BTreeSet<ObjectId> {
    let Ok(bytes) = common.read(Path::new("shallow"), 64 * MAX_SMALL_FILE) else {
        return BTreeSet::new();
    };
    let Bytes::Whole(bytes) = bytes else {
        gaps.note(SkipReason::TooLarge, "its `shallow` file");
        return BTreeSet::new();
    };
    let ids: BTreeSet<ObjectId> = bytes
        .split(|byte| *byte == b'\n')
        .filter_map(|line| ObjectId::from_hex(line.trim_ascii()))
        .collect();
    if !ids.is_empty() {
        let text = format!(
            "a shallow clone: history before {} commits is not there",
            ids.len()
        );
        gaps.note(SkipReason::Bound, text);
    }
    ids
}

/// The repository's own object folder and those its `alternates` name.
fn object_folders(own: Root, path: &Path, gaps: &mut Gaps) -> Vec<Root> {
    let mut seen = BTreeSet::from([path.to_owned()]);
    let mut next = alternates(&own, path);
    let mut folders = vec![own];
    for _ in 0..MAX_ALTERNATE_DEPTH {
        let mut further = Vec::new();
        for path in next.drain(..).filter(|path| seen.insert(path.clone())) {
            if folders.len() > MAX_ALTERNATES {
                let text = format!("it borrows objects from more than {MAX_ALTERNATES} folders");
                gaps.fail(ErrorKind::ObjectMissing, text);
                return folders;
            }
            match Root::open(&path) {
                Ok(folder) => {
                    further.extend(alternates(&folder, &path));
                    folders.push(folder);
                }
                Err(error) => {
                    let text =
                        format!("it borrows objects from a folder that does not open: {error}");
                    gaps.fail(ErrorKind::ObjectMissing, text);
                }
            }
        }
        next = further;
    }
    folders
}

/// What `folder`, which stands at `path`, borrows from.
fn alternates(folder: &Root, path: &Path) -> Vec<PathBuf> {
    let Ok(Bytes::Whole(bytes)) = folder.read(Path::new("info/alternates"), MAX_SMALL_FILE) else {
        return Vec::new();
    };
    bytes
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty() && !line.starts_with(b"#") && !line.contains(&0))
        .map(|line| path.join(OsStr::from_bytes(line)))
        .collect()
}
