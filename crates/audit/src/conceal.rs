//! Credentials in the names of files, and in what is told of files passed over, kept out of the report.

use plimsoll_model::{Location, ReportError, ReportFinding, ReportedFix, Skipped};

use crate::mask::{Redaction, masked_path};

/// Masks the paths of `finding`. A fix of a file that may not be named cannot be shown.
pub(crate) fn conceal_paths(finding: &mut ReportFinding) {
    conceal_location(&mut finding.location);
    let related = finding.related.iter_mut().map(|one| &mut one.location);
    let flow = finding.flow.iter_mut().map(|one| &mut one.location);
    related.chain(flow).for_each(conceal_location);
    finding.fixes.retain(names_no_credential);
}

fn conceal_location(location: &mut Location) {
    location.path = masked_path(&location.path);
    location.member = location.member.as_deref().map(masked_path);
    location.root_path = masked_path(&location.root_path);
}

fn names_no_credential(fix: &ReportedFix) -> bool {
    fix.edits
        .iter()
        .all(|edit| masked_path(&edit.path) == edit.path)
}

/// Masks what `skipped` tells.
pub(crate) fn conceal_skipped(skipped: &mut Skipped) {
    skipped.path = masked_path(&skipped.path);
    skipped.detail = Redaction::default().redact(&skipped.detail);
}

/// Masks what `error` tells.
pub(crate) fn conceal_error(error: &mut ReportError) {
    error.path = error.path.as_deref().map(masked_path);
    error.message = Redaction::default().redact(&error.message);
}
