//! `plimsoll context`: what a build would send, without sending it.

mod figures;
mod ignore;
mod seal;
mod shown;
mod text;

use std::io::{ErrorKind, Write, stdout};

use anyhow::{Context as _, Result};
use plimsoll_collect::{GitRules, Note, OpenRoot, WalkOptions, walk};
use plimsoll_model::RootPath;
use plimsoll_simulate::context::{
    ContextAccount, ContextSettings, ContextSummary, CopyAccount, CopyTally, Fate,
};

use self::shown::shown_path;
use crate::arguments::ContextArguments;
use crate::output::Output;
use figures::Figures;
use ignore::Applying;

/// A context may hold far more than a repository.
const MAX_ENTRIES: usize = 20_000_000;

/// What was found about a context.
struct Account {
    applying: Applying,
    summary: ContextSummary,
    /// What each COPY and ADD takes; empty where the Dockerfile could not be read.
    copies: Vec<CopyTally>,
    notes: Vec<Note>,
}

pub(crate) fn run(arguments: &ContextArguments, output: &Output) -> Result<u8> {
    let shown = arguments.folder.display();
    let ground = OpenRoot::open(&arguments.folder).with_context(|| format!("opening {shown}"))?;
    let applying = ignore::find(arguments, &ground)?;
    if let Some(target) = &arguments.seal {
        return seal::run(arguments, target, &ground, &applying, output);
    }
    let mut list = List::new(arguments.list);
    let account = account(arguments, &ground, applying, &mut list);
    list.flush()?;
    if arguments.json {
        let figures = Figures::new(arguments, &account);
        output.data(&plimsoll_report::inert_json(&figures))?;
    } else if !arguments.list {
        output.data(&text::render(arguments, &account, output.style()))?;
    }
    for note in &account.notes {
        let path = shown_path(&note.path.to_string());
        output.note(&format!("not listed: {path}: {}", note.detail));
    }
    Ok(0)
}

fn account(
    arguments: &ContextArguments,
    ground: &OpenRoot,
    applying: Applying,
    list: &mut List,
) -> Account {
    let settings = ContextSettings {
        root: RootPath::root(),
        dockerfile: applying.dockerfile.clone(),
        ignore_file: applying.path.clone(),
        ignore: &applying.file,
        builder: arguments.builder,
        needed: None,
    };
    let options = WalkOptions {
        git: GitRules::Disregard,
        max_entries: MAX_ENTRIES,
        ..WalkOptions::default()
    };
    let mut account = ContextAccount::new(settings);
    let mut copies = CopyAccount::new(applying.dockerfile_text.as_deref().unwrap_or(""));
    let walked = walk(ground, &options, &mut |entry| match account.visit(&entry) {
        Some(Fate::Sent) => {
            copies.visit(&entry, &entry.path);
            list.push(&entry.path);
        }
        Some(Fate::ReadOnly) => list.push(&entry.path),
        _ => {}
    });
    let summary = account.finish();
    Account {
        copies: copies.finish(),
        applying,
        summary,
        notes: walked.notes,
    }
}

/// Paths on their way to standard output.
struct List {
    wanted: bool,
    lines: String,
    outcome: std::io::Result<()>,
}

/// Lines are written in blocks of about this many bytes.
const BLOCK: usize = 1 << 16;

impl List {
    fn new(wanted: bool) -> List {
        List {
            wanted,
            lines: String::new(),
            outcome: Ok(()),
        }
    }

    fn push(&mut self, path: &RootPath) {
        if !self.wanted || self.outcome.is_err() {
            return;
        }
        self.lines.push_str(&shown_path(path.as_str()));
        self.lines.push('\n');
        if self.lines.len() >= BLOCK {
            self.outcome = stdout().write_all(self.lines.as_bytes());
            self.lines.clear();
        }
    }

    /// Writes the rest. That nobody reads on is no error.
    fn flush(self) -> Result<()> {
        let rest = || {
            let mut out = stdout();
            out.write_all(self.lines.as_bytes())?;
            out.flush()
        };
        match self.outcome.and_then(|()| rest()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            outcome => outcome.context("writing to standard output"),
        }
    }
}
