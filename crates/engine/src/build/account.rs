//! What a builder says, turned into events: the classic builder's lines, BuildKit's traces.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::lines::Lines;
use super::{BuildError, BuildEvent, BuildOutcome, EngineBuilder, LogStream};
use crate::trace::{self, Vertex};

/// Steps we keep account of; a Dockerfile with more goes on without.
const MOST_STEPS: usize = 100_000;

/// Where a build stands.
pub(super) struct Account {
    builder: EngineBuilder,
    lines: Lines,
    steps: u32,
    cached: u32,
    output: u64,
    image: Option<String>,
    failure: Option<String>,
    step: StepNow,
    /// BuildKit's steps by digest.
    vertices: BTreeMap<String, StepOf>,
    /// Images the classic builder says it made, as hexadecimal prefixes: hostile output can write the same words.
    pub(super) made: Vec<String>,
}

/// The classic builder's step.
#[derive(Default)]
struct StepNow {
    number: u32,
    name: String,
}

/// What was told of a step of BuildKit's.
#[derive(Default)]
struct StepOf {
    number: u32,
    name: String,
    started: bool,
    cached: bool,
    ended: bool,
}

impl Account {
    pub(super) fn new(builder: EngineBuilder) -> Account {
        Account {
            builder,
            lines: Lines::default(),
            steps: 0,
            cached: 0,
            output: 0,
            image: None,
            failure: None,
            step: StepNow::default(),
            vertices: BTreeMap::new(),
            made: Vec::new(),
        }
    }

    /// Bytes of output so far.
    pub(super) fn output(&self) -> u64 {
        self.output
    }

    /// Takes one message of the engine's.
    pub(super) fn take(&mut self, message: &Value, tell: &mut dyn FnMut(BuildEvent)) {
        if let Some(id) = message.pointer("/aux/ID").and_then(Value::as_str) {
            self.image = Some(id.to_owned());
        }
        if let Some(error) = error(message) {
            self.failure = Some(error);
        }
        let text = |key: &str| message.get(key).and_then(Value::as_str);
        match self.builder {
            EngineBuilder::Classic => {
                if let Some(stream) = text("stream") {
                    self.classic(stream, tell);
                }
            }
            EngineBuilder::BuildKit => {
                if text("id") == Some("moby.buildkit.trace")
                    && let Some(aux) = text("aux")
                    && let Ok(bytes) = STANDARD.decode(aux)
                {
                    self.buildkit(&trace::status(&bytes), tell);
                }
            }
        }
    }

    fn classic(&mut self, text: &str, tell: &mut dyn FnMut(BuildEvent)) {
        self.output += text.len() as u64;
        let line = text.trim_end();
        if let Some(name) = step_name(line) {
            self.end_classic_step(None, tell);
            self.steps += 1;
            self.step = StepNow {
                number: self.steps,
                name: name.to_owned(),
            };
            let (step, name) = (self.steps, name.to_owned());
            return tell(BuildEvent::StepStarted { step, name });
        }
        if line == " ---> Using cache" {
            self.cached += 1;
            let step = self.step.number;
            return tell(BuildEvent::StepCached { step });
        }
        if let Some(id) = line.strip_prefix(" ---> ").filter(|id| is_short_id(id)) {
            return self.made.push(id.to_owned());
        }
        let is_noise = line.starts_with(" ---> Running in ")
            || line.starts_with("Removing intermediate container ");
        if !is_noise && !text.is_empty() {
            let step = self.step.number;
            self.lines.push(step, LogStream::Out, text.as_bytes(), tell);
        }
    }

    fn end_classic_step(&mut self, error: Option<String>, tell: &mut dyn FnMut(BuildEvent)) {
        self.lines.flush(tell);
        let step = std::mem::take(&mut self.step.number);
        if step > 0 {
            tell(BuildEvent::StepEnded { step, error });
        }
    }

    fn buildkit(&mut self, status: &trace::Status, tell: &mut dyn FnMut(BuildEvent)) {
        for vertex in &status.vertices {
            self.vertex(vertex, tell);
        }
        for log in &status.logs {
            self.output += log.message.len() as u64;
            let step = self.vertices.get(&log.vertex).map_or(0, |step| step.number);
            let stream = if log.stream == 2 {
                LogStream::Error
            } else {
                LogStream::Out
            };
            self.lines.push(step, stream, &log.message, tell);
        }
    }

    fn vertex(&mut self, vertex: &Vertex, tell: &mut dyn FnMut(BuildEvent)) {
        if !self.vertices.contains_key(&vertex.digest) {
            if self.vertices.len() >= MOST_STEPS {
                return;
            }
            self.steps += 1;
            let step = StepOf {
                number: self.steps,
                name: vertex.name.clone(),
                ..StepOf::default()
            };
            self.vertices.insert(vertex.digest.clone(), step);
        }
        let Some(known) = self.vertices.get_mut(&vertex.digest) else {
            return;
        };
        let step = known.number;
        if (vertex.started || vertex.cached) && !std::mem::replace(&mut known.started, true) {
            let name = known.name.clone();
            tell(BuildEvent::StepStarted { step, name });
        }
        if vertex.cached && !std::mem::replace(&mut known.cached, true) {
            self.cached += 1;
            tell(BuildEvent::StepCached { step });
        }
        if vertex.completed && known.started && !std::mem::replace(&mut known.ended, true) {
            self.lines.flush(tell);
            let error = Some(vertex.error.clone()).filter(|error| !error.is_empty());
            if error.is_some() {
                self.step.name.clone_from(&known.name);
            }
            tell(BuildEvent::StepEnded { step, error });
        }
    }

    /// What came of it, once the engine has nothing more to say.
    pub(super) fn end(
        &mut self,
        tell: &mut dyn FnMut(BuildEvent),
    ) -> Result<BuildOutcome, BuildError> {
        let failure = self.failure.take();
        self.end_classic_step(failure.clone(), tell);
        if let Some(message) = failure {
            let step = Some(self.step.name.clone()).filter(|name| !name.is_empty());
            return Err(BuildError::Refused { step, message });
        }
        match self.image.take() {
            Some(image) => Ok(BuildOutcome {
                image,
                steps: self.steps,
                cached: self.cached,
                output: self.output,
            }),
            None => Err(crate::EngineError::Away(
                "it closed the connection before the build ended".to_owned(),
            )
            .into()),
        }
    }
}

fn error(message: &Value) -> Option<String> {
    let detail = message.pointer("/errorDetail/message");
    let said = detail.or_else(|| message.get("error"))?;
    said.as_str().map(str::to_owned)
}

/// The instruction in `Step 2/5 : COPY . .`.
fn step_name(line: &str) -> Option<&str> {
    let (numbers, name) = line.strip_prefix("Step ")?.split_once(" : ")?;
    let (number, of) = numbers.split_once('/')?;
    (number.parse::<u32>().is_ok() && of.parse::<u32>().is_ok()).then_some(name)
}

fn is_short_id(id: &str) -> bool {
    id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(
        builder: EngineBuilder,
        messages: &[Value],
    ) -> (Vec<BuildEvent>, Result<BuildOutcome, String>) {
        let mut account = Account::new(builder);
        let mut events = Vec::new();
        for message in messages {
            account.take(message, &mut |event| events.push(event));
        }
        let end = account.end(&mut |event| events.push(event));
        (events, end.map_err(|error| error.to_string()))
    }

    #[test]
    fn the_classic_builder_is_understood() {
        let (events, end) = told(
            EngineBuilder::Classic,
            &[
                json!({"stream": "Step 1/2 : FROM a"}),
                json!({"stream": "\n"}),
                json!({"stream": " ---> 0123456789ab\n"}),
                json!({"stream": "Step 2/2 : RUN x"}),
                json!({"stream": " ---> Running in 0123456789ab\n"}),
                json!({"stream": "hel"}),
                json!({"stream": "lo\n"}),
                json!({"aux": {"ID": "sha256:1"}}),
            ],
        );
        assert_eq!(end.unwrap().image, "sha256:1");
        assert!(events.contains(&BuildEvent::Log {
            step: 2,
            stream: LogStream::Out,
            text: "hello".to_owned()
        }));
        assert_eq!(
            events.last(),
            Some(&BuildEvent::StepEnded {
                step: 2,
                error: None
            })
        );
    }

    #[test]
    fn a_refusal_names_its_step() {
        let mut account = Account::new(EngineBuilder::Classic);
        account.take(&json!({"stream": "Step 1/1 : COPY a b"}), &mut |_| {});
        account.take(
            &json!({"errorDetail": {"message": "no such file"}, "error": "no such file"}),
            &mut |_| {},
        );
        let Err(BuildError::Refused { step, message }) = account.end(&mut |_| {}) else {
            panic!("not refused");
        };
        assert_eq!(
            (step.as_deref(), message.as_str()),
            (Some("COPY a b"), "no such file")
        );
    }

    #[test]
    fn an_end_without_an_image_is_an_engine_that_left() {
        let (_, end) = told(EngineBuilder::BuildKit, &[]);
        assert!(end.unwrap_err().contains("closed the connection"));
    }
}
