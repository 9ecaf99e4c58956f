//! The audit of the repository, and which of its findings refuse a build.

use std::ffi::OsString;
use std::path::Path;

use jiff::civil::Date;
use plimsoll_audit::{NamedTarget, Request, Silent, audit};
use plimsoll_collect::Cancel;
use plimsoll_model::{ReportFinding, RootPath, Status};

use crate::plan::Plan;
use crate::policy::{AuditBar, AuditScope};
use crate::refusal::{Reason, Refusal};

/// Audits the repository at `folder` as a stranger's.
pub(crate) fn judge(
    folder: &Path,
    plan: &Plan,
    bar: AuditBar,
    today: Date,
    cancel: &Cancel,
) -> Vec<Refusal> {
    if bar.scope == AuditScope::Off {
        return Vec::new();
    }
    let failed = |why: String| vec![Refusal::new("audit", "", Reason::NotAudited(why))];
    // As a path, whatever it looks like: `git:x` is a folder here.
    let mut typed = OsString::from("./");
    if folder.is_absolute() {
        typed = folder.as_os_str().to_owned();
    } else {
        typed.push(folder);
    }
    let target = match NamedTarget::parse(&typed, None) {
        Ok(target) => target,
        Err(error) => return failed(error.to_string()),
    };
    let mut request = Request::new(vec![target], today);
    request.submitted = true;
    let report = match audit(&request, &Silent, cancel) {
        Ok(audit) => audit.report,
        Err(error) => return failed(error.to_string()),
    };
    if let Some(error) = report.errors.first() {
        return failed(error.message.clone());
    }
    let counts = |finding: &&ReportFinding| {
        finding.status == Status::New
            && finding.severity >= bar.severity
            && finding.confidence >= bar.confidence
            && (bar.scope == AuditScope::Repository || is_of_this_build(finding, plan))
    };
    report.findings.iter().filter(counts).map(refusal).collect()
}

/// Whether a finding stands in, or flows through, what says how this image is built.
fn is_of_this_build(finding: &ReportFinding, plan: &Plan) -> bool {
    let files = [
        plan.manifest.as_ref(),
        Some(&plan.dockerfile.path),
        plan.ignore.as_ref().map(|(path, _)| path),
    ];
    let is_one = |path: &str| {
        let path = RootPath::new(path);
        files
            .into_iter()
            .flatten()
            .any(|file| Some(file) == path.as_ref())
    };
    is_one(&finding.location.root_path)
}

fn refusal(finding: &ReportFinding) -> Refusal {
    let line = finding.location.start.map_or(0, |start| start.line);
    Refusal::new(
        "audit",
        "",
        Reason::Finding {
            rule: finding.rule.clone(),
            severity: finding.severity,
            place: format!("{}:{line}", finding.location.root_path),
            title: finding.title.clone(),
        },
    )
}
