//! Which roots to read for the targets of a run, and reading them side by side.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use plimsoll_model::{ErrorKind, Origin, ReportError, RootPath};
use rayon::prelude::*;

use crate::cancel::Cancel;
use crate::collection::{CollectedTarget, Collection};
use crate::discover::{Discovery, Narrowing};
use crate::git_revision;
use crate::history::Since;
use crate::history_target::{self, KeptState};
use crate::image::{self, ImageHolder, ImageStore};
use crate::load::Bounds;
use crate::object_database::{self, Gitlink};
use crate::place::Place;
use crate::root::Root;
use crate::standard_input;
use crate::target::{NamedTarget, TargetForm};
use crate::tree::{self, Nested};
use crate::visit::FileVisitor;
use crate::walk::OpenRoot;
use crate::work_tree::WorkTree;

/// How to read the world.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// A stranger wrote the targets: nothing in them says where they end or what is skipped.
    pub submitted: bool,
    /// List the folders git ignores, too.
    pub no_ignore: bool,
    /// The root, where the operator names one.
    pub root: Option<PathBuf>,
    /// A file that may narrow a root.
    pub narrowing: Option<Narrowing>,
    /// Names of files to read from a root's own folder, whatever their kind.
    pub named_files: Vec<&'static str>,
    /// Which small files of no audited kind to read as well, for rules that judge them by what they hold.
    pub wanted_texts: Option<fn(&RootPath) -> bool>,
    /// Who is shown every file below a target.
    pub visitor: Option<Arc<dyn FileVisitor>>,
    /// Of a whole history, also tell what no ref reaches.
    pub dangling: bool,
    /// Of a whole history, only what the commits after this brought.
    pub since: Option<Since>,
    /// Of a whole history, what earlier runs know of it.
    pub kept_state: Option<Arc<KeptState>>,
    /// Read folders and files as the next commit would record them, from the index of their repository.
    pub staged: bool,
    /// Where images that are named come from.
    pub images: Option<Arc<dyn ImageStore>>,
    /// Counted bounds.
    pub bounds: Bounds,
    /// A way to stop.
    pub cancel: Cancel,
}

/// One root to read, with the targets judged against it.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) source: JobSource,
    pub(crate) targets: Vec<CollectedTarget>,
}

#[derive(Debug)]
pub(crate) enum JobSource {
    Tree(RootPlace),
    StandardInput,
    Archive(PathBuf),
    Image(String, ImageHolder),
    /// All of a history.
    History {
        tree: WorkTree,
        /// The root below the tree's top.
        below: PathBuf,
    },
    /// What the next commit would record.
    Staged {
        tree: WorkTree,
        /// The root below the tree's top.
        below: PathBuf,
    },
    Revision {
        tree: WorkTree,
        /// The root below the tree's top.
        below: PathBuf,
        revision: String,
    },
}

/// A root that is not open yet.
#[derive(Debug)]
pub(crate) struct RootPlace {
    pub(crate) absolute: PathBuf,
    pub(crate) work_tree: Option<WorkTree>,
    /// For a repository found below another root: that root, and the way down.
    pub(crate) beneath: Option<(Arc<OpenRoot>, PathBuf)>,
    /// For the same: where each repository around it records the next, from the outermost in.
    pub(crate) enclosing: Vec<Gitlink>,
}

impl RootPlace {
    pub(crate) fn open(&self) -> io::Result<OpenRoot> {
        let root = match &self.beneath {
            Some((outer, path)) => outer.root.open_root(path)?,
            None => Root::open(&self.absolute)?,
        };
        Ok(OpenRoot {
            root,
            absolute: self.absolute.clone(),
            work_tree: self.work_tree.clone(),
        })
    }
}

/// The roots of a run.
#[derive(Debug, Default)]
pub struct Plan {
    jobs: Vec<Job>,
    /// Targets that cannot be read at all.
    pub errors: Vec<ReportError>,
}

/// Finds the root of each target. Targets that share a root are read together.
pub fn plan(targets: &[NamedTarget], options: &Options) -> Plan {
    let mut plan = Plan::default();
    let given = options.root.as_deref();
    let mut discovery = match Discovery::new(options.submitted, options.narrowing, given) {
        Ok(discovery) => discovery,
        Err(error) => {
            let shown = given.unwrap_or(Path::new(".")).display().to_string();
            plan.errors.push(unreadable_target(&shown, &error));
            return plan;
        }
    };
    let mut known: HashMap<(PathBuf, Option<String>), usize> = HashMap::new();
    for target in targets {
        match locate(target, &mut discovery, options.staged) {
            Ok(job) => plan.add(job, &mut known),
            Err(error) => plan.errors.push(unreadable_target(&target.typed, &error)),
        }
    }
    plan
}

impl Plan {
    /// How many roots there are to read.
    pub fn roots(&self) -> usize {
        self.jobs.len()
    }

    fn add(&mut self, job: Job, known: &mut HashMap<(PathBuf, Option<String>), usize>) {
        let key = match &job.source {
            JobSource::Tree(place) => Some((place.absolute.clone(), None)),
            JobSource::Revision {
                tree,
                below,
                revision,
            } => Some((tree.top.join(below), Some(revision.clone()))),
            JobSource::History { tree, below } => {
                // Each folder of a repository has a history of its own.
                let inner = job.targets.first();
                let inner = inner.map_or("", |target| target.inner.as_str());
                Some((tree.top.join(below), Some(format!("--all {inner}"))))
            }
            JobSource::Staged { tree, below } => {
                Some((tree.top.join(below), Some("--staged".to_owned())))
            }
            JobSource::StandardInput | JobSource::Archive(_) | JobSource::Image(..) => None,
        };
        let next = self.jobs.len();
        let at = key.map_or(next, |key| *known.entry(key).or_insert(next));
        match self.jobs.get_mut(at) {
            Some(same) => same.targets.extend(job.targets),
            None => self.jobs.push(job),
        }
    }
}

fn unreadable_target(shown: &str, error: &io::Error) -> ReportError {
    ReportError {
        kind: ErrorKind::TargetUnreadable,
        rule: None,
        path: Some(shown.to_owned()),
        message: error.to_string(),
    }
}

fn locate(target: &NamedTarget, discovery: &mut Discovery, staged: bool) -> io::Result<Job> {
    let (source, inner, is_file) = match &target.form {
        TargetForm::Path(path) if staged => {
            let (tree, _) = discovery.repository(path)?;
            let located = discovery.locate(path)?;
            let below = located.root.strip_prefix(&tree.top);
            let below = below.map_err(io::Error::other)?.to_owned();
            let source = JobSource::Staged { tree, below };
            (source, located.inner, located.is_file)
        }
        TargetForm::Path(path) => {
            let located = discovery.locate(path)?;
            let place = RootPlace {
                absolute: located.root,
                work_tree: located.work_tree,
                beneath: None,
                enclosing: Vec::new(),
            };
            (JobSource::Tree(place), located.inner, located.is_file)
        }
        TargetForm::Archive(path) => (JobSource::Archive(path.clone()), PathBuf::new(), false),
        TargetForm::Image(reference, holder) => {
            let source = JobSource::Image(reference.clone(), *holder);
            (source, PathBuf::new(), false)
        }
        TargetForm::History(path) => {
            let (tree, inner) = discovery.repository(path)?;
            let below = PathBuf::new();
            (JobSource::History { tree, below }, inner, false)
        }
        TargetForm::Stdin => (JobSource::StandardInput, PathBuf::from("-"), true),
        TargetForm::Revision { path, revision } => {
            let (tree, inner) = discovery.repository(path)?;
            let below = discovery.revision_root(&tree, revision, &inner);
            let inner = inner
                .strip_prefix(&below)
                .map_err(|_| io::Error::other("outside the root"))?
                .to_owned();
            let revision = revision.clone();
            let source = JobSource::Revision {
                tree,
                below,
                revision,
            };
            (source, inner, false)
        }
    };
    let is_tree = matches!(source, JobSource::Tree(_));
    let place = Place::from_raw(&inner).ok_or_else(|| io::Error::other("not a path"))?;
    let collected = CollectedTarget {
        typed: target.typed.clone(),
        base: target.base(),
        inner: place.path.clone(),
        is_file,
        is_nested: false,
        // At a revision it is not known yet what the target is.
        kind: target.kind.filter(|_| is_file || !is_tree),
        place,
    };
    Ok(Job {
        source,
        targets: vec![collected],
    })
}

/// Repositories below the targets that are followed, so that no tree of them goes on for ever.
const MAX_NESTED_WAVES: usize = 16;

/// Reads every root of `plan`, several at once, and gives each to `consume` as soon as it is read. The results
/// come in the order of the plan; repositories found below a root follow all that were planned.
pub fn collect_each<R: Send>(
    plan: Plan,
    options: &Options,
    consume: impl Fn(Collection) -> R + Sync,
) -> Vec<R> {
    let mut results = Vec::new();
    let mut wave = plan.jobs;
    for _ in 0..MAX_NESTED_WAVES {
        if wave.is_empty() {
            break;
        }
        let read: Vec<(R, Vec<Job>)> = wave
            .into_par_iter()
            .map(|job| {
                let (collection, nested) = collect_job(job, options);
                (consume(collection), nested)
            })
            .collect();
        wave = Vec::new();
        for (result, nested) in read {
            results.push(result);
            wave.extend(nested);
        }
    }
    results
}

/// What [`collect`] read.
#[derive(Debug, Default)]
pub struct Collected {
    /// One per root.
    pub collections: Vec<Collection>,
    /// Targets that could not be read at all.
    pub errors: Vec<ReportError>,
}

/// Reads all `targets` and keeps everything.
pub fn collect(targets: &[NamedTarget], options: &Options) -> Collected {
    let mut plan = plan(targets, options);
    let errors = std::mem::take(&mut plan.errors);
    Collected {
        collections: collect_each(plan, options, closed),
        errors,
    }
}

/// Gives up what further files are read from: thousands of roots must not keep as many folders open.
fn closed(mut collection: Collection) -> Collection {
    collection.further = None;
    collection
}

/// The same root and targets as `collection`, as they were at `revision`: for a submodule found below a target, at the
/// commit that the repository around it recorded then.
pub fn collect_at_revision(
    collection: &Collection,
    revision: &str,
    options: &Options,
) -> Collection {
    let targets = collection.targets.clone();
    let Some(tree) = &collection.work_tree else {
        let mut empty = Collection::empty(targets, Origin::File);
        let message = format!("`{revision}`: not in a git repository");
        let root = RootPath::root();
        empty.fail(ErrorKind::TargetUnreadable, &root, message);
        return empty;
    };
    let below = collection
        .absolute
        .as_deref()
        .and_then(|absolute| absolute.strip_prefix(&tree.top).ok())
        .unwrap_or(Path::new(""));
    if collection.enclosing.is_empty() {
        return git_revision::collect(tree, below, revision, targets, options);
    }
    match object_database::recorded(&collection.enclosing, revision) {
        Ok(Some(commit)) => git_revision::collect(tree, below, &commit, targets, options),
        Ok(None) => Collection::empty(targets, Origin::File),
        Err(failure) => {
            let mut empty = Collection::empty(targets, Origin::File);
            let root = RootPath::root();
            empty.fail(failure.kind, &root, failure.message);
            empty
        }
    }
}

fn collect_job(job: Job, options: &Options) -> (Collection, Vec<Job>) {
    let Job { source, targets } = job;
    match source {
        JobSource::Tree(place) => {
            let (collection, nested) = tree::collect(&place, targets, options);
            let jobs = nested.into_iter().map(nested_job).collect();
            (collection, jobs)
        }
        JobSource::Archive(path) => (image::collect_archive(&path, targets, options), Vec::new()),
        JobSource::Image(name, holder) => {
            let collection = image::collect_named(&name, holder, targets, options);
            (collection, Vec::new())
        }
        JobSource::History { tree, below } => {
            let collection = history_target::collect(&tree, &below, targets, options);
            (collection, Vec::new())
        }
        JobSource::Staged { tree, below } => {
            let mut collection = git_revision::staged::collect(&tree, &below, targets, options);
            git_revision::staged::fail_if_absent(&mut collection);
            (collection, Vec::new())
        }
        JobSource::StandardInput => (standard_input::collect(targets, options), Vec::new()),
        JobSource::Revision {
            tree,
            below,
            revision,
        } => {
            let mut collection = git_revision::collect(&tree, &below, &revision, targets, options);
            fail_if_absent(&mut collection, &revision);
            (collection, Vec::new())
        }
    }
}

/// A target that is not there at the revision is an error.
fn fail_if_absent(collection: &mut Collection, revision: &str) {
    if !collection.errors.is_empty() {
        return;
    }
    let is_absent = |target: &&CollectedTarget| {
        !target.inner.is_root() && collection.inventory.get(&target.inner).is_none()
    };
    let absent: Vec<_> = collection.targets.iter().filter(is_absent).collect();
    let absent: Vec<_> = absent.iter().map(|target| target.inner.clone()).collect();
    for path in absent {
        let message = format!("not there at `{revision}`");
        collection.fail(ErrorKind::TargetUnreadable, &path, message);
    }
}

fn nested_job(nested: Nested) -> Job {
    let target = CollectedTarget {
        typed: nested.shown.clone(),
        base: nested.shown,
        inner: RootPath::root(),
        is_file: false,
        is_nested: true,
        kind: None,
        place: Place::root(),
    };
    Job {
        source: JobSource::Tree(nested.root),
        targets: vec![target],
    }
}
