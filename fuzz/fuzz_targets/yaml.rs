//! Fuzzes the reading of YAML.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_parse::data::parse_yaml;

fuzz_target!(|text: &str| {
    plimsoll_fuzz::assert_document(text, &parse_yaml(text));
});
