//! `link-leaves-repository`: a symbolic link out of the repository where a build reads.

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_chain::{Build, Place, Unit, telling_links};
use plimsoll_model::{
    Builder, BuilderOutcome, Confidence, Entry, Finding, FlowStep, Kind, Label, Level, Reach,
    RootPath, RuleInfo, Severity, Span, Stage, Witness, WitnessKind,
};
use plimsoll_parse::dockerfile::{Body, Instruction};
use plimsoll_simulate::resolve::{ContextResolution, ContextUse, resolve_in_context};

use crate::rule::{Check, Findings, Rule, World};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "link-leaves-repository",
        former_ids: &[],
        title: "A symbolic link leads out of the repository",
        stage: Stage::Build,
        severity: Severity::Critical,
        confidence: Confidence::High,
        level: Level::Default,
        aliases: &[],
        references: &["CWE-59", "CWE-61", "CVE-2022-4122"],
        page: include_str!("link_leaves_repository.md"),
    },
    check: Check::Root(check),
};

fn check(world: &World<'_>, findings: &mut Findings) {
    let links = telling_links(world.inventory);
    if links.first_left_out.is_some() {
        findings.cut("more links than are followed");
    }
    for (entry, kind) in links.leading {
        if let Some(link) = Link::out_of_root(entry, world) {
            findings.push(file_finding(&link, kind, world));
        }
    }
    let mut seen = BTreeSet::new();
    for build in world.chain.builds() {
        let unit = build.dockerfile_unit();
        // What is said of a copy depends on these alone.
        if seen.insert((build.context.inside(), unit, build.control, build.builders)) {
            check_copies(build, world, findings);
        }
    }
}

/// A link that leads out of the root.
struct Link<'a> {
    path: &'a RootPath,
    target: &'a str,
    resolves_to: String,
    levels: u32,
    reaches: Vec<Reach>,
}

impl<'a> Link<'a> {
    fn out_of_root(entry: &'a Entry, world: &World<'_>) -> Option<Link<'a>> {
        let Place::Outside(outside) = Place::of_path(world.inventory, &entry.path) else {
            return None;
        };
        Some(Link {
            path: &entry.path,
            target: entry.link_target.as_deref().unwrap_or(""),
            resolves_to: outside.resolves_to,
            levels: outside.levels,
            reaches: outside.reaches,
        })
    }

    /// What each builder does when it reads the link's file as `used_as`.
    fn outcomes(
        &self,
        used_as: ContextUse,
        builders: &[Builder],
        world: &World<'_>,
    ) -> BTreeMap<Builder, BuilderOutcome> {
        let folder = self.path.parent();
        let name = self.path.file_name();
        let outcome = |builder: Builder| {
            resolve_in_context(world.inventory, &folder, name, builder, used_as).outcome
        };
        builders
            .iter()
            .map(|builder| (*builder, outcome(*builder)))
            .collect()
    }

    fn witness(&self, builders: BTreeMap<Builder, BuilderOutcome>) -> Witness {
        Witness {
            kind: WitnessKind::PathEscape,
            input: self.target.to_owned(),
            resolves_to: self.resolves_to.clone(),
            levels: self.levels,
            builders,
            reaches: self.reaches.clone(),
        }
    }
}

/// Builders that a Dockerfile or ignore file may meet where no invocation names one.
const USUAL: [Builder; 2] = [Builder::Buildkit, Builder::Classic];

/// A manifest, Dockerfile or ignore file that is itself a link out.
fn file_finding(link: &Link<'_>, kind: Kind, world: &World<'_>) -> Finding {
    let control = world.chain.settings().control_of(kind);
    let builders = match kind {
        Kind::Dockerfile => link.outcomes(ContextUse::Dockerfile, &USUAL, world),
        Kind::Dockerignore => link.outcomes(ContextUse::IgnoreFile, &USUAL, world),
        _ => BTreeMap::new(),
    };
    let followed = builders.is_empty() || builders.values().any(|outcome| outcome.is_effective());
    let consequence = if followed {
        "whoever reads it reads that file instead, and may print what it holds"
    } else {
        "the builders cut it back, so the build breaks"
    };
    let message = format!(
        "`{}` is a link to `{}`, outside the repository: {consequence}. Put the file itself here",
        link.path, link.target
    );
    let at = Label::whole(link.path);
    let mut finding = Finding::at(&RULE.info, at.clone(), message);
    finding.severity = Severity::Critical.for_control(control);
    finding.identity = vec![link.target.to_owned()];
    finding.flow = vec![FlowStep {
        at,
        message: format!("links to `{}`", link.target),
        control,
    }];
    finding.witness = Some(link.witness(builders));
    if !followed {
        break_only(&mut finding);
    }
    finding
}

/// COPY and ADD sources that lead through a link out of the root.
fn check_copies(build: &Build, world: &World<'_>, findings: &mut Findings) {
    let (Some(context), Some(unit)) = (
        build.context.inside(),
        build.dockerfile_unit().and_then(|at| world.chain.unit(at)),
    ) else {
        return;
    };
    let Some(dockerfile) = unit.dockerfile() else {
        return;
    };
    let mut seen = BTreeSet::new();
    for instruction in &dockerfile.tree.instructions {
        for (span, source) in context_sources(instruction) {
            if seen.insert(span)
                && let Some(finding) =
                    copy_finding(build, context, unit, instruction, (span, source), world)
            {
                findings.push(finding);
            }
        }
    }
}

/// The sources taken from the context that hold no variable.
fn context_sources(instruction: &Instruction) -> impl Iterator<Item = (Span, &str)> {
    let sources = match &instruction.body {
        Body::Copy(transfer) | Body::Add(transfer) if instruction.flag("from").is_none() => {
            transfer.sources.as_slice()
        }
        _ => &[],
    };
    sources
        .iter()
        .map(|word| (word.span, word.as_str()))
        .filter(|(_, text)| !text.contains('$') && !text.contains("://"))
}

fn copy_finding(
    build: &Build,
    context: &RootPath,
    unit: &Unit,
    instruction: &Instruction,
    (span, source): (Span, &str),
    world: &World<'_>,
) -> Option<Finding> {
    let relative = source.trim_start_matches('/');
    let Place::Outside(outside) = Place::of_host_path(world.inventory, context, relative) else {
        return None;
    };
    // Without a link the text itself leads out, which builders cut back to the context: no escape.
    let first = outside.links.first()?;
    let used_as = match instruction.body {
        Body::Add(_) => ContextUse::AddSource,
        _ => ContextUse::CopySource,
    };
    let found: Vec<_> = build
        .builders
        .iter()
        .map(|builder| {
            let found = resolve_in_context(world.inventory, context, source, *builder, used_as);
            (*builder, found)
        })
        .collect();
    if found.iter().all(|(_, found)| is_found_inside(found)) {
        return None;
    }
    let builders: BTreeMap<_, _> = found.iter().map(|(b, found)| (*b, found.outcome)).collect();
    let followed = builders.values().any(|outcome| outcome.is_effective());
    let consequence = if followed {
        "a builder this build may use follows it"
    } else {
        "the builders this build may use cut it back to the context, so the build breaks"
    };
    let control = build.control;
    let message = format!(
        "`{source}` leads through the link `{}` -> `{}` out of the repository: {consequence}. Copy the file itself into \
         the repository",
        first.link, first.target
    );
    let mut finding = Finding::at(&RULE.info, unit.label(span), message);
    finding.severity = Severity::Critical.for_control(control);
    finding.identity = vec![source.to_owned(), first.target.clone()];
    let steps = outside.links.iter().map(|step| FlowStep {
        at: Label::whole(&step.link),
        message: format!("`{}` is a link to `{}`", step.link, step.target),
        control,
    });
    let named = FlowStep {
        at: unit.label(span),
        message: format!("takes `{source}` from the context"),
        control,
    };
    finding.flow = std::iter::once(named).chain(steps).collect();
    finding.witness = Some(Witness {
        kind: WitnessKind::PathEscape,
        input: source.to_owned(),
        resolves_to: outside.resolves_to,
        levels: outside.levels,
        builders,
        reaches: outside.reaches,
    });
    if !followed {
        break_only(&mut finding);
    }
    Some(finding)
}

/// Whether a builder cuts the link back to the context, and finds there what it names: a link such as `a -> /b` that was
/// made for just that.
fn is_found_inside(found: &ContextResolution) -> bool {
    found.outcome == BuilderOutcome::Clamps && !found.paths.is_empty()
}

/// No builder is led astray: the build breaks, and that is all.
fn break_only(finding: &mut Finding) {
    finding.severity = Severity::Low;
    finding.level = Level::Strict;
}
