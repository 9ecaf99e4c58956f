//! Reading what lies outside: contexts and Dockerfiles that leave the root, secrets that are copied.

use std::collections::BTreeMap;

use plimsoll_chain::Unit;
use plimsoll_model::{RootPath, Span};

use super::{Built, Ended, Probe, Trial, named, one_line};
use crate::attack::Escape;
use crate::builders::Failure;
use crate::evidence::Search;
use crate::probe::{Keep, Parts, plain};
use crate::report::{Evidence, EvidenceKind};
use crate::scene::Ground;

/// Instructions of one Dockerfile that are tried.
const MAX_COPIES: usize = 8;

/// Whether an instruction of ours is tried when none of the repository's takes the canary.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ours {
    Too,
    Not,
}

/// A Dockerfile to try, and how it differs from the repository's.
struct Candidate {
    text: String,
    changed: Vec<String>,
}

impl Trial<'_> {
    /// A context outside the root: its canaries are in the image.
    pub(super) fn context(&mut self, escape: &Escape<'_>) -> Result<Ended, Failure> {
        let ground = self.scene.outside(escape.field, escape.outside)?;
        let unit = escape.build.dockerfile_unit();
        let unit = unit.and_then(|unit| self.chain.unit(unit));
        let candidates = self.copies(unit, None, Ours::Too);
        let args = self.passed(escape.build);
        self.read(&ground, unit, candidates, &args, &BTreeMap::new())
    }

    /// A secret of the context: a canary in its place is in the image.
    pub(super) fn secret_file(
        &mut self,
        unit: &Unit,
        context: &RootPath,
        file: &RootPath,
        at: Option<Span>,
    ) -> Result<Ended, Failure> {
        let ground = self.scene.inside(context)?;
        let Some(file) = file.strip_prefix(context).and_then(RootPath::new) else {
            let why = "the file does not stand in the context";
            return Ok(Ended::Impossible(why.to_owned()));
        };
        let token = format!("{}-secret\n", self.scene.token());
        let changed = format!("`{file}` holds a canary");
        let replaced = BTreeMap::from([(file, token.into_bytes())]);
        let mut candidates = self.copies(Some(unit), at, Ours::Not);
        for candidate in &mut candidates {
            candidate.changed.push(changed.clone());
        }
        self.read(&ground, Some(unit), candidates, &[], &replaced)
    }

    /// Dockerfiles that copy from the context: one for each instruction of the repository's that does, then, where
    /// whoever writes the Dockerfile could add one, an instruction of ours.
    fn copies(&self, unit: Option<&Unit>, at: Option<Span>, ours: Ours) -> Vec<Candidate> {
        let label = self.label();
        let mut candidates = Vec::new();
        if let Some(unit) = unit
            && let Some(parts) = Parts::of(unit)
        {
            for (stage, index) in parts.context_copies() {
                let Some(instruction) = parts.instruction(index) else {
                    continue;
                };
                let here = unit.label(instruction.span).span;
                let is_meant = at.is_none_or(|at| here.is_some_and(|here| holds(here, at)));
                if !is_meant || candidates.len() >= MAX_COPIES {
                    continue;
                }
                let copy = parts.text(instruction);
                let mut lines = parts.before(stage, index, Keep::Settings);
                let changed = format!(
                    "of {}, `{}` and the variables before it are kept; the base image{} left out, because reading needs nothing that runs",
                    named(unit),
                    one_line(&copy),
                    if parts.has_commands() {
                        " and every RUN are"
                    } else {
                        " is"
                    },
                );
                lines.push(copy);
                candidates.push(Candidate {
                    text: parts.dockerfile("scratch", &label, &lines),
                    changed: vec![changed],
                });
            }
        }
        if ours == Ours::Too {
            let copy = "COPY . /plimsoll-context".to_owned();
            candidates.push(Candidate {
                text: plain("scratch", &label, std::slice::from_ref(&copy)),
                changed: vec![format!(
                    "`{copy}` stands for the Dockerfile, whose own instructions do not take the canary"
                )],
            });
        }
        candidates
    }

    /// Builds each candidate until a canary is found.
    fn read(
        &mut self,
        ground: &Ground,
        unit: Option<&Unit>,
        candidates: Vec<Candidate>,
        args: &[(String, String)],
        replaced: &BTreeMap<RootPath, Vec<u8>>,
    ) -> Result<Ended, Failure> {
        let mut refusal = None;
        for candidate in candidates {
            let probe = Probe {
                ground,
                dockerfile: unit.map(|unit| &unit.artifact.path),
                text: candidate.text,
                args: args.to_vec(),
                extra: Vec::new(),
                replaced: replaced.clone(),
                runs: false,
                start: false,
            };
            let mut changed = ground.changed.clone();
            changed.extend(candidate.changed);
            let reason = match self.build(&probe, &[])? {
                Built::Image(search) if !search.hits.is_empty() => {
                    let look = format!("grep -rF {} \"$work/image\"", self.scene.token());
                    return Ok(Ended::Proved {
                        evidence: read(&search),
                        repeat: self.repeat(&probe, &look),
                        changed,
                    });
                }
                Built::Image(_) => "it builds, but no canary is in the image".to_owned(),
                Built::Refused(why) => why,
            };
            refusal.get_or_insert(Ended::Refused { reason, changed });
        }
        let none = || Ended::Impossible("no instruction copies from the context".to_owned());
        Ok(refusal.unwrap_or_else(none))
    }

    /// A Dockerfile outside the root: what it says is done.
    pub(super) fn dockerfile(&mut self, escape: &Escape<'_>) -> Result<Ended, Failure> {
        let folder = match escape.build.context.inside() {
            Some(folder) => self.scene.inside(folder)?,
            None => self.scene.inside(&RootPath::root())?,
        };
        let token = format!("{}-dockerfile", self.scene.token());
        let text = plain("scratch", &self.label(), &[format!("COPY . /{token}")]);
        let planted = self.scene.plant_file(escape.outside, text.as_bytes())?;
        let written = escape.field.value.text();
        let written = written.unwrap_or_else(|| escape.field.value.raw.clone());
        let naive = self
            .scene
            .root()
            .join(escape.field.base.as_str())
            .join(&written);
        let mut changed = vec![format!(
            "a Dockerfile of ours stands at `{}`",
            escape.outside.resolves_to
        )];
        // What a call without checks opens is the value as it is, joined to its folder. It is not opened here: its links
        // are a stranger's, and what stands at the planted file is known.
        if std::fs::canonicalize(&naive).ok() != Some(planted) {
            changed.push("it is opened where the value is resolved to".to_owned());
        }
        let probe = Probe {
            ground: &folder,
            dockerfile: None,
            text,
            args: Vec::new(),
            extra: Vec::new(),
            replaced: BTreeMap::new(),
            runs: false,
            start: false,
        };
        match self.build(&probe, &[])? {
            Built::Image(search) if !search.hits.is_empty() => {
                let look = format!("ls -d \"$work/image/{token}\"");
                Ok(Ended::Proved {
                    evidence: read(&search).into_iter().take(1).collect(),
                    repeat: self.repeat(&probe, &look),
                    changed,
                })
            }
            Built::Image(_) => Ok(Ended::Refused {
                reason: "it builds, but not by that Dockerfile".to_owned(),
                changed,
            }),
            Built::Refused(reason) => Ok(Ended::Refused { reason, changed }),
        }
    }
}

fn holds(outer: Span, inner: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// The hits as evidence: those that look like secrets first.
fn read(search: &Search) -> Vec<Evidence> {
    let mut hits: Vec<_> = search.hits.iter().collect();
    hits.sort_by_key(|hit| !hit.path.ends_with("config.json"));
    let evidence = hits.into_iter().map(|hit| Evidence {
        kind: EvidenceKind::Read,
        path: hit.path.clone(),
        token: Some(hit.token.clone()),
        before: None,
        after: hit.digest.clone(),
        value: None,
    });
    evidence.collect()
}
