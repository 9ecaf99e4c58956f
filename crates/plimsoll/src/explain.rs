//! `plimsoll explain`.

use anyhow::{Result, bail};
use plimsoll_audit::rule_table;
use plimsoll_decide::RuleTable;
use plimsoll_model::RuleInfo;

use crate::arguments::ExplainArguments;
use crate::output::Output;

pub(crate) fn run(arguments: &ExplainArguments, output: &Output) -> Result<u8> {
    let table = rule_table();
    let style = output.style();
    let text = match &arguments.rule {
        None => plimsoll_report::rule_list(table.rules().iter().copied(), style),
        Some(id) => {
            let pages = named(&table, id)?.into_iter();
            let pages: Vec<String> = pages
                .map(|rule| plimsoll_report::explain(rule, style))
                .collect();
            pages.join("\n")
        }
    };
    output.data(&text)?;
    Ok(0)
}

/// The rule of that id, else those that carry it as another tool's.
fn named(table: &RuleTable, id: &str) -> Result<Vec<&'static RuleInfo>> {
    if let Some(rule) = table.find(id) {
        return Ok(vec![rule]);
    }
    let carries = |rule: &&&'static RuleInfo| {
        rule.aliases
            .iter()
            .any(|alias| alias.eq_ignore_ascii_case(id))
    };
    let rules: Vec<_> = table.rules().iter().filter(carries).copied().collect();
    if rules.is_empty() {
        bail!(
            "{} (`plimsoll explain --list` names them all)",
            table.unknown(id)
        );
    }
    Ok(rules)
}
