//! The value of a RUN's `--mount`: comma-separated fields, most of them `key=value`.
//!
//! By source: `instructions/commands_runmount.go` (`parseMount`, `validateMount`).

use plimsoll_model::Span;

use super::{MAX_ERRORS, Word, keyword::closest};
use crate::{SourceText, SyntaxError};

/// The mount types.
const TYPES: &[&str] = &["bind", "cache", "tmpfs", "secret", "ssh"];
/// The sharing modes of a cache.
const SHARING: &[&str] = &["shared", "private", "locked"];
/// The keys of a mount.
const KEYS: &[&str] = &[
    "type",
    "from",
    "source",
    "src",
    "target",
    "dst",
    "destination",
    "readonly",
    "ro",
    "readwrite",
    "rw",
    "required",
    "size",
    "id",
    "sharing",
    "mode",
    "uid",
    "gid",
    "env",
];
/// The keys that may stand without a value.
const SWITCHES: &[&str] = &["readonly", "ro", "readwrite", "rw", "required", "env"];

/// A mount as written; its values are expanded by the builder, but for `from`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The value of the flag.
    pub span: Span,
    /// The fields, in order.
    pub options: Vec<MountOption>,
}

/// One field of a mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountOption {
    /// The key in lower case.
    pub key: String,
    /// The bytes of the key.
    pub key_span: Span,
    /// What stands behind `=`.
    pub value: Option<Word>,
}

/// What a mount mounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named for the types")]
pub enum MountKind {
    Bind,
    Cache,
    Tmpfs,
    Secret,
    Ssh,
    /// A type that holds a variable, or does not exist.
    Other,
}

impl Mount {
    /// What it mounts; a bind where nothing is said.
    pub fn kind(&self) -> MountKind {
        let Some(word) = self.value(&["type"]) else {
            return MountKind::Bind;
        };
        match word.as_str().to_ascii_lowercase().as_str() {
            "bind" => MountKind::Bind,
            "cache" => MountKind::Cache,
            "tmpfs" => MountKind::Tmpfs,
            "secret" => MountKind::Secret,
            "ssh" => MountKind::Ssh,
            _ => MountKind::Other,
        }
    }

    /// The value of the last field whose key is one of `keys`.
    pub fn value(&self, keys: &[&str]) -> Option<&Word> {
        self.option(keys).and_then(|option| option.value.as_ref())
    }

    /// The last field whose key is one of `keys`.
    pub fn option(&self, keys: &[&str]) -> Option<&MountOption> {
        self.options
            .iter()
            .rev()
            .find(|option| keys.contains(&option.key.as_str()))
    }

    /// `source` or `src`.
    pub fn source(&self) -> Option<&Word> {
        self.value(&["source", "src"])
    }

    /// `target`, `dst` or `destination`.
    pub fn target(&self) -> Option<&Word> {
        self.value(&["target", "dst", "destination"])
    }

    /// `from`: a stage, named context or image.
    pub fn from(&self) -> Option<&Word> {
        self.value(&["from"])
    }

    /// `id`.
    pub fn id(&self) -> Option<&Word> {
        self.value(&["id"])
    }

    /// Whether the mount is read-only: as the last `ro` or `rw` says, else unless it is a cache or tmpfs. A value that
    /// is no literal boolean counts as read-write.
    pub fn is_read_only(&self) -> bool {
        let Some(option) = self.option(&["readonly", "ro", "readwrite", "rw"]) else {
            return !matches!(self.kind(), MountKind::Cache | MountKind::Tmpfs);
        };
        let asks_read_only = option.key.starts_with("ro") || option.key == "readonly";
        let given = option.value.as_ref().map(|value| value.as_str());
        match given.and_then(parse_bool) {
            Some(on) => on == asks_read_only,
            None => given.is_none() && asks_read_only,
        }
    }

    /// Whether a secret or ssh mount must be given.
    pub fn is_required(&self) -> bool {
        self.option(&["required"]).is_some_and(|option| {
            let given = option.value.as_ref().map(|value| value.as_str());
            given.is_none_or(|text| parse_bool(text) != Some(false))
        })
    }
}

/// A boolean as Go's `strconv.ParseBool` reads it.
fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// Takes the value of a `--mount` apart.
pub(super) fn parse(value: &Word, errors: &mut Vec<SyntaxError>) -> Mount {
    let options: Vec<MountOption> = fields(&value.raw)
        .iter()
        .filter(|field| !field.as_str().is_empty())
        .map(option)
        .collect();
    let room = MAX_ERRORS.saturating_sub(errors.len());
    for option in options.iter().take(room) {
        check(option, errors);
    }
    Mount {
        span: value.span,
        options,
    }
}

/// Splits at commas; a field may be quoted, with `""` for a quote.
fn fields(value: &SourceText) -> Vec<SourceText> {
    let text = value.as_str();
    let mut out = Vec::new();
    let mut field = SourceText::new();
    let mut from = 0;
    let mut quoted = false;
    let mut at_start = true;
    let mut bytes = text.bytes().enumerate().peekable();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' if at_start || quoted => {
                field.append(value, Span::new(from, at));
                from = at + 1;
                let doubled = quoted && bytes.peek().is_some_and(|(_, next)| *next == b'"');
                if doubled {
                    bytes.next();
                } else {
                    quoted = !quoted;
                }
            }
            b',' if !quoted => {
                field.append(value, Span::new(from, at));
                out.push(std::mem::take(&mut field));
                from = at + 1;
            }
            _ => {}
        }
        at_start = byte == b',' && !quoted;
    }
    field.append(value, Span::new(from, text.len()));
    out.push(field);
    out
}

fn option(field: &SourceText) -> MountOption {
    let text = field.as_str();
    let equals = text.find('=');
    let key = Span::new(0, equals.unwrap_or(text.len()));
    let value = equals.map(|at| Span::new(at + 1, text.len()));
    MountOption {
        key: key.slice(text).to_ascii_lowercase(),
        key_span: field.source_span(key),
        value: value.map(|span| Word {
            raw: field.slice(span),
            span: field.source_span(span),
        }),
    }
}

fn check(option: &MountOption, errors: &mut Vec<SyntaxError>) {
    let key = option.key.as_str();
    let mut error = |span, message: String| errors.push(SyntaxError::new(span, message));
    if !KEYS.contains(&key) {
        let hint = closest(key, KEYS.iter().copied());
        let hint = hint.map_or(String::new(), |hint| format!(" (did you mean `{hint}`?)"));
        return error(
            option.key_span,
            format!("unexpected key `{key}` in a mount{hint}"),
        );
    }
    let Some(value) = &option.value else {
        if !SWITCHES.contains(&key) {
            error(
                option.key_span,
                format!("the mount key `{key}` needs a value"),
            );
        }
        return;
    };
    let text = value.as_str();
    let lower = text.to_ascii_lowercase();
    let is_literal = !text.contains('$');
    let expected = match key {
        "type" => TYPES,
        "sharing" => SHARING,
        _ => &[],
    };
    if key == "from" && text.find('$').is_some_and(|at| at + 1 != text.len()) {
        error(
            value.span,
            "variables are not expanded in the `from` of a mount".to_owned(),
        );
    } else if !expected.is_empty() && is_literal && !expected.contains(&lower.as_str()) {
        error(value.span, format!("unsupported mount {key} `{text}`"));
    }
}
