//! Writing: data to standard output, everything else to standard error.

use std::io::{ErrorKind, Write, stderr, stdout};

use anyhow::{Context, Result};
use plimsoll_report::Style;

use crate::arguments::TerminalArguments;
use crate::terminal::Settings;

/// Where a command writes to.
#[derive(Clone)]
pub(crate) struct Output {
    /// What the streams can show.
    pub(crate) terminal: Settings,
    quiet: bool,
}

impl Output {
    pub(crate) fn new(arguments: &TerminalArguments, terminal: Settings) -> Output {
        Output {
            terminal,
            quiet: arguments.quiet,
        }
    }

    /// The style of data.
    pub(crate) fn style(&self) -> Style {
        self.terminal.out
    }

    /// Writes data. That nobody reads on is no error.
    pub(crate) fn data(&self, text: &str) -> Result<()> {
        let mut out = stdout().lock();
        readers_may_leave(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
    }

    /// Says something beside the data, unless asked to be quiet.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet && !text.is_empty() {
            let end = if text.ends_with('\n') { "" } else { "\n" };
            let _ = write!(stderr(), "{text}{end}");
        }
    }

    /// Says what went wrong.
    pub(crate) fn error(&self, message: &str) {
        let label = self.terminal.err.error_label();
        for line in message.lines() {
            let line = plimsoll_model::escape_text(line);
            let _ = writeln!(stderr(), "{label}: {line}");
        }
    }

    /// Says what is refused, and the name programs know the reason by.
    pub(crate) fn refused(&self, code: &str, message: &str) {
        let style = self.terminal.err;
        let label = style.severity(plimsoll_model::Severity::High, "refused");
        let message = plimsoll_model::escape_text(message);
        let _ = writeln!(stderr(), "{label}[{code}]: {message}");
    }

    /// Writes lines that already say what they are.
    pub(crate) fn errors(&self, text: &str) {
        let _ = write!(stderr(), "{text}");
    }
}

fn readers_may_leave(outcome: std::io::Result<()>) -> Result<()> {
    match outcome {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other.context("writing to standard output"),
    }
}
