//! Paths as URI references.

use std::fmt::Write;

/// `path` with everything percent-encoded that has a meaning in a URI.
pub(crate) fn encoded(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// The URI of a folder, which ends in `/`; `None` for the folder the run was started in.
pub(crate) fn folder(path: &str) -> Option<String> {
    let path = path.trim_end_matches('/');
    match path {
        "." => None,
        "" => Some("file:///".to_owned()),
        _ if path.starts_with('/') => Some(format!("file://{}/", encoded(path))),
        _ => Some(format!("{}/", encoded(path))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_change_what_a_uri_means() {
        assert_eq!(
            encoded("a b/#c?d:é%\u{1b}"),
            "a%20b/%23c%3Fd%3A%C3%A9%25%1B"
        );
        assert_eq!(folder("."), None);
        assert_eq!(folder("x/y").unwrap(), "x/y/");
        assert_eq!(folder("/srv/x/").unwrap(), "file:///srv/x/");
        assert_eq!(folder("/").unwrap(), "file:///");
    }
}
