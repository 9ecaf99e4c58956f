//! Comments beside a credential that ask to let it be, in files that are no artifacts: program text, settings, notes.

use jiff::civil::Date;
use plimsoll_model::{Finding, Kind, Span};

use crate::Settings;
use crate::comment::{IgnoreComment, OwnIgnore, parse};
use crate::ignore::{Effect, effect};

/// What the comment beside the credential of `finding` does to it. A stranger's comment does nothing.
pub(crate) fn remark_effect(finding: &Finding, settings: &Settings, today: Date) -> Option<Effect> {
    let remark = finding.secret.as_ref()?.sighting.remark.as_deref()?;
    if settings.submitted {
        return None;
    }
    if !remark.starts_with("plimsoll:") {
        return Some(Effect {
            holds: true,
            reason: format!(
                "`{}`",
                remark
                    .split_whitespace()
                    .take(3)
                    .collect::<Vec<_>>()
                    .join(" ")
            ),
        });
    }
    // The grammar is the same in every file; the kind matters to comments of other tools alone.
    let comments = parse(remark, Span::new(0, remark.len()), Kind::Dockerfile);
    let own = comments.iter().find_map(|comment| match comment {
        IgnoreComment::Own(own) if names(own, finding) => Some(own),
        _ => None,
    })?;
    Some(effect(
        own.reason.as_deref(),
        own.owner.as_deref(),
        &own.until,
        today,
    ))
}

fn names(own: &OwnIgnore, finding: &Finding) -> bool {
    let mut ids = std::iter::once(finding.rule.id).chain(finding.rule.former_ids.iter().copied());
    ids.any(|id| own.rules.iter().any(|(rule, _)| rule == id))
}
