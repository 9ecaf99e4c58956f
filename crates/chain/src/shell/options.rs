//! What each argument of a command is: option, an option's value, operand.

use super::commands::{OptionCommand, option_command, value_options};
use super::words::Argument;

/// What an argument is to the command that reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Begins with `-` as written.
    Option,
    /// The value of the option before it, which is this many arguments back.
    Value,
    /// The subcommand.
    Subcommand,
    /// Anything else: an option too, where its value begins with `-`.
    Operand,
    /// Where no more options are read.
    Rest,
}

/// The arguments of a command of the table, each with its role.
pub(super) struct Options {
    /// The row, where the command is in the table.
    pub row: Option<&'static OptionCommand>,
    /// The roles, one for each argument.
    pub roles: Vec<Role>,
    /// The command with its subcommand, as a reader would call it.
    pub title: String,
}

impl Options {
    /// Reads the arguments of `name`.
    pub(super) fn read(name: &str, arguments: &[Argument<'_>]) -> Options {
        let values = value_options(name);
        let subcommand_at = subcommand(name, values, arguments);
        let subcommand = subcommand_at.and_then(|at| arguments.get(at)?.static_text());
        let row = option_command(name, subcommand);
        let has_subcommands = row.is_some_and(|row| !row.subcommands.is_empty());
        let title = match subcommand {
            Some(subcommand) if has_subcommands => format!("{name} {subcommand}"),
            _ => name.to_owned(),
        };
        let subcommand_at = subcommand_at.filter(|_| has_subcommands);
        let values = row.map_or(values, |row| row.takes_value);
        let permutes = row.is_none_or(|row| row.permutes);
        let mut roles = roles(arguments, values, permutes, subcommand_at);
        if name == "tar" {
            old_style_tar(arguments, &mut roles);
        }
        Options { row, roles, title }
    }

    /// The role of one argument.
    pub(super) fn role(&self, at: usize) -> Role {
        self.roles.get(at).copied().unwrap_or(Role::Rest)
    }
}

/// `tar xf FILE`: letters without a dash are options, and the next word is the value of `f`.
fn old_style_tar(arguments: &[Argument<'_>], roles: &mut [Role]) {
    let letters = arguments.first().and_then(Argument::static_text);
    let Some(letters) = letters.filter(|text| text.bytes().all(|b| b.is_ascii_alphabetic())) else {
        return;
    };
    let taken = 1 + letters.matches(['f', 'C', 'b', 'T', 'X']).count();
    for (at, role) in roles.iter_mut().take(taken).enumerate() {
        *role = if at == 0 { Role::Option } else { Role::Value };
    }
}

/// Where the first operand stands.
fn subcommand(name: &str, values: &[&str], arguments: &[Argument<'_>]) -> Option<usize> {
    let roles = roles(arguments, values, true, None);
    let first = roles.iter().position(|role| *role == Role::Operand)?;
    // `npm --prefix x install` and `yarn workspace x add` differ; only plain words are subcommands.
    let text = arguments.get(first)?.static_text()?;
    let known = option_command(name, Some(text)).is_some();
    known.then_some(first)
}

fn roles(
    arguments: &[Argument<'_>],
    values: &[&str],
    permutes: bool,
    subcommand: Option<usize>,
) -> Vec<Role> {
    let mut roles = Vec::with_capacity(arguments.len());
    let (mut value_next, mut rest) = (false, false);
    for (at, argument) in arguments.iter().enumerate() {
        let role = if rest {
            Role::Rest
        } else if value_next {
            value_next = false;
            Role::Value
        } else if Some(at) == subcommand {
            Role::Subcommand
        } else if argument.static_text() == Some("--") {
            rest = true;
            Role::Option
        } else if argument.text.starts_with('-') && argument.text.len() > 1 {
            value_next = takes_value(argument, values);
            Role::Option
        } else {
            // A value that may be an option does not end the options.
            let may_be_option = argument.carried.iter().any(|carried| carried.begins);
            rest = !permutes && !may_be_option && subcommand.is_none_or(|sub| at > sub);
            Role::Operand
        };
        roles.push(role);
    }
    roles
}

/// Whether an option takes the next word: by its name, or as the last of a cluster of short ones.
fn takes_value(argument: &Argument<'_>, values: &[&str]) -> bool {
    let text = argument.text.as_str();
    if values.contains(&text) {
        return true;
    }
    let Some(cluster) = text.strip_prefix('-').filter(|rest| !rest.starts_with('-')) else {
        return false;
    };
    let takes = |letter: char| {
        values
            .iter()
            .any(|value| value.strip_prefix('-') == Some(letter.encode_utf8(&mut [0; 4])))
    };
    let mut letters = cluster.chars();
    let last = letters.next_back();
    cluster.chars().all(|letter| letter.is_ascii_alphabetic())
        && last.is_some_and(takes)
        && !letters.any(takes)
}
