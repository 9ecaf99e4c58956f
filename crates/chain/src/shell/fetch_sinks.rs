//! Values that decide what is fetched, and which file is written.

use plimsoll_model::Span;

use super::environment::Carried;
use super::invocation::Invocation;
use super::options::{Options, Role};
use super::outputs::is_address;
use super::uses::UseKind;
use super::walk::Walk;
use super::words::Argument;

impl Walk<'_> {
    pub(super) fn fetched_and_run(&mut self, carried: &Carried, call: (Span, Option<&str>)) {
        let (reason, witness) = if carried.taint.fixed_host {
            (
                "the value decides which path of the host code is fetched from, and what is fetched is run",
                "../../../../../../payload",
            )
        } else {
            (
                "the value decides where code is fetched from, and what is fetched is run",
                "https://attacker.example/payload",
            )
        };
        self.report(
            carried,
            call,
            UseKind::FetchedAndRun,
            reason.to_owned(),
            witness.to_owned(),
        );
    }

    /// Values that decide what is fetched.
    pub(super) fn addresses(&mut self, invocation: &Invocation<'_, '_>) {
        self.address_options(invocation);
        match invocation.name {
            "curl" | "wget" | "aria2c" => self.fetched_addresses(invocation),
            "npm" | "yarn" | "pnpm" | "npx" | "bunx" | "go" | "pip" | "uv" | "uvx" | "pipx"
            | "gem" | "cargo" => {
                self.package_choices(invocation);
            }
            "git" => self.repository_choices(invocation),
            "deno" => self.run_address(invocation),
            _ => {}
        }
    }

    fn fetched_addresses(&mut self, invocation: &Invocation<'_, '_>) {
        let options = Options::read(invocation.name, invocation.arguments);
        for (at, argument) in invocation.arguments.iter().enumerate() {
            if !is_address(&options, invocation.arguments, at) {
                continue;
            }
            for carried in argument.carried.iter().filter(|c| !c.taint.fetched) {
                let before = argument.before(carried);
                if carried.names_host {
                    self.url_choice(invocation, carried, before);
                }
            }
        }
    }

    fn url_choice(&mut self, invocation: &Invocation<'_, '_>, carried: &Carried, before: &str) {
        let reason = format!(
            "the value decides which host `{}` fetches from",
            invocation.name
        );
        let witness = match before {
            "" if carried.begins => "https://attacker.example/payload".to_owned(),
            before if before.ends_with("://") => "attacker.example/#".to_owned(),
            before if before.ends_with("@ ") => {
                "https://attacker.example/payload.tar.gz".to_owned()
            }
            _ => ".attacker.example/#".to_owned(),
        };
        self.report(
            carried,
            invocation.call(),
            UseKind::UrlChoice,
            reason,
            witness,
        );
    }

    fn repository_choices(&mut self, invocation: &Invocation<'_, '_>) {
        let options = Options::read(invocation.name, invocation.arguments);
        let first = options
            .roles
            .iter()
            .position(|role| matches!(role, Role::Operand | Role::Rest));
        let Some(argument) = first.and_then(|at| invocation.arguments.get(at)) else {
            return;
        };
        if !options.title.ends_with(" clone") {
            return;
        }
        for carried in argument.carried.iter().filter(|c| !c.taint.fetched) {
            let before = argument.before(carried);
            if carried.names_host && (!before.contains(':') || before.ends_with("://")) {
                self.url_choice(invocation, carried, before);
            }
        }
    }

    /// `npm install "x@$V"`: what stands behind the `@` may be an address.
    fn package_choices(&mut self, invocation: &Invocation<'_, '_>) {
        let options = Options::read(invocation.name, invocation.arguments);
        let javascript = matches!(invocation.name, "npm" | "yarn" | "pnpm" | "npx" | "bunx");
        let runs = matches!(invocation.name, "npx" | "bunx" | "uvx");
        if options.row.is_none() && !runs {
            return;
        }
        if matches!(
            options.title.as_str(),
            "npm run" | "npm test" | "npm start" | "npm run-script"
        ) {
            return;
        }
        let operands = invocation
            .arguments
            .iter()
            .enumerate()
            .filter(|(at, _)| matches!(options.role(*at), Role::Operand | Role::Rest));
        // Behind the package stand the arguments of its program.
        let operands = operands.take(if runs { 1 } else { usize::MAX });
        for (_, argument) in operands {
            for carried in argument
                .carried
                .iter()
                .filter(|c| !c.taint.fetched && !c.taint.bounded)
            {
                let before = argument.before(carried);
                let names_package = before.is_empty() && carried.begins;
                let names_version = javascript && before.trim_start_matches('@').ends_with('@');
                if names_package || names_version {
                    self.package_choice(invocation, carried, names_version);
                } else if carried.names_host && reads_address(invocation.name, before) {
                    self.url_choice(invocation, carried, before);
                }
            }
        }
    }

    /// `deno run ADDRESS`
    fn run_address(&mut self, invocation: &Invocation<'_, '_>) {
        let mut words = invocation.arguments.iter();
        let subcommand = words.next().map(|word| word.text.as_str());
        if !matches!(subcommand, Some("run" | "install" | "eval" | "serve")) {
            return;
        }
        let address = words.find(|word| !word.text.starts_with('-'));
        let values = address.into_iter().flat_map(|address| &address.carried);
        for carried in values.filter(|c| c.names_host && !c.taint.fetched && !c.taint.bounded) {
            self.fetched_and_run(carried, invocation.call());
        }
    }

    fn package_choice(
        &mut self,
        invocation: &Invocation<'_, '_>,
        carried: &Carried,
        version: bool,
    ) {
        let (reason, witness) = match (version, invocation.name) {
            (true, name) => (
                format!(
                    "`{name}` takes an address in the place of a version and fetches code from there"
                ),
                "https://attacker.example/payload.tgz",
            ),
            (false, name) => (
                format!("the value decides which package `{name}` fetches"),
                match name {
                    "pip" | "uv" | "uvx" | "pipx" => "https://attacker.example/payload.tar.gz",
                    "go" => "attacker.example/payload@latest",
                    _ => "attacker-package",
                },
            ),
        };
        self.report(
            carried,
            invocation.call(),
            UseKind::UrlChoice,
            reason,
            witness.to_owned(),
        );
    }

    /// Files that `tee` and `dd` write.
    pub(super) fn written_files(&mut self, invocation: &Invocation<'_, '_>) {
        for argument in invocation.arguments {
            match invocation.name {
                "tee" if !argument.text.starts_with('-') => {
                    self.written_path(argument, 0, invocation.call());
                }
                "dd" if argument.text.starts_with("of=") => {
                    self.written_path(argument, "of=".len(), invocation.call());
                }
                _ => {}
            }
        }
    }

    /// Values that decide which file is written: they begin the path, or follow a `/`.
    pub(super) fn written_path(
        &mut self,
        path: &Argument<'_>,
        from: usize,
        call: (Span, Option<&str>),
    ) {
        for carried in path
            .carried
            .iter()
            .filter(|c| !c.taint.fetched && !c.taint.bounded)
        {
            let before = path.before(carried).get(from..).unwrap_or("");
            let witness = match before {
                "" => "/root/.profile",
                before if before.ends_with('/') => "../../../../../../root/.profile",
                _ => continue,
            };
            let reason = "the value decides which file is written".to_owned();
            self.report(
                carried,
                call,
                UseKind::PathChoice,
                reason,
                witness.to_owned(),
            );
        }
    }
}

/// Whether a Python installer reads what follows `before` as an address: `name @ ADDRESS`, `git+https://ADDRESS`.
fn reads_address(name: &str, before: &str) -> bool {
    let installs = matches!(name, "pip" | "pipx" | "uv" | "uvx");
    installs && (before.contains("://") || before.trim_end().ends_with('@'))
}
