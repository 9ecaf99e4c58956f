//! Commands that run the command in their arguments.

use super::words::Argument;

/// A command whose own arguments end where another command begins.
struct Wrapper {
    name: &'static str,
    /// Its options that take the next word.
    takes_value: &'static [&'static str],
    /// How many operands stand before the command.
    operands: usize,
    /// Whether `NAME=value` words may stand before the command.
    assignments: bool,
}

const fn wrapper(
    name: &'static str,
    takes_value: &'static [&'static str],
    operands: usize,
) -> Wrapper {
    Wrapper {
        name,
        takes_value,
        operands,
        assignments: false,
    }
}

const WRAPPERS: [Wrapper; 31] = [
    Wrapper {
        name: "env",
        takes_value: &["-u", "--unset", "-C", "--chdir"],
        operands: 0,
        assignments: true,
    },
    Wrapper {
        name: "sudo",
        takes_value: &[
            "-u", "-g", "-p", "-C", "-h", "-r", "-t", "-T", "-U", "-D", "-R", "--user", "--group",
        ],
        operands: 0,
        assignments: true,
    },
    Wrapper {
        name: "doas",
        takes_value: &["-u", "-C"],
        operands: 0,
        assignments: true,
    },
    wrapper("builtin", &[], 0),
    wrapper("busybox", &[], 0),
    wrapper("catchsegv", &[], 0),
    wrapper("chroot", &[], 1),
    wrapper("chrt", &[], 1),
    wrapper("command", &[], 0),
    wrapper("dumb-init", &[], 0),
    wrapper("eatmydata", &[], 0),
    wrapper("exec", &["-a"], 0),
    wrapper("fakeroot", &["-i", "-s", "-l"], 0),
    wrapper("flock", &["-w", "--timeout"], 1),
    wrapper("gosu", &[], 1),
    wrapper("ionice", &["-c", "-n"], 0),
    wrapper("linux32", &[], 0),
    wrapper("nice", &["-n", "--adjustment"], 0),
    wrapper("nohup", &[], 0),
    wrapper("parallel", &["-j", "-I", "-N", "-a"], 0),
    wrapper("retry", &["-t", "-d"], 0),
    wrapper("setarch", &[], 1),
    wrapper("setpriv", &["--reuid", "--regid", "--groups"], 0),
    wrapper("setsid", &[], 0),
    wrapper("stdbuf", &["-i", "-o", "-e"], 0),
    wrapper("su-exec", &[], 1),
    wrapper("time", &["-o", "-f"], 0),
    wrapper("timeout", &["-k", "-s", "--signal", "--kill-after"], 1),
    wrapper("tini", &["-e", "-p"], 0),
    wrapper("unbuffer", &[], 0),
    wrapper(
        "xargs",
        &[
            "-I",
            "-n",
            "-L",
            "-P",
            "-d",
            "-s",
            "-a",
            "-E",
            "--max-args",
            "--max-procs",
            "--delimiter",
        ],
        0,
    ),
];

/// Where the command begins that `name`, whose arguments begin at `at`, runs; `None` where `name` is no wrapper.
pub(super) fn wrapped(name: &str, arguments: &[Argument<'_>], mut at: usize) -> Option<usize> {
    let wrapper = WRAPPERS.iter().find(|wrapper| wrapper.name == name)?;
    let mut operands = wrapper.operands;
    while let Some(argument) = arguments.get(at) {
        if let Some(text) = argument.static_text()
            && text.starts_with('-')
            && text.len() > 1
        {
            at += 1 + usize::from(wrapper.takes_value.contains(&text));
            continue;
        }
        if wrapper.assignments && is_assignment(&argument.text) {
            at += 1;
            continue;
        }
        if operands == 0 {
            break;
        }
        operands -= 1;
        at += 1;
    }
    Some(at)
}

fn is_assignment(text: &str) -> bool {
    let Some((name, _)) = text.split_once('=') else {
        return false;
    };
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::WRAPPERS;

    #[test]
    fn every_wrapper_is_listed_once() {
        for (at, wrapper) in WRAPPERS.iter().enumerate() {
            let again = WRAPPERS
                .iter()
                .skip(at + 1)
                .any(|other| other.name == wrapper.name);
            assert!(!again, "{}", wrapper.name);
        }
    }
}
