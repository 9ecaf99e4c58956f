//! Reports to render in tests.

use std::collections::BTreeMap;

use plimsoll_model::*;

pub(crate) static RULE: RuleInfo = RuleInfo {
    id: "context-escapes-repository",
    former_ids: &["context-escape"],
    title: "build context leaves the repository",
    stage: Stage::Build,
    severity: Severity::Critical,
    confidence: Confidence::High,
    level: plimsoll_model::Level::Default,
    aliases: &["trivy:X"],
    references: &["CWE-22", "CICD-SEC-4"],
    page: "# context-escapes-repository\n\n## What it finds\n\nA build context\noutside.\n\n- one `item` that is long enough to be wrapped at the width of a terminal, because it goes on and on\n- two\n\n## Bad\n\n```yaml path=smithery.yaml\nbuild:\n  dockerBuildPath: ../../\n# ^ finding\n```\n\n## Limits\n\nNone.\n",
};

const SMITHERY: &str = "build:\n  dockerfile: Dockerfile\n  dockerBuildPath: ../../\n";
const DOCKERFILE: &str = "FROM node:22\nWORKDIR /app\nCOPY . /app\n";

/// The place of `needle` in `text`, with the lines around it.
pub(crate) fn at(path: &str, text: &str, needle: &str) -> Location {
    let start = text.find(needle).unwrap();
    let lines = LineIndex::new(text);
    let position = |byte: usize| lines.position(text, byte as u32);
    Location {
        path: path.to_owned(),
        origin: "file".to_owned(),
        object: None,
        within: None,
        member: None,
        start: Some(position(start)),
        end: Some(position(start + needle.len())),
        root_path: path.to_owned(),
        root: ".".into(),
        excerpt: Some(Excerpt {
            first_line: 1,
            first_byte: 0,
            text: text.to_owned(),
        }),
    }
}

fn finding(rule: &RuleInfo, location: Location, message: &str) -> ReportFinding {
    ReportFinding {
        rule: rule.id.to_owned(),
        title: rule.title.to_owned(),
        stage: rule.stage,
        severity: rule.severity,
        confidence: rule.confidence,
        level: rule.level,
        message: message.to_owned(),
        location,
        related: Vec::new(),
        flow: Vec::new(),
        witness: None,
        aliases: Vec::new(),
        references: rule.references.iter().map(|id| (*id).to_owned()).collect(),
        secret: None,
        fixes: Vec::new(),
        fingerprint: "1:00112233445566778899aabbccddeeff".to_owned(),
        status: Status::New,
        reason: None,
    }
}

fn report(findings: Vec<ReportFinding>) -> Report {
    let mut by_severity = BTreeMap::new();
    for found in findings.iter().filter(|found| found.status == Status::New) {
        *by_severity.entry(found.severity).or_insert(0) += 1;
    }
    Report {
        schema: "plimsoll/report/1".to_owned(),
        tool: ToolInfo {
            name: "plimsoll".to_owned(),
            version: "0.1.0".to_owned(),
        },
        targets: vec![Target {
            target: ".".to_owned(),
            root: ".".to_owned(),
        }],
        findings,
        errors: Vec::new(),
        coverage: Coverage {
            searched: 0,
            audited: BTreeMap::from([("dockerfile".to_owned(), 1), ("smithery".to_owned(), 1)]),
            skipped: Vec::new(),
        },
        secrets: None,
        verdict: Verdict {
            exit: 1,
            by_severity,
        },
        rules: vec![&RULE],
    }
}

/// One field of a manifest that carries the context two folders up, with everything a finding can have.
pub(crate) fn incident() -> Report {
    let field = at("smithery.yaml", SMITHERY, "../../");
    let copy = at("Dockerfile", DOCKERFILE, "COPY . /app");
    let mut found = finding(
        &RULE,
        field.clone(),
        "`build.dockerBuildPath` in smithery.yaml is `../../`, two folders above the repository, so the builder reads the home directory of its own user and `COPY . /app` puts it into the image. Set it to `.`.",
    );
    let step = |location: &Location, message: &str| ReportFlowStep {
        location: location.clone(),
        message: message.to_owned(),
        control: Control::Anyone,
    };
    found.flow = vec![
        step(&field, "the manifest says where the build context is"),
        step(&copy, "the whole context is copied into the image"),
    ];
    found.related = vec![ReportRelated {
        location: at("Dockerfile", DOCKERFILE, "FROM node:22"),
        message: "the image everything is copied into".to_owned(),
    }];
    found.witness = Some(incident_witness());
    found.fixes = vec![incident_fix()];
    found.aliases = vec!["trivy:X".to_owned()];
    let mut ignored = finding(&RULE, at("Dockerfile", DOCKERFILE, "FROM"), "again");
    ignored.status = Status::Ignored;
    ignored.reason = Some("builds in a sandbox (ana)".to_owned());
    let mut whole = finding(
        &RULE,
        at("Dockerfile", DOCKERFILE, "FROM"),
        "The file lacks something.",
    );
    whole.location.start = None;
    whole.location.end = None;
    whole.location.excerpt = None;
    whole.severity = Severity::Low;
    whole.confidence = Confidence::Low;
    report(vec![found, whole, ignored])
}

fn incident_witness() -> Witness {
    Witness {
        kind: WitnessKind::PathEscape,
        input: "../../".to_owned(),
        resolves_to: "../..".to_owned(),
        levels: 2,
        builders: BTreeMap::from([
            (Builder::Buildkit, BuilderOutcome::Escapes),
            (Builder::Classic, BuilderOutcome::Escapes),
            (Builder::Kaniko, BuilderOutcome::Refuses),
        ]),
        reaches: vec![
            Reach {
                what: ReachedThing::Home,
                access: Access::Read,
            },
            Reach {
                what: ReachedThing::ParentOfRoot,
                access: Access::Read,
            },
        ],
    }
}

fn incident_fix() -> ReportedFix {
    let start = SMITHERY.find("../../").unwrap() as u32;
    ReportedFix {
        title: "build in the repository".to_owned(),
        safety: Safety::Safe,
        edits: vec![ReportedEdit {
            path: "smithery.yaml".to_owned(),
            start,
            end: start + 6,
            text: ".".to_owned(),
            create: false,
            root_path: "smithery.yaml".to_owned(),
        }],
    }
}

/// Text that tries to take over whatever shows it.
pub(crate) const HOSTILE: &str =
    "\u{1b}[31m\u{202e}\r\n::error::own,ed:%0A<script>[a](http://b.c)\u{7}\u{e0041}é";

/// A report that is hostile everywhere text from outside can stand.
pub(crate) fn hostile() -> Report {
    let source = format!("x {HOSTILE} y\n\u{2066}z\n");
    let mut location = at("p", &source, HOSTILE);
    location.path = HOSTILE.to_owned();
    location.root_path = HOSTILE.to_owned();
    let mut found = finding(&RULE, location.clone(), HOSTILE);
    found.title = HOSTILE.to_owned();
    found.flow = vec![ReportFlowStep {
        location: location.clone(),
        message: HOSTILE.to_owned(),
        control: Control::Contributor,
    }];
    found.related = vec![ReportRelated {
        location: location.clone(),
        message: HOSTILE.to_owned(),
    }];
    found.witness = Some(Witness {
        kind: WitnessKind::CommandInjection,
        input: HOSTILE.to_owned(),
        resolves_to: HOSTILE.to_owned(),
        levels: 0,
        builders: BTreeMap::from([(Builder::Buildkit, BuilderOutcome::Reaches)]),
        reaches: vec![Reach {
            what: ReachedThing::BuildShell,
            access: Access::Execute,
        }],
    });
    let edit = ReportedEdit {
        path: HOSTILE.to_owned(),
        start: location.start.unwrap().byte,
        end: location.end.unwrap().byte,
        text: HOSTILE.to_owned(),
        create: false,
        root_path: HOSTILE.to_owned(),
    };
    found.fixes = vec![ReportedFix {
        title: HOSTILE.to_owned(),
        safety: Safety::Unsafe,
        edits: vec![edit],
    }];
    found.reason = Some(HOSTILE.to_owned());
    let mut known = found.clone();
    known.status = Status::Known;
    let mut report = report(vec![found, known]);
    report.errors = vec![ReportError {
        kind: ErrorKind::TargetUnreadable,
        rule: None,
        path: Some(HOSTILE.to_owned()),
        message: HOSTILE.to_owned(),
    }];
    report.coverage.skipped = vec![Skipped {
        path: HOSTILE.to_owned(),
        reason: SkipReason::Bound,
        detail: HOSTILE.to_owned(),
    }];
    report
}

/// Fails where `shown` holds a character that could steer a terminal or reorder text.
pub(crate) fn assert_inert(shown: &str) {
    let found = shown
        .chars()
        .find(|character| *character != '\n' && is_hostile(*character));
    assert_eq!(found, None, "{shown}");
}

/// A report whose only finding, with a fix, is at bytes `start..end` of a file of which `text` is the part from
/// `first_byte` on, whether that fits or not.
pub(crate) fn anywhere(text: &str, first_byte: u32, start: u32, end: u32) -> Report {
    let lines = LineIndex::new(text);
    let mut found = finding(&RULE, at("p", "x", "x"), "m");
    found.location.start = Some(lines.position(text, start));
    found.location.end = Some(lines.position(text, end));
    found.location.excerpt = Some(Excerpt {
        first_line: 1,
        first_byte,
        text: text.to_owned(),
    });
    let mut fix = incident_fix();
    for edit in &mut fix.edits {
        edit.path = "p".to_owned();
        (edit.start, edit.end) = (start, end);
    }
    found.fixes = vec![fix];
    found.flow = vec![ReportFlowStep {
        location: found.location.clone(),
        message: "m".to_owned(),
        control: Control::Anyone,
    }];
    report(vec![found])
}

/// A credential in each kind of place that is no file of the tree, and one that is in a file; hostile where it can be.
pub(crate) fn credentials(text: &str) -> Report {
    let history = |holder, commit: Option<&str>| HistoryPlace {
        holder,
        commit: commit.map(str::to_owned),
        author: Some(text.to_owned()),
        object: "89abcdef0123456789abcdef0123456789abcdef".to_owned(),
        refs: vec![text.to_owned()],
        ..HistoryPlace::default()
    };
    let image = |layer: Option<&str>| ImagePlace {
        image: text.to_owned(),
        layer: layer.map(str::to_owned),
        created_by: Some(text.to_owned()),
        ..ImagePlace::default()
    };
    let commit = Some("0123456789abcdef0123456789abcdef01234567");
    let places = [
        (Holder::Source, None, None),
        (
            Holder::History,
            Some(history(HistoryHolder::File, commit)),
            None,
        ),
        (
            Holder::History,
            Some(history(HistoryHolder::CommitMessage, commit)),
            None,
        ),
        (
            Holder::History,
            Some(history(HistoryHolder::TagMessage, None)),
            None,
        ),
        (
            Holder::History,
            Some(history(HistoryHolder::File, None)),
            None,
        ),
        (Holder::ImageLayer, None, Some(image(Some("sha256:00")))),
        (Holder::ImageConfiguration, None, Some(image(None))),
    ];
    let one = |(holder, history, image)| {
        let source = format!("key = {text}\n");
        let mut found = finding(&RULE, at("a/key.py", &source, text), text);
        found.secret = Some(SecretFacts {
            form: "example-token".to_owned(),
            provider: text.to_owned(),
            name: text.to_owned(),
            shown: "ex… (40 characters)".to_owned(),
            holder,
            tracked: None,
            facts: Vec::new(),
            history,
            image,
        });
        found
    };
    let mut report = report(places.map(one).into_iter().collect());
    let mut summary = SecretSummary::default();
    for secret in report
        .findings
        .iter()
        .filter_map(|found| found.secret.as_ref())
    {
        summary.add(&secret.provider, secret.holder);
    }
    summary.credentials = 1;
    report.secrets = Some(summary);
    report
}
