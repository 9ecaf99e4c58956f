//! Who issued the credentials that were found, and who holds them: a table at the end of the text.

use std::fmt::Write;

use plimsoll_model::{Holder, SecretSummary, escape_text};

use crate::Style;
use crate::layout::{counted, cut, padded};

/// Fewer are told well enough by their findings.
const MIN_PLACES: u64 = 3;
/// More rows are for the JSON report.
const MAX_ROWS: usize = 20;
/// A longer name is cut.
const MAX_NAME: usize = 32;
const INDENT: &str = "  ";
const GAP: &str = "  ";

/// The table; empty where there is nothing to sum up.
pub(crate) fn table(summary: &SecretSummary, style: Style) -> String {
    if summary.places < MIN_PLACES {
        return String::new();
    }
    let mut rows: Vec<(&String, u64)> = summary
        .by_provider
        .iter()
        .map(|(provider, counts)| (provider, counts.values().sum()))
        .collect();
    // The most first, and among equals by name.
    rows.sort_by_key(|(provider, total)| (std::cmp::Reverse(*total), *provider));
    let mut out = format!(
        "{} in {}\n",
        style.bold(&counted(summary.credentials, "credential")),
        counted(summary.places, "place"),
    );
    let shown: Vec<&String> = rows.iter().take(MAX_ROWS).map(|(name, _)| *name).collect();
    columns(&mut out, summary, &shown, style)
        .unwrap_or_else(|| sentences(&mut out, summary, &shown, style));
    if rows.len() > shown.len() {
        let more = counted((rows.len() - shown.len()) as u64, "more issuer");
        let _ = writeln!(
            out,
            "{INDENT}{}",
            style.dim(&format!("and {more} (the JSON report has all)"))
        );
    }
    out
}

/// One column for each kind of place; `None` where they do not fit.
fn columns(
    out: &mut String,
    summary: &SecretSummary,
    shown: &[&String],
    style: Style,
) -> Option<()> {
    let holders: Vec<Holder> = summary.by_holder.keys().copied().collect();
    let names: Vec<String> = shown.iter().map(|name| name_of(name)).collect();
    let first = names.iter().map(|name| name.chars().count()).max()?;
    let widths = holders.iter().map(|holder| head(*holder).len() + GAP.len());
    if INDENT.len() + first + widths.sum::<usize>() > style.columns() {
        return None;
    }
    let heads: String = holders
        .iter()
        .map(|one| format!("{GAP}{}", head(*one)))
        .collect();
    let _ = writeln!(out, "{INDENT}{}{}", padded("", first), style.dim(&heads));
    for (provider, name) in shown.iter().zip(&names) {
        let counts = summary.by_provider.get(*provider)?;
        let cell = |holder: &Holder| {
            let count = counts.get(holder).map(u64::to_string);
            let count = count.unwrap_or_default();
            format!("{GAP}{count:>0$}", head(*holder).len())
        };
        let cells: String = holders.iter().map(cell).collect();
        let _ = writeln!(out, "{INDENT}{}{}", padded(name, first), cells.trim_end());
    }
    Some(())
}

/// One line for each issuer, for narrow terminals.
fn sentences(out: &mut String, summary: &SecretSummary, shown: &[&String], style: Style) {
    for provider in shown {
        let counts = summary.by_provider.get(*provider).into_iter().flatten();
        let counts: Vec<String> = counts
            .map(|(holder, count)| format!("{count} {}", head(*holder)))
            .collect();
        let line = format!("{}: {}", name_of(provider), counts.join(", "));
        let _ = writeln!(
            out,
            "{INDENT}{}",
            cut(&line, style.columns().saturating_sub(INDENT.len()))
        );
    }
}

fn name_of(provider: &str) -> String {
    cut(&escape_text(provider), MAX_NAME)
}

/// The kind of place over its column.
fn head(holder: Holder) -> &'static str {
    match holder {
        Holder::Source => "source",
        Holder::EnvFile => "env file",
        Holder::CredentialFile => "key file",
        Holder::McpConfiguration => "MCP",
        Holder::Ci => "CI",
        Holder::Dockerfile => "Dockerfile",
        Holder::Deployment => "deployment",
        Holder::History => "history only",
        Holder::ImageLayer => "image layer",
        Holder::ImageConfiguration => "image config",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style(width: usize) -> Style {
        Style {
            width,
            ..Style::default()
        }
    }

    fn summary(rows: &[(&str, Holder, u64)]) -> SecretSummary {
        let mut summary = SecretSummary::default();
        for (provider, holder, count) in rows {
            for _ in 0..*count {
                summary.add(provider, *holder);
            }
        }
        summary.credentials = summary.places - 1;
        summary
    }

    #[test]
    fn issuers_stand_beside_who_holds_their_keys() {
        let summary = summary(&[
            ("npm", Holder::Ci, 1),
            ("GitHub", Holder::Source, 2),
            ("GitHub", Holder::History, 12),
            ("an issuer of a very long name indeed", Holder::Ci, 1),
        ]);
        insta::assert_snapshot!(table(&summary, style(80)), @"
        15 credentials in 16 places
                                            source  CI  history only
          GitHub                                 2                12
          an issuer of a very long name...           1
          npm                                        1
        ");
        insta::assert_snapshot!(table(&summary, style(40)), @"
        15 credentials in 16 places
          GitHub: 2 source, 12 history only
          an issuer of a very long name...: 1 CI
          npm: 1 CI
        ");
    }

    #[test]
    fn few_need_no_table_and_many_get_an_end() {
        assert_eq!(table(&summary(&[("npm", Holder::Ci, 2)]), style(80)), "");
        let names: Vec<String> = (0..30).map(|at| format!("issuer {at}")).collect();
        let rows: Vec<_> = names
            .iter()
            .map(|name| (name.as_str(), Holder::Ci, 1))
            .collect();
        let shown = table(&summary(&rows), style(80));
        assert_eq!(shown.lines().count(), 2 + MAX_ROWS + 1);
        assert!(
            shown.ends_with("and 10 more issuers (the JSON report has all)\n"),
            "{shown}"
        );
    }
}
