//! What came of proving, for people.

use plimsoll_model::{escape_text, percent_encode_path};
use plimsoll_report::Style;

use crate::report::{Attempt, Evidence, EvidenceKind, Outcome, Proof, ProofReport};

/// Evidence that is shown of one attempt.
const SHOWN: usize = 4;

/// The report as text.
pub fn text(report: &ProofReport, style: Style) -> String {
    let mut text = String::new();
    for proof in &report.proofs {
        text.push_str(&one(proof, report, style));
    }
    text
}

fn one(proof: &Proof, report: &ProofReport, style: Style) -> String {
    let finding = &proof.finding;
    let outcomes = proof.attempts.iter().map(|attempt| attempt.outcome);
    let outcome = outcomes.min().unwrap_or(Outcome::NotReproducible);
    let label = format!("{}[{}]", outcome.as_str(), finding.rule);
    let label = match outcome {
        Outcome::Proved => style.severity(finding.severity, &label),
        _ => style.bold(&label),
    };
    let at = finding.location.start.map_or_else(String::new, |start| {
        format!(":{}:{}", start.line, start.column)
    });
    let path = style.code(&format!("{}{at}", finding.location.path));
    let mut text = format!("{label}: {}\n  --> {path}\n", escape_text(&finding.title));
    if let Some(witness) = &finding.witness {
        text.push_str(&format!(
            "  input `{}`, which resolves to `{}`\n",
            escape_text(&witness.input),
            escape_text(&witness.resolves_to)
        ));
    }
    for attempt in &proof.attempts {
        text.push('\n');
        text.push_str(&of_builder(attempt, report, style));
    }
    if let Some(attempt) = proof.attempts.iter().find(|one| !one.repeat.is_empty()) {
        text.push_str(&format!("\n  {}\n", style.bold("to repeat it:")));
        for line in attempt.repeat.iter().flat_map(|command| command.lines()) {
            text.push_str(&format!("    {}\n", escape_text(line)));
        }
    }
    text.push('\n');
    text
}

fn of_builder(attempt: &Attempt, report: &ProofReport, style: Style) -> String {
    let info = report
        .builders
        .iter()
        .find(|info| info.builder == attempt.builder);
    let version = info.map_or("", |info| info.version.as_str());
    let name = style.bold(attempt.builder.as_str());
    let mut text = format!(
        "  {name} ({}): {}",
        escape_text(version),
        attempt.outcome.as_str()
    );
    if let Some(reason) = &attempt.reason {
        text.push_str(&format!(": {}", escape_text(reason)));
    }
    text.push('\n');
    for evidence in attempt.evidence.iter().take(SHOWN) {
        text.push_str(&format!("    {}\n", shown(evidence, style)));
    }
    if attempt.evidence.len() > SHOWN {
        let more = attempt.evidence.len() - SHOWN;
        text.push_str(&format!("    and {more} more\n"));
    }
    for changed in &attempt.changed {
        text.push_str(&format!(
            "    {}\n",
            style.dim(&format!("note: {}", escape_text(changed)))
        ));
    }
    text
}

fn shown(evidence: &Evidence, style: Style) -> String {
    let path = style.code(&percent_encode_path(&evidence.path));
    let token = evidence.token.as_deref().unwrap_or_default();
    let value = evidence.value.as_ref();
    let value = value.map(|value| format!(" (with `{}`)", escape_text(value)));
    let value = value.unwrap_or_default();
    match evidence.kind {
        EvidenceKind::Read => format!("the image holds {token} at {path}{value}"),
        EvidenceKind::Replaced => format!(
            "{path} of the image was sha256:{} and is sha256:{}{value}",
            short(evidence.before.as_deref().unwrap_or_default()),
            short(&evidence.after)
        ),
        EvidenceKind::Executed => format!("{path} of the image says {token}{value}"),
        EvidenceKind::Chosen => format!("the image is built on ours: {token} at {path}{value}"),
    }
}

fn short(digest: &str) -> &str {
    digest.get(..16).unwrap_or(digest)
}
