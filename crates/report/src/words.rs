//! The words a reader meets for the values of the model.

use plimsoll_model::{
    Access, BuilderOutcome, Control, HistoryHolder, Location, Reach, ReachedThing, ReportFinding,
    Severity, Witness, WitnessKind,
};

/// `path:line:column`, or the path alone.
pub(crate) fn place(location: &Location) -> String {
    at(&path(location), location)
}

/// The path, with that in an archive behind a `!`.
fn path(location: &Location) -> String {
    match &location.member {
        Some(member) => format!("{}!/{member}", location.path),
        None => location.path.clone(),
    }
}

/// The same of where a finding is.
pub(crate) fn finding_place(finding: &ReportFinding) -> String {
    at(&finding_path(finding), &finding.location)
}

fn at(path: &str, location: &Location) -> String {
    match location.start {
        Some(start) => format!("{path}:{}:{}", start.line, start.column),
        None => path.to_owned(),
    }
}

/// The path of where a finding is. What stands in a history is named as git takes it, `git show COMMIT:PATH`.
pub(crate) fn finding_path(finding: &ReportFinding) -> String {
    let path = path(&finding.location);
    let secret = finding.secret.as_ref();
    let history = secret.and_then(|secret| secret.history.as_ref());
    let Some(place) = history else {
        return path;
    };
    let short = |id: &str| id.chars().take(12).collect::<String>();
    match (place.holder, &place.commit) {
        (HistoryHolder::CommitMessage, Some(commit)) => {
            format!("commit {} (message)", short(commit))
        }
        (HistoryHolder::File, Some(commit)) => {
            format!("{}:{path}", short(commit))
        }
        (HistoryHolder::TagMessage, _) => format!("tag {} (message)", short(&place.object)),
        (_, None) => short(&place.object),
    }
}

/// Who is meant, as the subject of "can set this".
pub(crate) fn who(control: Control) -> &'static str {
    match control {
        Control::Anyone => "anyone",
        Control::Contributor => "a contributor",
        Control::Maintainer => "a maintainer",
        Control::Platform => "the platform",
    }
}

/// What a builder does with the input.
pub(crate) fn outcome(outcome: BuilderOutcome, kind: WitnessKind) -> &'static str {
    match outcome {
        BuilderOutcome::Escapes => "escapes the root",
        BuilderOutcome::Reaches => match kind {
            WitnessKind::CommandInjection => "runs it",
            WitnessKind::OptionInjection => "passes it on as an option",
            WitnessKind::ImageChoice => "pulls that image",
            WitnessKind::UrlChoice => "fetches it",
            WitnessKind::SecretExposure => "gives it away",
            WitnessKind::PathEscape | WitnessKind::PathChoice => "uses that path",
        },
        BuilderOutcome::Clamps => "cuts the path back to the context",
        BuilderOutcome::Refuses => "refuses, the build fails",
        BuilderOutcome::Unknown => "not known",
    }
}

/// What becomes reachable, one phrase; empty where nothing does.
pub(crate) fn reaches(reaches: &[Reach]) -> String {
    let accesses = [
        (Access::Read, "read access to"),
        (Access::Write, "write access to"),
        (Access::Execute, "commands in"),
    ];
    let phrase = |(access, words): (Access, &str)| {
        let those = reaches.iter().filter(|reach| reach.access == access);
        let things: Vec<&str> = those.map(|reach| thing(reach.what)).collect();
        (!things.is_empty()).then(|| format!("{words} {}", things.join(", ")))
    };
    let phrases: Vec<String> = accesses.into_iter().filter_map(phrase).collect();
    phrases.join("; ")
}

fn thing(what: ReachedThing) -> &'static str {
    match what {
        ReachedThing::ParentOfRoot => "the folder above the root",
        ReachedThing::Home => "the home directory",
        ReachedThing::FilesystemRoot => "the whole file system",
        ReachedThing::Repository => "any file of the repository",
        ReachedThing::Context => "the build context",
        ReachedThing::Image => "the image",
        ReachedThing::BuildShell => "the shell of the build",
        ReachedThing::Network => "the network",
    }
}

/// What the input resolves to, with how far up that is.
pub(crate) fn resolution(witness: &Witness) -> String {
    match witness.levels {
        0 => witness.resolves_to.clone(),
        1 => format!("{} (1 directory above the root)", witness.resolves_to),
        levels => format!(
            "{} ({levels} directories above the root)",
            witness.resolves_to
        ),
    }
}

/// The builders grouped by what they do, in the order of the builders.
pub(crate) fn outcomes(witness: &Witness) -> Vec<(String, &'static str)> {
    let mut groups: Vec<(String, &'static str)> = Vec::new();
    for (builder, result) in &witness.builders {
        let words = outcome(*result, witness.kind);
        match groups.iter_mut().find(|(_, known)| *known == words) {
            Some((names, _)) => {
                names.push_str(", ");
                names.push_str(builder.as_str());
            }
            None => groups.push((builder.as_str().to_owned(), words)),
        }
    }
    groups
}

/// The level other formats sort by.
pub(crate) fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium | Severity::Low => "warning",
        Severity::Info => "note",
    }
}
