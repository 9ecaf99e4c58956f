//! Any bytes are looked into as an archive: no panic, and what is seen inside has a place there.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_model::RootPath;

fuzz_target!(|bytes: &[u8]| {
    let Some(path) = RootPath::new("a.jar") else {
        return;
    };
    for seen in plimsoll_audit::sightings(&path, bytes) {
        assert!(seen.place(&path).starts_with(&path) || seen.inside.is_some());
        assert!(seen.span.start <= seen.span.end);
    }
});
