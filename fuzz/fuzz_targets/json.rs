//! Fuzzes the reading of JSON.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_parse::data::parse_json;

fuzz_target!(|text: &str| {
    plimsoll_fuzz::assert_document(text, &parse_json(text));
});
