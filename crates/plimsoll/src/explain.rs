//! `plimsoll explain`.

mod form;

use anyhow::{Result, bail};
use plimsoll_audit::rule_table;
use plimsoll_decide::{RuleTable, nearest};
use plimsoll_model::RuleInfo;
use plimsoll_report::Style;
use plimsoll_secrets::Rule;

use crate::arguments::ExplainArguments;
use crate::output::Output;

pub(crate) fn run(arguments: &ExplainArguments, output: &Output) -> Result<u8> {
    let table = rule_table();
    let style = output.style();
    let text = match &arguments.rule {
        None => plimsoll_report::rule_list(table.rules().iter().copied(), style),
        Some(id) => pages(&table, id, style)?,
    };
    output.data(&text)?;
    Ok(0)
}

/// The page of the rule of that id; else of every rule and form of credential that carries it, as its own or as another
/// tool's; else what that issuer issues; else of the forms that another tool calls so, its own name left out.
fn pages(table: &RuleTable, id: &str, style: Style) -> Result<String> {
    if let Some(rule) = table.find(id) {
        return Ok(plimsoll_report::explain(rule, style));
    }
    let rules = carriers(table, id).map(|rule| plimsoll_report::explain(rule, style));
    let pages: Vec<String> = rules.chain(shown(form::named(id), style)).collect();
    if !pages.is_empty() {
        return Ok(pages.join("\n"));
    }
    if let Some((provider, forms)) = form::issued_by(id) {
        return Ok(form::list(provider, &forms));
    }
    let pages: Vec<String> = shown(form::called_elsewhere(id), style).collect();
    if pages.is_empty() {
        bail!(unknown(table, id));
    }
    Ok(pages.join("\n"))
}

fn shown(forms: Vec<&'static Rule>, style: Style) -> impl Iterator<Item = String> {
    forms.into_iter().map(move |form| {
        let (topic, page) = form::page(form);
        plimsoll_report::explain_topic(&topic, &page, style)
    })
}

/// The rules that carry `id` as another tool's.
fn carriers<'a>(table: &'a RuleTable, id: &'a str) -> impl Iterator<Item = &'static RuleInfo> + 'a {
    let carries = move |rule: &&'static RuleInfo| {
        let mut aliases = rule.aliases.iter();
        aliases.any(|alias| alias.eq_ignore_ascii_case(id))
    };
    table.rules().iter().copied().filter(carries)
}

fn unknown(table: &RuleTable, id: &str) -> String {
    const LISTED: &str =
        "(`plimsoll explain --list` names all rules, `plimsoll explain github` what GitHub issues)";
    let forms = plimsoll_secrets::rules().iter();
    let names = forms.flat_map(|form| [form.id, form.provider.id]);
    let rules = table.rules().iter().map(|rule| rule.id);
    match nearest(id, rules.chain(names)) {
        Some(name) => {
            format!("unknown rule or credential `{id}`, did you mean `{name}`? {LISTED}")
        }
        None => format!("unknown rule or credential `{id}` {LISTED}"),
    }
}
