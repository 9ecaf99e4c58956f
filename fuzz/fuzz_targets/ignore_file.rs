//! Fuzzes ignore files: the first half is the file, the rest is paths it decides on, walked and asked alone.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_fuzz::{assert_errors, assert_span};
use plimsoll_model::Builder;
use plimsoll_simulate::ignore_file::{IgnoreFile, Walk};

const BUILDERS: [Builder; 4] = [
    Builder::Buildkit,
    Builder::Classic,
    Builder::Buildah,
    Builder::Kaniko,
];

fuzz_target!(|input: (&str, &str)| {
    let (text, paths) = input;
    let (file, errors) = IgnoreFile::parse(text);
    assert_errors(text, &errors);
    for rule in file.rules() {
        assert_span(text, rule.span);
    }
    for builder in BUILDERS {
        let mut walk = Walk::new(&file, builder);
        for path in paths.lines() {
            let visit = walk.visit(path, path.len() % 2 == 0);
            let decision = file.decide(path, builder);
            for decision in [visit.decision, decision] {
                assert!(decision.rule.is_none_or(|rule| rule < file.rules().len()));
            }
        }
    }
});
