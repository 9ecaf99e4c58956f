//! From a repository to a sealed context that is ready to be handed over, or to the reasons why not.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use plimsoll_collect::{
    Bounds, Cancel, Checkout, Choice, Inspect, OpenRoot, Root, SealError, Sealed, Sealing,
    check_out, seal,
};
use plimsoll_model::{Builder, Entry, RootPath};
use plimsoll_simulate::context::{ContextSettings, Fate, Selector};
use plimsoll_simulate::ignore_file::IgnoreFile;
use tempfile::TempDir;

use crate::credentials::CredentialCheck;
use crate::dockerfile::{self, Judged};
use crate::judgement;
use crate::plan::{Asked, Plan, Planner};
use crate::policy::{Credentials, Policy};
use crate::refusal::{Reason, Refusal, masked, shown};
use crate::secret_words::{Mask, is_secret_argument};

/// Where a Dockerfile stands in the sealed context that is none of the context's own files.
const OWN_DOCKERFILE: &str = ".plimsoll.Dockerfile";

/// What is built from.
#[derive(Clone, Debug)]
pub enum Source {
    /// A folder, which is the repository's root.
    Folder(PathBuf),
    /// A folder of a git repository as it was at a revision.
    Revision {
        /// The folder.
        path: PathBuf,
        /// The revision.
        revision: String,
    },
}

/// A build to be prepared.
#[derive(Clone, Debug)]
pub struct Request {
    /// The repository.
    pub source: Source,
    /// What of it.
    pub asked: Asked,
    /// Ids of the build secrets that will be given.
    pub secrets: Vec<String>,
    /// Whose reading of ignore files counts, and which instructions are understood.
    pub builder: Builder,
    /// What a build may do.
    pub policy: Policy,
    /// The day the audit is of.
    pub today: Date,
}

/// Why there is nothing to build.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// It is refused.
    #[error("the build is refused")]
    Refused(Vec<Refusal>),
    /// The repository, its revision or its context cannot be read, or there is no room for the sealed one.
    #[error("{0}")]
    Failed(String),
    /// It was asked to stop.
    #[error("stopped")]
    Cancelled,
}

/// A sealed context, and all that was decided about it.
#[derive(Debug)]
pub struct Prepared {
    /// What is built.
    pub plan: Plan,
    /// The policy it was judged by.
    pub policy: Policy,
    /// Whose builder it was prepared for.
    pub builder: Builder,
    /// The revision it is of, where it is one.
    pub checkout: Option<Checkout>,
    /// The sealed context in figures.
    pub sealed: Sealed,
    /// The Dockerfile's path in the sealed context.
    pub dockerfile: RootPath,
    /// The text that is built.
    pub dockerfile_text: String,
    /// The frontend that was asked for and is not used.
    pub frontend: Option<String>,
    /// The images it is built on: the name of each, and the word of the Dockerfile that names it.
    pub images: BTreeMap<String, String>,
    archive: File,
    manifest: File,
}

impl Prepared {
    /// The sealed context, from its beginning.
    pub fn archive(&self) -> io::Result<File> {
        from_start(&self.archive)
    }

    /// The manifest of the sealed context, from its beginning.
    pub fn manifest(&self) -> io::Result<File> {
        from_start(&self.manifest)
    }
}

fn from_start(file: &File) -> io::Result<File> {
    let mut file = file.try_clone()?;
    file.seek(SeekFrom::Start(0))?;
    Ok(file)
}

impl PrepareError {
    fn temporary(error: io::Error) -> PrepareError {
        PrepareError::Failed(format!("a temporary file: {error}"))
    }
}

/// Judges and seals what `request` asks for. Nothing is handed to a builder here.
///
/// Refusals and failures are for the tenant to read: they hold neither the operator's secret arguments nor what looks like a credential.
pub fn prepare(request: &Request, cancel: &Cancel) -> Result<Prepared, PrepareError> {
    let mask = || Mask::of_arguments(&request.asked.arguments, []);
    prepare_unmasked(request, cancel).map_err(|error| match error {
        PrepareError::Refused(refusals) => PrepareError::Refused(masked(refusals, &mask())),
        PrepareError::Failed(text) => PrepareError::Failed(shown(&text, &mask())),
        PrepareError::Cancelled => PrepareError::Cancelled,
    })
}

fn prepare_unmasked(request: &Request, cancel: &Cancel) -> Result<Prepared, PrepareError> {
    let checked_out = CheckedOut::of(&request.source, cancel)?;
    let folder = checked_out.folder();
    let ground = OpenRoot::open(folder)
        .map_err(|error| PrepareError::Failed(format!("{}: {error}", folder.display())))?;
    let submodules = checked_out.checkout.as_ref();
    let planner = Planner {
        root: &ground.root,
        submodules: submodules.map_or(&[], |checkout| &checkout.submodules),
        builder: request.builder,
    };
    let mut refusals = Vec::new();
    let planned = planner.plan(&request.asked);
    if let Ok(plan) = &planned {
        refusals.extend(arguments(plan, &request.policy));
    }
    let judged = planned.map(|plan| {
        let judged = dockerfile::judge(&plan, &request.policy, &request.secrets, request.builder);
        (plan, judged)
    });
    let (plan, judged) = judged.map_err(PrepareError::Refused)?;
    refusals.extend(judged.refusals.iter().cloned());
    let bar = request.policy.audit;
    refusals.extend(judgement::judge(folder, &plan, bar, request.today, cancel));
    if !refusals.is_empty() {
        return Err(PrepareError::Refused(refusals));
    }
    if cancel.is_cancelled() {
        return Err(PrepareError::Cancelled);
    }
    sealed(
        request,
        &ground.root,
        plan,
        judged,
        checked_out.checkout,
        cancel,
    )
}

/// The folder that is built from, and what goes away with it.
struct CheckedOut<'a> {
    source: &'a Path,
    temporary: Option<TempDir>,
    checkout: Option<Checkout>,
}

impl CheckedOut<'_> {
    fn of<'a>(source: &'a Source, cancel: &Cancel) -> Result<CheckedOut<'a>, PrepareError> {
        match source {
            Source::Folder(path) => Ok(CheckedOut {
                source: path,
                temporary: None,
                checkout: None,
            }),
            Source::Revision { path, revision } => {
                let temporary = tempfile::Builder::new()
                    .prefix("plimsoll-build-")
                    .tempdir()
                    .map_err(PrepareError::temporary)?;
                let into = temporary.path();
                let checkout = check_out(path, revision, into, &Bounds::default(), cancel)
                    .map_err(|error| PrepareError::Failed(error.to_string()))?;
                Ok(CheckedOut {
                    source: path,
                    temporary: Some(temporary),
                    checkout: Some(checkout),
                })
            }
        }
    }

    fn folder(&self) -> &Path {
        match &self.temporary {
            Some(temporary) => temporary.path(),
            None => self.source,
        }
    }
}

/// Arguments that the policy does not declare, or not with that value.
fn arguments(plan: &Plan, policy: &Policy) -> Vec<Refusal> {
    let judged = plan.arguments.iter().filter_map(|(name, value)| {
        let reason = match policy.arguments.get(name) {
            None => Reason::UndeclaredArgument,
            Some(rule) if rule.allows(value) => return None,
            Some(_) => Reason::ArgumentValue,
        };
        let shown = match is_secret_argument(name) {
            true => String::new(),
            false => value.clone(),
        };
        let field = format!("argument {name}");
        Some(match reason {
            Reason::UndeclaredArgument => Refusal::new("argument", name.clone(), reason),
            reason => Refusal::new(field, shown, reason),
        })
    });
    judged.collect()
}

/// Where the files that a builder reads stand in the context.
struct Inside {
    /// The Dockerfile, where it is one of the context's files.
    dockerfile: Option<RootPath>,
    ignore_file: Option<RootPath>,
}

impl Inside {
    fn of(plan: &Plan) -> Inside {
        let below = |path: &RootPath| {
            let below = path.strip_prefix(&plan.context.path)?;
            RootPath::new(below).filter(|path| !path.is_root())
        };
        Inside {
            dockerfile: below(&plan.dockerfile.path).filter(|_| !plan.inline),
            ignore_file: plan.ignore.as_ref().and_then(|(path, _)| below(path)),
        }
    }

    /// Where the Dockerfile is put.
    fn sealed_dockerfile(&self) -> RootPath {
        let own = || RootPath::new(OWN_DOCKERFILE);
        let place = self.dockerfile.clone().or_else(own);
        place.unwrap_or_else(RootPath::root)
    }
}

fn ignore_rules(plan: &Plan, builder: Builder) -> Result<IgnoreFile, PrepareError> {
    let Some((path, text)) = &plan.ignore else {
        return Ok(IgnoreFile::default());
    };
    let (ignore, errors) = IgnoreFile::parse_for(text, builder);
    match errors.first() {
        None => Ok(ignore),
        Some(error) => {
            let reason = Reason::Invalid(error.message.clone());
            let refusal = Refusal::new("ignore file", path.to_string(), reason);
            Err(PrepareError::Refused(vec![refusal]))
        }
    }
}

fn sealed(
    request: &Request,
    root: &Root,
    plan: Plan,
    judged: Judged,
    checkout: Option<Checkout>,
    cancel: &Cancel,
) -> Result<Prepared, PrepareError> {
    let context = root
        .open_root(Path::new(plan.context.path.as_str()))
        .map_err(|error| PrepareError::Failed(format!("{}: {error}", plan.context.path)))?;
    let inside = Inside::of(&plan);
    let dockerfile = inside.sealed_dockerfile();
    let ignore = ignore_rules(&plan, request.builder)?;
    let given = [(dockerfile.clone(), judged.text.clone().into_bytes())];
    let archive = tempfile::tempfile().map_err(PrepareError::temporary)?;
    let manifest = tempfile::tempfile().map_err(PrepareError::temporary)?;
    let settings = ContextSettings {
        root: RootPath::root(),
        dockerfile: inside.dockerfile,
        ignore_file: inside.ignore_file,
        ignore: &ignore,
        builder: request.builder,
        needed: None,
    };
    let sealed = seal_checked(
        request,
        &context,
        settings,
        given.into(),
        cancel,
        [&archive, &manifest],
    )?;
    Ok(Prepared {
        policy: request.policy.clone(),
        builder: request.builder,
        checkout,
        sealed,
        dockerfile,
        dockerfile_text: judged.text,
        frontend: judged.frontend,
        images: judged.images,
        plan,
        archive,
        manifest,
    })
}

/// Seals what the settings select, looking for credentials on the way.
fn seal_checked(
    request: &Request,
    context: &Root,
    settings: ContextSettings<'_>,
    given: BTreeMap<RootPath, Vec<u8>>,
    cancel: &Cancel,
    [archive, manifest]: [&File; 2],
) -> Result<Sealed, PrepareError> {
    let policy = &request.policy;
    let check = (policy.credentials == Credentials::Refuse).then(CredentialCheck::new);
    let mut choosing = Choosing {
        selector: Selector::new(settings),
        credentials: check.as_ref(),
        refusals: Vec::new(),
    };
    let sealing = Sealing {
        links_out: policy.links_out,
        hard_links: policy.hard_links,
        max_entries: policy.max_entries,
        max_bytes: policy.max_bytes,
        given,
        inspect: check.as_ref().map(|check| check as &dyn Inspect),
        cancel: cancel.clone(),
        ..Sealing::default()
    };
    let sealed = seal(
        context,
        &sealing,
        &mut |entry| choosing.choose(entry),
        &mut BufWriter::with_capacity(BUFFER, archive),
        &mut BufWriter::with_capacity(BUFFER, manifest),
    );
    let sealed = sealed.map_err(refused_or_failed)?;
    match choosing.refusals.is_empty() {
        true => Ok(sealed),
        false => Err(PrepareError::Refused(choosing.refusals)),
    }
}

/// What is written at once.
const BUFFER: usize = 1 << 16;
/// As many files of credentials are named.
const MOST_REFUSALS: usize = 20;

struct Choosing<'a> {
    selector: Selector<'a>,
    credentials: Option<&'a CredentialCheck>,
    refusals: Vec<Refusal>,
}

impl Choosing<'_> {
    fn choose(&mut self, entry: &Entry) -> Choice {
        match self.selector.visit(entry) {
            Some(Fate::Sent | Fate::ReadOnly) => self.sent(entry),
            Some(Fate::LeftOut { skips: true, .. }) => Choice::Skip,
            _ => Choice::Leave,
        }
    }

    fn sent(&mut self, entry: &Entry) -> Choice {
        let found = self
            .credentials
            .and_then(|check| check.by_name(&entry.path));
        let is_folder = entry.kind == plimsoll_model::EntryKind::Directory;
        let Some(what) = found.filter(|_| !is_folder) else {
            return Choice::Send;
        };
        if self.refusals.len() < MOST_REFUSALS {
            let path = plimsoll_model::percent_encode_path(entry.path.as_str());
            let refusal = Refusal::new("context", path, Reason::CredentialFile(what));
            self.refusals.push(refusal);
        }
        Choice::Leave
    }
}

fn refused_or_failed(error: SealError) -> PrepareError {
    match error {
        SealError::Refused { path, reason } => {
            let path = plimsoll_model::percent_encode_path(&path.to_string());
            PrepareError::Refused(vec![Refusal::new("context", path, Reason::Seal(reason))])
        }
        SealError::Cancelled => PrepareError::Cancelled,
        other => PrepareError::Failed(other.to_string()),
    }
}
