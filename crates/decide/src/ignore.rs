//! Which findings the ignores of a root silence, and what is wrong with the ignores.

use std::collections::BTreeMap;

use jiff::civil::Date;
use plimsoll_model::{Finding, Kind, Label, RootPath, RuleInfo, Span, escape_text};

use crate::comment::{self, ForeignIgnore, IgnoreComment, OwnIgnore, Until};
use crate::ignore_index::{FileIgnores, Site};
use crate::rule_table::with_suggestion;
use crate::{
    ArtifactView, EXPIRED_IGNORE, IGNORE_WITHOUT_REASON, IgnoreEntry, NotHonoured, RuleTable,
    STALE_IGNORE, Settings, UNKNOWN_RULE_IN_IGNORE, directive,
};

/// What an ignore does to a finding.
pub(crate) struct Effect {
    /// False where the ignore is past its date: the finding counts all the same.
    pub(crate) holds: bool,
    /// What to say about it.
    pub(crate) reason: String,
}

/// All ignores of one root.
pub(crate) struct Ignores<'a> {
    settings: &'a Settings,
    today: Date,
    files: BTreeMap<&'a str, FileIgnores>,
    /// Whether each entry of the config met a finding.
    entries_used: Vec<bool>,
}

impl<'a> Ignores<'a> {
    /// Those of `views` and of the config. Under `--submitted` the comments do not count.
    pub(crate) fn new(views: &'a [ArtifactView<'a>], settings: &'a Settings, today: Date) -> Self {
        let mut files: BTreeMap<&str, FileIgnores> = BTreeMap::new();
        for view in views.iter().filter(|_| !settings.submitted) {
            let site = |(comment, covers)| Site { comment, covers };
            let sites = comments_of(view).into_iter().map(site).collect();
            let ignores = FileIgnores::new(sites, &settings.rules, today);
            files.insert(view.artifact.path.as_str(), ignores);
        }
        Ignores {
            settings,
            today,
            files,
            entries_used: vec![false; settings.config.ignores.len()],
        }
    }

    /// What the ignores do to `finding`; one that holds wins over one that does not.
    pub(crate) fn effect(&mut self, finding: &Finding) -> Option<Effect> {
        let file = self.files.get_mut(finding.at.path.as_str());
        let of_file = file.and_then(|ignores| ignores.effect(finding, self.today));
        let mut effects: Vec<Effect> = of_file.into_iter().collect();
        effects.extend(self.effect_of_config(finding));
        let holding = effects.iter().position(|effect| effect.holds).unwrap_or(0);
        (!effects.is_empty()).then(|| effects.swap_remove(holding))
    }

    /// What the config's ignores do to `finding`.
    pub(crate) fn effect_of_config(&mut self, finding: &Finding) -> Option<Effect> {
        let entries = self
            .settings
            .config
            .ignores
            .iter()
            .zip(&mut self.entries_used);
        let mut expired = None;
        for (entry, used) in entries {
            if !entry_fits(entry, finding.rule, &finding.at.path) {
                continue;
            }
            *used = true;
            let until = entry.until.map_or(Until::Forever, Until::Day);
            let effect = effect(
                entry.reason.as_deref(),
                entry.owner.as_deref(),
                &until,
                self.today,
            );
            if effect.holds {
                return Some(effect);
            }
            expired = Some(effect);
        }
        expired
    }

    /// What is wrong with the ignores, once every finding has been asked about.
    pub(crate) fn complaints(&self, views: &[ArtifactView<'_>]) -> Vec<Finding> {
        let mut complaints = Vec::new();
        for view in views {
            let path = &view.artifact.path;
            let Some(ignores) = self.files.get(path.as_str()) else {
                continue;
            };
            for site in ignores.sites() {
                if let IgnoreComment::Own(own) = &site.comment {
                    self.complain_of_comment(own, site, ignores, view, &mut complaints);
                }
            }
        }
        if let Some(path) = &self.settings.config_path {
            for (entry, used) in self.settings.config.ignores.iter().zip(&self.entries_used) {
                self.complain_of_entry(entry, *used, path, views, &mut complaints);
            }
        }
        complaints
    }

    fn complain_of_comment(
        &self,
        own: &OwnIgnore,
        site: &Site,
        ignores: &FileIgnores,
        view: &ArtifactView<'_>,
        complaints: &mut Vec<Finding>,
    ) {
        let path = &view.artifact.path;
        let whole = Label::new(path, own.span);
        if own.rules.is_empty() {
            let message = "this ignore names no rule; write `plimsoll: ignore[rule-id] reason`";
            return complaints.push(complaint(
                &UNKNOWN_RULE_IN_IGNORE,
                whole,
                "",
                message.to_owned(),
            ));
        }
        let expired = expiry(&own.until, self.today);
        for (id, span) in &own.rules {
            let at = Label::new(path, *span);
            match self.settings.rules.find(id) {
                None => complaints.push(unknown(&self.settings.rules, id, at)),
                Some(rule)
                    if expired.is_none()
                        && !ignores.is_used(site, rule.id)
                        && self.ran(rule, view) =>
                {
                    complaints.push(stale(id, at, site.covers.is_some()));
                }
                Some(_) => {}
            }
        }
        let ids: Vec<&str> = own.rules.iter().map(|(id, _)| id.as_str()).collect();
        let ids = ids.join(", ");
        if let Some(message) = expired {
            complaints.push(complaint(&EXPIRED_IGNORE, whole.clone(), &ids, message));
        }
        if own.reason.is_none() {
            complaints.push(without_reason(&ids, whole));
        }
    }

    fn complain_of_entry(
        &self,
        entry: &IgnoreEntry,
        used: bool,
        path: &RootPath,
        views: &[ArtifactView<'_>],
        complaints: &mut Vec<Finding>,
    ) {
        let at = Label::new(path, entry.span);
        let until = entry.until.map_or(Until::Forever, Until::Day);
        let expired = expiry(&until, self.today);
        let looked_at = |view: &&ArtifactView<'_>| {
            entry_fits(entry, entry.rule, &view.artifact.path) && self.ran(entry.rule, view)
        };
        if !used && expired.is_none() && views.iter().any(|view| looked_at(&view)) {
            let message = format!(
                "`{}` finds nothing there any more; delete the ignore",
                entry.rule.id
            );
            complaints.push(complaint(&STALE_IGNORE, at.clone(), entry.rule.id, message));
        }
        if let Some(message) = expired {
            complaints.push(complaint(
                &EXPIRED_IGNORE,
                at.clone(),
                entry.rule.id,
                message,
            ));
        }
        if entry.reason.is_none() {
            complaints.push(without_reason(entry.rule.id, at));
        }
    }

    /// Whether `rule` looked at `view` in this run.
    fn ran(&self, rule: &RuleInfo, view: &ArtifactView<'_>) -> bool {
        self.settings.runs(rule, &view.artifact.path)
            && view.ran.iter().any(|ran| ran.id == rule.id)
    }
}

/// What the operator is told instead, where ignores do not count.
pub(crate) fn not_honoured(views: &[ArtifactView<'_>]) -> Vec<NotHonoured> {
    const SHOWN: usize = 120;
    let mut lines = Vec::new();
    for view in views {
        for (comment, _) in comments_of(view) {
            let span = match &comment {
                IgnoreComment::Own(own) => own.span,
                IgnoreComment::Foreign(foreign) => foreign.span,
            };
            let written: String = span
                .slice(&view.artifact.text)
                .chars()
                .take(SHOWN)
                .collect();
            let line = view.artifact.lines.line(span.start);
            lines.push(NotHonoured {
                path: view.artifact.path.clone(),
                detail: format!("ignore comment in line {line}: {}", escape_text(&written)),
            });
        }
    }
    lines
}

/// The ignores in the comments of `view` with the bytes each covers.
fn comments_of(view: &ArtifactView<'_>) -> Vec<(IgnoreComment, Option<Span>)> {
    let text = &view.artifact.text;
    let kind = view.artifact.kind;
    let mut found = Vec::new();
    if kind == Kind::Dockerfile {
        let directive: Option<ForeignIgnore> = directive::skipped_checks(text);
        found.extend(directive.map(|ignore| (IgnoreComment::Foreign(ignore), None)));
    }
    for site in &view.comments {
        let comments = comment::parse(text, site.span, kind);
        found.extend(comments.into_iter().map(|comment| (comment, site.covers)));
    }
    found
}

fn entry_fits(entry: &IgnoreEntry, rule: &RuleInfo, path: &RootPath) -> bool {
    entry.rule.id == rule.id && entry.path.as_ref().is_none_or(|paths| paths.matches(path))
}

/// The effect of an ignore of ours that fits.
pub(crate) fn effect(
    reason: Option<&str>,
    owner: Option<&str>,
    until: &Until,
    today: Date,
) -> Effect {
    if let Some(message) = expiry(until, today) {
        return Effect {
            holds: false,
            reason: message,
        };
    }
    let mut text = reason.unwrap_or("ignored without a reason").to_owned();
    let until = match until {
        Until::Day(day) => Some(format!("until {day}")),
        _ => None,
    };
    let details: Vec<String> = owner.map(str::to_owned).into_iter().chain(until).collect();
    if !details.is_empty() {
        text = format!("{text} ({})", details.join(", "));
    }
    Effect {
        holds: true,
        reason: text,
    }
}

/// What to say of an ignore that is past its date. It holds through the day it names.
pub(crate) fn expiry(until: &Until, today: Date) -> Option<String> {
    match until {
        Until::Day(day) if *day < today => Some(format!(
            "the ignore expired on {day}; what it silenced counts again"
        )),
        Until::NotADate(written) => Some(format!(
            "`until={}` is not a date such as 2030-06-30; the ignore does not count",
            escape_text(written)
        )),
        _ => None,
    }
}

fn unknown(rules: &RuleTable, id: &str, at: Label) -> Finding {
    let id = escape_text(id);
    let foreign = id.chars().any(|character| character.is_ascii_uppercase());
    let mut message = with_suggestion(format!("no rule is called `{id}`"), rules.suggest(&id));
    if foreign {
        message.push_str(" Ids of other tools belong into those tools' comments.");
    }
    complaint(&UNKNOWN_RULE_IN_IGNORE, at, &id, message)
}

fn stale(id: &str, at: Label, covers_something: bool) -> Finding {
    let message = if covers_something {
        format!("`{id}` finds nothing at this statement; delete the ignore")
    } else {
        format!(
            "no statement follows this ignore of `{id}`; delete it or move it above the statement"
        )
    };
    complaint(&STALE_IGNORE, at, id, message)
}

fn without_reason(ids: &str, at: Label) -> Finding {
    let message = format!(
        "this ignore of `{}` does not say why; write the reason behind it",
        escape_text(ids)
    );
    complaint(&IGNORE_WITHOUT_REASON, at, ids, message)
}

fn complaint(rule: &'static RuleInfo, at: Label, ids: &str, message: String) -> Finding {
    let mut finding = Finding::at(rule, at, message);
    finding.identity = vec![ids.to_owned()];
    finding
}
