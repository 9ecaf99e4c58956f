//! `plimsoll prove`.

use std::io::{BufRead, IsTerminal, Write, stderr, stdin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use plimsoll_audit::{Cancel, NamedTarget, Request, Silent, audit};
use plimsoll_engine::EngineAddress;
use plimsoll_model::Builder;
use plimsoll_prove::{Observer, ProofReport, Settings, prove};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::FAILED;
use crate::arguments::{ProofFormat, ProveArguments};
use crate::check::{complain, today};
use crate::output::Output;

/// What is tried where nothing else is said.
const BUILDERS: [Builder; 3] = [Builder::Classic, Builder::Buildkit, Builder::Buildah];

pub(crate) fn run(arguments: &ProveArguments, output: &Output) -> Result<u8> {
    let stopped = stopped_by_signals()?;
    let request = request(arguments)?;
    let observer = Observer::new(&Silent);
    let audited = match audit(&request, &observer, &Cancel::new()) {
        Ok(audited) => audited,
        Err(error) => {
            complain(&error, output);
            return Ok(FAILED);
        }
    };
    output.errors(&plimsoll_report::errors(
        &audited.report,
        output.terminal.err,
    ));
    let host = std::env::var("DOCKER_HOST").ok();
    let is_named = !arguments.builder.is_empty();
    let builders = if is_named {
        arguments.builder.clone()
    } else {
        BUILDERS.to_vec()
    };
    let settings = Settings {
        target: arguments.target.display().to_string(),
        root: root(arguments, &audited.report.targets),
        builders,
        is_named,
        engine: EngineAddress::from_docker_host(host.as_deref()),
        temporary: std::env::temp_dir(),
        time_limit: Duration::from_secs(arguments.timeout),
        may_run: &|findings| arguments.yes || allowed(findings),
        is_cancelled: &|| stopped.load(Ordering::Relaxed),
        progress: &|step| {
            if output.terminal.progress {
                output.note(step);
            }
        },
    };
    let report = prove(&audited.report, observer, &settings)?;
    write(arguments, &report, output)?;
    Ok(if audited.report.errors.is_empty() {
        report.verdict.exit
    } else {
        FAILED
    })
}

fn request(arguments: &ProveArguments) -> Result<Request> {
    let target = NamedTarget::parse(arguments.target.as_os_str(), None)?;
    Ok(Request {
        submitted: arguments.submitted,
        root: arguments.root.clone(),
        config: arguments.config.clone(),
        level: arguments.level,
        only: arguments.only.clone(),
        ..Request::new(vec![target], today())
    })
}

/// The root as commands name it.
fn root(arguments: &ProveArguments, targets: &[plimsoll_model::Target]) -> String {
    let judged = targets.first().map(|target| target.root.clone());
    judged.unwrap_or_else(|| arguments.target.display().to_string())
}

/// Set by the first signal that asks to end; the second ends at once, and the next run sweeps what that leaves.
fn stopped_by_signals() -> Result<Arc<AtomicBool>> {
    let stopped = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        let code = 128 + signal;
        signal_hook::flag::register_conditional_shutdown(signal, code, Arc::clone(&stopped))
            .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&stopped)))
            .context("listening to signals")?;
    }
    Ok(stopped)
}

/// Asks on a terminal whether commands of the repository may run; elsewhere they may not.
fn allowed(findings: &[String]) -> bool {
    if !stdin().is_terminal() || !stderr().is_terminal() {
        return false;
    }
    let mut shown = String::from(
        "To prove these, commands of the Dockerfile run in a build without a network:\n",
    );
    for finding in findings {
        shown.push_str(&format!("  {}\n", plimsoll_model::escape_text(finding)));
    }
    let _ = write!(stderr(), "{shown}Run them? [y/N] ");
    let mut answer = String::new();
    let read = stdin().lock().read_line(&mut answer);
    read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
}

fn write(arguments: &ProveArguments, report: &ProofReport, output: &Output) -> Result<()> {
    let json = || plimsoll_report::inert_json(report);
    if let Some(path) = &arguments.output {
        crate::kept_file::keep(path, &json())?;
    }
    match arguments.format {
        ProofFormat::Json => output.data(&json())?,
        ProofFormat::Text => output.data(&plimsoll_prove::text(report, output.style()))?,
    }
    for what in &report.left_out {
        output.note(&format!(
            "not in the copy: {}",
            plimsoll_model::escape_text(what)
        ));
    }
    let verdict = report.verdict;
    let mut summary = format!(
        "{} proved, {} refused, {} not reproducible, {} failed",
        verdict.proved, verdict.refused, verdict.not_reproducible, verdict.failed
    );
    if verdict.without_witness > 0 {
        let count = verdict.without_witness;
        summary.push_str(&format!("; {count} without a witness, not tried"));
    }
    output.note(&summary);
    Ok(())
}
