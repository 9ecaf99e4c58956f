//! What an image is predicted to say about itself.

use std::collections::BTreeMap;

use plimsoll_parse::SyntaxError;
use plimsoll_parse::dockerfile::{self, Body, Command, Dockerfile, Healthcheck, Instruction, Word};
use plimsoll_simulate::{
    expand::{Expansion, Value},
    scope::{BindingKind, BuildInput, Environment, Precedence, Scopes},
    stages::{Reference, StageGraph},
};

use crate::engines::{Build, Config, DEFAULT_PATH, Oracle};

/// What `oracle` is predicted to make of `build`; or why it is predicted to refuse it.
pub(crate) fn predict(build: &Build, oracle: Oracle) -> Result<Config, String> {
    let file = dockerfile::parse(&build.text);
    let input = input(build);
    let graph = StageGraph::new(&file, &input);
    let mut errors = file.errors.iter().chain(&graph.problems);
    if let Some(error) = errors.next() {
        return Err(error.message.clone());
    }
    let target = graph.target.ok_or("there is no such target")?;
    let precedence = match oracle {
        Oracle::BuildKit => Precedence::LaterWins,
        Oracle::Classic | Oracle::Buildah => Precedence::EnvWins,
    };
    let scopes = Scopes::new(&file, &graph, &input, precedence);
    let run = |stage| {
        let mut predictor = Predictor {
            text: &build.text,
            file: &file,
            graph: &graph,
            scopes: &scopes,
            config: Config {
                workdir: "/".to_owned(),
                ..Config::default()
            },
            shell: default_shell(),
            cmd_is_set: false,
        };
        predictor.run(stage)?;
        Ok(predictor.config)
    };
    if oracle == Oracle::Classic {
        // BuildKit lets the errors of these defaults pass (`buildMetaArgs`).
        for binding in graph.globals.bindings() {
            fails(&binding.expansion.errors)?;
        }
        // It builds every stage above the target, needed or not, and fails with the first that fails.
        for stage in 0..target {
            run(stage)?;
        }
    }
    run(target)
}

fn default_shell() -> Vec<String> {
    vec!["/bin/sh".to_owned(), "-c".to_owned()]
}

fn input(build: &Build) -> BuildInput {
    let args = build.args.iter();
    let args = args.map(|(name, value)| (name.clone(), Value::Known(value.clone())));
    let (architecture, variant) = match std::env::consts::ARCH {
        "x86_64" => ("amd64", ""),
        "aarch64" => ("arm64", "v8"),
        other => (other, ""),
    };
    let mut platform = BTreeMap::new();
    for side in ["BUILD", "TARGET"] {
        let values = [
            ("PLATFORM", format!("linux/{architecture}")),
            ("OS", "linux".to_owned()),
            ("ARCH", architecture.to_owned()),
            ("VARIANT", variant.to_owned()),
        ];
        platform.extend(values.map(|(name, value)| (format!("{side}{name}"), value)));
    }
    BuildInput {
        args: args.collect(),
        platform,
        target: build.target.clone(),
        ..BuildInput::default()
    }
}

struct Predictor<'a> {
    text: &'a str,
    file: &'a Dockerfile,
    graph: &'a StageGraph,
    scopes: &'a Scopes<'a>,
    config: Config,
    shell: Vec<String>,
    cmd_is_set: bool,
}

type Outcome<T> = Result<T, String>;

impl Predictor<'_> {
    /// Applies the stages that `target` is built on, then `target`.
    fn run(&mut self, target: usize) -> Outcome<()> {
        let parent = |stage: &usize| match self.graph.stages.get(*stage)?.base {
            Reference::Stage(parent) => Some(parent),
            _ => None,
        };
        let mut stages: Vec<usize> = std::iter::successors(Some(target), parent).collect();
        stages.reverse();
        for stage in stages {
            self.stage(stage)?;
        }
        Ok(())
    }

    fn stage(&mut self, stage: usize) -> Outcome<()> {
        if let Some(Reference::Image(name)) = self.graph.stages.get(stage).map(|stage| &stage.base)
        {
            return Err(format!("{name} cannot be fetched without network"));
        }
        // The parent's triggers are used up; its shell is inherited, and so is its command.
        self.config.onbuild.clear();
        self.cmd_is_set = false;
        for (index, instruction) in self.graph.triggers(self.file, stage) {
            self.apply(instruction, self.scopes.of_trigger(stage, index))?;
        }
        let Some(found) = self.graph.stages.get(stage) else {
            return Ok(());
        };
        for (index, instruction) in found.instructions(self.file) {
            self.apply(instruction, self.scopes.environment(index))?;
        }
        for binding in self.scopes.bindings(stage) {
            fails(&binding.expansion.errors)?;
            if binding.kind == BindingKind::Env {
                let value = shown(&binding.value);
                self.config.env.insert(binding.name.clone(), value);
            }
        }
        self.config
            .env
            .retain(|name, value| (name.as_str(), value.as_str()) != ("PATH", DEFAULT_PATH));
        Ok(())
    }

    fn apply(&mut self, instruction: &Instruction, here: Environment<'_>) -> Outcome<()> {
        let one = |word: &Word| known(&here.expand(word));
        match &instruction.body {
            Body::Label(pairs) => {
                for pair in pairs {
                    let (key, value) = (one(&pair.key)?, one(&pair.value)?);
                    self.config.labels.insert(key, value);
                }
            }
            Body::Workdir(path) => self.workdir(&one(path)?),
            Body::User(user) => self.config.user = one(user)?,
            Body::Stopsignal(signal) => self.config.stop_signal = one(signal)?,
            Body::Volume(paths) => {
                for path in paths {
                    let path = one(path)?;
                    if path.is_empty() {
                        return Err("an empty volume".to_owned());
                    }
                    self.config.volumes.insert(path);
                }
            }
            Body::Expose(ports) => {
                for port in ports {
                    self.expose(&here.expand(port))?;
                }
            }
            Body::Env(pairs) => {
                for pair in pairs {
                    one(&pair.key)?;
                }
            }
            other => self.apply_command(other),
        }
        Ok(())
    }

    fn apply_command(&mut self, body: &Body) {
        match body {
            Body::Cmd(command) => {
                self.config.cmd = self.command(command);
                self.cmd_is_set = true;
            }
            Body::Entrypoint(command) => {
                self.config.entrypoint = self.command(command);
                if !self.cmd_is_set {
                    self.config.cmd.clear();
                }
            }
            Body::Shell(words) => self.shell = words.iter().map(text).collect(),
            Body::Healthcheck(check) => self.config.healthcheck = healthcheck(check),
            Body::Onbuild(nested) => {
                let written = nested.span.slice(self.text);
                self.config.onbuild.push(written.trim_end().to_owned());
            }
            _ => {}
        }
    }

    fn workdir(&mut self, path: &str) {
        let mut parts: Vec<&str> = match path.starts_with('/') {
            true => Vec::new(),
            false => self.config.workdir.split('/').collect(),
        };
        for part in path.split('/') {
            match part {
                "." => {}
                ".." => {
                    parts.pop();
                }
                _ => parts.push(part),
            }
        }
        parts.retain(|part| !part.is_empty());
        self.config.workdir = format!("/{}", parts.join("/"));
    }

    fn expose(&mut self, ports: &Expansion) -> Outcome<()> {
        known(ports)?;
        for port in ports.split() {
            let port = known(&port)?;
            let (range, protocol) = port.split_once('/').unwrap_or((&port, "tcp"));
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            let number = |text: &str| text.parse::<u16>().map_err(|_| format!("no port: {port}"));
            for number in number(first)?..=number(last)? {
                let protocol = protocol.to_lowercase();
                self.config.ports.insert(format!("{number}/{protocol}"));
            }
        }
        Ok(())
    }

    fn command(&self, command: &Command) -> Vec<String> {
        match command {
            Command::Exec(words) => words.iter().map(text).collect(),
            Command::Shell(line) => {
                let mut words = self.shell.clone();
                words.push(line.as_str().to_owned());
                words
            }
        }
    }
}

fn healthcheck(check: &Healthcheck) -> Vec<String> {
    let (kind, words) = match check {
        Healthcheck::Cmd(Command::Exec(words)) => ("CMD", words.iter().map(text).collect()),
        Healthcheck::Cmd(Command::Shell(line)) => ("CMD-SHELL", vec![line.as_str().to_owned()]),
        Healthcheck::None | Healthcheck::Invalid(_) => ("NONE", Vec::new()),
    };
    std::iter::once(kind.to_owned()).chain(words).collect()
}

fn text(word: &Word) -> String {
    word.as_str().to_owned()
}

fn shown(value: &Value) -> String {
    value.known().unwrap_or("<unknown>").to_owned()
}

/// The text of a word, unless it is refused.
fn known(expansion: &Expansion) -> Outcome<String> {
    fails(&expansion.errors)?;
    Ok(shown(&expansion.value()))
}

/// Refuses what has an error, by the first.
fn fails(errors: &[SyntaxError]) -> Outcome<()> {
    match errors.first() {
        Some(error) => Err(error.message.clone()),
        None => Ok(()),
    }
}
