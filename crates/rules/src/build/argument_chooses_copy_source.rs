//! `argument-chooses-copy-source`: a build argument that chooses which files a COPY or ADD takes.

use plimsoll_chain::sink::SinkKind;
use plimsoll_model::{RuleInfo, Severity};

use super::argument::{self, Said, Subject};
use crate::rule::{Check, Rule};

pub(crate) static RULE: Rule = Rule {
    info: RuleInfo {
        id: "argument-chooses-copy-source",
        title: "A build argument chooses what is copied",
        severity: Severity::Low,
        references: &["CWE-73", "CWE-22"],
        page: include_str!("argument_chooses_copy_source.md"),
        ..argument::INFO
    },
    check: Check::Flow(check),
};

fn check(subject: &Subject<'_>) -> Option<Said> {
    if subject.sink.kind != SinkKind::CopySource {
        return None;
    }
    let lead = format!(
        "{} is a source in the context, so whoever sets `{}` chooses any file of the context{}",
        subject.word_in_instruction(),
        subject.sink.argument,
        match fixed_ending(subject.word()) {
            Some(ending) => format!(" whose path ends in `{ending}`"),
            None => String::new(),
        }
    );
    let advice = "Name the files, or check the argument against a list before this line";
    Some(Said::new(lead, advice))
}

/// What every path ends in that `word` can become, where that says something of a name.
fn fixed_ending(word: &str) -> Option<&str> {
    let (_, behind) = word.rsplit_once('}')?;
    let ending = behind.trim_end_matches(['"', '\'']);
    let is_plain = !ending.contains(['$', '*', '?', '[', '\\', '"', '\'']);
    (is_plain && ending.contains(char::is_alphanumeric)).then_some(ending)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_path_ends_in() {
        let check = |word: &str, expected: Option<&str>| {
            assert_eq!(fixed_ending(word), expected, "{word}");
        };
        check("a/b.${ARCH}.sha256", Some(".sha256"));
        check("\"a/${X}-$Y/c.sh\"", None);
        check("\"a/${X}/c.sh\"", Some("/c.sh"));
        check("${X}/", None);
        check("${X}/.", None);
        check("${X}/*.sh", None);
        check("$X.sh", None);
        check("a", None);
    }
}
