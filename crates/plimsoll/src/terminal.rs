//! What the terminal can show: colours, width, characters.

use std::io::{IsTerminal, stderr, stdout};

use anstream::{AutoStream, ColorChoice};
use plimsoll_report::Style;

use crate::arguments::{TerminalArguments, When};

/// How to write to either stream.
#[derive(Clone, Copy)]
pub(crate) struct Settings {
    /// Standard output.
    pub(crate) out: Style,
    /// Standard error.
    pub(crate) err: Style,
    /// Whether progress may be drawn.
    pub(crate) progress: bool,
}

/// Columns where there is no terminal.
const COLUMNS: usize = 100;

impl Settings {
    pub(crate) fn new(arguments: &TerminalArguments) -> Settings {
        let size = |size: Option<(terminal_size::Width, terminal_size::Height)>| {
            size.map_or(COLUMNS, |(width, _)| usize::from(width.0))
        };
        let style = |auto: ColorChoice, width: usize| Style {
            colour: match arguments.color {
                When::Auto => auto != ColorChoice::Never,
                When::Always => true,
                When::Never => false,
            },
            unicode: speaks_unicode(),
            width,
            verbose: arguments.verbose,
        };
        let out_size = size(terminal_size::terminal_size_of(stdout()));
        let err_size = size(terminal_size::terminal_size_of(stderr()));
        Settings {
            out: style(AutoStream::choice(&stdout()), out_size),
            err: style(AutoStream::choice(&stderr()), err_size),
            progress: stderr().is_terminal() && !arguments.no_progress && !arguments.quiet,
        }
    }
}

/// Whether the locale has more than ASCII. An environment without any locale most likely does.
fn speaks_unicode() -> bool {
    let names = ["LC_ALL", "LC_CTYPE", "LANG"];
    let locale = names
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty());
    locale.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}
