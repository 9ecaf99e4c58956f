//! What a Dockerfile asks of the builder beyond its context: frontends, mounts, networks, downloads, images.

use std::collections::BTreeMap;

use plimsoll_engine::is_image_name;
use plimsoll_model::{Builder, LineIndex, RootPath};
use plimsoll_parse::ImageReference;
use plimsoll_parse::dockerfile::{
    self, Body, Directive, DirectiveStyle, Dockerfile, Instruction, Mount, MountKind, Word,
};
use plimsoll_simulate::expand::Value;
use plimsoll_simulate::scope::{BuildInput, Environment, Precedence, Scopes};
use plimsoll_simulate::stages::{Reference, StageGraph};

use crate::place::is_address;
use crate::plan::Plan;
use crate::policy::Policy;
use crate::refusal::{Reason, Refusal};

/// What was made of a Dockerfile.
#[derive(Clone, Debug, Default)]
pub(crate) struct Judged {
    pub(crate) refusals: Vec<Refusal>,
    /// Every image from outside, once: its name, and the word that names it.
    pub(crate) images: BTreeMap<String, String>,
    /// The text that is built: without a frontend.
    pub(crate) text: String,
    /// The frontend that was asked for, and is replaced by the engine's own.
    pub(crate) frontend: Option<String>,
}

/// Judges the Dockerfile of `plan`; `secrets` are the ids given to the build.
pub(crate) fn judge(plan: &Plan, policy: &Policy, secrets: &[String], builder: Builder) -> Judged {
    let tree = dockerfile::parse(&plan.text);
    let input = BuildInput {
        args: plan
            .arguments
            .iter()
            .map(|(name, value)| (name.clone(), Value::Known(value.clone())))
            .collect::<BTreeMap<_, _>>(),
        target: plan.target.clone(),
        ..BuildInput::default()
    };
    let graph = StageGraph::new(&tree, &input);
    let precedence = match builder {
        Builder::Buildkit => Precedence::LaterWins,
        _ => Precedence::EnvWins,
    };
    let scopes = Scopes::new(&tree, &graph, &input, precedence);
    let mut judge = Judge {
        plan,
        policy,
        secrets,
        lines: LineIndex::new(&plan.text),
        judged: Judged {
            text: plan.text.clone(),
            ..Judged::default()
        },
    };
    judge.syntax(&tree);
    judge.target(&graph);
    judge.stages(&graph);
    for (index, instruction) in tree.instructions.iter().enumerate() {
        judge.instruction(instruction, &scopes.environment(index));
    }
    judge.judged
}

struct Judge<'a> {
    plan: &'a Plan,
    policy: &'a Policy,
    secrets: &'a [String],
    lines: LineIndex,
    judged: Judged,
}

impl Judge<'_> {
    fn refuse(&mut self, at: u32, what: &str, value: impl Into<String>, reason: Reason) {
        let (path, line) = (&self.plan.dockerfile.path, self.lines.line(at));
        let field = format!("{path}:{line} {what}");
        self.judged
            .refusals
            .push(Refusal::new(field, value, reason));
    }

    /// A file that builders reject is not guessed at.
    fn syntax(&mut self, tree: &Dockerfile) {
        if let Some(error) = tree.errors.first() {
            let reason = Reason::Invalid(error.message.clone());
            self.refuse(error.span.start, "syntax", "", reason);
        }
        let Some(directive) = tree.directive("syntax") else {
            return;
        };
        let image = directive.value.value.trim();
        let named = repository(image);
        let known = self.policy.frontends.iter();
        let allowed = named.is_some() && { known }.any(|frontend| repository(frontend) == named);
        if !allowed || directive.style != DirectiveStyle::Hash {
            self.refuse(
                directive.span.start,
                "# syntax",
                image,
                Reason::ForeignFrontend,
            );
            return;
        }
        self.judged.frontend = Some(image.to_owned());
        self.judged.text = without_frontend(&self.plan.text, tree, directive);
    }

    fn target(&mut self, graph: &StageGraph) {
        if let Some(target) = &self.plan.target
            && (graph.target.is_none() || target.starts_with('-'))
        {
            let refusal = Refusal::new("target", target.clone(), Reason::NoSuchTarget);
            self.judged.refusals.push(refusal);
        }
    }

    fn stages(&mut self, graph: &StageGraph) {
        if let Some(problem) = graph.problems.first() {
            let reason = Reason::Invalid(problem.message.clone());
            self.refuse(problem.span.start, "stages", "", reason);
        }
        for dependency in graph.stages.iter().flat_map(|stage| &stage.dependencies) {
            let at = dependency.span;
            let written = at.slice(&self.plan.text).to_owned();
            match &dependency.target {
                Reference::Image(name) if !is_image_name(name) => {
                    let why = "it is no name of an image".to_owned();
                    self.refuse(at.start, "image", written, Reason::Invalid(why));
                }
                Reference::Image(name) if self.policy.images.contains(name) => {
                    self.judged.images.entry(name.clone()).or_insert(written);
                }
                Reference::Image(_) => {
                    self.refuse(at.start, "image", written, Reason::ForeignImage);
                }
                Reference::Unknown => self.refuse(at.start, "image", written, Reason::Unknown),
                Reference::Stage(_)
                | Reference::Scratch
                | Reference::Context(_)
                | Reference::Invalid => {}
            }
        }
    }

    fn instruction(&mut self, instruction: &Instruction, environment: &Environment<'_>) {
        match &instruction.body {
            Body::Onbuild(nested) => self.instruction(nested, environment),
            Body::Run(_) => self.run(instruction, environment),
            Body::Copy(transfer) if instruction.flag("from").is_none() => {
                for source in &transfer.sources {
                    self.source("COPY", source, environment);
                }
            }
            Body::Add(transfer) => {
                for source in &transfer.sources {
                    self.added(source, environment);
                }
            }
            Body::Workdir(path) => self.workdir(path, environment),
            _ => {}
        }
    }

    fn run(&mut self, instruction: &Instruction, environment: &Environment<'_>) {
        for flag in &instruction.flags {
            let value = flag.value.as_ref().map_or("", Word::as_str);
            let at = flag.span.start;
            let written = format!("--{}={value}", flag.name);
            match (flag.name.as_str(), value) {
                ("network", "none" | "default") | ("security", "sandbox") => {}
                ("network" | "security" | "device", _) => {
                    self.refuse(at, "RUN", written, Reason::HostAccess);
                }
                _ => {}
            }
            if let Some(mount) = &flag.mount {
                self.mount(mount, environment);
            }
        }
    }

    fn mount(&mut self, mount: &Mount, environment: &Environment<'_>) {
        let at = mount.span.start;
        let written = mount.span.slice(&self.plan.text).to_owned();
        match mount.kind() {
            MountKind::Ssh => self.refuse(at, "RUN --mount", written, Reason::SshMount),
            MountKind::Other => self.refuse(at, "RUN --mount", written, Reason::Unknown),
            MountKind::Cache if self.policy.cache_namespace.is_none() => {
                self.refuse(at, "RUN --mount", written, Reason::SharedCache);
            }
            MountKind::Bind | MountKind::Cache => {
                if let Some(source) = mount.source() {
                    self.source("RUN --mount", source, environment);
                }
            }
            MountKind::Secret => self.secret(mount, written, environment),
            MountKind::Tmpfs => {}
        }
    }

    fn secret(&mut self, mount: &Mount, written: String, environment: &Environment<'_>) {
        let named = mount.id().or_else(|| mount.target());
        let id = named.and_then(|word| environment.expand(word).known());
        let id = id.map(|id| id.rsplit('/').next().unwrap_or_default().to_owned());
        let given = id.is_some_and(|id| self.secrets.contains(&id));
        if !given && mount.is_required() {
            self.refuse(
                mount.span.start,
                "RUN --mount",
                written,
                Reason::UnknownSecret,
            );
        }
    }

    /// A source inside the context, as far as its text tells; links in the context are the sealing's to judge.
    ///
    /// What is shown is the word as written: expanded it would hold the values of arguments.
    fn source(&mut self, what: &str, word: &Word, environment: &Environment<'_>) {
        let at = word.span.start;
        match environment.expand(word).known() {
            None => self.refuse(at, what, word.as_str(), Reason::Unknown),
            Some(path) if path.contains('\0') => {
                self.refuse(at, what, word.as_str(), Reason::ControlCharacter);
            }
            Some(path) if RootPath::new(path.trim_start_matches('/')).is_none() => {
                self.refuse(at, what, word.as_str(), Reason::LeavesContext);
            }
            Some(_) => {}
        }
    }

    fn added(&mut self, word: &Word, environment: &Environment<'_>) {
        let Some(path) = environment.expand(word).known() else {
            return self.refuse(word.span.start, "ADD", word.as_str(), Reason::Unknown);
        };
        if !is_address(&path) && !path.ends_with(".git") {
            return self.source("ADD", word, environment);
        }
        let mut allowed = self.policy.downloads.iter();
        if !allowed.any(|beginning| is_below(&path, beginning)) {
            self.refuse(word.span.start, "ADD", word.as_str(), Reason::Download);
        }
    }

    /// A working directory among the builder's own open files has led out of containers.
    fn workdir(&mut self, word: &Word, environment: &Environment<'_>) {
        let path = environment.expand(word).known().unwrap_or_default();
        if leads_to_the_host(&path) {
            self.refuse(
                word.span.start,
                "WORKDIR",
                word.as_str(),
                Reason::HostAccess,
            );
        }
    }
}

/// Whether `address` is `beginning` or lies below it: its host is the same one, and nothing climbs.
fn is_below(address: &str, beginning: &str) -> bool {
    let Some(rest) = address.strip_prefix(beginning) else {
        return false;
    };
    let ends_there =
        beginning.ends_with('/') || rest.is_empty() || rest.starts_with(['/', '?', '#']);
    ends_there && !rest.split(['/', '?', '#']).any(|name| name == "..")
}

/// Whether a working directory lies in `/proc`, `/sys` or `/dev`, however it is spelled. One that is relative is read from
/// the root as well, for an earlier instruction may have gone there.
fn leads_to_the_host(path: &str) -> bool {
    let mut names: Vec<&str> = Vec::new();
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." => {
                names.pop();
            }
            name => names.push(name),
        }
    }
    matches!(names.first(), Some(&("proc" | "sys" | "dev")))
}

/// The repository of an image, as users write it; `None` where it is no name of one.
fn repository(image: &str) -> Option<String> {
    let reference = ImageReference::parse(image).ok()?;
    Some(reference.familiar_name())
}

/// The text with an empty comment in place of its frontend, behind the other directives: every line keeps its number.
fn without_frontend(text: &str, tree: &Dockerfile, frontend: &Directive) -> String {
    let index = LineIndex::new(text);
    let line_of = |directive: &Directive| index.line(directive.span.start);
    let last = tree.directives.iter().map(line_of).max().unwrap_or(1);
    let removed = line_of(frontend);
    let mut out = String::with_capacity(text.len());
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        if number != removed {
            out.push_str(line);
        }
        if number == last {
            if !out.is_empty() && !out.ends_with('\n') {
                out.push('\n');
            }
            out.push_str("#\n");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frontend_goes_and_lines_stay() {
        for (text, expected) in [
            ("# syntax=x\nFROM a\n", "#\nFROM a\n"),
            ("# syntax=x\n# escape=`\nFROM a", "# escape=`\n#\nFROM a"),
            ("# escape=`\n# syntax=x\nFROM a", "# escape=`\n#\nFROM a"),
            ("# syntax=x", "#\n"),
        ] {
            let tree = dockerfile::parse(text);
            let directive = tree.directive("syntax").unwrap();
            let out = without_frontend(text, &tree, directive);
            assert_eq!(out, expected);
            assert!(dockerfile::parse(&out).directive("syntax").is_none());
        }
    }

    #[test]
    fn repositories_of_images() {
        for (image, expected) in [
            ("docker/dockerfile", Some("docker/dockerfile")),
            ("docker.io/docker/dockerfile:1", Some("docker/dockerfile")),
            (
                "index.docker.io/docker/dockerfile",
                Some("docker/dockerfile"),
            ),
            (
                "evil:5000/docker/dockerfile",
                Some("evil:5000/docker/dockerfile"),
            ),
            ("docker/dockerfile/../x", None),
            ("", None),
        ] {
            assert_eq!(repository(image).as_deref(), expected, "{image}");
        }
    }

    #[test]
    fn addresses_are_allowed_with_their_host() {
        for (address, beginning, expected) in [
            ("https://example.com/a", "https://example.com", true),
            ("https://example.com/a", "https://example.com/", true),
            ("https://example.com/a/b", "https://example.com/a", true),
            (
                "https://example.com.evil.net/a",
                "https://example.com",
                false,
            ),
            (
                "https://example.com@evil.net/a",
                "https://example.com",
                false,
            ),
            (
                "https://example.com:x@evil.net/a",
                "https://example.com",
                false,
            ),
            (
                "https://example.com/a/../b",
                "https://example.com/a/",
                false,
            ),
            ("https://example.com/ab", "https://example.com/a", false),
        ] {
            assert_eq!(
                is_below(address, beginning),
                expected,
                "{address} {beginning}"
            );
        }
    }

    #[test]
    fn folders_of_the_host_are_known_however_they_are_spelled() {
        for path in [
            "/proc/self/fd/8",
            "/./proc/1",
            "/x/../proc",
            "./proc/self/fd/8",
            "//proc",
            "../proc/1",
            "/dev/fd/8",
        ] {
            assert!(leads_to_the_host(path), "{path}");
        }
        for path in ["/srv/proc", "/app", "processes", "/self", ""] {
            assert!(!leads_to_the_host(path), "{path}");
        }
    }
}
