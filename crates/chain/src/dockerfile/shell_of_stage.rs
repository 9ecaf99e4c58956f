//! Which shell runs the shell form at an instruction.

use plimsoll_parse::dockerfile::{Body, Dockerfile};
use plimsoll_simulate::stages::{Reference, StageGraph};

use crate::shell::Shell;

/// How many parents are asked for their SHELL.
const MAX_PARENTS: usize = 64;

/// The shell in force at `instruction` of `stage`: the last SHELL above it, also of the stages this one is built on,
/// else `/bin/sh -c`. `None` where it is no POSIX shell (PowerShell, `cmd`).
pub(super) fn shell_at(
    tree: &Dockerfile,
    stages: &StageGraph,
    stage: usize,
    instruction: usize,
) -> Option<Shell> {
    let mut at = Some(stage);
    let mut before = instruction;
    for _ in 0..MAX_PARENTS {
        let Some(current) = at.and_then(|index| stages.stages.get(index)) else {
            break;
        };
        let above = current
            .instructions(tree)
            .take_while(|(index, _)| *index < before);
        let words = above.filter_map(|(_, instruction)| match &instruction.body {
            Body::Shell(words) => Some(words),
            _ => None,
        });
        if let Some(words) = words.last() {
            let words: Vec<&str> = words.iter().map(|word| word.as_str()).collect();
            return named_shell(&words);
        }
        before = usize::MAX;
        at = match current.base {
            Reference::Stage(parent) => Some(parent),
            _ => None,
        };
    }
    Some(Shell::default())
}

/// The shell that a command line starts, with the options that change what a script means.
pub(super) fn named_shell(words: &[&str]) -> Option<Shell> {
    let (program, options) = words.split_first()?;
    let name = program.rsplit('/').next().unwrap_or(program);
    let bash = match name {
        "sh" | "dash" | "ash" | "busybox" => false,
        "bash" | "zsh" | "ksh" | "mksh" => true,
        _ => return None,
    };
    let errexit = options.iter().any(|option| {
        let letters = option
            .strip_prefix('-')
            .filter(|rest| !rest.starts_with('-'));
        letters.is_some_and(|letters| letters.contains('e')) || *option == "errexit"
    });
    let pipefail = options.contains(&"pipefail");
    Some(Shell {
        bash,
        errexit,
        pipefail,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_from_the_command_line() {
        let shell = named_shell(&["/bin/bash", "-euo", "pipefail", "-c"]).unwrap();
        assert!(shell.bash && shell.errexit && shell.pipefail);
        assert!(!named_shell(&["/bin/sh", "-c"]).unwrap().errexit);
        assert!(named_shell(&["powershell", "-Command"]).is_none());
    }
}
