//! A credential that was seen, and who holds it: the subject of the rules about secrets, and what they say alike.

use plimsoll_model::{
    Confidence, Finding, GitStanding, Holder, Kind, Label, Level, RootPath, RuleInfo, SecretFacts,
    SeenSecret, Severity, Sighting, Span, Storage, StoredSighting,
};
use plimsoll_simulate::sensitive::{SensitiveClass, is_in_trial_folder, sensitive};

use crate::rule::World;

/// A credential at one place.
#[derive(Clone, Copy, Debug)]
pub struct HeldSecret<'a> {
    /// The file, or what stands for one.
    pub path: &'a RootPath,
    /// What was seen.
    pub sighting: &'a Sighting,
    /// What kind of place it lies in.
    pub holder: Holder,
    /// How git stands to the file, where that is known.
    pub standing: Option<GitStanding>,
    /// Where it is stored, if not in a file of the tree.
    pub stored: Option<&'a StoredSighting>,
}

/// Every credential that was seen: those in files by path, then those in history and images.
pub(crate) fn held_secrets<'a>(world: &World<'a>) -> impl Iterator<Item = HeldSecret<'a>> {
    let inventory = world.inventory;
    let in_files = inventory.sightings().flat_map(|(path, sightings)| {
        let standing = inventory.git_standing(path);
        sightings.iter().map(move |sighting| HeldSecret {
            path,
            sighting,
            holder: holder_of(path, sighting),
            standing,
            stored: None,
        })
    });
    let stored = inventory.stored_sightings().iter();
    in_files.chain(stored.map(|stored| HeldSecret {
        path: &stored.path,
        sighting: &stored.sighting,
        holder: match &stored.storage {
            Storage::History(_) => Holder::History,
            Storage::Image(place) if place.layer.is_some() => Holder::ImageLayer,
            Storage::Image(_) => Holder::ImageConfiguration,
        },
        standing: None,
        stored: Some(stored),
    }))
}

/// What kind of place it is that `sighting` was seen at. What is inside of an archive is no pipeline and no manifest: only
/// what is kept in it counts.
fn holder_of(path: &RootPath, sighting: &Sighting) -> Holder {
    match (&sighting.inside, holder(&sighting.place(path))) {
        (Some(_), Holder::Ci | Holder::Dockerfile | Holder::Deployment) => Holder::Source,
        (_, holder) => holder,
    }
}

/// Has `finding`, of a rule that knows credentials by more than their values, say which one stands at `span` of the file at
/// `path`, where one was seen.
pub(crate) fn name_credential(
    finding: &mut Finding,
    path: &RootPath,
    span: Span,
    world: &World<'_>,
) {
    let mut files = world.inventory.sightings();
    let Some((path, sightings)) = files.find(|(seen, _)| *seen == path) else {
        return;
    };
    let stands_there = |one: &&Sighting| {
        one.suppressed.is_none() && one.span.start < span.end && span.start < one.span.end
    };
    if let Some(sighting) = sightings.iter().find(stands_there) {
        let held = HeldSecret {
            path,
            sighting,
            holder: holder(path),
            standing: world.inventory.git_standing(path),
            stored: None,
        };
        finding.secret = Some(held.seen());
    }
}

/// What kind of place the file at `path` is.
pub(crate) fn holder(path: &RootPath) -> Holder {
    if is_mcp_configuration(path) {
        return Holder::McpConfiguration;
    }
    if is_pipeline(path) {
        return Holder::Ci;
    }
    match Kind::of_path(path) {
        Some(Kind::Dockerfile) => Holder::Dockerfile,
        Some(Kind::Smithery | Kind::McpServer) => Holder::McpConfiguration,
        Some(Kind::Workflow | Kind::Action | Kind::GitlabCi | Kind::Cloudbuild) => Holder::Ci,
        Some(Kind::Dockerignore) => Holder::Source,
        Some(_) => Holder::Deployment,
        None => match sensitive(path.as_str()).map(|found| found.class) {
            Some(SensitiveClass::Environment) => Holder::EnvFile,
            Some(_) => Holder::CredentialFile,
            None => Holder::Source,
        },
    }
}

/// Files in which clients of MCP servers keep the servers' environment and headers. The names are those of each client's
/// documentation: Claude, Cursor, VS Code, Windsurf, Cline, Roo Code, Gemini CLI, Codex, Zed, Continue, Goose, Amazon Q.
fn is_mcp_configuration(path: &RootPath) -> bool {
    const NAMES: [&str; 12] = [
        ".mcp.json",
        "mcp.json",
        "mcp_config.json",
        "mcp_settings.json",
        "mcp-config.json",
        "mcp_servers.json",
        "claude_desktop_config.json",
        ".claude.json",
        "cline_mcp_settings.json",
        "server.json",
        "mcp.yaml",
        "smithery.json",
    ];
    const BELOW: [(&str, &str); 6] = [
        (".gemini", "settings.json"),
        (".codex", "config.toml"),
        (".zed", "settings.json"),
        (".continue", "config.yaml"),
        ("goose", "config.yaml"),
        (".claude", "settings.local.json"),
    ];
    let name = path.file_name();
    let parent = path.parent();
    NAMES.contains(&name) || BELOW.contains(&(parent.file_name(), name))
}

/// Pipelines of systems that we do not audit otherwise.
fn is_pipeline(path: &RootPath) -> bool {
    const NAMES: [&str; 12] = [
        ".travis.yml",
        ".drone.yml",
        "azure-pipelines.yml",
        "azure-pipelines.yaml",
        "bitbucket-pipelines.yml",
        "appveyor.yml",
        ".appveyor.yml",
        "Jenkinsfile",
        "buildspec.yml",
        "codefresh.yml",
        ".cirrus.yml",
        "wercker.yml",
    ];
    let folders = [
        ".circleci",
        ".buildkite",
        ".woodpecker",
        ".semaphore",
        ".tekton",
    ];
    let parent = path.parent();
    NAMES.contains(&path.file_name()) || folders.contains(&parent.file_name())
}

/// Names that test frameworks give and look for.
fn is_test_file(name: &str) -> bool {
    let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
    let stems = ["_test", "_tests", "_spec", "Test", "Tests", "Spec", "_mock"];
    let infixes = [
        ".test.",
        ".tests.",
        ".spec.",
        ".e2e.",
        ".stories.",
        ".mock.",
    ];
    stem.starts_with("test_")
        || stem == "conftest"
        || stem == "tests"
        || stems.iter().any(|end| stem.ends_with(end))
        || infixes.iter().any(|infix| name.contains(infix))
}

/// Text about programs: what stands in it is mostly there to be replaced.
fn is_documentation(name: &str) -> bool {
    [".md", ".mdx", ".rst", ".adoc"]
        .iter()
        .any(|end| name.ends_with(end))
}

impl HeldSecret<'_> {
    /// The path as it is shown and judged by, with that in an archive.
    pub(crate) fn place(&self) -> RootPath {
        self.sighting.place(self.path)
    }

    /// What was seen, for a sentence: `gh… (40 characters)` (GitHub token, expires …).
    pub(crate) fn describe(&self) -> String {
        let sighting = self.sighting;
        let facts = sighting.facts.iter();
        let facts: String = facts
            .map(|fact| format!(", {} {}", fact.name, fact.value))
            .collect();
        format!("`{}` ({}{facts})", sighting.shown, sighting.name)
    }

    /// What whoever has it can do, as a clause that follows another; empty where nothing is known.
    pub(crate) fn grants(&self) -> String {
        match self.sighting.grants {
            "" => String::new(),
            grants => format!(", and whoever has it {grants}"),
        }
    }

    /// A finding of `rule` about its standing in a file.
    pub(crate) fn found_in_file(&self, rule: &'static RuleInfo, advice: &str) -> Finding {
        let kept = match self.standing {
            Some(GitStanding::Ignored) => {
                " Git ignores the file: the credential is on this machine alone."
            }
            Some(GitStanding::Untracked) => " Git does not track the file yet.",
            _ => "",
        };
        let message = format!(
            "`{}` holds {}{}.{kept} {advice}.",
            self.place(),
            self.describe(),
            self.grants()
        );
        self.finding(rule, message)
    }

    /// A finding of `rule` about it.
    pub(crate) fn finding(&self, rule: &'static RuleInfo, message: String) -> Finding {
        let sighting = self.sighting;
        let label = Label::new(self.path, sighting.span);
        let mut finding = Finding::at(rule, label, message);
        finding.severity = sighting.severity;
        finding.confidence = sighting.confidence;
        finding.level = self.level();
        finding.aliases.extend(sighting.aliases);
        finding.identity = self.identity();
        finding.secret = Some(self.seen());
        if self.standing == Some(GitStanding::Ignored) {
            finding.severity = Severity::Low;
        }
        if self.is_trial() {
            finding.severity = finding.severity.min(Severity::Medium);
        }
        finding
    }

    fn seen(&self) -> Box<SeenSecret> {
        Box::new(SeenSecret {
            sighting: self.sighting.clone(),
            facts: self.facts(),
            origin: self.stored.map(|stored| stored.origin.clone()),
        })
    }

    /// Whether it lies among tests or examples.
    fn is_trial(&self) -> bool {
        let place = self.place();
        is_in_trial_folder(place.as_str())
            || is_test_file(place.file_name())
            || is_test_file(self.path.file_name())
    }

    /// What an issuer gave a form is shown to all. What is told by its surroundings alone is shown to those who ask for
    /// more, where the surroundings are those of tests, of documentation or of another file than is made for it.
    fn level(&self) -> Level {
        // Where it belongs, unless something takes it along: the rules about contexts tell of that.
        if self.standing == Some(GitStanding::Ignored) {
            return Level::Strict;
        }
        let is_doubtful = self.sighting.confidence == Confidence::Low
            || self.is_trial()
            || is_documentation(self.place().file_name())
            || !self.is_in_its_file();
        if is_doubtful && !self.is_issued() {
            Level::Strict
        } else {
            Level::Default
        }
    }

    /// Whether an issuer gave it a form of its own.
    fn is_issued(&self) -> bool {
        const TOLD_BY_SURROUNDINGS: [&str; 11] = [
            "address-",
            "basic-header-",
            "connection-string-",
            "docker-config-",
            "generic-",
            "kubeconfig-",
            "netrc-",
            "npmrc-",
            "private-key-",
            "sign-in-",
            "web-token-",
        ];
        let form = self.sighting.form;
        !TOLD_BY_SURROUNDINGS
            .iter()
            .any(|begin| form.starts_with(begin))
    }

    /// Whether a form that belongs to files of one name stands in one of these. The same lines in program text are
    /// mostly there to test the reader of such files.
    fn is_in_its_file(&self) -> bool {
        let place = self.place();
        let name = place.file_name();
        let parent = place.parent();
        match self.sighting.form {
            form if form.starts_with("netrc-") => {
                matches!(name.trim_start_matches(['.', '_']), "netrc")
            }
            form if form.starts_with("docker-config-") => {
                name.contains("dockercfg")
                    || name.contains("dockerconfig")
                    || name.ends_with(".json")
                    || name.ends_with(".yaml")
                    || name.ends_with(".yml")
                    || parent.file_name().contains("docker")
            }
            _ => true,
        }
    }

    /// The value's digest, so that the finding stays the same when the file moves; else the form and the path, of which
    /// that in an archive is a part.
    fn identity(&self) -> Vec<String> {
        let inside = self.sighting.inside.as_ref();
        let second = match &self.sighting.digest {
            Some(digest) => Some(digest.clone()),
            None => inside.map(|inside| inside.as_str().to_owned()),
        };
        let form = self.sighting.form.to_owned();
        [form].into_iter().chain(second).collect()
    }

    fn facts(&self) -> SecretFacts {
        let sighting = self.sighting;
        let (history, image) = match self.stored.map(|stored| &stored.storage) {
            Some(Storage::History(place)) => (Some(place.clone()), None),
            Some(Storage::Image(place)) => (None, Some(place.clone())),
            None => (None, None),
        };
        SecretFacts {
            form: sighting.form.to_owned(),
            provider: sighting.provider.to_owned(),
            name: sighting.name.to_owned(),
            shown: sighting.shown.clone(),
            holder: self.holder,
            tracked: self
                .standing
                .map(|standing| standing == GitStanding::Tracked),
            facts: sighting.facts.clone(),
            history,
            image,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_told_by_their_names() {
        let check = |path: &str, expected| {
            assert_eq!(holder(&RootPath::new(path).unwrap()), expected, "{path}");
        };
        check("a/.env.production", Holder::EnvFile);
        check(".npmrc", Holder::CredentialFile);
        check("keys/id_rsa", Holder::CredentialFile);
        check(".cursor/mcp.json", Holder::McpConfiguration);
        check("home/.codex/config.toml", Holder::McpConfiguration);
        check("smithery.yaml", Holder::McpConfiguration);
        check(".circleci/config.yml", Holder::Ci);
        check(".github/workflows/x.yml", Holder::Ci);
        check("docker-compose.yml", Holder::Deployment);
        check("api/Dockerfile", Holder::Dockerfile);
        check("config.toml", Holder::Source);
    }

    #[test]
    fn tests_and_texts_are_told_by_their_names() {
        for name in [
            "auth_test.go",
            "a.test.ts",
            "a.spec.js",
            "test_a.py",
            "conftest.py",
            "UserTests.cs",
        ] {
            assert!(is_test_file(name), "{name}");
        }
        for name in [
            "attest.go",
            "latest.ts",
            "contest.py",
            "testimony.rs",
            "a.py",
        ] {
            assert!(!is_test_file(name), "{name}");
        }
        assert!(is_documentation("README.md"));
        assert!(!is_documentation("config.yaml"));
    }
}
