//! Credentials told by the names they are given to: `PASSWORD=…`, `"apiKey": "…"`.

use std::sync::LazyLock;

use plimsoll_model::Span;
use regex::Regex;

use crate::{find_values, is_credential_name, is_path, is_placeholder};

/// A name with the sign that gives it a value: `NAME=`, `name: `, `"name": `, `--name `, `ENV NAME `, `<name>`.
static NAMED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?:([A-Za-z_][A-Za-z0-9_.-]*)["']?[ \t]*(?:=>|[=:])[ \t]*)"#,
        r"|(?:--([A-Za-z][A-Za-z0-9_-]*)[ \t]+)",
        r"|(?:(?i:ENV)[ \t]+([A-Za-z_][A-Za-z0-9_]*)[ \t]+)",
        r"|(?:<([A-Za-z_][A-Za-z0-9_.-]*)>[ \t]*)",
    ))
    .ok()
});

/// Where `text` gives a value, other than a stand-in, to a name that says credential. In order.
pub fn named_values(text: &str) -> Vec<Span> {
    let Some(pattern) = NAMED.as_ref() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for captures in pattern.captures_iter(text) {
        let name = (1..=4).find_map(|group| captures.get(group));
        let end = captures.get(0).map_or(0, |whole| whole.end());
        if name.is_some_and(|name| is_credential_name(name.as_str())) {
            let value = value_at(text, end, captures.get(4).is_some());
            let shown = value.slice(text);
            if !shown.starts_with('$') && !is_placeholder(shown) {
                found.push(value);
            }
        }
    }
    found
}

/// Whether `text` holds a credential by form or by name. Stricter than what is masked: a path, a switch or a value
/// made of variables is none, nor what follows the name in `${NAME:-…}` or `name := …`.
pub fn holds_credential(text: &str) -> bool {
    let is_real = |span: &Span| {
        let value = span.slice(text);
        !is_path(value)
            && !value.contains("${")
            && !value.contains("{{")
            && !value.starts_with(['{', '[', '!', '%', '-', '+', '?', '='])
    };
    !find_values(text).is_empty() || named_values(text).iter().any(is_real)
}

/// The value that starts at `start`: what stands in its quotes, else all up to a blank; in an element up to its end.
fn value_at(text: &str, start: usize, in_element: bool) -> Span {
    let rest = text.get(start..).unwrap_or("");
    if in_element {
        let length = rest.find(['<', '\n']).unwrap_or(rest.len());
        return Span::new(start, start + length);
    }
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
    let Some(quote) = quote else {
        let length = rest
            .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`'))
            .unwrap_or(rest.len());
        return Span::new(start, start + length);
    };
    let inner = rest.get(1..).unwrap_or("");
    let length = inner.find([quote, '\n']).unwrap_or(inner.len());
    Span::new(start + 1, start + 1 + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_judged_by_what_they_hold() {
        let credentials = [
            "A=b\nDB_PASSWORD=hunter22\n",
            "//registry.example/:_authToken=0123-4567-89ab\n",
            "npmAuthToken: \"0123-4567-89ab\"\n",
            "<server><password>hunter22</password></server>",
            "{\"client_secret\": \"GOC-1x2y3z\"}",
            "export API_KEY='abc123def'",
            "URL=postgres://app:s3cretpw@db/x",
        ];
        for text in credentials {
            assert!(holds_credential(text), "{text}");
        }
        let harmless = [
            "",
            "ignore-scripts=true\n",
            "VITE_API_URL=http://localhost:8000\nVERSION='dev'\n",
            "OPENAI_API_KEY=\nBULL_AUTH_KEY=\n",
            "//registry.example/:_authToken=${NPM_TOKEN}\n",
            "SECRET_KEY=changethis\n",
            "GOOGLE_APPLICATION_CREDENTIALS=/run/key.json\n",
            "<password>${env.PASSWORD}</password>",
            "Secrets:\n- Name: {{$name}}\n",
            "{{- $redisPassword := include \"redis\" . }}",
            "RUN=\"start.sh ${_DESKTOP_PASSWORD:-vscode}\"",
        ];
        for text in harmless {
            assert!(!holds_credential(text), "{text}");
        }
    }
}
