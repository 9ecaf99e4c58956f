//! Variables that widely used programs obey without being told to.

use plimsoll_model::WitnessKind;

/// What obeying such a variable means.
pub(crate) struct ProgramVariable {
    /// Its name; compared without regard to case where `any_case`.
    pub(crate) name: &'static str,
    any_case: bool,
    /// A clause for messages.
    pub(crate) effect: &'static str,
    /// The kind of witness it makes.
    pub(crate) witness: WitnessKind,
    /// A value that shows it.
    pub(crate) example: &'static str,
}

const fn code(name: &'static str, effect: &'static str, example: &'static str) -> ProgramVariable {
    ProgramVariable {
        name,
        any_case: false,
        effect,
        witness: WitnessKind::CommandInjection,
        example,
    }
}

const fn address(name: &'static str, effect: &'static str, any_case: bool) -> ProgramVariable {
    let example = "https://evil.example/";
    ProgramVariable {
        name,
        any_case,
        effect,
        witness: WitnessKind::UrlChoice,
        example,
    }
}

const LOADER: &str = "the dynamic loader loads that library into every program";
const PYTHON_PATH: &str = "Python imports modules from there first";
const NPM: &str = "npm fetches packages from there";
const PIP: &str = "pip installs packages from there";
const GO: &str = "the go command fetches modules from there";
const PROXY: &str = "most programs send their requests through that proxy";

/// The documented variables; each tool's own manual names them.
const KNOWN: [ProgramVariable; 34] = [
    code("LD_PRELOAD", LOADER, "/tmp/evil.so"),
    code(
        "LD_LIBRARY_PATH",
        "the dynamic loader looks for libraries there first",
        "/tmp/evil",
    ),
    code("LD_AUDIT", LOADER, "/tmp/evil.so"),
    code(
        "BASH_ENV",
        "every bash script first runs that file",
        "/tmp/evil.sh",
    ),
    code("PROMPT_COMMAND", "bash runs it before each prompt", "id"),
    code(
        "PATH",
        "every command is looked up there first",
        "/tmp/evil",
    ),
    code(
        "NODE_OPTIONS",
        "every Node program takes those options",
        "--require=/tmp/evil.js",
    ),
    code(
        "PYTHONSTARTUP",
        "interactive Python runs that file",
        "/tmp/evil.py",
    ),
    code("PYTHONPATH", PYTHON_PATH, "/tmp/evil"),
    code("PYTHONHOME", PYTHON_PATH, "/tmp/evil"),
    code(
        "PERL5OPT",
        "every Perl program takes those options",
        "-Mevil",
    ),
    code(
        "PERL5LIB",
        "Perl loads modules from there first",
        "/tmp/evil",
    ),
    code(
        "RUBYOPT",
        "every Ruby program takes those options",
        "-r/tmp/evil",
    ),
    code(
        "RUBYLIB",
        "Ruby loads libraries from there first",
        "/tmp/evil",
    ),
    code(
        "JAVA_TOOL_OPTIONS",
        "every JVM takes those options",
        "-javaagent:/tmp/evil.jar",
    ),
    code(
        "MAVEN_OPTS",
        "Maven's JVM takes those options",
        "-javaagent:/tmp/evil.jar",
    ),
    code(
        "GRADLE_OPTS",
        "Gradle's JVM takes those options",
        "-javaagent:/tmp/evil.jar",
    ),
    code("GIT_SSH_COMMAND", "git runs it instead of ssh", "sh -c id"),
    code("GIT_EXTERNAL_DIFF", "git runs it for each diff", "sh -c id"),
    code(
        "RUSTC_WRAPPER",
        "cargo runs it instead of the compiler",
        "/tmp/evil",
    ),
    code(
        "GOFLAGS",
        "every go command takes those flags",
        "-toolexec=/tmp/evil",
    ),
    address("PIP_INDEX_URL", PIP, false),
    address("PIP_EXTRA_INDEX_URL", PIP, false),
    address("UV_INDEX_URL", "uv installs packages from there", false),
    address("UV_DEFAULT_INDEX", "uv installs packages from there", false),
    address(
        "UV_EXTRA_INDEX_URL",
        "uv installs packages from there",
        false,
    ),
    address("NPM_CONFIG_REGISTRY", NPM, true),
    address("YARN_REGISTRY", "yarn fetches packages from there", false),
    address("GOPROXY", GO, false),
    address(
        "GONOSUMDB",
        "the go command checks no sums of those modules",
        false,
    ),
    address(
        "BUNDLE_MIRROR__ALL",
        "bundler fetches gems from there",
        false,
    ),
    address("HTTP_PROXY", PROXY, true),
    address("HTTPS_PROXY", PROXY, true),
    address("ALL_PROXY", PROXY, true),
];

/// What programs do with the variable `name`.
pub(crate) fn program_variable(name: &str) -> Option<&'static ProgramVariable> {
    KNOWN.iter().find(|known| {
        if known.any_case {
            known.name.eq_ignore_ascii_case(name)
        } else {
            known.name == name
        }
    })
}
