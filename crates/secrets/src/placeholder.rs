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

const WORDS: [&str; 17] = [
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
];

const PARTS: [&str; 19] = [
    "changeme",
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
