//! Values given to a build argument: files chosen and replaced, images chosen, commands run.

use std::collections::BTreeMap;

use plimsoll_chain::sink::{ArgumentSink, SinkKind};
use plimsoll_chain::{Build, Unit};
use plimsoll_model::RootPath;
use plimsoll_parse::dockerfile::{Body, Instruction};

use super::{Built, Ended, Probe, Trial, named, one_line};
use crate::builders::Failure;
use crate::context_tar::Extra;
use crate::evidence::Search;
use crate::probe::{Keep, Parts, copied};
use crate::report::{Evidence, EvidenceKind};
use crate::scene::Ground;

/// A value nobody means harm with.
const USUAL: &str = "plimsoll-usual";
/// Files of an image that a build relies on.
const VICTIMS: [&str; 2] = ["/app/package.json", "/usr/local/bin/docker-entrypoint.sh"];
/// What an injected command writes.
const EXECUTED: &str = "/plimsoll-executed";
/// Where a stand-in notes its arguments.
const ARGUMENTS: &str = "/plimsoll-arguments";
/// Builds of one attempt.
const MAX_BUILDS: usize = 16;

/// What every build of an attempt on an argument has in common.
struct Subject<'a> {
    parts: Parts<'a>,
    unit: &'a Unit,
    sink: &'a ArgumentSink,
    instruction: &'a Instruction,
    ground: Ground,
    /// What the repository's own build passes, the argument itself aside.
    passed: Vec<(String, String)>,
}

impl<'a> Subject<'a> {
    fn probe(&self, text: String, value: Option<&str>, extra: Vec<Extra>) -> Probe<'_> {
        let mut args = self.passed.clone();
        args.extend(value.map(|value| (self.sink.argument.clone(), value.to_owned())));
        Probe {
            ground: &self.ground,
            dockerfile: Some(&self.unit.artifact.path),
            text,
            args,
            extra,
            replaced: BTreeMap::new(),
            runs: matches!(self.instruction.body, Body::Run(_)),
            start: matches!(self.sink.kind, SinkKind::Entrypoint { .. }),
        }
    }

    /// What the argument is where nobody means harm.
    fn usual(&self) -> Option<&'static str> {
        (!self.parts.has_default(&self.sink.argument)).then_some(USUAL)
    }

    fn kept(&self, what: &str) -> String {
        format!(
            "of {}, `{}` and {what} before it are kept; the base image and what else it does are left out",
            named(self.unit),
            one_line(&self.parts.text(self.instruction)),
        )
    }
}

impl Trial<'_> {
    pub(super) fn argument(
        &mut self,
        build: &Build,
        unit: &Unit,
        sink: &ArgumentSink,
    ) -> Result<Ended, Failure> {
        let Some(parts) = Parts::of(unit) else {
            return Ok(Ended::Impossible("its Dockerfile is not read".to_owned()));
        };
        let Some(instruction) = parts.instruction(sink.index) else {
            return Ok(Ended::Impossible("its instruction is not read".to_owned()));
        };
        let root = RootPath::root();
        let ground = self.scene.inside(build.context.inside().unwrap_or(&root))?;
        let mut passed = self.passed(build);
        passed.retain(|(name, _)| *name != sink.argument);
        let subject = Subject {
            parts,
            unit,
            sink,
            instruction,
            ground,
            passed,
        };
        match &sink.kind {
            SinkKind::CopySource => self.source(&subject),
            SinkKind::CopyDestination | SinkKind::Workdir => self.destination(&subject),
            SinkKind::BaseImage { .. } => self.image(&subject),
            SinkKind::WrittenFile => self.written(&subject),
            SinkKind::Command { .. } | SinkKind::Entrypoint { .. } => self.command(&subject),
            SinkKind::Option { command, .. } | SinkKind::UnquotedWord { command } => {
                self.option(&subject, command)
            }
            _ => Ok(Ended::Impossible(
                "no way to reproduce it is known".to_owned(),
            )),
        }
    }

    /// A file of the context that nobody meant is copied.
    fn source(&mut self, subject: &Subject<'_>) -> Result<Ended, Failure> {
        let folder = self.own_folder();
        let secret = format!("{folder}/secret");
        let extra = vec![Extra {
            path: secret.clone(),
            bytes: format!("{}-chosen\n", self.scene.token()).into_bytes(),
            mode: 0o644,
        }];
        let (stage, index) = (subject.sink.stage, subject.sink.index);
        let mut lines = subject.parts.before(stage, index, Keep::Settings);
        lines.push(subject.parts.text(subject.instruction));
        let text = subject.parts.dockerfile("scratch", &self.label(), &lines);
        let changed = vec![
            subject.kept("the variables"),
            format!("the context holds a canary at `{secret}`"),
        ];
        let usual = subject.probe(text.clone(), subject.usual(), extra.clone());
        if let Built::Image(search) = self.build(&usual, &[])?
            && !search.hits.is_empty()
        {
            let reason = "the canary is copied whatever the value is".to_owned();
            return Ok(Ended::Refused { reason, changed });
        }
        let values = (0..4).map(|up| format!("{}{secret}", "../".repeat(up)));
        let look = format!("grep -rF {} \"$work/image\"", self.scene.token());
        let found = |search: &Search, value: &str| {
            let hits = search.hits.iter();
            let hits = hits.map(|hit| Evidence {
                kind: EvidenceKind::Read,
                path: hit.path.clone(),
                token: Some(hit.token.clone()),
                before: None,
                after: hit.digest.clone(),
                value: Some(value.to_owned()),
            });
            hits.collect()
        };
        self.values(
            subject,
            &text,
            &extra,
            values.collect(),
            &[],
            &look,
            changed,
            &found,
        )
    }

    /// A file that the image relies on is replaced by what is copied.
    fn destination(&mut self, subject: &Subject<'_>) -> Result<Ended, Failure> {
        let (stage, index) = (subject.sink.stage, subject.sink.index);
        let own = subject.parts.text(subject.instruction);
        let payload = format!("{}/package.json", self.own_folder());
        let replaced = match (&subject.instruction.body, copied(subject.instruction)) {
            (Body::Workdir(_), _) => format!("{own}\nCOPY {payload} package.json"),
            (Body::Copy(transfer) | Body::Add(transfer), _) => {
                let to = transfer
                    .destination
                    .as_ref()
                    .map_or("", |word| word.as_str());
                format!("COPY {payload} {to}")
            }
            _ => own.clone(),
        };
        let before = subject.parts.before(stage, index, Keep::Settings);
        let attempts = [
            (own, vec![subject.kept("the variables")]),
            (
                replaced,
                vec![
                    subject.kept("the variables"),
                    format!("a file of ours, `{payload}`, is what is copied"),
                ],
            ),
        ];
        let mut ended = None;
        for (line, changed) in attempts {
            let mut lines = before.clone();
            lines.push(line);
            let tried = self.replace("scratch", subject, lines, Vec::new(), changed)?;
            if matches!(tried, Ended::Proved { .. }) {
                return Ok(tried);
            }
            ended = Some(tried);
        }
        Ok(ended.unwrap_or_else(|| Ended::Impossible("it copies nothing".to_owned())))
    }

    /// A file that the image relies on is replaced by what a command writes.
    fn written(&mut self, subject: &Subject<'_>) -> Result<Ended, Failure> {
        let (lines, extra, changed) = match self.running(subject, None) {
            Ok(running) => running,
            Err(why) => return Ok(Ended::Impossible(why)),
        };
        self.replace("scratch", subject, lines, extra, changed)
    }

    /// Builds with the usual value and with values that lead to a victim, and compares the victims.
    fn replace(
        &mut self,
        base: &str,
        subject: &Subject<'_>,
        lines: Vec<String>,
        mut extra: Vec<Extra>,
        mut changed: Vec<String>,
    ) -> Result<Ended, Failure> {
        let folder = self.own_folder();
        let mut victims: Vec<String> = VICTIMS.map(str::to_owned).to_vec();
        let source = source_name(subject.instruction).map(|name| format!("/app/{name}"));
        victims.extend(source.filter(|name| !VICTIMS.contains(&name.as_str())));
        for victim in &victims {
            extra.push(Extra {
                path: format!("{folder}/victims{victim}"),
                bytes: b"{\"name\": \"what the image relies on\"}\n".to_vec(),
                mode: 0o755,
            });
        }
        extra.push(Extra {
            path: format!("{folder}/package.json"),
            bytes: format!("{{\"name\": \"{}-replaced\"}}\n", self.scene.token()).into_bytes(),
            mode: 0o755,
        });
        changed.push(format!(
            "the image holds `{}` beforehand",
            victims.join("`, `")
        ));
        let mut all = vec![format!("COPY {folder}/victims/ /")];
        all.extend(lines);
        let text = subject.parts.dockerfile(base, &self.label(), &all);
        let usual = subject.probe(text.clone(), subject.usual(), extra.clone());
        let before = match self.build(&usual, &victims)? {
            Built::Image(search) => search.digests,
            Built::Refused(reason) => return Ok(Ended::Refused { reason, changed }),
        };
        let word = subject.sink.word.slice(&subject.unit.artifact.text);
        let prefix = around_variable(word, &subject.sink.argument);
        let values = victim_values(&victims, prefix.map_or("", |(prefix, _)| prefix));
        let found = |search: &Search, value: &str| {
            let changed = victims.iter().filter_map(|victim| {
                let (was, is) = (before.get(victim)?, search.digests.get(victim)?);
                (was != is).then(|| Evidence {
                    kind: EvidenceKind::Replaced,
                    path: victim.clone(),
                    token: None,
                    before: Some(was.clone()),
                    after: is.clone(),
                    value: Some(value.to_owned()),
                })
            });
            changed.collect()
        };
        let look = "sha256sum \"$work\"/image/app/* \"$work\"/image/usr/local/bin/*";
        self.values(
            subject, &text, &extra, values, &victims, look, changed, &found,
        )
    }

    /// An image of an outsider's is what is built on.
    fn image(&mut self, subject: &Subject<'_>) -> Result<Ended, Failure> {
        if !matches!(subject.instruction.body, Body::From { .. }) {
            let why = "only an image that is built on is tried";
            return Ok(Ended::Impossible(why.to_owned()));
        }
        let word = subject.sink.word.slice(&subject.unit.artifact.text);
        let Some((prefix, suffix)) = around_variable(word, &subject.sink.argument) else {
            let why = "the name is put together from more than one variable";
            return Ok(Ended::Impossible(why.to_owned()));
        };
        let short = self.run.rsplit('-').next().unwrap_or_default();
        let value = image_value(prefix, suffix, short);
        let name = format!("{prefix}{value}{suffix}");
        let token = format!("{}-image\n", self.scene.token());
        match self
            .bench
            .make_image(&name, "plimsoll-image", token.as_bytes())
        {
            None => {
                let why = "images are made for the engine's builders only";
                return Ok(Ended::Impossible(why.to_owned()));
            }
            Some(made) => made?,
        }
        let text = subject.parts.dockerfile(word, &self.label(), &[]);
        let probe = subject.probe(text, Some(&value), Vec::new());
        let built = self.build(&probe, &[]);
        self.bench.remove_image(&name);
        let changed = vec![
            format!("of {}, only `FROM {word}` is kept", named(subject.unit)),
            format!("an image of ours is called `{name}`"),
        ];
        Ok(match built? {
            Built::Image(search) if !search.hits.is_empty() => {
                let evidence = search.hits.iter().map(|hit| Evidence {
                    kind: EvidenceKind::Chosen,
                    path: hit.path.clone(),
                    token: Some(hit.token.clone()),
                    before: None,
                    after: hit.digest.clone(),
                    value: Some(value.clone()),
                });
                let look = format!("grep -rF {} \"$work/image\"", self.scene.token());
                let mut repeat = self.repeat(&probe, &look);
                // Behind the first, which makes `$work`.
                repeat.insert(
                    1,
                    format!(
                        "echo {} > \"$work/plimsoll-image\" && tar -c -C \"$work\" plimsoll-image | docker import - {}",
                        token.trim_end(),
                        crate::repeat::quoted(&name)
                    ),
                );
                Ended::Proved {
                    evidence: evidence.collect(),
                    changed,
                    repeat,
                }
            }
            Built::Image(_) => Ended::Refused {
                reason: "it builds, but not on the chosen image".to_owned(),
                changed,
            },
            Built::Refused(reason) => Ended::Refused { reason, changed },
        })
    }

    /// A command that nobody wrote into the Dockerfile runs.
    fn command(&mut self, subject: &Subject<'_>) -> Result<Ended, Failure> {
        let (lines, extra, changed) = match self.running(subject, None) {
            Ok(running) => running,
            Err(why) => return Ok(Ended::Impossible(why)),
        };
        let token = format!("{}-executed", self.scene.token());
        let command = format!("echo {token} > {EXECUTED}");
        let values = vec![
            format!("x; {command}; #"),
            format!("$({command})"),
            format!("x'; {command}; '"),
            format!("x\"; {command}; \""),
            format!("x && {command}"),
            command.clone(),
        ];
        let text = subject.parts.dockerfile("scratch", &self.label(), &lines);
        let wanted = [EXECUTED.to_owned()];
        let found = |search: &Search, value: &str| {
            let text = search
                .texts
                .get(EXECUTED)
                .filter(|text| text.trim() == token);
            let digest = search.digests.get(EXECUTED);
            let evidence = text.and(digest).map(|digest| Evidence {
                kind: EvidenceKind::Executed,
                path: EXECUTED.to_owned(),
                token: Some(token.clone()),
                before: None,
                after: digest.clone(),
                value: Some(value.to_owned()),
            });
            evidence.into_iter().collect()
        };
        let look = format!("cat \"$work/image{EXECUTED}\"");
        self.values(
            subject, &text, &extra, values, &wanted, &look, changed, &found,
        )
    }

    /// A value becomes an option of a command.
    fn option(&mut self, subject: &Subject<'_>, command: &str) -> Result<Ended, Failure> {
        let command = command.split_whitespace().next().unwrap_or(command);
        let (lines, extra, changed) = match self.running(subject, Some(command)) {
            Ok(running) => running,
            Err(why) => return Ok(Ended::Impossible(why)),
        };
        let option = format!("--plimsoll={}-option", self.scene.token());
        let values = vec![option.clone(), format!("x {option}")];
        let text = subject.parts.dockerfile("scratch", &self.label(), &lines);
        let wanted = [ARGUMENTS.to_owned()];
        let found = |search: &Search, value: &str| {
            let texts = search.texts.get(ARGUMENTS);
            let is_option = texts.is_some_and(|text| text.lines().any(|line| line == option));
            let digest = search.digests.get(ARGUMENTS).filter(|_| is_option);
            let evidence = digest.map(|digest| Evidence {
                kind: EvidenceKind::Executed,
                path: ARGUMENTS.to_owned(),
                token: Some(option.clone()),
                before: None,
                after: digest.clone(),
                value: Some(value.to_owned()),
            });
            evidence.into_iter().collect()
        };
        let look = format!("grep -Fx -e {option} \"$work/image{ARGUMENTS}\"");
        self.values(
            subject, &text, &extra, values, &wanted, &look, changed, &found,
        )
    }

    /// The lines of an attempt that runs the sink's instruction on the base that stands in, or why there is none.
    #[expect(
        clippy::type_complexity,
        reason = "lines, files and notes, taken apart at once"
    )]
    fn running(
        &self,
        subject: &Subject<'_>,
        recorded: Option<&str>,
    ) -> Result<(Vec<String>, Vec<Extra>, Vec<String>), String> {
        let own = subject.parts.text(subject.instruction);
        let base = crate::base::tar(&own, recorded).map_err(|error| error.to_string())?;
        let path = format!("{}/base.tar", self.own_folder());
        let mut lines = vec![format!("ADD {path} /"), "ENV PATH=/bin".to_owned()];
        let (stage, index) = (subject.sink.stage, subject.sink.index);
        lines.extend(subject.parts.before(stage, index, Keep::Settings));
        lines.push(own);
        let extra = vec![Extra {
            path,
            bytes: base,
            mode: 0o644,
        }];
        let mut changed = vec![
            subject.kept("the variables"),
            "a static shell stands for the base image; commands it lacks succeed and do nothing"
                .to_owned(),
        ];
        changed
            .extend(recorded.map(|command| {
                format!("a script that notes its arguments stands for `{command}`")
            }));
        Ok((lines, extra, changed))
    }

    /// Builds with each value until `found` sees evidence.
    #[expect(clippy::too_many_arguments, reason = "one loop for every kind of sink")]
    fn values(
        &mut self,
        subject: &Subject<'_>,
        text: &str,
        extra: &[Extra],
        values: Vec<String>,
        wanted: &[String],
        look: &str,
        changed: Vec<String>,
        found: &dyn Fn(&Search, &str) -> Vec<Evidence>,
    ) -> Result<Ended, Failure> {
        let mut refusal = None;
        for value in values.iter().take(MAX_BUILDS) {
            let probe = subject.probe(text.to_owned(), Some(value), extra.to_vec());
            match self.build(&probe, wanted)? {
                Built::Image(search) => {
                    let evidence = found(&search, value);
                    if !evidence.is_empty() {
                        return Ok(Ended::Proved {
                            evidence,
                            repeat: self.repeat(&probe, look),
                            changed,
                        });
                    }
                }
                Built::Refused(why) => {
                    refusal.get_or_insert(why);
                }
            }
        }
        let none = || "every value that was tried builds, and none has an effect".to_owned();
        let reason = refusal.unwrap_or_else(none);
        Ok(Ended::Refused { reason, changed })
    }
}

/// The name of the first file that is copied.
fn source_name(instruction: &Instruction) -> Option<String> {
    let source = copied(instruction)?.sources.first()?.as_str();
    let name = source.trim_end_matches('/').rsplit('/').next()?;
    let is_plain = !name.is_empty() && !name.contains(['*', '?', '[', '$', '\\', '.']);
    let has_suffix = name.contains('.') && name != "." && name != "..";
    let is_file = has_suffix && !name.contains(['*', '?', '[', '$', '\\']);
    (is_plain || is_file).then(|| name.to_owned())
}

/// Values that lead to a victim: the file and its folder, out of the folders that the text before the value names, and
/// out of some more where that text is relative.
fn victim_values(victims: &[String], prefix: &str) -> Vec<String> {
    let depth = prefix.split('/').filter(|name| !name.is_empty()).count();
    // A name that the value only continues is left first.
    let first = if prefix.is_empty() || prefix.ends_with('/') {
        ""
    } else {
        "x/"
    };
    let mut values = Vec::new();
    for more in [0, 1, 2, 7] {
        let up = match depth + more {
            0 => String::new(),
            ups => format!("{first}{}..", "../".repeat(ups - 1)),
        };
        for victim in victims {
            let folder = victim.rsplit_once('/').map_or("", |(folder, _)| folder);
            for value in [format!("{up}{victim}"), format!("{up}{folder}/")] {
                if !values.contains(&value) {
                    values.push(value);
                }
            }
        }
    }
    values
}

/// A value that makes the name of an image of ours.
fn image_value(prefix: &str, suffix: &str, short: &str) -> String {
    let last = prefix.rsplit('/').next().unwrap_or_default();
    if last.contains(':') {
        format!("plimsoll-{short}")
    } else if suffix.is_empty() {
        format!("plimsoll-prove-{short}:chosen")
    } else {
        format!("plimsoll-prove-{short}")
    }
}

/// What stands before and behind the one variable of `word`, which is `argument`.
fn around_variable<'a>(word: &'a str, argument: &str) -> Option<(&'a str, &'a str)> {
    let (prefix, rest) = word.split_once('$')?;
    let suffix = match rest.strip_prefix('{') {
        Some(inner) => {
            let (name, suffix) = inner.split_once('}')?;
            let name = name.split(':').next().unwrap_or(name);
            (name == argument).then_some(suffix)?
        }
        None => {
            let suffix = rest.strip_prefix(argument)?;
            let joins = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
            (!suffix.starts_with(joins)).then_some(suffix)?
        }
    };
    (!suffix.contains('$')).then_some((prefix, suffix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_climb_as_far_as_they_have_to() {
        let victims = ["/app/x".to_owned()];
        for (prefix, first) in [
            ("", "/app/x"),
            ("/opt/", "../app/x"),
            ("/opt/a-", "x/../../app/x"),
        ] {
            assert_eq!(victim_values(&victims, prefix)[0], first, "{prefix}");
        }
    }

    #[test]
    fn the_variable_is_taken_out_of_a_name() {
        for (word, parts) in [
            ("$BASE", Some(("", ""))),
            ("${BASE}", Some(("", ""))),
            ("${BASE:-node:22}", Some(("", ""))),
            ("node:${BASE}-slim", Some(("node:", "-slim"))),
            ("$BASES", None),
            ("$OTHER", None),
            ("$BASE:$TAG", None),
            ("node", None),
        ] {
            assert_eq!(around_variable(word, "BASE"), parts, "{word}");
        }
    }
}
