//! The command line's grammar and help.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use plimsoll_model::{Kind, Level, Severity};
use plimsoll_registry::Platform;

/// Audits what a container is built from and with: Dockerfiles, build contexts, the manifests and pipelines that
/// start builds, and who controls what reaches them.
#[derive(Parser)]
#[command(
    name = "plimsoll",
    version,
    max_term_width = 100,
    after_help = "Exit codes of `check`: 0 nothing counts, 1 a finding counts, 2 something failed, 3 nothing to read."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) terminal: TerminalArguments,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Audit folders, files, git revisions, whole histories or images
    #[command(
        after_help = "Example: judge a stranger's repository, for code scanning
  plimsoll check --submitted --format sarif ./submission > plimsoll.sarif"
    )]
    Check(Box<CheckArguments>),
    /// Show what a build would send to the builder
    #[command(
        after_help = "Example: what the Dockerfile of a service takes from the repository
  plimsoll context . -f services/api/Dockerfile"
    )]
    Context(ContextArguments),
    /// Build a repository that a stranger wrote, so that nothing outside of it is read
    #[command(
        after_help = "Exit codes: 0 built, 1 refused (each reason is named on standard error), 2 something failed.

Example: what a hosting platform runs
  plimsoll build git:checkout@main --policy policy.toml -t tenant/server:1 --facts facts.json"
    )]
    Build(Box<BuildArguments>),
    /// Try findings on real builders, in a disposable copy with canaries
    #[command(
        after_help = "Example: what a platform's builder would have done with a stranger's repository
  plimsoll prove --submitted ./submission

Exit codes: 0 nothing was proved, 1 something was, 2 something failed."
    )]
    Prove(Box<ProveArguments>),
    /// Print a rule's page (what it finds, why it matters, examples, the fix), or that of a form of credential
    #[command(after_help = "Example:
  plimsoll explain context-escapes-repository
  plimsoll explain gitleaks:github-pat")]
    Explain(ExplainArguments),
    /// Print a completion script for a shell
    #[command(after_help = "Example:
  plimsoll completions bash > /etc/bash_completion.d/plimsoll")]
    Completions(CompletionsArguments),
    /// Print a manual page
    #[command(after_help = "Example:
  plimsoll man check | man -l -")]
    Man(ManArguments),
}

#[derive(Args)]
pub(crate) struct CheckArguments {
    /// What to audit: a path, `-` for standard input (with --as), `git:PATH@REV`, `git:PATH@--all` for a whole history,
    /// `image:NAME` (the engine's, else its registry's), `registry:NAME` or `archive:FILE`
    #[arg(value_name = "TARGET", default_value = ".", hide_default_value = true)]
    pub(crate) targets: Vec<OsString>,

    /// Take the target for a file of this kind
    #[arg(long = "as", value_name = "KIND", value_parser = kind_parser(), hide_possible_values = true, help_heading = "What to audit")]
    pub(crate) kind: Option<Kind>,
    /// A stranger wrote the target: nothing in it changes what is judged, and it is its own root
    #[arg(long, help_heading = "What to audit")]
    pub(crate) submitted: bool,
    /// Judge paths against this folder, not the enclosing git work tree
    #[arg(long, value_name = "DIR", help_heading = "What to audit")]
    pub(crate) root: Option<PathBuf>,
    /// Look into what git ignores, too
    #[arg(long, help_heading = "What to audit")]
    pub(crate) no_ignore: bool,
    /// Take this configuration, not the root's plimsoll.toml
    #[arg(long, value_name = "FILE", help_heading = "What to audit")]
    pub(crate) config: Option<PathBuf>,

    /// Run only these rules, at any level
    #[arg(
        long,
        value_name = "RULE",
        value_delimiter = ',',
        help_heading = "Which findings count"
    )]
    pub(crate) only: Vec<String>,
    /// Leave these rules out
    #[arg(
        long,
        value_name = "RULE",
        value_delimiter = ',',
        help_heading = "Which findings count"
    )]
    pub(crate) skip: Vec<String>,
    /// `strict` also shows what rests on assumptions or is a matter of habit
    #[arg(long, value_name = "LEVEL", value_parser = level_parser(), help_heading = "Which findings count")]
    pub(crate) level: Option<Level>,
    /// Hide findings below this severity; they decide all the same
    #[arg(long, value_name = "SEVERITY", value_parser = severity_parser(), hide_possible_values = true, help_heading = "Which findings count")]
    pub(crate) min_severity: Option<Severity>,
    /// The least severity that makes the exit code 1: critical, high, medium, low (default) or info
    #[arg(long, value_name = "SEVERITY", value_parser = severity_parser(), hide_possible_values = true, help_heading = "Which findings count")]
    pub(crate) fail_on: Option<Severity>,
    /// Turn exit code 1 into 0, and no other
    #[arg(long, help_heading = "Which findings count")]
    pub(crate) exit_zero: bool,
    /// Audit what the next commit would record, and search only what it changes for credentials
    #[arg(long, help_heading = "What to audit")]
    pub(crate) staged: bool,
    /// Of a whole history (`git:PATH@--all`), also search what no ref reaches any more
    #[arg(long, help_heading = "What to audit")]
    pub(crate) dangling: bool,
    /// Of a whole history (`git:PATH@--all`), search only what commits behind this revision or since this day brought
    #[arg(long, value_name = "REV|YYYY-MM-DD", help_heading = "What to audit")]
    pub(crate) since: Option<String>,
    /// Of a whole history (`git:PATH@--all`), search only what no run that wrote FILE has searched, and write FILE anew
    #[arg(long, value_name = "FILE", help_heading = "What to audit")]
    pub(crate) state: Option<PathBuf>,
    /// Of an image that is there for several, take the one for this platform [default: Linux on this machine]
    #[arg(long, value_name = "OS/ARCH[/VARIANT]", help_heading = "What to audit")]
    pub(crate) platform: Option<Platform>,
    /// Also show what looks like a credential and is held to be none, and why
    #[arg(long, help_heading = "Which findings count")]
    pub(crate) explain_suppressed: bool,
    /// Findings in this file do not count
    #[arg(long, value_name = "FILE", help_heading = "Which findings count")]
    pub(crate) baseline: Option<PathBuf>,
    /// Write what is found to a baseline
    #[arg(long, value_name = "FILE", help_heading = "Which findings count")]
    pub(crate) write_baseline: Option<PathBuf>,
    /// Findings that are there at this git revision do not count
    #[arg(long, value_name = "REV", help_heading = "Which findings count")]
    pub(crate) since_ref: Option<String>,

    /// The form of the report on standard output
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text, help_heading = "Output")]
    pub(crate) format: Format,
    /// Show the values of the credentials that are found, on a terminal and in text only
    #[arg(long, help_heading = "Output")]
    pub(crate) reveal: bool,
}

/// What `--format` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// For programs; stable
    Json,
    /// For code scanning
    Sarif,
    /// Annotations in a GitHub job
    Github,
}

#[derive(Args)]
pub(crate) struct ContextArguments {
    /// The context's folder
    #[arg(value_name = "DIR", default_value = ".", hide_default_value = true)]
    pub(crate) folder: PathBuf,
    /// The Dockerfile, which may have an ignore file of its own [default: DIR/Dockerfile]
    #[arg(short = 'f', long = "file", value_name = "FILE")]
    pub(crate) dockerfile: Option<PathBuf>,
    /// Whose reading of the ignore file: buildkit, classic, buildah or kaniko
    #[arg(long, value_name = "BUILDER", value_parser = builder_parser(), default_value = "buildkit", hide_possible_values = true)]
    pub(crate) builder: plimsoll_model::Builder,
    /// Print every path that is sent, one a line
    #[arg(long, conflicts_with = "json")]
    pub(crate) list: bool,
    /// Print the figures as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Write what is sent to FILE (`-` for standard output): an archive that the same files always give
    #[arg(long, value_name = "FILE", conflicts_with_all = ["list", "json"])]
    pub(crate) seal: Option<PathBuf>,
    /// Where to list what was sealed [default: FILE.manifest.jsonl]
    #[arg(long, value_name = "FILE", requires = "seal")]
    pub(crate) manifest: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct BuildArguments {
    /// The repository: a folder, or `git:PATH@REV`
    #[arg(
        value_name = "REPOSITORY",
        default_value = ".",
        hide_default_value = true
    )]
    pub(crate) source: OsString,
    /// The manifest that asks for the build [default: smithery.yaml, where that is there]
    #[arg(long, value_name = "FILE", help_heading = "What to build")]
    pub(crate) manifest: Option<String>,
    /// Which of the manifest's builds
    #[arg(long, value_name = "NAME", help_heading = "What to build")]
    pub(crate) name: Option<String>,
    /// The Dockerfile, where no manifest says
    #[arg(
        short = 'f',
        long = "file",
        value_name = "FILE",
        conflicts_with = "manifest",
        help_heading = "What to build"
    )]
    pub(crate) dockerfile: Option<String>,
    /// The stage to build
    #[arg(long, value_name = "STAGE", help_heading = "What to build")]
    pub(crate) target: Option<String>,
    /// A build argument; the policy must declare it
    #[arg(
        long = "build-arg",
        value_name = "NAME=VALUE",
        help_heading = "What to build"
    )]
    pub(crate) build_args: Vec<String>,
    /// A build secret
    #[arg(
        long = "secret",
        value_name = "id=NAME,src=FILE",
        help_heading = "What to build"
    )]
    pub(crate) secrets: Vec<String>,

    /// What a build may do
    #[arg(long, value_name = "FILE", help_heading = "How to build")]
    pub(crate) policy: Option<PathBuf>,
    /// Which builder of the engine: buildkit or classic
    #[arg(long, value_name = "BUILDER", value_parser = engine_builder_parser(), default_value = "buildkit", hide_possible_values = true, help_heading = "How to build")]
    pub(crate) builder: plimsoll_model::Builder,
    /// Seconds the build may take, instead of the policy's
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..), help_heading = "How to build")]
    pub(crate) timeout: Option<u64>,
    /// Judge and seal only, and print the call of docker that builds the same
    #[arg(long, help_heading = "How to build")]
    pub(crate) print: bool,

    /// The image's name
    #[arg(short = 't', long, value_name = "NAME", help_heading = "Output")]
    pub(crate) tag: Option<String>,
    /// Keep the sealed context
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) seal: Option<PathBuf>,
    /// Keep what the build says, secrets masked
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) log: Option<PathBuf>,
    /// Write what was built from what, as JSON
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) facts: Option<PathBuf>,
    /// What the facts call this builder
    #[arg(
        long,
        value_name = "URI",
        default_value = "urn:plimsoll:builder:local",
        hide_default_value = true,
        help_heading = "Output"
    )]
    pub(crate) builder_id: String,
}

#[derive(Args)]
pub(crate) struct ProveArguments {
    /// The folder whose findings are tried
    #[arg(value_name = "TARGET", default_value = ".", hide_default_value = true)]
    pub(crate) target: PathBuf,
    /// A stranger wrote the target: nothing in it changes what is judged, and it is its own root
    #[arg(long, help_heading = "What to try")]
    pub(crate) submitted: bool,
    /// Judge paths against this folder, not the enclosing git work tree
    #[arg(long, value_name = "DIR", help_heading = "What to try")]
    pub(crate) root: Option<PathBuf>,
    /// Take this configuration, not the root's plimsoll.toml
    #[arg(long, value_name = "FILE", help_heading = "What to try")]
    pub(crate) config: Option<PathBuf>,
    /// Try findings of these rules only, at any level
    #[arg(
        long,
        value_name = "RULE",
        value_delimiter = ',',
        help_heading = "What to try"
    )]
    pub(crate) only: Vec<String>,
    /// `strict` also tries what rests on assumptions
    #[arg(long, value_name = "LEVEL", value_parser = level_parser(), help_heading = "What to try")]
    pub(crate) level: Option<Level>,

    /// On these builders: classic, buildkit, buildah; all that answer by default
    #[arg(long, value_name = "BUILDER", value_parser = builder_parser(), value_delimiter = ',', hide_possible_values = true, help_heading = "How to try it")]
    pub(crate) builder: Vec<plimsoll_model::Builder>,
    /// Run commands of the Dockerfile where a finding is about one, without asking
    #[arg(long, help_heading = "How to try it")]
    pub(crate) yes: bool,
    /// Seconds that one build may take
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 60,
        value_parser = clap::value_parser!(u64).range(1..),
        help_heading = "How to try it"
    )]
    pub(crate) timeout: u64,

    /// The form of the report on standard output
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = ProofFormat::Text, help_heading = "Output")]
    pub(crate) format: ProofFormat,
    /// Also keep the report as JSON in this file
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
}

/// What `prove --format` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProofFormat {
    /// For people
    Text,
    /// For programs; stable
    Json,
}

#[derive(Args)]
pub(crate) struct ExplainArguments {
    /// The id of a rule or of a form of credential, another tool's id for the same thing, or who issues credentials
    #[arg(value_name = "NAME", required_unless_present = "list")]
    pub(crate) rule: Option<String>,
    /// List all rules
    #[arg(long, conflicts_with = "rule")]
    pub(crate) list: bool,
}

#[derive(Args)]
pub(crate) struct CompletionsArguments {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    pub(crate) shell: Shell,
}

#[derive(Args)]
pub(crate) struct ManArguments {
    /// The command whose page to print; the overview where absent
    #[arg(value_name = "COMMAND")]
    pub(crate) command: Option<String>,
}

/// Options of every command.
#[derive(Args)]
#[command(next_help_heading = "Terminal")]
pub(crate) struct TerminalArguments {
    /// Colours; `auto` follows the terminal and NO_COLOR
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = When::Auto, hide_default_value = true)]
    pub(crate) color: When,
    /// No progress on standard error
    #[arg(long, global = true)]
    pub(crate) no_progress: bool,
    /// Nothing on standard error but errors
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Also what was left out, and findings that do not count
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub(crate) verbose: bool,
}

/// What `--color` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    Auto,
    Always,
    Never,
}

fn kind_parser() -> impl TypedValueParser<Value = Kind> {
    PossibleValuesParser::new(Kind::ALL.map(Kind::name))
        .try_map(|name| Kind::from_name(&name).ok_or("not a kind"))
}

fn level_parser() -> impl TypedValueParser<Value = Level> {
    named_parser([Level::Default, Level::Strict].map(|level| (level.as_str(), level)))
}

fn severity_parser() -> impl TypedValueParser<Value = Severity> {
    named_parser(Severity::WORST_FIRST.map(|severity| (severity.as_str(), severity)))
}

fn builder_parser() -> impl TypedValueParser<Value = plimsoll_model::Builder> {
    use plimsoll_model::Builder::{Buildah, Buildkit, Classic, Kaniko};
    named_parser([Buildkit, Classic, Buildah, Kaniko].map(|builder| (builder.as_str(), builder)))
}

fn engine_builder_parser() -> impl TypedValueParser<Value = plimsoll_model::Builder> {
    use plimsoll_model::Builder::{Buildkit, Classic};
    named_parser([Buildkit, Classic].map(|builder| (builder.as_str(), builder)))
}

/// One of a list of names, as what it stands for.
fn named_parser<T: Clone + Send + Sync + 'static, const N: usize>(
    names: [(&'static str, T); N],
) -> impl TypedValueParser<Value = T> {
    let values = names.clone().map(|(name, _)| name);
    PossibleValuesParser::new(values).try_map(move |written| {
        let found = names.iter().find(|(name, _)| *name == written);
        found
            .map(|(_, value)| value.clone())
            .ok_or("not one of them")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_grammar_is_sound() {
        Arguments::command().debug_assert();
    }

    /// More flags of one command than this need a better idea, not another flag.
    #[test]
    fn there_are_few_flags() {
        let command = Arguments::command();
        for command in command.get_subcommands() {
            let flags = command.get_opts().count();
            assert!(flags <= 22, "{}: {flags}", command.get_name());
        }
    }
}
