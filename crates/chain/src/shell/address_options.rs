//! Options and settings that say where packages come from, or what is run.

use super::environment::Carried;
use super::invocation::Invocation;
use super::reparsed::GIT_COMMANDS;
use super::uses::{Code, UseKind};
use super::walk::Walk;
use super::words::Argument;

/// The options of some programs whose value is the address that packages are fetched from.
const ADDRESS_OPTIONS: [(&[&str], &[&str]); 7] = [
    (
        &["pip", "pipx", "uv", "uvx", "poetry"],
        &[
            "-i",
            "--index-url",
            "--extra-index-url",
            "--index",
            "--default-index",
            "-f",
            "--find-links",
        ],
    ),
    (
        &["npm", "yarn", "pnpm", "npx", "bun", "bunx"],
        &["--registry"],
    ),
    (&["gem"], &["-s", "--source"]),
    (&["cargo"], &["--git", "--index"]),
    (&["apk"], &["-X", "--repository"]),
    (&["dotnet"], &["-s", "--source"]),
    (&["conda", "mamba"], &["-c", "--channel"]),
];

/// Settings of package managers that hold such an address.
const ADDRESS_SETTINGS: [&str; 6] = [
    "registry",
    "npmRegistryServer",
    "global.index-url",
    "global.extra-index-url",
    "install.index-url",
    "global.find-links",
];

impl Walk<'_> {
    /// Values of options and settings that say where packages come from.
    pub(super) fn address_options(&mut self, invocation: &Invocation<'_, '_>) {
        let row = ADDRESS_OPTIONS
            .iter()
            .find(|(names, _)| names.contains(&invocation.name));
        let options = row.map_or(&[][..], |(_, options)| *options);
        let mut before = "";
        for argument in invocation.arguments {
            let from = option_value(argument, before, options);
            for carried in from.iter().flat_map(|from| chosen(argument, *from)) {
                self.address_choice(invocation, carried);
            }
            before = &argument.text;
        }
        match invocation.name {
            "npm" | "pnpm" | "yarn" | "pip" => self.address_settings(invocation),
            "git" => self.command_settings(invocation),
            _ => {}
        }
    }

    /// `npm config set registry ADDRESS`
    fn address_settings(&mut self, invocation: &Invocation<'_, '_>) {
        let words = invocation.arguments;
        let Some(set) = words.iter().position(|word| word.text == "set") else {
            return;
        };
        let mut before = "";
        for argument in words.get(set + 1..).unwrap_or_default() {
            let from = option_value(argument, before, &ADDRESS_SETTINGS);
            for carried in from.iter().flat_map(|from| chosen(argument, *from)) {
                self.address_choice(invocation, carried);
            }
            before = &argument.text;
        }
    }

    /// `git config core.sshCommand COMMAND`
    fn command_settings(&mut self, invocation: &Invocation<'_, '_>) {
        let words = invocation.arguments;
        if !words.iter().any(|word| word.text == "config") {
            return;
        }
        let key = words.iter().position(|word| {
            let key = word.text.to_ascii_lowercase();
            GIT_COMMANDS.contains(&key.as_str()) || key.starts_with("alias.")
        });
        let Some(value) = key.and_then(|key| words.get(key + 1)) else {
            return;
        };
        for carried in value.carried.iter().filter(|carried| is_open(carried)) {
            let kind = UseKind::CommandInjection(Code::ShellArgument);
            let reason = "git runs the commands that its configuration names".to_owned();
            self.report(carried, invocation.call(), kind, reason, "$(id)".to_owned());
            if carried.begins {
                self.names_command(carried, invocation.span);
            }
        }
    }

    fn address_choice(&mut self, invocation: &Invocation<'_, '_>, carried: &Carried) {
        let reason = format!(
            "the value decides which host `{}` fetches packages from",
            invocation.name
        );
        let witness = match carried.taint.begins {
            true => "https://attacker.example/",
            false => ".attacker.example/#",
        };
        let kind = UseKind::UrlChoice;
        self.report(carried, invocation.call(), kind, reason, witness.to_owned());
    }
}

/// Where in an argument the value of one of the options begins: it follows the option, or its `=`.
fn option_value(argument: &Argument<'_>, before: &str, options: &[&str]) -> Option<usize> {
    if options.contains(&before) {
        return Some(0);
    }
    let (option, _) = argument.text.split_once('=')?;
    options.contains(&option).then_some(option.len() + 1)
}

/// The values that decide the host of the address from byte `from` on.
fn chosen<'a>(argument: &'a Argument<'_>, from: usize) -> impl Iterator<Item = &'a Carried> {
    argument
        .carried
        .iter()
        .filter(move |carried| carried.at >= from && carried.names_host && is_open(carried))
}

fn is_open(carried: &Carried) -> bool {
    !carried.taint.bounded && !carried.taint.fetched
}
