//! Text from outside in SARIF messages, where brackets make links and Markdown makes anything.

use plimsoll_model::escape_text;

use crate::sarif_format::Message;

/// A message of `text`, in which nothing is a link.
pub(crate) fn plain(text: &str) -> Message {
    Message {
        text: without_links(text),
        markdown: None,
    }
}

/// A message of `lines`, as text and as Markdown in which nothing of them is markup.
pub(crate) fn of_lines(lines: &[String]) -> Message {
    let text: Vec<String> = lines.iter().map(|line| without_links(line)).collect();
    let markdown: Vec<String> = lines.iter().map(|line| literal_markdown(line)).collect();
    Message {
        text: text.join("\n"),
        markdown: Some(markdown.join("\n\n")),
    }
}

/// Plain messages of SARIF know `[text](target)`; a backslash takes the meaning away.
fn without_links(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in escape_text(text).chars() {
        if matches!(character, '[' | ']') {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

/// `text` as Markdown that shows exactly it: no markup, no HTML, no link made of an address, no mention.
fn literal_markdown(text: &str) -> String {
    let escaped = escape_text(text);
    let mut out = String::with_capacity(escaped.len() * 2);
    let mut before = ' ';
    for (at, character) in escaped.char_indices() {
        let rest = escaped.get(at..).unwrap_or_default();
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // Addresses, `www.` names and mentions become links without any markup.
            ':' if rest.starts_with("://") => out.push_str("&#58;"),
            '.' if matches!(before, 'w' | 'W') => out.push_str("&#46;"),
            '@' => out.push_str("&#64;"),
            // Lists are numbered with either.
            '.' | ')' if before.is_ascii_digit() => out.extend(['\\', character]),
            c if MARKUP.contains(c) => out.extend(['\\', c]),
            c => out.push(c),
        }
        before = character;
    }
    out
}

/// What Markdown gives a meaning to, at the start of a line or anywhere.
const MARKUP: &str = "\\`*_{}[]#|~!+-=";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_is_markup() {
        let hostile =
            "1. [x](http://a.b) <img src=x> ![i](y) @team www.x.y mailto:a@b `c` \u{202e} # h";
        let message = of_lines(&[hostile.to_owned()]);
        insta::assert_snapshot!(message.text, @r#"1. \[x\](http://a.b) <img src=x> !\[i\](y) @team www.x.y mailto:a@b `c` \u{202e} # h"#);
        insta::assert_snapshot!(message.markdown.unwrap(), @r#"1\. \[x\](http&#58;//a.b) &lt;img src\=x&gt; \!\[i\](y) &#64;team www&#46;x.y mailto:a&#64;b \`c\` \\u\{202e\} \# h"#);
    }
}
