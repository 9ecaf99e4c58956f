//! The base image that stands in for an absent one: a static shell and its programs, made from scratch.

use std::collections::BTreeSet;
use std::io;

/// Where a static shell may be installed.
const SHELLS: [&str; 2] = ["/bin/busybox", "/usr/bin/busybox"];
/// The programs it stands for.
const APPLETS: [&str; 61] = [
    "awk",
    "base64",
    "basename",
    "cat",
    "chgrp",
    "chmod",
    "chown",
    "cp",
    "cut",
    "date",
    "dd",
    "df",
    "dirname",
    "du",
    "echo",
    "env",
    "expr",
    "false",
    "find",
    "grep",
    "gunzip",
    "gzip",
    "head",
    "id",
    "install",
    "ln",
    "ls",
    "md5sum",
    "mkdir",
    "mktemp",
    "mv",
    "nproc",
    "od",
    "printf",
    "pwd",
    "readlink",
    "realpath",
    "rm",
    "rmdir",
    "sed",
    "seq",
    "sh",
    "sha256sum",
    "sleep",
    "sort",
    "stat",
    "tail",
    "tar",
    "tee",
    "test",
    "touch",
    "tr",
    "true",
    "uname",
    "uniq",
    "wc",
    "which",
    "whoami",
    "xargs",
    "yes",
    "[",
];
/// Commands of one instruction that are stood in for.
const MAX_STAND_INS: usize = 64;
/// A command that takes any arguments and succeeds.
const STAND_IN: &str = "#!/bin/sh\nexit 0\n";
/// A command that notes each of its arguments on a line of its own.
const RECORDER: &str =
    "#!/bin/sh\nfor argument; do echo \"$argument\"; done >> /plimsoll-arguments\n";

/// The tar of the base, or why there is none. `command` notes its arguments; the other words of `text` that could be
/// commands succeed.
pub(crate) fn tar(text: &str, command: Option<&str>) -> io::Result<Vec<u8>> {
    let shell = shell()?;
    let mut tar = tar::Builder::new(Vec::new());
    for folder in ["bin/", "tmp/", "etc/", "usr/", "usr/bin/"] {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Directory);
        header.set_size(0);
        header.set_mode(0o755);
        tar.append_data(&mut header, folder, io::empty())?;
    }
    file(&mut tar, "bin/busybox", &shell, 0o755)?;
    file(
        &mut tar,
        "etc/passwd",
        b"root:x:0:0:root:/:/bin/sh\n",
        0o644,
    )?;
    for applet in APPLETS.iter().filter(|applet| Some(**applet) != command) {
        link(&mut tar, &format!("bin/{applet}"), "busybox")?;
    }
    for shell in ["bash", "ash", "dash"] {
        link(&mut tar, &format!("bin/{shell}"), "busybox")?;
    }
    if let Some(command) = command.and_then(plain_name) {
        file(
            &mut tar,
            &format!("bin/{command}"),
            RECORDER.as_bytes(),
            0o755,
        )?;
    }
    for name in stand_ins(text, command) {
        file(&mut tar, &format!("bin/{name}"), STAND_IN.as_bytes(), 0o755)?;
    }
    tar.into_inner()
}

/// A static shell of this machine.
fn shell() -> io::Result<Vec<u8>> {
    let found = SHELLS.iter().find_map(|path| std::fs::read(path).ok());
    let Some(bytes) = found else {
        return Err(io::Error::other(
            "no static shell is installed (Debian: busybox-static)",
        ));
    };
    if needs_loader(&bytes) != Some(false) {
        return Err(io::Error::other(
            "the installed busybox is not static (Debian: busybox-static)",
        ));
    }
    Ok(bytes)
}

/// Whether a 64-bit program of this machine's byte order names a loader (`PT_INTERP`); `None` where it is no such program.
fn needs_loader(program: &[u8]) -> Option<bool> {
    const LOADER: u32 = 3;
    let number = |at: usize, length: usize| {
        let bytes = program.get(at..at.checked_add(length)?)?;
        let digits = bytes.iter().rev();
        Some(digits.fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte)))
    };
    if !program.starts_with(b"\x7fELF\x02\x01") {
        return None;
    }
    let table = usize::try_from(number(0x20, 8)?).ok()?;
    let (size, count) = (number(0x36, 2)?, number(0x38, 2)?);
    for index in 0..count {
        let at = table.checked_add(usize::try_from(index * size).ok()?)?;
        if number(at, 4)? == u64::from(LOADER) {
            return Some(true);
        }
    }
    Some(false)
}

/// Words of `text` that could be commands the base lacks.
fn stand_ins(text: &str, command: Option<&str>) -> BTreeSet<String> {
    const BUILTIN: [&str; 22] = [
        "if", "then", "else", "fi", "for", "do", "done", "case", "esac", "while", "in", "set",
        "cd", "export", "eval", "exec", "exit", "read", "return", "shift", "bash", "dash",
    ];
    let words =
        text.split(|letter: char| letter.is_whitespace() || ";|&()`$\"'{}<>".contains(letter));
    let names = words.filter_map(plain_name);
    let lacking = names.filter(|name| {
        !APPLETS.contains(name) && !BUILTIN.contains(name) && Some(*name) != command
    });
    lacking.map(str::to_owned).take(MAX_STAND_INS).collect()
}

/// `name` as the name of a command, if it can be one.
fn plain_name(name: &str) -> Option<&str> {
    let name = name.rsplit('/').next()?;
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.+".contains(letter);
    let starts = name.starts_with(|letter: char| letter.is_ascii_alphabetic());
    (starts && name.len() < 40 && name.chars().all(is_plain)).then_some(name)
}

/// Commands that make such a base at `path`; what stands in for commands is left to whoever repeats it.
pub(crate) fn repeat(path: &str) -> Vec<String> {
    let path = crate::repeat::quoted_path(path);
    vec![
        "mkdir -p \"$work/base/bin\" && cp /bin/busybox \"$work/base/bin/\"".to_owned(),
        "for name in $(busybox --list); do ln -sf busybox \"$work/base/bin/$name\"; done"
            .to_owned(),
        "# an executable script in $work/base/bin stands for each command that busybox lacks"
            .to_owned(),
        format!("mkdir -p \"$(dirname {path})\" && tar -c -C \"$work/base\" -f {path} ."),
    ]
}

fn file(tar: &mut tar::Builder<Vec<u8>>, path: &str, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(mode);
    tar.append_data(&mut header, path, bytes)
}

fn link(tar: &mut tar::Builder<Vec<u8>>, path: &str, target: &str) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Symlink);
    header.set_size(0);
    header.set_mode(0o777);
    tar.append_link(&mut header, path, target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_that_need_a_loader_are_told_apart() {
        assert_eq!(needs_loader(b"#!/bin/sh"), None);
        assert_eq!(needs_loader(b"\x7fELF\x02\x01\x01"), None);
        let own = std::fs::read("/proc/self/exe").unwrap();
        assert_eq!(needs_loader(&own), Some(true));
    }

    #[test]
    fn what_the_base_lacks_is_stood_in_for() {
        let names = stand_ins(
            "apt-get update && curl \"$X\" | sh; echo ok > /x",
            Some("curl"),
        );
        assert_eq!(
            names.into_iter().collect::<Vec<_>>(),
            ["X", "apt-get", "ok", "update", "x"]
        );
    }
}
