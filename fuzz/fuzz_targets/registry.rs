//! Fuzzes what a registry is asked by and answers with: names of images, and challenges.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_parse::ImageReference;
use plimsoll_registry::Challenge;

fuzz_target!(|text: &str| {
    if let Ok(reference) = ImageReference::parse(text) {
        assert_eq!(ImageReference::parse(&reference.to_string()).as_ref(), Ok(&reference));
        for part in reference.path().split('/') {
            assert!(!matches!(part, "" | "." | ".."));
        }
    }
    for challenge in Challenge::parse_all(text) {
        if let Challenge::Bearer { realm, service, scope } = challenge {
            assert!(realm.len() + service.len() + scope.len() <= text.len());
        }
    }
});
