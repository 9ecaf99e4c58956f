//! A bar of how many roots are audited, on runs that last.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};
use plimsoll_audit::Progress;
use plimsoll_model::escape_text;

/// Shorter runs show nothing.
const PATIENCE: Duration = Duration::from_millis(400);

/// Progress drawn on standard error.
pub(crate) struct Bar {
    bar: ProgressBar,
    since: Instant,
    shown: Mutex<bool>,
}

impl Bar {
    pub(crate) fn new() -> Bar {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} {wide_msg}") {
            bar.set_style(style);
        }
        Bar {
            bar,
            since: Instant::now(),
            shown: Mutex::new(false),
        }
    }

    fn show_when_due(&self) {
        if self.since.elapsed() < PATIENCE {
            return;
        }
        if let Ok(mut shown) = self.shown.lock()
            && !*shown
        {
            *shown = true;
            self.bar
                .set_draw_target(ProgressDrawTarget::stderr_with_hz(8));
        }
    }

    /// Shows how much of something has come.
    pub(crate) fn received(&self, name: &str, count: u64, size: u64) {
        self.show_when_due();
        let (count, size) = (HumanBytes(count), HumanBytes(size));
        self.bar.set_message(format!("{name}: {count} of {size}"));
    }

    /// Has something else be written where the bar is.
    pub(crate) fn beside(&self, write: impl FnOnce()) {
        self.bar.suspend(write);
    }

    /// Leaves no trace.
    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

impl Progress for Bar {
    fn planned(&self, roots: usize) {
        self.bar.inc_length(roots as u64);
    }

    fn collected(&self, root: &str, artifacts: usize) {
        self.show_when_due();
        self.bar
            .set_message(format!("{} ({artifacts} files)", escape_text(root)));
    }

    fn audited(&self, _root: &str) {
        self.show_when_due();
        self.bar.inc(1);
    }
}
