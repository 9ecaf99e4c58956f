//! Words that do not belong in what is published: left-over marks and paths of one machine.

use super::Texts;

pub(super) fn check(texts: &Texts, breaches: &mut Vec<String>) {
    // Put together here, so that this file does not hold them.
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME")];
    let machine = concat!("/wo", "rk/");
    for (path, text) in texts {
        for (number, line) in text.lines().enumerate() {
            let number = number + 1;
            if marks.iter().any(|mark| has_word(line, mark)) {
                breaches.push(format!("{path}:{number}: a left-over mark"));
            }
            if line.contains(machine) {
                breaches.push(format!("{path}:{number}: a path of one machine"));
            }
        }
    }
}

/// Whether `word` stands in `line` with no letter, digit or underscore on either side.
fn has_word(line: &str, word: &str) -> bool {
    let joins = |letter: char| letter.is_alphanumeric() || letter == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let after = line
            .get(at + word.len()..)
            .and_then(|text| text.chars().next());
        !before.is_some_and(joins) && !after.is_some_and(joins)
    })
}

#[cfg(test)]
mod tests {
    use super::has_word;

    #[test]
    fn whole_words_only() {
        assert!(has_word("a b: c", "b"));
        assert!(!has_word("abc", "b"));
        assert!(!has_word("_b", "b"));
    }
}
