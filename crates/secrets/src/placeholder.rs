//! Whether a value only stands where a credential will go.

/// Whether `value` is no credential but a stand-in for one: empty, a variable, a word such as `changeme`, a run of
/// one character, an example in angle brackets.
pub fn is_placeholder(value: &str) -> bool {
    let trimmed = value.trim().trim_matches(['"', '\'']);
    let lower = trimmed.to_ascii_lowercase();
    lower.is_empty()
        || lower.starts_with('$')
        || (lower.starts_with('<') && lower.ends_with('>'))
        || (lower.starts_with("{{") && lower.ends_with("}}"))
        || WORDS.contains(&lower.as_str())
        || PARTS.iter().any(|part| lower.contains(part))
        || is_run_of_one(&lower)
}

/// Whether `value` is a stand-in written out, neither empty nor a variable: enough for a command that only asks whether
/// there is any value.
pub fn is_stand_in_text(value: &str) -> bool {
    let is_written = |c: char| !c.is_whitespace() && !matches!(c, '"' | '\'');
    value.contains(is_written) && !value.contains('$') && is_placeholder(value)
}

/// Whether `value` names a file, absolutely or from here or from a home, or an entry of a store of secrets: where a
/// credential is, not what it is.
pub fn is_path(value: &str) -> bool {
    let text = value.trim().trim_matches(['"', '\'']);
    if STORES.iter().any(|start| text.starts_with(start)) {
        return true;
    }
    let rooted = ["/", "./", "../", "~/"]
        .iter()
        .any(|start| text.starts_with(start));
    // Base64 may begin with `/` as well; a path of one long component is none.
    let is_plain = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"/._-~".contains(&byte));
    let longest = text.split('/').map(str::len).max().unwrap_or(0);
    rooted && is_plain && text.len() > 2 && longest < 32
}

/// How references to stores of secrets, and to files, begin.
const STORES: [&str; 4] = ["arn:aws", "op://", "vault://", "file:/"];

const WORDS: [&str; 36] = [
    "none",
    "null",
    "nil",
    "undefined",
    "true",
    "false",
    "yes",
    "no",
    "todo",
    "tbd",
    "unset",
    "empty",
    "default",
    "string",
    "value",
    "0",
    "1",
    "on",
    "off",
    "enable",
    "enabled",
    "disable",
    "disabled",
    // What a licence is given.
    "accept",
    "accepted",
    "foo",
    "bar",
    "foobar",
    "fixme",
    "ignored",
    "invalid",
    "mock",
    "stub",
    "n/a",
    // What programmers write for "some hexadecimal number".
    "cafebabe",
    "deadbeef",
];

const PARTS: [&str; 33] = [
    "changeme",
    "changethis",
    "change-this",
    "change_this",
    "change_me",
    "change-me",
    "replace_me",
    "replace-me",
    "replaceme",
    "your_",
    "your-",
    "yourkey",
    "yourtoken",
    "placeholder",
    "example",
    "dummy",
    "unused",
    "not-used",
    "not_used",
    "build-time",
    "build_time",
    "buildtime",
    "build-only",
    "precompile",
    "notasecret",
    "not-a-secret",
    "not_a_secret",
    "xxxx",
    "insert_",
    "<your",
    "not-set",
    "fake",
    "redacted",
];

fn is_run_of_one(text: &str) -> bool {
    let mut characters = text.chars();
    let first = characters.next();
    characters.all(|character| Some(character) == first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_from_values() {
        for value in [
            "/run/secrets/key.json",
            "./key.pem",
            "~/.ssh/deploy",
            "arn:aws:secretsmanager:eu-west-1:1:secret:x",
            "op://vault/item/field",
        ] {
            assert!(is_path(value), "{value}");
        }
        for value in [
            "hunter2",
            "/",
            "/wJalrXUtnFEMIK7MDENGbPxRfiCYzEXAMPLEKEYaa/b",
            "/a+b==",
        ] {
            assert!(!is_path(value), "{value}");
        }
    }

    #[test]
    fn stand_ins_are_told_from_values() {
        for value in [
            "",
            "$TOKEN",
            "${X:-}",
            "<your token>",
            "changeme",
            "your_api_key",
            "xxxxxxxx",
            "********",
            "null",
            "changethis",
            "CAFEBABE",
            "build-time-only",
            "unused",
            "accept",
        ] {
            assert!(is_placeholder(value), "{value}");
        }
        for value in [
            "hunter2",
            "s3cr3t!",
            "postgres",
            "correct horse battery staple",
        ] {
            assert!(!is_placeholder(value), "{value}");
        }
    }
}
