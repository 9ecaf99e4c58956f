//! Any bytes are scanned for credentials: no panic, spans within the input, and a stream gives what the whole gives.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_secrets::{HashKey, Scanner};

fuzz_target!(|bytes: &[u8]| {
    let scanner = Scanner::new(HashKey::new(b"fuzz")).with_suppressed();
    let whole = scanner.outcome(bytes);
    for found in &whole.matches {
        assert!(found.span.start < found.span.end && found.span.end <= bytes.len() as u64);
    }
    let mut stream = scanner.stream();
    for piece in bytes.chunks(61) {
        stream.push(piece);
    }
    assert_eq!(stream.finish(), whole);
});
