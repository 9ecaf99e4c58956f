//! Findings and errors to an exit code.

use std::collections::BTreeMap;

use plimsoll_model::{Severity, Status, Verdict};

/// What decides the exit code.
#[derive(Clone, Copy, Debug)]
pub struct Thresholds {
    /// The least severity of a new finding that makes it 1.
    pub fail_on: Severity,
    /// Whether 1 becomes 0.
    pub exit_zero: bool,
}

impl Default for Thresholds {
    fn default() -> Thresholds {
        Thresholds {
            fail_on: Severity::Low,
            exit_zero: false,
        }
    }
}

/// The outcome of a run: severity and status of its findings, hidden ones included, whether anything failed, and how
/// many files were read in all targets, to be audited or to be searched.
pub fn verdict(
    findings: impl IntoIterator<Item = (Severity, Status)>,
    failed: bool,
    audited: u64,
    thresholds: Thresholds,
) -> Verdict {
    let mut by_severity = BTreeMap::new();
    for (severity, status) in findings {
        if status == Status::New {
            *by_severity.entry(severity).or_insert(0) += 1;
        }
    }
    let counts = by_severity
        .keys()
        .any(|severity| *severity >= thresholds.fail_on);
    let exit = if failed {
        2
    } else if counts && !thresholds.exit_zero {
        1
    } else if audited == 0 && !counts {
        3
    } else {
        0
    };
    Verdict { exit, by_severity }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Case = (&'static [(Severity, Status)], bool, u64, Thresholds, u8);

    #[test]
    fn the_table_of_exit_codes() {
        use Severity::{High, Info, Low};
        use Status::{Ignored, Known, New};
        let high = Thresholds {
            fail_on: High,
            exit_zero: false,
        };
        let zero = Thresholds {
            fail_on: Low,
            exit_zero: true,
        };
        let usual = Thresholds::default();
        let cases: [Case; 12] = [
            (&[], false, 1, usual, 0),
            (&[], false, 0, usual, 3),
            (&[], true, 0, usual, 2),
            (&[(High, New)], true, 1, usual, 2),
            (&[(High, New)], true, 1, zero, 2),
            (&[(High, New)], false, 1, usual, 1),
            (&[(Low, New)], false, 1, high, 0),
            (&[(Info, New)], false, 1, usual, 0),
            (&[(High, Known), (High, Ignored)], false, 1, usual, 0),
            (&[(High, New)], false, 1, zero, 0),
            (&[(High, New)], false, 0, usual, 1),
            (&[], false, 0, zero, 3),
        ];
        for (findings, failed, audited, thresholds, exit) in cases {
            let verdict = verdict(findings.iter().copied(), failed, audited, thresholds);
            assert_eq!(
                verdict.exit, exit,
                "{findings:?} {failed} {audited} {thresholds:?}"
            );
        }
    }

    #[test]
    fn only_new_findings_are_counted() {
        let findings = [
            (Severity::High, Status::New),
            (Severity::High, Status::New),
            (Severity::Low, Status::Known),
        ];
        let verdict = verdict(findings, false, 1, Thresholds::default());
        assert_eq!(verdict.by_severity, BTreeMap::from([(Severity::High, 2)]));
    }
}
