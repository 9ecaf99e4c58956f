//! The simulation broken on purpose, in one small way after the other: what the differential tests of every day notice.
//!
//! Each mutation is a piece of the source and what takes its place. The workspace is copied, broken there, built and tested; the
//! outcome goes into `docs/src/fidelity.md`. What is not noticed means that the cases have to be generated otherwise.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::differential::{BUILDERS, KINDS, Page};
use crate::{step, workspace};

/// One way to break the simulation.
struct Mutation {
    /// What is wrong then.
    what: &'static str,
    /// The tests that ought to notice, by the beginning of their names.
    tests: &'static str,
    file: &'static str,
    /// Stands in the file once.
    sound: &'static str,
    broken: &'static str,
}

const PAGE: Page = Page {
    begin: "<!-- mutations: cargo xtask bench --mutations -->\n",
    end: "<!-- end of the mutations -->\n",
};

const MUTATIONS: [Mutation; 16] = [
    Mutation {
        what: "ignore file: the first rule that matches decides, not the last",
        tests: "copies_in_the_classic",
        file: "crates/simulate/src/ignore_file/walk.rs",
        sound: "                state.set(index);\n                decision.settle(rule, index);",
        broken: "                state.set(index);\n                decision.settle(rule, index);\n                break;",
    },
    Mutation {
        what: "ignore file: what matches a folder does not count beneath it",
        tests: "copies_in_the_classic",
        file: "crates/simulate/src/ignore_file/walk.rs",
        sound: "            let matches = parent.get(index)\n",
        broken: "            let matches = parent.get(index) && false\n",
    },
    Mutation {
        what: "ignore file: `**/` stands for at most one folder",
        tests: "copies_in_buildah",
        file: "crates/simulate/src/ignore_file/pattern.rs",
        sound: "expression.push_str(\"(.*/)?\");",
        broken: "expression.push_str(\"([^/]*/)?\");",
    },
    Mutation {
        what: "ignore file: buildah's `!/x` re-includes nothing",
        tests: "copies_in_buildah",
        file: "crates/simulate/src/ignore_file.rs",
        sound: "Dialect::Containers if reincludes => pattern.strip_prefix('/').unwrap_or(&pattern),",
        broken: "Dialect::Containers if reincludes => pattern.as_str(),",
    },
    Mutation {
        what: "ignore file: `Dockerfile.dockerignore` yields to `.dockerignore`",
        tests: "places_in_buildkit",
        file: "crates/simulate/src/ignore_file.rs",
        sound: "vec![beside(\".dockerignore\"), in_context(\".dockerignore\")]",
        broken: "vec![in_context(\".dockerignore\"), beside(\".dockerignore\")]",
    },
    Mutation {
        what: "links: an absolute target leads out of the context",
        tests: "copies_in_buildkit",
        file: "crates/simulate/src/resolve/steps.rs",
        sound: "Some(scope) => Place::Inside(scope.clone()),",
        broken: "Some(_) => Place::Absolute(String::new()),",
    },
    Mutation {
        what: "links: `..` above the context is not cut back",
        tests: "copies_in_buildkit",
        file: "crates/simulate/src/resolve/steps.rs",
        sound: "Place::Inside(at) if self.border.scope() == Some(&at) => {",
        broken: "Place::Inside(at) if self.border.scope() == Some(&at) && false => {",
    },
    Mutation {
        what: "links: buildah follows them as the kernel does, not on their text",
        tests: "copies_in_buildah",
        file: "crates/simulate/src/resolve/chroot.rs",
        sound: "            let Some(walked) = self.walk(&chased.place, Last::Keep) else {",
        broken: "            let Some(walked) = self.walk(&chased.place, Last::Follow) else {",
    },
    Mutation {
        what: "links in names of contexts: `..` is taken after them",
        tests: "places_in_buildah",
        file: "crates/simulate/src/resolve/host_path.rs",
        sound: "resolve_host_path_as(inventory, base, input, DotDot::Lexical)",
        broken: "resolve_host_path_as(inventory, base, input, DotDot::Physical)",
    },
    Mutation {
        what: "COPY: a folder is taken itself, not what it holds",
        tests: "copies_in_buildah",
        file: "crates/simulate/src/context/take.rs",
        sound: "                    taken.push((entry, to.to_owned()));\n                }\n            }\n        } else if",
        broken: "                    taken.push((entry, format!(\"{}/{to}\", path.file_name())));\n                }\n            }\n        } else if",
    },
    Mutation {
        what: "COPY: a slash at a source's end, `.` and `..` stay as they are",
        tests: "copies_in_buildkit",
        file: "crates/simulate/src/resolve/context_path.rs",
        sound: "let cleaned = clean(&format!(\"/{input}\"));\n        let (folder, pattern)",
        broken: "let cleaned = format!(\"/{input}\");\n        let (folder, pattern)",
    },
    Mutation {
        what: "wildcards: `*` crosses folders",
        tests: "copies_in_buildkit",
        file: "crates/simulate/src/ignore_file/filepath.rs",
        sound: "name.get(taken).is_some_and(|taken| *taken != '/')",
        broken: "name.get(taken).is_some()",
    },
    Mutation {
        what: "ARG: one in a stage without a default does not see the one before the first FROM",
        tests: "files_in_buildah",
        file: "crates/simulate/src/scope.rs",
        sound: "let value = globals.get(name).value;",
        broken: "let value = globals.get(\"no such\").value;",
    },
    Mutation {
        what: "ARG and ENV: ENV wins in BuildKit, too",
        tests: "files_in_buildkit",
        file: "crates/simulate/src/scope.rs",
        sound: "Precedence::LaterWins => frame.last(name, before).or_else(inherited),",
        broken: "Precedence::LaterWins => frame.last_env(name, before).or_else(|| frame.last(name, before)).or_else(inherited),",
    },
    Mutation {
        what: "words: `${x:-y}` keeps an empty value, as `${x-y}` does",
        tests: "files_in_buildah",
        file: "crates/simulate/src/expand.rs",
        sound: "Operation::Default { colon, word } => {\n                let word = self.pieces(word, Mode::default())?;\n                Ok(match is_set(&value, *colon) {",
        broken: "Operation::Default { word, .. } => {\n                let word = self.pieces(word, Mode::default())?;\n                Ok(match is_set(&value, false) {",
    },
    Mutation {
        what: "words: single quotes stay",
        tests: "files_in_buildah",
        file: "crates/simulate/src/expand.rs",
        sound: "let inside = text.get(1..text.len().saturating_sub(1)).unwrap_or(\"\");",
        broken: "let inside = text;",
    },
];

/// Breaks the simulation in every way that `wanted` is a part of, one after the other; writes the page if that is all of
/// them. One that nothing notices is an error.
pub(super) fn run(wanted: &str) -> Result<()> {
    let copy = workspace::root().join("target/mutations");
    copy_workspace(&copy)?;
    let commit = step::output("git rev-parse --short HEAD")?;
    let mut rows = String::new();
    let mut unnoticed = Vec::new();
    let chosen = MUTATIONS.iter();
    for mutation in chosen.filter(|mutation| mutation.what.contains(wanted)) {
        let noticed = step::timed(mutation.what, || try_mutation(&copy, mutation))?;
        if noticed.is_empty() {
            unnoticed.push(mutation.what);
        }
        let noticed = match noticed.is_empty() {
            true => "**nobody**".to_owned(),
            false => noticed.join(", "),
        };
        println!("noticed by: {noticed}");
        writeln!(rows, "| {} | {noticed} |", mutation.what)?;
    }
    if wanted.is_empty() {
        PAGE.write(&format!(
            "Of commit {commit}.\n\n| what is broken | noticed by the cases of |\n| --- | --- |\n{rows}"
        ))?;
    }
    if !unnoticed.is_empty() {
        bail!("nothing notices: {}", unnoticed.join("; "));
    }
    Ok(())
}

/// Copies what the repository holds, as it stands in the working tree.
fn copy_workspace(copy: &Path) -> Result<()> {
    let _ = fs::remove_dir_all(copy);
    for name in step::output("git ls-files")?.lines() {
        let from = workspace::root().join(name);
        if !from.is_file() {
            continue;
        }
        let to = copy.join(name);
        fs::create_dir_all(to.parent().context("a file without a folder")?)?;
        fs::copy(&from, &to).with_context(|| format!("copying {name}"))?;
    }
    Ok(())
}

/// Which kinds of cases, and of which builders, are no longer as predicted.
fn try_mutation(copy: &Path, mutation: &Mutation) -> Result<Vec<String>> {
    let file = copy.join(mutation.file);
    let sound = fs::read_to_string(&file)?;
    fs::write(&file, mutation.apply(&sound)?)?;
    let outcome = test(copy, mutation.tests);
    fs::write(&file, sound)?;
    outcome
}

fn test(copy: &Path, tests: &str) -> Result<Vec<String>> {
    // A folder of its own: cargo would take what is built of the copy for what is built of the workspace.
    let target = workspace::root().join("target/mutations-built");
    let build = "cargo test --locked --package plimsoll-simulate --test differential";
    let command = |line: &str| {
        let mut command = step::parse(line);
        command.current_dir(copy).env("CARGO_TARGET_DIR", &target);
        // The first disagreement is enough.
        command.env("PLIMSOLL_DIFFERENTIAL_FIRST", "1");
        command
    };
    if !command(&format!("{build} --no-run")).status()?.success() {
        bail!("what is broken does not compile");
    }
    let output = command(&format!("{build} -- {tests} --test-threads=3")).output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let tests = said.lines().filter_map(|line| line.strip_prefix("test "));
    let failed = tests.filter_map(|line| line.strip_suffix(" ... FAILED"));
    Ok(failed.map(title).collect())
}

/// `copies_in_buildah` as the page has it.
fn title(test: &str) -> String {
    let (kind, builder) = test.split_once("_in_").unwrap_or((test, ""));
    let kind = KINDS.iter().find(|(name, _)| *name == kind);
    let builder = BUILDERS
        .iter()
        .find(|(_, title)| builder.contains(&title.to_lowercase()));
    format!(
        "{} in {}",
        kind.map_or("?", |(_, what)| what),
        builder.map_or("?", |(_, title)| title)
    )
}

impl Mutation {
    fn apply(&self, text: &str) -> Result<String> {
        if text.matches(self.sound).count() != 1 {
            bail!(
                "{}: what to break is not there once: {}",
                self.file,
                self.sound
            );
        }
        Ok(text.replacen(self.sound, self.broken, 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_break_is_there() {
        for mutation in &MUTATIONS {
            let file = workspace::root().join(mutation.file);
            let text = fs::read_to_string(file).unwrap();
            assert_ne!(mutation.apply(&text).unwrap(), text, "{}", mutation.what);
        }
    }
}
