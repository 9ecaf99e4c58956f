//! Fuzzes the reading of TOML.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_parse::data::parse_toml;

fuzz_target!(|text: &str| {
    plimsoll_fuzz::assert_document(text, &parse_toml(text));
});
