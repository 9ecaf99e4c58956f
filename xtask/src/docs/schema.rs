//! The JSON schema of a report, from the types that are written.

pub(super) fn text() -> String {
    plimsoll_report::json_schema()
}
