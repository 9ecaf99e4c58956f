//! What is to be built: the manifest's word, resolved beneath the root.

use std::path::Path;
use std::sync::Arc;

use plimsoll_chain::invocation::{
    BuildInvocation, ContextField, DockerfileBase, DockerfileField, PathField,
};
use plimsoll_chain::{Tree, Unit};
use plimsoll_collect::{Bytes, Root, Standing};
use plimsoll_model::{Artifact, Builder, Entry, EntryKind, Inventory, Kind, Origin, RootPath};
use plimsoll_simulate::ignore_file;

use crate::place::{fixed_text, place};
use crate::refusal::{Reason, Refusal};
use crate::secret_words::is_secret_argument;

/// A larger manifest, Dockerfile or ignore file is none that anybody wrote.
const MAX_BYTES: u64 = 4 << 20;
/// A longer stage, name or value of an argument is none either.
const MAX_WORD: usize = 32 << 10;
/// All arguments together: they go to the engine in the head of a request.
const MAX_ARGUMENTS: usize = 256 << 10;
/// The manifest that is read where none is named.
const USUAL_MANIFEST: &str = "smithery.yaml";

/// What the operator says about what is to be built.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// The manifest, relative to the root; `smithery.yaml` where that is there and nothing is said.
    pub manifest: Option<String>,
    /// Which of the manifest's builds.
    pub name: Option<String>,
    /// The Dockerfile, where there is no manifest.
    pub dockerfile: Option<String>,
    /// The stage to build, instead of the manifest's.
    pub target: Option<String>,
    /// Build arguments, after the manifest's.
    pub arguments: Vec<(String, String)>,
}

/// A path as asked for and as resolved.
#[derive(Clone, Debug)]
pub struct PlacedPath {
    /// What asked for it.
    pub field: String,
    /// As written.
    pub asked: String,
    /// Where it leads.
    pub path: RootPath,
}

/// What is to be built.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The manifest, where there is one.
    pub manifest: Option<RootPath>,
    /// The build context.
    pub context: PlacedPath,
    /// The Dockerfile; its path is the manifest's where it stands inside that.
    pub dockerfile: PlacedPath,
    /// Whether the Dockerfile's text stands in the manifest.
    pub inline: bool,
    /// The Dockerfile's text.
    pub text: String,
    /// The stage.
    pub target: Option<String>,
    /// Build arguments, in the order they count.
    pub arguments: Vec<(String, String)>,
    /// The ignore file that applies, and what it says.
    pub ignore: Option<(RootPath, String)>,
}

/// Reads a plan beneath `root`.
pub(crate) struct Planner<'a> {
    pub(crate) root: &'a Root,
    pub(crate) submodules: &'a [RootPath],
    pub(crate) builder: Builder,
}

type Refused = Vec<Refusal>;

impl Planner<'_> {
    pub(crate) fn plan(&self, asked: &Asked) -> Result<Plan, Refused> {
        let unit = match self.manifest_path(asked).map_err(|one| vec![one])? {
            Some((field, path)) => Some(self.unit(&field, &path).map_err(|one| vec![one])?),
            None => None,
        };
        let mut plan = match &unit {
            None => self.without_manifest(asked)?,
            Some(unit) => {
                let invocation = chosen(unit, asked).map_err(|one| vec![one])?;
                self.of_invocation(unit, invocation)?
            }
        };
        if let Some(target) = &asked.target {
            plan.target = Some(target.clone());
        }
        plan.arguments.extend(asked.arguments.iter().cloned());
        bounded(&plan).map_err(|one| vec![one])?;
        plan.ignore = self.ignore(&plan).map_err(|one| vec![one])?;
        Ok(plan)
    }

    fn manifest_path(&self, asked: &Asked) -> Result<Option<(String, RootPath)>, Refusal> {
        let (field, text) = match (&asked.manifest, &asked.dockerfile) {
            (Some(text), _) => ("--manifest".to_owned(), text.as_str()),
            (None, Some(_)) => return Ok(None),
            (None, None) => (USUAL_MANIFEST.to_owned(), USUAL_MANIFEST),
        };
        match self.file(&field, &RootPath::root(), text) {
            Ok(placed) => Ok(Some((field, placed.path))),
            Err(refusal) if *refusal.reason == Reason::Missing && asked.manifest.is_none() => {
                Ok(None)
            }
            Err(refusal) => Err(refusal),
        }
    }

    fn unit(&self, field: &str, path: &RootPath) -> Result<Unit, Refusal> {
        let refused = |reason| Refusal::new(field, path.to_string(), reason);
        let text = self.text(field, path)?;
        let kind = Kind::of_path(path)
            .filter(|kind| !matches!(kind, Kind::Dockerfile | Kind::Dockerignore))
            .ok_or_else(|| {
                refused(Reason::Invalid(
                    "it is no kind of manifest we know".to_owned(),
                ))
            })?;
        let unit = Unit::new(Artifact::new(
            path.clone(),
            kind,
            Origin::File,
            Arc::from(text),
        ));
        // What two readers may read in two ways is read by none.
        if let Some(error) = unit.syntax_errors().first() {
            return Err(refused(Reason::Invalid(error.message.clone())));
        }
        if let Tree::Data(document) = &unit.tree
            && document.roots.len() > 1
        {
            let why = "it holds several documents".to_owned();
            return Err(refused(Reason::Invalid(why)));
        }
        Ok(unit)
    }

    fn without_manifest(&self, asked: &Asked) -> Result<Plan, Refused> {
        let written = asked.dockerfile.as_deref().unwrap_or("Dockerfile");
        let root = RootPath::root();
        let dockerfile = self
            .file("--file", &root, written)
            .map_err(|one| vec![one])?;
        let text = self
            .text(&dockerfile.field, &dockerfile.path)
            .map_err(|one| vec![one])?;
        let context = PlacedPath {
            field: "context".to_owned(),
            asked: ".".to_owned(),
            path: root,
        };
        Ok(Plan {
            manifest: None,
            context,
            dockerfile,
            inline: false,
            text,
            target: None,
            arguments: Vec::new(),
            ignore: None,
        })
    }

    fn of_invocation(&self, unit: &Unit, build: &BuildInvocation) -> Result<Plan, Refused> {
        let mut refusals = self.what_is_not_built(build);
        let context = self.context(&build.context);
        let target = build.target.as_ref().map(|value| {
            fixed_text(value).map_err(|reason| Refusal::new("target", value.raw.clone(), reason))
        });
        let arguments = arguments(build);
        // The Dockerfile is looked for even where the context is refused: both are then told.
        let folder = context.as_ref().ok().map(|placed| placed.path.clone());
        let dockerfile = self.dockerfile(unit, build, folder.as_ref());
        let (context, target, arguments, dockerfile) =
            match (context, target.transpose(), arguments, dockerfile) {
                (Ok(context), Ok(target), Ok(arguments), Ok(dockerfile)) => {
                    (context, target, arguments, dockerfile)
                }
                (context, target, arguments, dockerfile) => {
                    refusals.extend(context.err());
                    refusals.extend(target.err());
                    refusals.extend(arguments.err().unwrap_or_default());
                    refusals.extend(dockerfile.err().filter(|_| folder.is_some()));
                    return Err(refusals);
                }
            };
        if !refusals.is_empty() {
            return Err(refusals);
        }
        let (dockerfile, text, inline) = dockerfile;
        Ok(Plan {
            manifest: Some(unit.artifact.path.clone()),
            context,
            dockerfile,
            inline,
            text,
            target,
            arguments,
            ignore: None,
        })
    }

    /// What a manifest may ask of a builder, and never gets here.
    fn what_is_not_built(&self, build: &BuildInvocation) -> Refused {
        let hosts = build
            .host_access
            .iter()
            .map(|access| Refusal::new("host access", access.written.clone(), Reason::HostAccess));
        let contexts = build
            .named_contexts
            .iter()
            .map(|named| Refusal::new("named context", named.name.clone(), Reason::NamedContext));
        let secrets = build.secret_files.iter().map(|field| {
            Refusal::new(
                &*field.name,
                field.value.raw.clone(),
                Reason::RepositorySecret,
            )
        });
        hosts.chain(contexts).chain(secrets).collect()
    }

    fn context(&self, written: &ContextField) -> Result<PlacedPath, Refusal> {
        match written {
            ContextField::Path(field) => {
                let text = text_of(field)?;
                let placed = self.placed(&field.name, &field.base, &text)?;
                match placed.1 {
                    Standing::Folder => Ok(placed.0),
                    Standing::Nothing => Err(Refusal::new(&*field.name, text, Reason::Missing)),
                    _ => Err(Refusal::new(&*field.name, text, Reason::NotAFolder)),
                }
            }
            ContextField::Default(folder) => Ok(PlacedPath {
                field: "context".to_owned(),
                asked: ".".to_owned(),
                path: folder.clone(),
            }),
            ContextField::Git { field, .. } | ContextField::Url(field) => Err(Refusal::new(
                &*field.name,
                field.value.raw.clone(),
                Reason::Remote,
            )),
            ContextField::Other => Err(Refusal::new("context", "", Reason::NotAFolderContext)),
        }
    }

    fn dockerfile(
        &self,
        unit: &Unit,
        build: &BuildInvocation,
        context: Option<&RootPath>,
    ) -> Result<(PlacedPath, String, bool), Refusal> {
        let manifest = &unit.artifact.path;
        match &build.dockerfile {
            DockerfileField::None => Err(Refusal::new("dockerfile", "", Reason::NoBuild)),
            DockerfileField::Url(field) => Err(Refusal::new(
                &*field.name,
                field.value.raw.clone(),
                Reason::Remote,
            )),
            DockerfileField::Inline(text) => {
                let placed = PlacedPath {
                    field: "inline Dockerfile".to_owned(),
                    asked: String::new(),
                    path: manifest.clone(),
                };
                Ok((placed, text.as_str().to_owned(), true))
            }
            DockerfileField::Default => {
                let root = RootPath::root();
                let placed = self.file("dockerfile", context.unwrap_or(&root), "Dockerfile")?;
                let text = self.text(&placed.field, &placed.path)?;
                Ok((placed, text, false))
            }
            DockerfileField::Path { field, bases } => self.named(field, bases, context),
        }
    }

    /// The first base under which the file is there; every base before it must stay inside.
    fn named(
        &self,
        field: &PathField,
        bases: &[DockerfileBase],
        context: Option<&RootPath>,
    ) -> Result<(PlacedPath, String, bool), Refusal> {
        let text = text_of(field)?;
        let mut missing = Refusal::new(&*field.name, text.clone(), Reason::Missing);
        for base in bases {
            let folder = match base {
                DockerfileBase::Context => context,
                DockerfileBase::Folder(folder) => Some(folder),
            };
            let Some(folder) = folder else { continue };
            match self.file(&field.name, folder, &text) {
                Ok(placed) => {
                    let content = self.text(&field.name, &placed.path)?;
                    return Ok((placed, content, false));
                }
                Err(refusal) if *refusal.reason == Reason::Missing => missing = refusal,
                Err(refusal) => return Err(refusal),
            }
        }
        Err(missing)
    }

    fn placed(
        &self,
        field: &str,
        base: &RootPath,
        text: &str,
    ) -> Result<(PlacedPath, Standing), Refusal> {
        let refused = |reason| Refusal::new(field, text, reason);
        let followed = place(self.root, base, text).map_err(refused)?;
        let inside = |submodule: &&RootPath| followed.path.starts_with(submodule);
        if self.submodules.iter().any(|submodule| inside(&submodule)) {
            return Err(refused(Reason::Submodule));
        }
        let placed = PlacedPath {
            field: field.to_owned(),
            asked: text.to_owned(),
            path: followed.path,
        };
        Ok((placed, followed.found))
    }

    fn file(&self, field: &str, base: &RootPath, text: &str) -> Result<PlacedPath, Refusal> {
        let (placed, found) = self.placed(field, base, text)?;
        match found {
            Standing::File => Ok(placed),
            Standing::Nothing => Err(Refusal::new(field, text, Reason::Missing)),
            _ => Err(Refusal::new(field, text, Reason::NotAFile)),
        }
    }

    /// The text of the file at `path`, opened through no link.
    fn text(&self, field: &str, path: &RootPath) -> Result<String, Refusal> {
        let refused = |reason| Refusal::new(field, path.to_string(), reason);
        let bytes = match self.root.read(Path::new(path.as_str()), MAX_BYTES) {
            Ok(Bytes::Whole(bytes)) => bytes,
            Ok(Bytes::TooLarge) => return Err(refused(Reason::TooLarge(MAX_BYTES))),
            Err(error) => return Err(refused(Reason::Invalid(error.to_string()))),
        };
        String::from_utf8(bytes).map_err(|_| refused(Reason::Invalid("it is not UTF-8".to_owned())))
    }

    /// The ignore file that applies. One behind a link is read where the link leads.
    fn ignore(&self, plan: &Plan) -> Result<Option<(RootPath, String)>, Refusal> {
        let context = &plan.context.path;
        let dockerfile = Some(&plan.dockerfile.path).filter(|_| !plan.inline);
        let mut entries = Vec::new();
        for path in candidates(context, dockerfile) {
            let field = format!("ignore file {path}");
            match self.placed(&field, &RootPath::root(), path.as_str()) {
                Ok((_, Standing::Nothing)) => {}
                Ok((_, Standing::File)) => entries.push(Entry {
                    path,
                    kind: EntryKind::File,
                    size: 0,
                    link_target: None,
                    listed: true,
                }),
                Ok(_) => return Err(Refusal::new(field, "", Reason::NotAFile)),
                Err(refusal) => return Err(Refusal::new(field, "", *refusal.reason)),
            }
        }
        let inventory = Inventory::new(entries);
        let Some(path) = ignore_file::applying(&inventory, context, dockerfile, self.builder)
        else {
            return Ok(None);
        };
        let field = format!("ignore file {path}");
        let placed = self.file(&field, &RootPath::root(), path.as_str())?;
        let text = self.text(&field, &placed.path)?;
        Ok(Some((path, text)))
    }
}

/// What goes to the engine in the head of a request has a bound.
fn bounded(plan: &Plan) -> Result<(), Refusal> {
    let too_large = |what: &str, bound: usize| {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX);
        Err(Refusal::new(what, "", Reason::TooLarge(bound)))
    };
    if plan
        .target
        .as_ref()
        .is_some_and(|stage| stage.len() > MAX_WORD)
    {
        return too_large("target", MAX_WORD);
    }
    let mut total = 0usize;
    for (name, value) in &plan.arguments {
        if name.len() > MAX_WORD {
            return too_large("the name of an argument", MAX_WORD);
        }
        if value.len() > MAX_WORD {
            return too_large("the value of an argument", MAX_WORD);
        }
        total = total.saturating_add(name.len()).saturating_add(value.len());
    }
    match total > MAX_ARGUMENTS {
        true => too_large("the build arguments together", MAX_ARGUMENTS),
        false => Ok(()),
    }
}

/// The ignore files that a builder may look for.
fn candidates(context: &RootPath, dockerfile: Option<&RootPath>) -> Vec<RootPath> {
    let beside = dockerfile.and_then(|dockerfile| {
        let name = format!("{}.dockerignore", dockerfile.file_name());
        dockerfile.parent().join(&name)
    });
    beside
        .into_iter()
        .chain(context.join(".dockerignore"))
        .collect()
}

/// The build of the manifest that is meant.
fn chosen<'u>(unit: &'u Unit, asked: &Asked) -> Result<&'u BuildInvocation, Refusal> {
    let shown = unit.artifact.path.to_string();
    let builds = &unit.manifest.invocations;
    let named = |build: &&BuildInvocation| match &asked.name {
        Some(name) => build.name.as_ref() == Some(name),
        None => true,
    };
    let mut matching = builds.iter().filter(named);
    match (matching.next(), matching.next()) {
        (None, _) => Err(Refusal::new("manifest", shown, Reason::NoBuild)),
        (Some(build), None) => Ok(build),
        (Some(_), Some(_)) => {
            let names = builds
                .iter()
                .filter_map(|build| build.name.clone())
                .collect();
            Err(Refusal::new(
                "manifest",
                shown,
                Reason::SeveralBuilds(names),
            ))
        }
    }
}

fn text_of(field: &PathField) -> Result<String, Refusal> {
    fixed_text(&field.value)
        .map_err(|reason| Refusal::new(&*field.name, field.value.raw.clone(), reason))
}

fn arguments(build: &BuildInvocation) -> Result<Vec<(String, String)>, Refused> {
    let mut arguments = Vec::new();
    let mut refusals = Vec::new();
    for argument in &build.arguments {
        let field = format!("argument {}", argument.name);
        let value = match &argument.value {
            Some(value) => fixed_text(value).map_err(|reason| (value.raw.clone(), reason)),
            None => Err((
                String::new(),
                Reason::Environment(vec![argument.name.clone()]),
            )),
        };
        match value {
            Ok(value) => arguments.push((argument.name.clone(), value)),
            Err((_, reason)) if is_secret_argument(&argument.name) => {
                refusals.push(Refusal::new(field, "", reason));
            }
            Err((raw, reason)) => refusals.push(Refusal::new(field, raw, reason)),
        }
    }
    match refusals.is_empty() {
        true => Ok(arguments),
        false => Err(refusals),
    }
}
