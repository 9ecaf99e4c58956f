//! What to try for a finding: the build it is about, and what has to be found in the image.

use plimsoll_chain::invocation::PathField;
use plimsoll_chain::sink::{ArgumentSink, SinkKind};
use plimsoll_chain::{Build, Chain, DockerfileUse, Outside, Place, Placed, Unit};
use plimsoll_model::{Finding, RootPath, Span, WitnessKind};

/// An attack on one build.
pub(crate) enum Attack<'a> {
    /// The context lies outside the root.
    Context(Escape<'a>),
    /// The Dockerfile lies outside the root.
    Dockerfile(Escape<'a>),
    /// A file of the context that holds a secret is copied.
    SecretFile {
        /// The Dockerfile.
        unit: &'a Unit,
        /// The context.
        context: RootPath,
        /// The file.
        file: RootPath,
        /// The instruction that takes it.
        at: Option<Span>,
    },
    /// An argument reaches a sink.
    Argument {
        /// The build.
        build: &'a Build,
        /// The Dockerfile.
        unit: &'a Unit,
        /// The sink.
        sink: &'a ArgumentSink,
    },
    /// There is nothing to try, and why.
    Nothing(&'static str),
}

/// A field that leads outside.
pub(crate) struct Escape<'a> {
    pub(crate) build: &'a Build,
    pub(crate) field: &'a PathField,
    pub(crate) outside: &'a Outside,
}

/// What to try for `finding`.
pub(crate) fn attack<'a>(finding: &Finding, chain: &'a Chain) -> Attack<'a> {
    let Some(witness) = &finding.witness else {
        return Attack::Nothing("it has no witness");
    };
    match witness.kind {
        WitnessKind::PathEscape => escape(finding, chain),
        WitnessKind::SecretExposure if finding.rule.id == "copies-secret-file" => {
            secret_file(finding, chain, &witness.resolves_to)
        }
        _ => argument(finding, chain),
    }
}

fn escape<'a>(finding: &Finding, chain: &'a Chain) -> Attack<'a> {
    for build in chain.builds() {
        let is_here = chain
            .unit(build.unit)
            .is_some_and(|unit| unit.artifact.path == finding.at.path);
        if !is_here {
            continue;
        }
        if let Some(escape) = found_at(finding, build, &build.context) {
            return Attack::Context(escape);
        }
        if let DockerfileUse::File { placed, .. } | DockerfileUse::Elsewhere(placed) =
            &build.dockerfile
            && let Some(escape) = found_at(finding, build, placed)
        {
            return Attack::Dockerfile(escape);
        }
        let mut named = build.named_contexts.iter();
        if named.any(|(_, placed)| found_at(finding, build, placed).is_some()) {
            return Attack::Nothing(
                "an engine without a client plugin takes no further contexts; the context itself is tried only",
            );
        }
    }
    Attack::Nothing("no build is known that follows this path; what reads it is not a builder")
}

/// The escape of `placed`, if the finding is about it.
fn found_at<'a>(finding: &Finding, build: &'a Build, placed: &'a Placed) -> Option<Escape<'a>> {
    let field = placed.field.as_ref()?;
    let Place::Outside(outside) = &placed.place else {
        return None;
    };
    (finding.at.span == Some(field.value.span)).then_some(Escape {
        build,
        field,
        outside,
    })
}

fn secret_file<'a>(finding: &Finding, chain: &'a Chain, file: &str) -> Attack<'a> {
    let build = chain.builds().iter().find_map(|build| {
        let unit = chain.unit(build.dockerfile_unit()?)?;
        let context = build.context.inside()?;
        (unit.artifact.path == finding.at.path).then_some((unit, context))
    });
    match (build, RootPath::new(file)) {
        (Some((unit, context)), Some(file)) if file.starts_with(context) => Attack::SecretFile {
            unit,
            context: context.clone(),
            file,
            at: finding.at.span,
        },
        _ => Attack::Nothing("the file does not stand in the context"),
    }
}

fn argument<'a>(finding: &Finding, chain: &'a Chain) -> Attack<'a> {
    let found = chain.flows().iter().find_map(|flow| {
        let unit = chain.unit(flow.unit)?;
        let sink = unit.dockerfile()?.sinks.get(flow.sink)?;
        let build = chain.builds().get(flow.build)?;
        let is_it =
            unit.label(sink.word) == finding.at && finding.identity.first() == Some(&sink.argument);
        is_it.then_some((build, unit, sink))
    });
    let Some((build, unit, sink)) = found else {
        return Attack::Nothing("no way to reproduce this kind of finding is known");
    };
    match not_reproducible(&sink.kind) {
        Some(why) => Attack::Nothing(why),
        None => Attack::Argument { build, unit, sink },
    }
}

/// Why a sink cannot be tried here.
fn not_reproducible(kind: &SinkKind) -> Option<&'static str> {
    match kind {
        SinkKind::Download { .. } | SinkKind::FetchedCode { .. } => {
            Some("it needs a network, and builds run without one here")
        }
        SinkKind::MountSource | SinkKind::CacheName | SinkKind::Secret | SinkKind::SecretTarget => {
            Some("what a mount shows is not kept in the image")
        }
        SinkKind::ProgramVariable { .. } => {
            Some("it needs the program that reads the variable, which the stand-in base lacks")
        }
        SinkKind::CopySource
        | SinkKind::CopyDestination
        | SinkKind::Workdir
        | SinkKind::BaseImage { .. }
        | SinkKind::Command { .. }
        | SinkKind::Option { .. }
        | SinkKind::UnquotedWord { .. }
        | SinkKind::WrittenFile
        | SinkKind::Entrypoint { .. } => None,
    }
}

impl Attack<'_> {
    /// Whether trying it runs commands of the repository.
    pub(crate) fn runs_commands(&self) -> bool {
        let Attack::Argument { sink, .. } = self else {
            return false;
        };
        matches!(
            sink.kind,
            SinkKind::Command { .. }
                | SinkKind::Option { .. }
                | SinkKind::UnquotedWord { .. }
                | SinkKind::WrittenFile
                | SinkKind::Entrypoint { .. }
        )
    }

    /// Folders above the root that the attack climbs.
    pub(crate) fn levels(&self) -> u32 {
        match self {
            Attack::Context(escape) | Attack::Dockerfile(escape) => escape.outside.levels,
            _ => 0,
        }
    }
}
