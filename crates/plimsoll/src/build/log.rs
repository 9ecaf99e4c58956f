//! What a build says: steps with their times on standard error, everything in a log.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use indicatif::{ProgressBar, ProgressStyle};
use plimsoll_engine::BuildEvent;
use plimsoll_model::escape_text;
use sha2::{Digest as _, Sha256};

use crate::output::Output;

/// As much of a step's name is shown on a line of its own.
const LONGEST_NAME: usize = 100;

/// The file of a log, hashed as it is written.
struct LogFile {
    file: BufWriter<File>,
    digest: Sha256,
    shown: String,
    failed: Option<std::io::Error>,
}

impl LogFile {
    fn create(path: &Path) -> Result<LogFile> {
        let shown = path.display().to_string();
        let file = File::create(path).with_context(|| format!("writing {shown}"))?;
        Ok(LogFile {
            file: BufWriter::new(file),
            digest: Sha256::new(),
            shown,
            failed: None,
        })
    }

    fn line(&mut self, text: &str) {
        let line = format!("{text}\n");
        self.digest.update(&line);
        if let Err(error) = self.file.write_all(line.as_bytes()) {
            self.failed.get_or_insert(error);
        }
    }

    /// The digest of what was written.
    fn finish(mut self) -> Result<String> {
        let written = self.failed.take().map_or_else(|| self.file.flush(), Err);
        written.with_context(|| format!("writing {}", self.shown))?;
        let digest = self.digest.finalize();
        Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// Where a build's events go.
pub(super) struct Log<'o> {
    output: &'o Output,
    file: Option<LogFile>,
    started: BTreeMap<u32, (Instant, String)>,
    spinner: Option<ProgressBar>,
}

impl<'o> Log<'o> {
    pub(super) fn new(path: Option<&Path>, output: &'o Output) -> Result<Log<'o>> {
        Ok(Log {
            output,
            file: path.map(LogFile::create).transpose()?,
            started: BTreeMap::new(),
            spinner: output.terminal.progress.then(spinner),
        })
    }

    pub(super) fn tell(&mut self, event: &BuildEvent) {
        match event {
            BuildEvent::StepStarted { step, name } => {
                let name = shortened(&escape_text(name));
                self.line(&format!("#{step} {name}"));
                if let Some(spinner) = &self.spinner {
                    spinner.set_message(format!("#{step} {name}"));
                }
                self.started.insert(*step, (Instant::now(), name));
            }
            BuildEvent::StepCached { step } => self.line(&format!("#{step} cached")),
            BuildEvent::StepEnded { step, error } => self.ended(*step, error.as_deref()),
            BuildEvent::Log { step, text, .. } => {
                let text = escape_text(text);
                self.line(&match step {
                    0 => text,
                    step => format!("#{step} | {text}"),
                });
            }
        }
    }

    fn ended(&mut self, step: u32, error: Option<&str>) {
        let started = self.started.remove(&step);
        let took = started.map_or(Duration::ZERO, |(since, _)| since.elapsed());
        let seconds = took.as_secs_f64();
        self.line(&match error {
            None => format!("#{step} done in {seconds:.1} s"),
            Some(error) => format!(
                "#{step} failed after {seconds:.1} s: {}",
                escape_text(error)
            ),
        });
    }

    fn line(&mut self, text: &str) {
        match &self.spinner {
            Some(spinner) => spinner.println(text),
            None => self.output.note(text),
        }
        if let Some(file) = &mut self.file {
            file.line(text);
        }
    }

    /// Ends the log; the digest of what was written.
    pub(super) fn finish(mut self) -> Result<Option<String>> {
        if let Some(spinner) = self.spinner.take() {
            spinner.finish_and_clear();
        }
        self.file.take().map(LogFile::finish).transpose()
    }
}

fn spinner() -> ProgressBar {
    let spinner = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed:>4} {wide_msg}") {
        spinner.set_style(style);
    }
    spinner.enable_steady_tick(Duration::from_millis(120));
    spinner
}

fn shortened(name: &str) -> String {
    match name.char_indices().nth(LONGEST_NAME) {
        Some((at, _)) => format!("{}…", name.get(..at).unwrap_or_default()),
        None => name.to_owned(),
    }
}
