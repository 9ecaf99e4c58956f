//! TOML, with tables, dotted keys and arrays of tables merged into one mapping.

use plimsoll_model::Span;
use toml_edit::{Array, InlineTable, Item, Key, Table, Value as TomlValue};

use super::alignment::{Style, align};
use super::budget::{Budget, MAX_CONFIG_BYTES, too_large};
use super::recovery::{parse_leaving_out_lines, without_mark};
use super::{Document, Entry, Form, Node};

/// Parses TOML; never fails.
///
/// A line that is no TOML is reported and passed over; the second of two equal keys is such a line.
pub fn parse_toml(text: &str) -> Document {
    if let Some(error) = too_large(text, MAX_CONFIG_BYTES) {
        let errors = vec![error];
        return Document {
            errors,
            ..Document::default()
        };
    }
    let source = without_mark(text);
    let mut budget = Budget::default();
    let root = parse_leaving_out_lines(&source, &mut budget, |text| {
        toml_edit::Document::parse(text)
            .map(toml_edit::Document::into_table)
            .map_err(|error| {
                let span = error.span().unwrap_or_default();
                (Span::new(span.start, span.end), first_line(error.message()))
            })
    });
    let mut converter = Converter { text, budget };
    let whole = Span::new(0, text.len());
    let roots = root.map(|table| Node::mapping(whole, converter.entries(&table)));
    Document {
        roots: roots.into_iter().collect(),
        comments: comments(text),
        errors: converter.budget.errors,
    }
}

/// The first line of a message, without a full stop.
fn first_line(message: &str) -> String {
    let line = message.lines().next().unwrap_or("");
    line.trim_end_matches('.').to_owned()
}

struct Converter<'a> {
    text: &'a str,
    budget: Budget,
}

impl Converter<'_> {
    fn entries(&mut self, table: &Table) -> Vec<Entry> {
        let pairs = table
            .iter()
            .filter_map(|(name, _)| table.get_key_value(name));
        pairs
            .filter_map(|(key, item)| self.entry(key, item))
            .collect()
    }

    fn inline_entries(&mut self, table: &InlineTable) -> Vec<Entry> {
        let pairs = table
            .iter()
            .filter_map(|(name, _)| table.get_key_value(name));
        pairs
            .filter_map(|(key, item)| self.entry(key, item))
            .collect()
    }

    fn entry(&mut self, key: &Key, item: &Item) -> Option<Entry> {
        let key = self.key(key)?;
        let value = self.item(item, key.span)?;
        Some(Entry::new(key, value))
    }

    fn key(&mut self, key: &Key) -> Option<Node> {
        let range = key.span()?;
        let span = Span::new(range.start, range.end);
        self.budget.take(1, span).then_some(())?;
        Some(match span.slice(self.text).starts_with(['"', '\'']) {
            true => self.string(key.get(), span),
            false => Node::plain(self.text, span),
        })
    }

    fn item(&mut self, item: &Item, key: Span) -> Option<Node> {
        self.budget.take(1, key).then_some(())?;
        match item {
            Item::None => None,
            Item::Value(value) => self.value(value, key),
            Item::Table(table) => {
                let entries = self.entries(table);
                Some(Node::mapping(extent(&entries, table.span(), key), entries))
            }
            Item::ArrayOfTables(tables) => {
                let items: Vec<Node> = tables
                    .iter()
                    .map(|table| {
                        let entries = self.entries(table);
                        Node::mapping(extent(&entries, table.span(), key), entries)
                    })
                    .collect();
                let covered = items.iter().map(|item| item.span);
                let span = covered.reduce(Span::cover).unwrap_or(key);
                Some(Node::sequence(span, items))
            }
        }
    }

    fn value(&mut self, value: &TomlValue, key: Span) -> Option<Node> {
        let span = value
            .span()
            .map_or(key, |range| Span::new(range.start, range.end));
        Some(match value {
            TomlValue::String(string) => self.string(string.value(), span),
            TomlValue::Array(array) => self.array(array, span),
            TomlValue::InlineTable(table) => {
                // A table made by dotted keys has no extent of its own.
                let entries = self.inline_entries(table);
                Node::mapping(extent(&entries, table.span(), key), entries)
            }
            _ => Node::plain(self.text, span),
        })
    }

    fn array(&mut self, array: &Array, span: Span) -> Node {
        let mut items = Vec::new();
        for value in array {
            if !self.budget.take(1, span) {
                break;
            }
            items.extend(self.value(value, span));
        }
        Node::sequence(span, items)
    }

    /// A string of any of the four kinds; `span` is with its quotes.
    fn string(&self, value: &str, span: Span) -> Node {
        let raw = span.slice(self.text);
        let long = raw.starts_with("\"\"\"") || raw.starts_with("'''");
        let quotes = if long && raw.len() >= 6 { 3 } else { 1 };
        let style = match raw.starts_with('"') {
            true => Style::Escaped,
            false => Style::Verbatim,
        };
        let mut start = span.start as usize + quotes;
        let end = (span.end as usize).saturating_sub(quotes);
        if quotes == 3 {
            let inner = Span::new(start, end).slice(self.text);
            let stripped = inner
                .strip_prefix("\r\n")
                .or_else(|| inner.strip_prefix('\n'));
            start += inner.len() - stripped.map_or(inner.len(), str::len);
        }
        let inner = Span::new(start, end);
        Node::scalar(inner, align(value, self.text, inner, style), Form::Quoted)
    }
}

/// What a table covers: its header and all its entries.
fn extent(entries: &[Entry], header: Option<std::ops::Range<usize>>, key: Span) -> Span {
    let header = header
        .filter(|range| !range.is_empty())
        .map(|range| Span::new(range.start, range.end));
    let entries = entries.iter().map(Entry::span);
    header
        .into_iter()
        .chain(entries)
        .reduce(Span::cover)
        .unwrap_or(key)
}

/// The comments: every `#` outside a string, to the end of its line.
fn comments(text: &str) -> Vec<Span> {
    let mut comments = Vec::new();
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find(['#', '"', '\''])) {
        let start = at + found;
        let rest = text.get(start..).unwrap_or("");
        if rest.starts_with('#') {
            at = start + rest.find(['\n', '\r']).unwrap_or(rest.len());
            comments.push(Span::new(start, at));
        } else {
            at = start + string_length(rest);
        }
    }
    comments
}

/// The length of the string that `rest` starts with; to the end of its line where it is not closed.
fn string_length(rest: &str) -> usize {
    let quote = if rest.starts_with('"') { '"' } else { '\'' };
    let long: String = [quote; 3].iter().collect();
    let is_long = rest.starts_with(&long);
    let body = if is_long { 3 } else { 1 };
    let mut escaped = false;
    for (at, character) in rest.char_indices().skip(body) {
        if escaped {
            escaped = false;
        } else if character == '\\' && quote == '"' {
            escaped = true;
        } else if is_long && rest.get(at..).is_some_and(|rest| rest.starts_with(&long)) {
            return at + 3;
        } else if !is_long && (character == quote || character == '\n') {
            return at + 1;
        }
    }
    rest.len()
}
