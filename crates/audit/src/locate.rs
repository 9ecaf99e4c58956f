//! From labels to places in the report: lines and columns, shown paths, excerpts.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use plimsoll_chain::Chain;
use plimsoll_collect::Collection;
use plimsoll_model::{
    Excerpt, Label, LineIndex, Location, Origin, RootPath, SeenSecret, Span, percent_encode_path,
};

use plimsoll_secrets::{hidden_spans, masked};

use crate::mask::{Redaction, SecretValues};

/// More lines of a statement tell no more.
const MAX_EXCERPT_LINES: u32 = 24;
/// A longer excerpt is no line anybody reads.
const MAX_EXCERPT_BYTES: usize = 16 << 10;

/// The texts of one root, for whoever shows a part of them.
pub(crate) struct Sources<'a> {
    collection: &'a Collection,
    texts: BTreeMap<&'a str, Source<'a>>,
}

struct Source<'a> {
    text: &'a str,
    lines: std::borrow::Cow<'a, LineIndex>,
    secrets: OnceLock<Vec<Span>>,
    values: OnceLock<SecretValues>,
}

impl Source<'_> {
    fn secrets(&self) -> &[Span] {
        self.secrets.get_or_init(|| hidden_spans(self.text))
    }

    fn values(&self) -> &SecretValues {
        self.values.get_or_init(|| {
            let slice = |span: &Span| span.slice(self.text);
            SecretValues::new(self.secrets().iter().map(slice))
        })
    }

    /// The whole lines that `span` touches, masked.
    fn excerpt(&self, span: Span) -> Option<Excerpt> {
        let first_line = self.lines.line(span.start);
        let last = span.end.max(span.start + 1) - 1;
        let last_line = self
            .lines
            .line(last)
            .min(first_line.saturating_add(MAX_EXCERPT_LINES - 1));
        let start = self.lines.line_start(first_line) as usize;
        let end = if last_line < self.lines.line_count() {
            self.lines.line_start(last_line + 1) as usize
        } else {
            self.text.len()
        };
        if end.saturating_sub(start) > MAX_EXCERPT_BYTES {
            return None;
        }
        let shown = self.text.get(start..end)?;
        let shown = shown.strip_suffix('\n').unwrap_or(shown);
        Some(Excerpt {
            first_line,
            first_byte: u32::try_from(start).ok()?,
            text: masked(shown, start, self.secrets()),
        })
    }
}

impl<'a> Sources<'a> {
    pub(crate) fn new(collection: &'a Collection, chain: &'a Chain) -> Sources<'a> {
        let mut texts = BTreeMap::new();
        for file in &collection.named_files {
            let lines = std::borrow::Cow::Owned(LineIndex::new(&file.text));
            texts.insert(file.path.as_str(), Source::new(&file.text, lines));
        }
        // Flows begin at the variables of a project.
        let variables = collection.inventory.texts();
        for (path, text) in variables.filter(|(path, _)| path.file_name() == ".env") {
            let lines = std::borrow::Cow::Owned(LineIndex::new(text));
            texts.insert(path.as_str(), Source::new(text, lines));
        }
        for unit in chain.units().iter().filter(|one| one.embedding.is_none()) {
            let artifact = &unit.artifact;
            let lines = std::borrow::Cow::Borrowed(&artifact.lines);
            texts.insert(artifact.path.as_str(), Source::new(&artifact.text, lines));
        }
        Sources { collection, texts }
    }

    /// The place of `label`.
    pub(crate) fn location(&self, label: &Label) -> Location {
        let source = self.texts.get(label.path.as_str());
        let spanned = source.zip(label.span);
        let position = |pick: fn(Span) -> u32| {
            spanned.map(|(source, span)| source.lines.position(source.text, pick(span)))
        };
        Location {
            start: position(|span| span.start),
            end: position(|span| span.end),
            excerpt: spanned.and_then(|(source, span)| source.excerpt(span)),
            ..self.place(&label.path, &self.collection.origin)
        }
    }

    /// The place at `label` of a credential, which was located when it was seen: its file may be at hand no more.
    pub(crate) fn seen(&self, label: &Label, secret: &SeenSecret) -> Location {
        let origin = secret.origin.as_ref().unwrap_or(&self.collection.origin);
        let member = secret.sighting.inside.as_ref();
        Location {
            member: member.map(|inside| percent_encode_path(inside.as_str())),
            start: Some(secret.sighting.start),
            end: Some(secret.sighting.end),
            excerpt: secret.sighting.excerpt.clone(),
            ..self.place(&label.path, origin)
        }
    }

    /// The whole of the file at `path`.
    fn place(&self, path: &RootPath, origin: &Origin) -> Location {
        let (origin, object, within) = match origin {
            Origin::Stdin => ("stdin", None, None),
            Origin::File => ("file", None, None),
            Origin::Git { commit } => ("git", Some(commit), None),
            Origin::Layer { image, digest } => ("layer", Some(digest), Some(image)),
            Origin::ImageConfig { image } => ("image-config", None, Some(image)),
        };
        Location {
            path: self.path(path),
            origin: origin.to_owned(),
            object: object.cloned(),
            within: within.map(|image| vec![image.clone()]),
            member: None,
            start: None,
            end: None,
            root_path: percent_encode_path(&path.to_string()),
            root: Arc::clone(&self.collection.root),
            excerpt: None,
        }
    }

    /// `path` as reports show it.
    pub(crate) fn path(&self, path: &RootPath) -> String {
        self.collection.display(path)
    }

    /// What a finding that speaks of the files at `paths` must not repeat.
    pub(crate) fn redaction<'p>(
        &self,
        paths: impl IntoIterator<Item = &'p RootPath>,
    ) -> Redaction<'_> {
        let sources = paths
            .into_iter()
            .filter_map(|path| self.texts.get(path.as_str()));
        Redaction::of(sources.map(Source::values))
    }
}

impl<'a> Source<'a> {
    fn new(text: &'a str, lines: std::borrow::Cow<'a, LineIndex>) -> Source<'a> {
        Source {
            text,
            lines,
            secrets: OnceLock::new(),
            values: OnceLock::new(),
        }
    }
}
