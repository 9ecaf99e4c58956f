//! Table tests, hard cases and properties of the Dockerfile parser.

mod errors;
mod heredocs;
mod instructions;
mod lines;
mod properties;

use super::*;

fn words(words: &[Word]) -> String {
    let shown: Vec<&str> = words.iter().map(Word::as_str).collect();
    shown.join("|")
}

fn pairs(pairs: &[KeyValue]) -> String {
    let shown = pairs
        .iter()
        .map(|pair| format!("{}={}", pair.key.as_str(), pair.value.as_str()));
    shown.collect::<Vec<_>>().join("|")
}

fn command(command: &Command) -> String {
    match command {
        Command::Shell(text) => format!("sh {}", text.as_str()),
        Command::Exec(argv) => format!("exec {}", words(argv)),
    }
}

fn body(body: &Body) -> String {
    match body {
        Body::From { image, alias } => match alias {
            Some(alias) => format!("{} as {}", image.as_str(), alias.value),
            None => image.as_str().to_owned(),
        },
        Body::Run(c) | Body::Cmd(c) | Body::Entrypoint(c) => command(c),
        Body::Copy(t) | Body::Add(t) => {
            let to = t.destination.as_ref().map_or("?", Word::as_str);
            format!("{} -> {to}", words(&t.sources))
        }
        Body::Arg(definitions) => {
            let shown = definitions.iter().map(|arg| match &arg.default {
                Some(default) => format!("{}={}", arg.name, default.as_str()),
                None => arg.name.clone(),
            });
            shown.collect::<Vec<_>>().join("|")
        }
        Body::Env(list) | Body::Label(list) => pairs(list),
        Body::Workdir(word)
        | Body::User(word)
        | Body::Stopsignal(word)
        | Body::Maintainer(word) => word.as_str().to_owned(),
        Body::Expose(list) | Body::Volume(list) | Body::Shell(list) => words(list),
        Body::Healthcheck(Healthcheck::None) => "none".to_owned(),
        Body::Healthcheck(Healthcheck::Cmd(c)) => command(c),
        Body::Healthcheck(Healthcheck::Invalid(word)) => format!("? {}", word.as_str()),
        Body::Onbuild(nested) => instruction(nested),
        Body::Unknown(text) => format!("? {}", text.as_str()),
    }
}

/// `KEYWORD --flag=value arguments <<name(body)`.
fn instruction(instruction: &Instruction) -> String {
    let mut out = instruction.keyword.to_string();
    for flag in &instruction.flags {
        out += &format!(" --{}", flag.name);
        out += &flag
            .value
            .as_ref()
            .map_or(String::new(), |value| format!("={}", value.as_str()));
    }
    out += &format!(" {}", body(&instruction.body));
    for heredoc in &instruction.heredocs {
        out += &format!(" <<{}({:?})", heredoc.name, heredoc.body.as_str());
    }
    out
}

fn show(text: &str) -> Vec<String> {
    parse(text).instructions.iter().map(instruction).collect()
}

/// The file must give these instructions and no error.
#[track_caller]
fn check(text: &str, expected: &[&str]) {
    assert_eq!(show(text), expected, "{text}");
    assert_eq!(parse(text).errors, [], "{text}");
}

/// One instruction behind a FROM.
#[track_caller]
fn check_one(line: &str, expected: &str) {
    check(&format!("FROM x\n{line}"), &["FROM x", expected]);
}

/// The file must give one error that holds `part` and stands at `at`.
#[track_caller]
fn check_error(text: &str, at: &str, part: &str) {
    let errors = parse(text).errors;
    let [error] = errors.as_slice() else {
        panic!("{text}: {errors:?}");
    };
    assert!(error.message.contains(part), "{}", error.message);
    assert_eq!(error.span.slice(text), at, "{}", error.message);
}
