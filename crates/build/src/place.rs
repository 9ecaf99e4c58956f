//! Where a path that a stranger wrote leads, beneath the root or not at all.

use plimsoll_chain::invocation::{FieldValue, Resolved};
use plimsoll_collect::{Followed, NotBeneath, Root};
use plimsoll_model::RootPath;
use plimsoll_simulate::resolve::other_readings;

use crate::refusal::Reason;

/// The text of a field, where the file itself fixes it.
pub(crate) fn fixed_text(value: &FieldValue) -> Result<String, Reason> {
    match value.resolve() {
        Resolved::Constant(text) => Ok(text),
        Resolved::Defaults(_, names) | Resolved::Unknown(names) => Err(Reason::Environment(names)),
    }
}

/// Where `text`, taken from the folder `base`, leads. Whoever reads it in another way comes to the same place, or it is
/// refused: `..` before or after links, blanks, backslashes, percent signs, variables.
pub(crate) fn place(root: &Root, base: &RootPath, text: &str) -> Result<Followed, Reason> {
    check_text(text)?;
    let lexical = base.join(text).ok_or(Reason::OutsideRoot)?;
    let physical = root.follow(base, text).map_err(not_beneath)?;
    let lexical = root
        .follow(&RootPath::root(), lexical.as_str())
        .map_err(not_beneath)?;
    if lexical.path != physical.path {
        return Err(Reason::AmbiguousLinks);
    }
    Ok(physical)
}

fn check_text(text: &str) -> Result<(), Reason> {
    if text.chars().any(char::is_control) {
        return Err(Reason::ControlCharacter);
    }
    if text.starts_with('/') || has_drive(text) {
        return Err(Reason::Absolute);
    }
    if text.starts_with('~') {
        return Err(Reason::Home);
    }
    if is_address(text) {
        return Err(Reason::Remote);
    }
    if text.contains('$') {
        return Err(Reason::Environment(vec![text.to_owned()]));
    }
    match other_readings(text).first() {
        Some(reading) => Err(Reason::Ambiguous(reading.disguise)),
        None => Ok(()),
    }
}

/// Whether a builder would fetch it.
pub(crate) fn is_address(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let scp_like = || {
        let host = lower.split_once(':').map(|(host, _)| host);
        host.is_some_and(|host| host.contains('@') && !host.contains('/'))
    };
    lower.contains("://")
        || lower.starts_with("file:")
        || lower.starts_with("github.com/")
        || lower.starts_with("git@")
        || scp_like()
}

fn has_drive(text: &str) -> bool {
    matches!(text.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic())
}

fn not_beneath(error: NotBeneath) -> Reason {
    match error {
        NotBeneath::Text => Reason::OutsideRoot,
        NotBeneath::Link { link, target } => Reason::LinkOut { link, target },
        NotBeneath::Loop => Reason::LinkLoop,
        NotBeneath::NotText => {
            Reason::Invalid("it leads through a name that is not UTF-8".to_owned())
        }
        NotBeneath::Io(error) => Reason::Invalid(error.to_string()),
    }
}
