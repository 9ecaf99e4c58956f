//! The commands whose options run, read, write or fetch.

/// A command (or some of its subcommands) with an option that does harm in a stranger's hands.
pub(super) struct OptionCommand {
    /// The command's name.
    pub name: &'static str,
    /// The subcommands meant; all where empty.
    pub subcommands: &'static [&'static str],
    /// The options that take the next word, which is then no option itself.
    pub takes_value: &'static [&'static str],
    /// Whether options are read behind operands.
    pub permutes: bool,
    /// One argument that shows the harm; empty where it takes several.
    pub alone: &'static str,
    /// Several words that show the harm, for a value that is split; empty where `alone` does.
    pub split: &'static str,
    /// What the witness does.
    pub effect: &'static str,
}

impl OptionCommand {
    /// Words that show the harm of a value that is split.
    pub(super) fn split_witness(&self) -> &'static str {
        if self.split.is_empty() {
            self.alone
        } else {
            self.split
        }
    }
}

const fn row(
    name: &'static str,
    subcommands: &'static [&'static str],
    takes_value: &'static [&'static str],
    alone: &'static str,
    effect: &'static str,
) -> OptionCommand {
    OptionCommand {
        name,
        subcommands,
        takes_value,
        permutes: true,
        alone,
        split: "",
        effect,
    }
}

/// A command that reads no options behind its first operand.
const fn strict(
    name: &'static str,
    subcommands: &'static [&'static str],
    takes_value: &'static [&'static str],
    alone: &'static str,
    effect: &'static str,
) -> OptionCommand {
    let row = row(name, subcommands, takes_value, alone, effect);
    OptionCommand {
        permutes: false,
        ..row
    }
}

/// A command whose harmful option takes several words.
const fn split(
    name: &'static str,
    takes_value: &'static [&'static str],
    alone: &'static str,
    split: &'static str,
    effect: &'static str,
) -> OptionCommand {
    OptionCommand {
        split,
        ..row(name, &[], takes_value, alone, effect)
    }
}

const RUNS: &str = "runs a command";
const WRITES: &str = "writes a file of the caller's choice";
const FETCHES: &str = "fetches packages from another host";
const READS: &str = "reads a file of the caller's choice";
const LOADS: &str = "loads code from a file of the caller's choice";

#[rustfmt::skip]
const GIT_VALUES: &[&str] = &[
    "-C", "-c", "--git-dir", "--work-tree", "-b", "--branch", "--depth", "-o", "--origin", "-j",
    "--jobs", "--filter", "--reference", "--template", "--config", "--format", "--prefix",
    "--separate-git-dir",
];
#[rustfmt::skip]
const CURL_VALUES: &[&str] = &[
    "-o", "--output", "-H", "--header", "-d", "--data", "--data-raw", "--data-binary",
    "--data-urlencode", "-u", "--user", "-X", "--request", "-x", "--proxy", "-A", "--user-agent", "-e",
    "--referer", "-b", "--cookie", "-c", "--cookie-jar", "-F", "--form", "-m", "--max-time",
    "--connect-timeout", "--retry", "--retry-delay", "--retry-max-time", "-T", "--upload-file", "-K",
    "--config", "-w", "--write-out", "--cacert", "--cert", "-E", "--key", "-r", "--range", "-z",
    "--time-cond", "--output-dir", "--resolve", "--url", "-C", "-t", "--proto", "-D", "--dump-header",
    "--limit-rate", "--ciphers", "--tls-max", "--interface", "--create-file-mode",
];
#[rustfmt::skip]
const WGET_VALUES: &[&str] = &[
    "-O", "--output-document", "-o", "--output-file", "-a", "-P", "--directory-prefix", "-T",
    "--timeout", "-t", "--tries", "-U", "--user-agent", "--header", "--user", "--password", "-i", "-e",
    "-w", "--progress",
];
#[rustfmt::skip]
const PIP_VALUES: &[&str] = &[
    "-r", "--requirement", "-c", "--constraint", "-i", "--index-url", "--extra-index-url", "-f",
    "--find-links", "-t", "--target", "--prefix", "--root", "--platform", "--python-version",
    "--cache-dir", "--trusted-host", "--timeout", "--retries", "--no-binary", "--only-binary", "--proxy",
    "--log", "--python", "-p", "--index", "--extra", "-e", "--editable",
];
#[rustfmt::skip]
const NPM_VALUES: &[&str] = &[
    "--prefix", "-C", "--registry", "--cache", "-w", "--workspace", "--tag", "--userconfig",
    "--loglevel", "-F", "--filter", "--cwd",
];
#[rustfmt::skip]
const APT_VALUES: &[&str] = &[
    "-o", "--option", "-t", "--target-release", "--default-release", "-c", "--config-file",
];
#[rustfmt::skip]
const DNF_VALUES: &[&str] = &[
    "-c", "--config", "--setopt", "--enablerepo", "--disablerepo", "--installroot", "--releasever", "-x",
    "--exclude", "--repo",
];
#[rustfmt::skip]
const GO_VALUES: &[&str] = &[
    "-o", "-ldflags", "-gcflags", "-asmflags", "-tags", "-p", "-mod", "-modfile", "-buildmode", "-C",
    "-toolexec", "-exec", "-run", "-overlay", "-installsuffix", "-compiler",
];
#[rustfmt::skip]
const CARGO_VALUES: &[&str] = &[
    "--version", "--vers", "--git", "--branch", "--tag", "--rev", "--path", "--root", "--features", "-F",
    "--target", "--profile", "-p", "--package", "--bin", "--manifest-path", "--target-dir", "-j",
    "--jobs", "--registry", "--index", "--config", "--example", "--test", "-Z", "-C",
];
#[rustfmt::skip]
const DOCKER_VALUES: &[&str] = &[
    "-t", "--tag", "-f", "--file", "-v", "--volume", "-e", "--env", "--name", "--build-arg", "--target",
    "--platform", "-p", "--publish", "-w", "--workdir", "-u", "--user", "--network", "--mount",
    "--entrypoint", "--label", "-l", "-H", "--cache-from", "--cache-to", "--secret", "--output", "-o",
    "--env-file", "-m",
];
#[rustfmt::skip]
const MVN_VALUES: &[&str] = &[
    "-f", "--file", "-s", "--settings", "-P", "-pl", "-T", "-gs", "-l", "-rf", "-b", "-D", "--define",
];
const MAKE_VALUES: &[&str] = &["-C", "-f", "-I", "-o", "-W", "--directory", "--file"];
#[rustfmt::skip]
const SSH_VALUES: &[&str] = &[
    "-o", "-i", "-p", "-P", "-l", "-F", "-J", "-L", "-R", "-D", "-b", "-c", "-E", "-e", "-I", "-m", "-O",
    "-Q", "-S", "-W", "-w", "-B", "-r",
];

/// The table, by name.
#[rustfmt::skip]
pub(super) const COMMANDS: &[OptionCommand] = &[
    row("7z", &[], &[], "-o/root", WRITES),
    row("apk", &[], &["-X", "--repository", "-p", "--root", "-t", "--virtual", "--keys-dir", "--cache-dir", "--arch"], "--repository=https://attacker.example/alpine", FETCHES),
    row("apt", &[], APT_VALUES, "-oDPkg::Pre-Invoke::=id", RUNS),
    row("apt-get", &[], APT_VALUES, "-oDPkg::Pre-Invoke::=id", RUNS),
    row("aptitude", &[], APT_VALUES, "-oDPkg::Pre-Invoke::=id", RUNS),
    row("aria2c", &[], &["-d", "--dir", "-o", "--out", "-x", "-s"], "--on-download-complete=/tmp/payload", RUNS),
    strict("buildah", &["bud", "build", "run", "from"], DOCKER_VALUES, "--volume=/:/host", "mounts the host's files"),
    row("bun", &["add", "install", "i"], NPM_VALUES, "--registry=https://attacker.example", FETCHES),
    row("cargo", &["build", "install", "run", "test", "fetch", "rustc", "check", "bench"], CARGO_VALUES, "--config=build.rustc-wrapper='/tmp/payload'", RUNS),
    row("chgrp", &[], &[], "--reference=/tmp/planted", "takes the owner from another file"),
    row("chmod", &[], &[], "--reference=/tmp/planted", "takes the mode from another file"),
    row("chown", &[], &[], "--reference=/tmp/planted", "takes the owner from another file"),
    row("clang", &[], &["-o", "-I", "-L", "-D", "-x", "-include"], "-fplugin=/tmp/payload.so", LOADS),
    row("clang++", &[], &["-o", "-I", "-L", "-D", "-x", "-include"], "-fplugin=/tmp/payload.so", LOADS),
    row("cmake", &[], &["-S", "-B", "-G", "-D", "-C", "-T", "-A", "--build", "--install", "--target", "--prefix"], "-C/tmp/payload.cmake", LOADS),
    row("composer", &["create-project"], &["-d", "--working-dir", "--stability"], "--repository=https://attacker.example", FETCHES),
    row("conda", &["install", "create", "update"], &["-n", "--name", "-p", "--prefix", "-c", "--channel", "-f", "--file"], "--channel=https://attacker.example", FETCHES),
    row("cp", &[], &["-t", "--target-directory", "-S", "--suffix"], "--target-directory=/etc", WRITES),
    row("curl", &[], CURL_VALUES, "-o/root/.profile", WRITES),
    row("dd", &[], &[], "of=/root/.profile", WRITES),
    row("dnf", &[], DNF_VALUES, "--repofrompath=x,https://attacker.example", FETCHES),
    strict("docker", &["build", "run", "create", "buildx"], DOCKER_VALUES, "--volume=/:/host", "mounts the host's files"),
    row("dotnet", &["build", "publish", "pack", "test", "run", "msbuild"], &["-c", "--configuration", "-o", "--output", "-r", "--runtime", "-f", "--framework", "-v", "--verbosity"], "-p:PreBuildEvent=id", RUNS),
    row("dotnet", &["restore", "add", "tool", "nuget"], &["-s", "--source", "--version", "-v", "--tool-path"], "--source=https://attacker.example/v3/index.json", FETCHES),
    split("find", &["-name", "-iname", "-path", "-ipath", "-wholename", "-regex", "-iregex", "-type", "-size", "-mtime", "-mmin", "-newer", "-user", "-group", "-perm", "-maxdepth", "-mindepth", "-printf", "-links"], "-delete", ". -exec id ;", "runs a command or deletes files"),
    row("g++", &[], &["-o", "-I", "-L", "-D", "-x", "-include"], "-fplugin=/tmp/payload.so", LOADS),
    row("gcc", &[], &["-o", "-I", "-L", "-D", "-x", "-include"], "-fplugin=/tmp/payload.so", LOADS),
    row("cc", &[], &["-o", "-I", "-L", "-D", "-x", "-include"], "-fplugin=/tmp/payload.so", LOADS),
    row("gem", &["install", "update", "fetch"], &["-v", "--version", "-i", "--install-dir", "-n", "--bindir", "--source", "-s"], "--source=https://attacker.example", FETCHES),
    row("git", &["clone", "fetch", "pull", "ls-remote", "submodule"], GIT_VALUES, "--upload-pack=id", RUNS),
    row("git", &["archive"], GIT_VALUES, "--output=/root/.profile", WRITES),
    row("git", &["push"], GIT_VALUES, "--receive-pack=id", RUNS),
    row("git", &["diff", "log", "show", "format-patch"], GIT_VALUES, "--output=/root/.profile", WRITES),
    row("git", &["grep"], GIT_VALUES, "--open-files-in-pager=id", RUNS),
    row("git", &["rebase"], GIT_VALUES, "--exec=id", RUNS),
    strict("go", &["build", "install", "run", "test", "get", "generate", "vet", "list"], GO_VALUES, "-toolexec=/tmp/payload", RUNS),
    row("gpg", &[], &["-o", "--output", "--keyserver", "--homedir", "-r", "--recipient", "--keyring", "--passphrase", "-u"], "--output=/root/.profile", WRITES),
    row("gradle", &[], &["-p", "-b", "-I", "-x", "-g"], "--init-script=/tmp/payload.gradle", LOADS),
    row("gradlew", &[], &["-p", "-b", "-I", "-x", "-g"], "--init-script=/tmp/payload.gradle", LOADS),
    row("install", &[], &["-m", "--mode", "-o", "--owner", "-g", "--group", "-t", "--target-directory"], "--target-directory=/etc", WRITES),
    strict("java", &[], &["-cp", "-classpath", "--class-path"], "-javaagent:/tmp/payload.jar", LOADS),
    row("less", &[], &[], "--log-file=/root/.profile", WRITES),
    row("ln", &[], &["-t", "--target-directory", "-S"], "--target-directory=/etc", WRITES),
    row("gmake", &[], MAKE_VALUES, "--eval=$(shell id)", RUNS),
    row("make", &[], MAKE_VALUES, "--eval=$(shell id)", RUNS),
    row("mamba", &["install", "create", "update"], &["-n", "-p", "-c", "-f"], "--channel=https://attacker.example", FETCHES),
    row("man", &[], &["-M", "-S", "-P"], "--pager=id", RUNS),
    row("microdnf", &[], DNF_VALUES, "--setopt=reposdir=/tmp/planted", FETCHES),
    row("mv", &[], &["-t", "--target-directory", "-S", "--suffix"], "--target-directory=/etc", WRITES),
    row("mvn", &[], MVN_VALUES, "--file=/tmp/payload.xml", LOADS),
    row("mvnw", &[], MVN_VALUES, "--file=/tmp/payload.xml", LOADS),
    row("npm", &["install", "i", "add", "ci", "update", "exec", "x", "install-test"], NPM_VALUES, "--registry=https://attacker.example", FETCHES),
    row("npm", &["run", "run-script", "test", "start"], NPM_VALUES, "--script-shell=/tmp/payload", RUNS),
    split("openssl", &["-in", "-out", "-key", "-passin", "-passout", "-subj", "-days", "-config", "-CA", "-CAkey", "-newkey", "-keyout"], "", "-out /root/.profile", WRITES),
    row("pip", &["install", "download", "wheel"], PIP_VALUES, "--index-url=https://attacker.example/simple", FETCHES),
    row("pipx", &["install", "run", "inject"], PIP_VALUES, "--index-url=https://attacker.example/simple", FETCHES),
    row("pnpm", &["install", "i", "add", "dlx", "update"], NPM_VALUES, "--registry=https://attacker.example", FETCHES),
    strict("podman", &["build", "run", "create"], DOCKER_VALUES, "--volume=/:/host", "mounts the host's files"),
    row("poetry", &["add", "install"], &["-G", "--group", "-E", "--extras", "--source", "-C"], "--directory=/tmp/planted", LOADS),
    row("rsync", &[], &["-e", "--rsh", "--rsync-path", "--exclude", "--include", "--filter", "-f", "-T", "--chown", "--chmod", "--password-file", "--port", "-B", "-M"], "--rsh=id", RUNS),
    row("scp", &[], SSH_VALUES, "-oProxyCommand=id", RUNS),
    row("sed", &[], &["-e", "--expression", "-f", "--file", "-l"], "--expression=1eid", RUNS),
    row("sftp", &[], SSH_VALUES, "-oProxyCommand=id", RUNS),
    row("sort", &[], &["-k", "--key", "-t", "-o", "-S", "-T"], "--output=/root/.profile", WRITES),
    row("split", &[], &["-b", "-l", "-n", "-a", "-C"], "--filter=id", RUNS),
    strict("ssh", &[], SSH_VALUES, "-oProxyCommand=id", RUNS),
    row("tar", &[], &["-C", "--directory", "-f", "--file", "-T", "--files-from", "-X", "--exclude", "-I", "--strip-components", "--transform"], "--use-compress-program=id", RUNS),
    row("tdnf", &[], DNF_VALUES, "--setopt=reposdir=/tmp/planted", FETCHES),
    row("unzip", &[], &["-d", "-P", "-x"], "-d/root", WRITES),
    row("uv", &["pip", "add", "sync", "run", "tool"], PIP_VALUES, "--index-url=https://attacker.example/simple", FETCHES),
    row("wget", &[], WGET_VALUES, "--output-document=/root/.profile", WRITES),
    row("yarn", &["add", "install", "global"], NPM_VALUES, "--registry=https://attacker.example", FETCHES),
    row("yum", &[], DNF_VALUES, "--setopt=reposdir=/tmp/planted", FETCHES),
    split("zip", &["-i", "-x", "-P", "-b", "-n", "-t"], "", "-T --unzip-command=id", RUNS),
    row("zypper", &[], &["-r", "--repo", "-p", "--plus-repo", "-R", "--root"], "--plus-repo=https://attacker.example", FETCHES),
    row("xz", &[], &["-S", "-T"], "--files=/etc/passwd", READS),
];

/// The row that fits a command and its subcommand.
pub(super) fn option_command(
    name: &str,
    subcommand: Option<&str>,
) -> Option<&'static OptionCommand> {
    COMMANDS.iter().find(|row| {
        row.name == name
            && (row.subcommands.is_empty()
                || subcommand.is_some_and(|subcommand| row.subcommands.contains(&subcommand)))
    })
}

/// Options of `name` that take the next word, whichever its subcommand.
pub(super) fn value_options(name: &str) -> &'static [&'static str] {
    let row = COMMANDS.iter().find(|row| row.name == name);
    row.map_or(&[], |row| row.takes_value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_a_witness_and_no_twin() {
        for (at, row) in COMMANDS.iter().enumerate() {
            assert!(!row.split_witness().is_empty(), "{}", row.name);
            let twin = COMMANDS
                .iter()
                .skip(at + 1)
                .any(|other| other.name == row.name && other.subcommands == row.subcommands);
            assert!(!twin, "{}", row.name);
        }
    }
}
