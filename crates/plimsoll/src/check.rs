//! `plimsoll check`.

use std::fs::File;
use std::io::{ErrorKind, IsTerminal, Read, stdout};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use plimsoll_audit::{
    Audit, Cancel, NamedTarget, Progress, Request, Silent, Since, TargetForm, UsageError, audit,
    audit_revealing,
};
use plimsoll_decide::{Baseline, BaselineKey};
use plimsoll_model::{RawSecret, Report};
use plimsoll_report::{Style, source_error};

use crate::FAILED;
use crate::arguments::{CheckArguments, Format};
use crate::images::Images;
use crate::interrupt::on_interrupt;
use crate::output::Output;
use crate::progress::Bar;
use crate::state::StateFile;

pub(crate) fn run(arguments: &CheckArguments, output: &Output) -> Result<u8> {
    let bar = output.terminal.progress.then(|| Arc::new(Bar::new()));
    let mut request = request(arguments)?;
    let images = Images::new(arguments.platform.clone(), output, bar.clone());
    request.images = Some(Arc::new(images));
    if let Some(path) = &arguments.write_baseline {
        request.new_key = baseline_key(path)?;
    }
    let cancel = Cancel::new();
    let state = state(arguments, output)?;
    if let Some(state) = &state {
        // What was searched before somebody lost patience need not be searched again.
        on_interrupt(&cancel)?;
        request.kept_state = Some(state.kept());
    }
    let (audit, values) = match audited(&request, bar.as_deref(), &cancel, arguments.reveal) {
        Ok(audited) => audited,
        Err(error) => {
            complain(&error, output);
            return Ok(FAILED);
        }
    };
    if let Some(state) = &state {
        state.write()?;
    }
    if let Some(path) = &arguments.write_baseline {
        write_baseline(path, &audit)?;
    }
    let report = &audit.report;
    let mut shown = output.style();
    // What was asked for by its own option is not kept for those who ask for more.
    shown.verbose |= arguments.explain_suppressed;
    output.data(&rendered(report, &values, arguments.format, shown))?;
    let style = output.terminal.err;
    output.errors(&plimsoll_report::errors(report, style));
    output.note(&plimsoll_report::skipped(report, style));
    output.note(&plimsoll_report::summary(report, style));
    Ok(report.verdict.exit)
}

/// A day begins at midnight in Greenwich, as the dates of two commits can be compared only in one time zone.
fn since(text: &str) -> Since {
    let midnight = |day: Date| {
        let start = day.to_datetime(Time::midnight());
        TimeZone::UTC.to_timestamp(start).ok()
    };
    match text.parse().ok().and_then(midnight) {
        Some(start) => Since::Seconds(start.as_second() - 1),
        None => Since::Revision(text.to_owned()),
    }
}

fn request(arguments: &CheckArguments) -> Result<Request> {
    let targets = arguments
        .targets
        .iter()
        .map(|target| NamedTarget::parse(target, arguments.kind))
        .collect::<Result<Vec<_>, _>>()?;
    fits(arguments, &targets)?;
    Ok(Request {
        dangling: arguments.dangling,
        staged: arguments.staged,
        since: arguments.since.as_deref().map(since),
        explain_suppressed: arguments.explain_suppressed,
        submitted: arguments.submitted,
        no_ignore: arguments.no_ignore,
        root: arguments.root.clone(),
        config: arguments.config.clone(),
        baseline: arguments.baseline.clone(),
        since_ref: arguments.since_ref.clone(),
        level: arguments.level,
        min_severity: arguments.min_severity,
        fail_on: arguments.fail_on,
        exit_zero: arguments.exit_zero,
        only: arguments.only.clone(),
        skip: arguments.skip.clone(),
        ..Request::new(targets, today())
    })
}

/// An option that would change nothing is a mistake, not a wish.
fn fits(arguments: &CheckArguments, targets: &[NamedTarget]) -> Result<()> {
    let histories = targets
        .iter()
        .filter(|one| matches!(one.form, TargetForm::History(_)))
        .count();
    let about_history = arguments.since.is_some() || arguments.state.is_some();
    if (arguments.dangling || about_history) && histories == 0 {
        bail!(
            "`--dangling`, `--since` and `--state` are about a whole history: name one as `git:PATH@--all`"
        );
    }
    if arguments.state.is_some() && histories > 1 {
        bail!("`--state` is of one history: keep a file for each, and run once for each");
    }
    let is_image = |one: &NamedTarget| matches!(one.form, TargetForm::Image(..));
    if arguments.platform.is_some() && !targets.iter().any(is_image) {
        bail!("`--platform` is about an image: name one as `image:NAME` or `registry:NAME`");
    }
    let are_folders = targets
        .iter()
        .all(|one| matches!(one.form, TargetForm::Path(_)));
    if arguments.reveal {
        may_reveal(arguments)?;
    }
    if arguments.staged && !are_folders {
        bail!("`--staged` is about the index of a work tree: name a folder or file of one");
    }
    Ok(())
}

/// What is not shown to a person at once is kept: in a file, a log, a pipe. No value may get there.
fn may_reveal(arguments: &CheckArguments) -> Result<()> {
    if arguments.submitted {
        bail!("`--reveal` is not for what a stranger wrote: the credentials in it are theirs");
    }
    if arguments.format != Format::Text {
        bail!("`--reveal` is for `--format text` alone: other formats are kept and passed on");
    }
    if !stdout().is_terminal() {
        bail!("`--reveal` shows values on a terminal only, and standard output is none");
    }
    Ok(())
}

/// The day in UTC.
pub(crate) fn today() -> Date {
    TimeZone::UTC.to_datetime(Timestamp::now()).date()
}

/// The state that `--state` names, and why all is searched where what it holds does not count.
fn state(arguments: &CheckArguments, output: &Output) -> Result<Option<StateFile>> {
    let Some(path) = &arguments.state else {
        return Ok(None);
    };
    let (state, note) = StateFile::read(path, arguments.explain_suppressed)?;
    output.note(&note);
    Ok(Some(state))
}

/// The audit, and the values of the credentials where they are to be shown.
fn audited(
    request: &Request,
    bar: Option<&Bar>,
    cancel: &Cancel,
    reveal: bool,
) -> Result<(Audit, Vec<Option<RawSecret>>), UsageError> {
    let run = |progress: &dyn Progress| match reveal {
        true => audit_revealing(request, progress, cancel),
        false => Ok((audit(request, progress, cancel)?, Vec::new())),
    };
    let Some(bar) = bar else {
        return run(&Silent);
    };
    let audited = run(bar);
    bar.clear();
    audited
}

fn rendered(report: &Report, values: &[Option<RawSecret>], format: Format, style: Style) -> String {
    match format {
        Format::Text => plimsoll_report::text_revealing(report, values, style),
        Format::Json => plimsoll_report::json(report),
        Format::Sarif => plimsoll_report::sarif(report),
        Format::Github => plimsoll_report::github(report),
    }
}

/// Says what is wrong with the request; mistakes in a config are shown at their places.
pub(crate) fn complain(error: &UsageError, output: &Output) {
    let UsageError::Config { path, text, errors } = error else {
        return output.error(&error.to_string());
    };
    for mistake in errors {
        let style = output.terminal.err;
        let shown = source_error(path, text, mistake.span, &mistake.message, style);
        output.errors(&format!("{shown}\n"));
    }
}

/// The key of the baseline that is to be written over, so that credentials keep their fingerprints, else a new one. A
/// baseline from before there were keys has none and goes on without.
fn baseline_key(path: &Path) -> Result<Option<BaselineKey>> {
    let before = match std::fs::read_to_string(path) {
        Ok(before) => before,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(|| format!("reading {}", path.display())),
    };
    if !before.trim().is_empty() {
        let baseline = Baseline::read(&before);
        let baseline = baseline.with_context(|| {
            format!("{} is no baseline, and is not written over", path.display())
        })?;
        return Ok(baseline.key);
    }
    let mut random = [0; 32];
    File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut random))
        .context("drawing a key for the baseline")?;
    Ok(Some(BaselineKey::new(random)))
}

fn write_baseline(path: &Path, audit: &Audit) -> Result<()> {
    std::fs::write(path, audit.baseline.to_json())
        .with_context(|| format!("writing {}", path.display()))
}
