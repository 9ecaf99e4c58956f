//! Options whose value is itself read as a command, as settings or as options.

use super::environment::Carried;
use super::options::Role;
use super::words::Argument;

/// An option whose value is read again.
pub(super) struct ReparsedOption {
    /// The command's name.
    name: &'static str,
    /// The option, without `=`; one that ends in `:` has its value right behind.
    pub option: &'static str,
    /// What of the value is read.
    reads: Reads,
    /// A value that shows it.
    witness: &'static str,
    /// What reads the value.
    pub reader: &'static str,
}

/// What of a value is read again.
#[derive(Clone, Copy)]
enum Reads {
    /// Every part of it.
    All,
    /// `NAME=value`: harm is done by whoever chooses the name, and by the values of these.
    Setting(&'static [&'static str]),
}

impl ReparsedOption {
    /// A value that does harm in the place of `carried`, where one does.
    pub(super) fn witness(
        &self,
        argument: &Argument<'_>,
        carried: &Carried,
    ) -> Option<&'static str> {
        let Reads::Setting(names) = self.reads else {
            return Some(self.witness);
        };
        let before = argument.before(carried);
        let before = before.strip_prefix(self.option).unwrap_or(before);
        let before = before.trim_start_matches('=');
        if before.is_empty() {
            return carried.taint.begins.then_some(self.witness);
        }
        // apt's lists end in `::`, cmake's variables may have a type behind `:`.
        let name = before.split(['=', ' ']).next().unwrap_or("");
        let name = name.trim_end_matches("::");
        let untyped = name.split(':').next().unwrap_or("");
        let names_harm = names.iter().any(|known| {
            [name, untyped]
                .iter()
                .any(|name| known.eq_ignore_ascii_case(name))
        });
        let value = self.witness.split_once('=');
        names_harm.then(|| value.map_or(self.witness, |(_, value)| value))
    }
}

const fn reparsed(
    name: &'static str,
    option: &'static str,
    witness: &'static str,
    reader: &'static str,
) -> ReparsedOption {
    ReparsedOption {
        name,
        option,
        reads: Reads::All,
        witness,
        reader,
    }
}

/// An option that sets what its value names; `names` are those whose values do harm.
const fn setting(
    name: &'static str,
    option: &'static str,
    names: &'static [&'static str],
    witness: &'static str,
    reader: &'static str,
) -> ReparsedOption {
    ReparsedOption {
        reads: Reads::Setting(names),
        ..reparsed(name, option, witness, reader)
    }
}

const LINKER: &str = "go splits the value into options of the linker or compiler";
const COMMAND: &str = "the value is a command that is run";
const GIT: &str = "git runs the commands that its configuration names";
const SSH: &str = "ssh runs the commands that its configuration names";
const APT: &str = "apt runs the commands that its configuration names";
const CARGO: &str = "cargo runs the commands that its configuration names";
const CMAKE: &str = "cmake includes the files and runs the compilers that its variables name";
const MAVEN: &str = "maven loads the extensions that its properties name";
const MSBUILD: &str = "a semicolon begins a further property, and some properties hold commands";

/// Settings of git that hold a command.
pub(super) const GIT_COMMANDS: &[&str] = &[
    "core.sshcommand",
    "core.pager",
    "core.editor",
    "core.fsmonitor",
    "core.hookspath",
    "credential.helper",
    "diff.external",
    "sequence.editor",
];
const SSH_COMMANDS: &[&str] = &["ProxyCommand", "LocalCommand", "KnownHostsCommand"];
#[rustfmt::skip]
const APT_COMMANDS: &[&str] = &[
    "DPkg::Pre-Invoke", "DPkg::Post-Invoke", "DPkg::Pre-Install-Pkgs", "APT::Update::Pre-Invoke",
    "APT::Update::Post-Invoke",
];
#[rustfmt::skip]
const CMAKE_CODE: &[&str] = &[
    "CMAKE_TOOLCHAIN_FILE", "CMAKE_PROJECT_INCLUDE", "CMAKE_PROJECT_INCLUDE_BEFORE",
    "CMAKE_PROJECT_TOP_LEVEL_INCLUDES", "CMAKE_C_COMPILER", "CMAKE_CXX_COMPILER", "CMAKE_MAKE_PROGRAM",
    "CMAKE_C_COMPILER_LAUNCHER", "CMAKE_CXX_COMPILER_LAUNCHER", "CMAKE_USER_MAKE_RULES_OVERRIDE",
];

/// The table.
#[rustfmt::skip]
const REPARSED: &[ReparsedOption] = &[
    reparsed("go", "-ldflags", "x -extld=/tmp/payload", LINKER),
    reparsed("go", "-gcflags", "x -importcfg=/tmp/planted", LINKER),
    reparsed("go", "-asmflags", "x -I/tmp/planted", LINKER),
    reparsed("go", "-toolexec", "/tmp/payload", COMMAND),
    reparsed("go", "-exec", "/tmp/payload", COMMAND),
    setting("git", "-c", GIT_COMMANDS, "core.sshCommand=id", GIT),
    setting("git", "--config", GIT_COMMANDS, "core.sshCommand=id", GIT),
    reparsed("git", "--upload-pack", "id", COMMAND),
    reparsed("rsync", "-e", "id", COMMAND),
    reparsed("rsync", "--rsh", "id", COMMAND),
    setting("ssh", "-o", SSH_COMMANDS, "ProxyCommand=id", SSH),
    setting("scp", "-o", SSH_COMMANDS, "ProxyCommand=id", SSH),
    setting("sftp", "-o", SSH_COMMANDS, "ProxyCommand=id", SSH),
    reparsed("tar", "-I", "id", COMMAND),
    reparsed("tar", "--use-compress-program", "id", COMMAND),
    reparsed("tar", "--to-command", "id", COMMAND),
    setting("tar", "--checkpoint-action", &["exec"], "exec=id", COMMAND),
    reparsed("make", "--eval", "$(shell id)", "make runs the functions in it"),
    reparsed("gmake", "--eval", "$(shell id)", "make runs the functions in it"),
    setting("apt-get", "-o", APT_COMMANDS, "DPkg::Pre-Invoke::=id", APT),
    setting("apt", "-o", APT_COMMANDS, "DPkg::Pre-Invoke::=id", APT),
    setting("cargo", "--config", &["build.rustc", "build.rustc-wrapper"], "build.rustc-wrapper='/tmp/payload'", CARGO),
    setting("cmake", "-D", CMAKE_CODE, "CMAKE_PROJECT_INCLUDE=/tmp/payload.cmake", CMAKE),
    setting("mvn", "-D", &["maven.ext.class.path"], "maven.ext.class.path=/tmp/payload.jar", MAVEN),
    setting("mvn", "--define", &["maven.ext.class.path"], "maven.ext.class.path=/tmp/payload.jar", MAVEN),
    setting("mvnw", "-D", &["maven.ext.class.path"], "maven.ext.class.path=/tmp/payload.jar", MAVEN),
    reparsed("dotnet", "-p:", "1;PreBuildEvent=id", MSBUILD),
    reparsed("dotnet", "/p:", "1;PreBuildEvent=id", MSBUILD),
    reparsed("dotnet", "-property:", "1;PreBuildEvent=id", MSBUILD),
    reparsed("dotnet", "--property:", "1;PreBuildEvent=id", MSBUILD),
    reparsed("dotnet", "/property:", "1;PreBuildEvent=id", MSBUILD),
];

/// The option whose value an argument is, where the value is read again.
pub(super) fn reparsed_option(
    name: &str,
    arguments: &[Argument<'_>],
    at: usize,
    role: Role,
) -> Option<&'static ReparsedOption> {
    let argument = arguments.get(at)?;
    let mut options = REPARSED.iter().filter(|option| option.name == name);
    options.find(|known| {
        let option = known.option;
        match role {
            Role::Value => {
                let before = at.checked_sub(1).and_then(|at| arguments.get(at));
                before.is_some_and(|before| before.text == option)
            }
            Role::Option | Role::Operand if option.ends_with(':') => {
                argument.text.starts_with(option)
            }
            Role::Option => {
                let rest = argument.text.strip_prefix(option);
                rest.is_some_and(|rest| {
                    rest.starts_with('=') || (option.len() == 2 && !rest.is_empty())
                })
            }
            _ => false,
        }
    })
}
