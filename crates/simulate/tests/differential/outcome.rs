//! What a build brings into an image, or why it fails.

use std::collections::BTreeMap;

/// Paths below a destination, and what stands there: `folder`, `file TEXT` or `link TARGET`.
pub(crate) type Tree = BTreeMap<String, String>;

/// What became of a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Brought(Tree),
    Refused(Why),
}

/// Why a build fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// The ignore file.
    Ignore,
    /// A source that leaves the context.
    Outside,
    /// Several things for one name.
    Destination,
    /// The client fails while it sends the context.
    Sender,
    /// A source that is not there, or anything else.
    Source,
}

/// Why a builder says that it failed.
pub(crate) fn reason(said: &str) -> Why {
    let any = |texts: &[&str]| texts.iter().any(|text| said.contains(text));
    if any(&[
        "excludepatterns",
        "excludes list",
        "error checking context",
        "illegal exclusion pattern",
        "excludes pattern",
        "is excluded: syntax error",
    ]) {
        Why::Ignore
    } else if any(&["error from sender"]) {
        Why::Sender
    } else if any(&["outside the build context"]) {
        Why::Outside
    } else if any(&[
        "must be a directory",
        "not a directory",
        "non-directory",
        "cannot copy to",
        "file exists",
        "is a directory",
        "destination",
    ]) {
        Why::Destination
    } else {
        Why::Source
    }
}

/// The difference of two outcomes in words.
pub(crate) fn difference(predicted: &Outcome, built: &Outcome) -> String {
    let (Outcome::Brought(predicted), Outcome::Brought(built)) = (predicted, built) else {
        return format!("  predicted {predicted:?}\n  built     {built:?}");
    };
    let lacking = |from: &Tree, other: &Tree| -> Vec<String> {
        let lacking = from
            .iter()
            .filter(|(path, what)| other.get(*path) != Some(what));
        lacking
            .map(|(path, what)| format!("{path:?} {what:?}"))
            .collect()
    };
    format!(
        "  predicted in vain {:?}\n  came unpredicted  {:?}",
        lacking(predicted, built),
        lacking(built, predicted)
    )
}
