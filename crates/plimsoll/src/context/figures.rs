//! The figures of a context as JSON.

use plimsoll_simulate::context::{LinkLeads, SizedPath, Tally};
use serde::Serialize;

use super::Account;
use super::shown::{shown_path, shown_text};
use crate::arguments::ContextArguments;

/// The document `plimsoll context --json` prints. Lists are bounded; the counts beside them are not.
#[derive(Serialize)]
pub(super) struct Figures {
    schema: &'static str,
    context: String,
    builder: &'static str,
    dockerfile: Option<String>,
    ignore_file: Option<String>,
    sent: Amount,
    left_out: Amount,
    skipped_folders: u64,
    copies: Vec<Copy>,
    sensitive: Vec<Sensitive>,
    sensitive_count: u64,
    links_out: Vec<Link>,
    links_out_count: u64,
    needless: Vec<Needless>,
    largest_folders: Vec<Sized>,
    largest_files: Vec<Sized>,
    suggested_rules: Vec<String>,
    saving: Amount,
    not_listed: Vec<NotListed>,
}

#[derive(Serialize)]
struct Amount {
    files: u64,
    bytes: u64,
    folders: u64,
    links: u64,
}

/// What a COPY or ADD takes; `taken` is null where a source is not known.
#[derive(Serialize)]
struct Copy {
    line: u32,
    text: String,
    taken: Option<Amount>,
}

#[derive(Serialize)]
struct Sized {
    path: String,
    files: u64,
    bytes: u64,
}

#[derive(Serialize)]
struct Sensitive {
    path: String,
    what: &'static str,
    certainty: &'static str,
    bytes: u64,
}

#[derive(Serialize)]
struct Link {
    path: String,
    target: String,
    leads: &'static str,
}

#[derive(Serialize)]
struct Needless {
    path: String,
    what: &'static str,
    certainty: &'static str,
    files: u64,
    bytes: u64,
}

#[derive(Serialize)]
struct NotListed {
    path: String,
    reason: &'static str,
    detail: String,
}

impl Figures {
    pub(super) fn new(arguments: &ContextArguments, account: &Account) -> Figures {
        let summary = &account.summary;
        let shown = |path: &plimsoll_model::RootPath| shown_path(&path.to_string());
        Figures {
            schema: "plimsoll/context/1",
            context: shown_path(&arguments.folder.to_string_lossy()),
            builder: arguments.builder.as_str(),
            dockerfile: account.applying.dockerfile.as_ref().map(shown),
            ignore_file: account.applying.shown.as_deref().map(shown_path),
            sent: amount(summary.sent),
            left_out: amount(summary.left_out),
            skipped_folders: summary.skipped_folders,
            copies: copies(account),
            sensitive: sensitive(account),
            sensitive_count: summary.sensitive_count,
            links_out: links(account),
            links_out_count: summary.links_out_count,
            needless: needless(account),
            largest_folders: summary.largest_folders.iter().map(sized).collect(),
            largest_files: summary.largest_files.iter().map(sized).collect(),
            suggested_rules: summary.suggested_rules.clone(),
            saving: amount(summary.saving),
            not_listed: not_listed(account),
        }
    }
}

fn amount(tally: Tally) -> Amount {
    Amount {
        files: tally.files,
        bytes: tally.bytes,
        folders: tally.folders,
        links: tally.links,
    }
}

fn copies(account: &Account) -> Vec<Copy> {
    let counted = account.copies.iter();
    counted
        .map(|copy| Copy {
            line: copy.line,
            text: shown_text(&copy.text),
            taken: copy.taken.map(amount),
        })
        .collect()
}

fn sized(sized: &SizedPath) -> Sized {
    Sized {
        path: shown_path(&sized.path.to_string()),
        files: sized.tally.files,
        bytes: sized.tally.bytes,
    }
}

fn sensitive(account: &Account) -> Vec<Sensitive> {
    let found = account.summary.sensitive.iter();
    found
        .map(|found| Sensitive {
            path: shown_path(&found.path.to_string()),
            what: found.sensitive.class.describe(),
            certainty: found.sensitive.certainty.as_str(),
            bytes: found.bytes,
        })
        .collect()
}

fn links(account: &Account) -> Vec<Link> {
    let found = account.summary.links_out.iter();
    found
        .map(|link| Link {
            path: shown_path(&link.path.to_string()),
            target: shown_path(&link.target),
            leads: leads(link.leads),
        })
        .collect()
}

/// Where a link leads, in words.
pub(super) fn leads(leads: LinkLeads) -> &'static str {
    match leads {
        LinkLeads::Inside => "inside",
        LinkLeads::OutsideContext | LinkLeads::OutsideRoot => "outside",
        LinkLeads::Absolute => "absolute",
    }
}

fn needless(account: &Account) -> Vec<Needless> {
    let found = account.summary.needless.iter();
    found
        .map(|group| Needless {
            path: shown_path(&group.path.to_string()),
            what: group.needless.class.describe(),
            certainty: group.needless.certainty.as_str(),
            files: group.tally.files,
            bytes: group.tally.bytes,
        })
        .collect()
}

fn not_listed(account: &Account) -> Vec<NotListed> {
    let notes = account.notes.iter();
    notes
        .map(|note| NotListed {
            path: shown_path(&note.path.to_string()),
            reason: note.reason.as_str(),
            detail: note.detail.clone(),
        })
        .collect()
}
