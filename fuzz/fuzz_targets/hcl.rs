//! Fuzzes the reading of HCL.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_parse::data::parse_hcl;

fuzz_target!(|text: &str| {
    plimsoll_fuzz::assert_document(text, &parse_hcl(text));
});
