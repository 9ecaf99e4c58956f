//! The help of every command, as the binary prints it.

use std::fmt::Write;

use anyhow::Result;

use crate::step;

pub(super) fn page() -> Result<String> {
    let help = help("")?;
    let mut text = format!("# The command line\n\n```text\n{help}\n```\n");
    for command in commands(&help) {
        let _ = write!(
            text,
            "\n## `{command}`\n\n```text\n{}\n```\n",
            self::help(command)?
        );
    }
    Ok(text)
}

fn help(command: &str) -> Result<String> {
    let help = step::output(&format!(
        "cargo run --quiet --locked --package plimsoll -- {command} --help"
    ))?;
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    Ok(lines.join("\n"))
}

/// The names below the heading `Commands:`.
fn commands(help: &str) -> Vec<&str> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    lines
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect()
}

#[cfg(test)]
mod tests {
    use super::commands;

    #[test]
    fn commands_are_read_off_the_help() {
        let help = "Usage: x\n\nCommands:\n  check    Audits\n           and more\n  explain  Says\n  help     Print\n\nOptions:\n  -q\n";
        assert_eq!(commands(help), ["check", "explain"]);
    }
}
