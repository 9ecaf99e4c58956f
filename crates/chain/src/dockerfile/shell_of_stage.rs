//! Which shell runs the shell form at an instruction.

use std::ops::Range;

use plimsoll_parse::dockerfile::{Body, Dockerfile};
use plimsoll_simulate::stages::{Reference, StageGraph};

use crate::shell::Shell;

/// How many parents are asked for their SHELL.
const MAX_PARENTS: usize = 64;

/// Where the SHELL instructions of a file stand.
pub(super) struct Shells(Vec<usize>);

impl Shells {
    pub(super) fn of(tree: &Dockerfile) -> Shells {
        let instructions = tree.instructions.iter().enumerate();
        let shells =
            instructions.filter(|(_, instruction)| matches!(instruction.body, Body::Shell(_)));
        Shells(shells.map(|(index, _)| index).collect())
    }

    /// The last one of `range`.
    fn last_in(&self, range: Range<usize>) -> Option<usize> {
        let behind = self.0.partition_point(|index| *index < range.end);
        let last = self.0.get(behind.checked_sub(1)?)?;
        (*last >= range.start).then_some(*last)
    }
}

/// The shell in force at `instruction` of `stage`: the last SHELL above it, also of the stages this one is built on,
/// else `/bin/sh -c`. `None` where it is no POSIX shell (PowerShell, `cmd`).
pub(super) fn shell_at(
    tree: &Dockerfile,
    stages: &StageGraph,
    shells: &Shells,
    stage: usize,
    instruction: usize,
) -> Option<Shell> {
    let mut at = Some(stage);
    let mut before = instruction;
    for _ in 0..MAX_PARENTS {
        let Some(current) = at.and_then(|index| stages.stages.get(index)) else {
            break;
        };
        let above = current.body.start..current.body.end.min(before);
        let last = shells
            .last_in(above)
            .and_then(|index| tree.instructions.get(index));
        if let Some(Body::Shell(words)) = last.map(|instruction| &instruction.body) {
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
