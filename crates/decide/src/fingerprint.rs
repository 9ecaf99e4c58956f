//! What stays the same about a finding from run to run.

use std::collections::BTreeMap;
use std::fmt::Write;

use plimsoll_model::{Artifact, Finding};
use sha2::{Digest, Sha256};

/// The fingerprint of each of `findings`, in their order. Equal ones are told apart by their order in the file.
pub(crate) fn fingerprints(
    findings: &[Finding],
    artifacts: &BTreeMap<&str, &Artifact>,
) -> Vec<String> {
    let mut order: Vec<usize> = (0..findings.len()).collect();
    order.sort_by_key(|index| {
        findings
            .get(*index)
            .map(|finding| (&finding.at, &finding.message))
    });
    let mut seen: BTreeMap<[u8; 32], u64> = BTreeMap::new();
    let mut prints = vec![String::new(); findings.len()];
    for index in order {
        let Some(finding) = findings.get(index) else {
            continue;
        };
        let base = identity_digest(finding, artifacts);
        let ordinal = seen.entry(base).or_insert(0);
        if let Some(print) = prints.get_mut(index) {
            *print = with_ordinal(base, *ordinal);
        }
        *ordinal += 1;
    }
    prints
}

/// The digest of the rule's first id, the path and the parts that identify the finding.
fn identity_digest(finding: &Finding, artifacts: &BTreeMap<&str, &Artifact>) -> [u8; 32] {
    if let Some(digest) = secret_digest(finding) {
        return digest;
    }
    let first_id = finding.rule.former_ids.first().unwrap_or(&finding.rule.id);
    let mut hasher = Sha256::new();
    add(&mut hasher, first_id);
    add(&mut hasher, finding.at.path.as_str());
    if finding.identity.is_empty() {
        add(&mut hasher, &text_at(finding, artifacts));
    }
    for part in &finding.identity {
        add(&mut hasher, part);
    }
    hasher.finalize().into()
}

/// For a credential, its value's digest instead of rule and path: the same key is the same finding wherever it is moved.
fn secret_digest(finding: &Finding) -> Option<[u8; 32]> {
    let digest = finding.secret.as_ref()?.sighting.digest.as_ref()?;
    let mut hasher = Sha256::new();
    add(&mut hasher, "secret");
    add(&mut hasher, digest);
    Some(hasher.finalize().into())
}

/// Adds `part` with its length ahead, so that neighbours cannot run into each other.
fn add(hasher: &mut Sha256, part: &str) {
    hasher.update((part.len() as u64).to_le_bytes());
    hasher.update(part.as_bytes());
}

/// The source under the finding, every run of whitespace as one blank.
fn text_at(finding: &Finding, artifacts: &BTreeMap<&str, &Artifact>) -> String {
    let artifact = artifacts.get(finding.at.path.as_str());
    let text = match (artifact, finding.at.span) {
        (Some(artifact), Some(span)) => span.slice(&artifact.text),
        _ => "",
    };
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn with_ordinal(base: [u8; 32], ordinal: u64) -> String {
    let mut hasher = Sha256::new();
    hasher.update(base);
    hasher.update(ordinal.to_le_bytes());
    let digest = hasher.finalize();
    let mut print = String::from("1:");
    for byte in digest.iter().take(16) {
        let _ = write!(print, "{byte:02x}");
    }
    print
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_model::{Kind, Label, Origin, RootPath, Span};

    fn prints(text: &str, needle: &str) -> Vec<String> {
        let path = RootPath::new("a/Dockerfile").unwrap();
        let artifact = Artifact::new(path.clone(), Kind::Dockerfile, Origin::File, text.into());
        let at =
            |(start, word): (usize, &str)| Label::new(&path, Span::new(start, start + word.len()));
        let findings: Vec<Finding> = text
            .match_indices(needle)
            .map(|found| Finding::at(&crate::STALE_IGNORE, at(found), "m"))
            .collect();
        fingerprints(&findings, &BTreeMap::from([("a/Dockerfile", &artifact)]))
    }

    #[test]
    fn the_same_text_on_another_line_keeps_its_fingerprint() {
        let before = prints("USER root", "USER root");
        assert_eq!(before, prints("\n\n\nUSER root", "USER root"));
        assert_eq!(before, prints("USER   root", "USER   root"));
        assert_ne!(before, prints("USER other", "USER other"));
        insta::assert_debug_snapshot!(before, @r#"
        [
            "1:f9458949abfcbdc07bbe0c0281eacc61",
        ]
        "#);
    }

    #[test]
    fn equals_are_told_apart_by_order() {
        let both = prints("USER root\nUSER root", "USER root");
        assert_ne!(both[0], both[1]);
        assert_eq!(both[..1], prints("USER root", "USER root"));
    }
}
