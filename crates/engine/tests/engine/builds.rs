//! Builds by both builders: what is told, arguments, networks, secrets, refusals.

use plimsoll_engine::{BuildError, BuildEvent, EngineBuilder, LogStream, Secret};

use crate::fixture::{self, BUILDERS, Image};

#[test]
fn both_builders_tell_the_same() {
    let Some(engine) = fixture::engine() else {
        return;
    };
    let Some(base) = fixture::base(&engine) else {
        return;
    };
    for builder in BUILDERS {
        let name = format!("{}:1", fixture::unique("tell"));
        let _image = Image {
            engine: &engine,
            name: name.clone(),
        };
        let dockerfile =
            format!("FROM {base}\nARG A\nCOPY file /file\nRUN echo \"got $A\"; cat /file\n");
        let args = [("A".to_owned(), "it".to_owned())];
        let labels = [("plimsoll.test".to_owned(), "engine".to_owned())];
        let (ended, events) = fixture::build(&engine, builder, &dockerfile, |request| {
            request.tag = Some(&name);
            request.args = &args;
            request.labels = &labels;
        });
        let outcome = ended.unwrap();
        let inspected = engine.reader().image(&name).unwrap();
        assert_eq!(inspected.id, outcome.image, "{builder:?}");
        assert_eq!(inspected.config.labels["plimsoll.test"], "engine");
        let output = fixture::output(&events);
        assert!(
            output.contains(&"got it") && output.contains(&"content"),
            "{builder:?} {output:?}"
        );
        let run = events.iter().find_map(|event| match event {
            BuildEvent::StepStarted { step, name } if name.contains("RUN") => Some(*step),
            _ => None,
        });
        let log = BuildEvent::Log {
            step: run.unwrap(),
            stream: LogStream::Out,
            text: "got it".to_owned(),
        };
        assert!(events.contains(&log), "{builder:?} {events:?}");
        assert!(events.contains(&BuildEvent::StepEnded {
            step: run.unwrap(),
            error: None
        }));
    }
}

#[test]
fn what_is_known_is_told_as_cached() {
    let Some(engine) = fixture::engine() else {
        return;
    };
    let Some(base) = fixture::base(&engine) else {
        return;
    };
    for builder in BUILDERS {
        let name = format!("{}:1", fixture::unique("cache"));
        let _image = Image {
            engine: &engine,
            name: name.clone(),
        };
        let dockerfile = format!("FROM {base}\nRUN echo {name}\n");
        for again in [false, true] {
            let (ended, events) = fixture::build(&engine, builder, &dockerfile, |request| {
                request.tag = Some(&name);
                request.no_cache = false;
            });
            let cached = events
                .iter()
                .any(|event| matches!(event, BuildEvent::StepCached { .. }));
            // BuildKit takes a base image that is there for known.
            assert!(cached || !again, "{builder:?}");
            assert_eq!(
                fixture::output(&events).contains(&name.as_str()),
                !again,
                "{builder:?} {again}"
            );
            ended.unwrap();
        }
    }
}

#[test]
fn refusals_carry_the_builders_words() {
    let Some(engine) = fixture::engine() else {
        return;
    };
    let Some(base) = fixture::base(&engine) else {
        return;
    };
    for builder in BUILDERS {
        for (instruction, said) in [
            ("COPY absent /x", "absent"),
            ("RUN exit 3", "3"),
            ("NONSENSE", "NONSENSE"),
        ] {
            let dockerfile = format!("FROM {base}\n{instruction}\n");
            let (ended, _) = fixture::build(&engine, builder, &dockerfile, |_| {});
            let Err(BuildError::Refused { message, .. }) = ended else {
                panic!("{builder:?} {instruction}: {ended:?}");
            };
            let message = message.to_uppercase();
            assert!(
                message.contains(&said.to_uppercase()),
                "{builder:?} {instruction}: {message}"
            );
        }
    }
}

#[test]
fn steps_have_no_network() {
    let Some(engine) = fixture::engine() else {
        return;
    };
    let Some(base) = fixture::base(&engine) else {
        return;
    };
    for builder in BUILDERS {
        let dockerfile = format!("FROM {base}\nRUN cat /proc/net/dev\n");
        let (ended, events) = fixture::build(&engine, builder, &dockerfile, |_| {});
        let image = ended.unwrap().image;
        let _image = Image {
            engine: &engine,
            name: image,
        };
        let output = fixture::output(&events);
        let interfaces: Vec<_> = output.iter().filter(|line| line.contains(':')).collect();
        assert_eq!(interfaces.len(), 1, "{builder:?} {output:?}");
        assert!(interfaces[0].trim_start().starts_with("lo:"));
    }
}

#[test]
fn secrets_reach_the_step_and_no_layer() {
    let Some(engine) = fixture::engine() else {
        return;
    };
    let Some(base) = fixture::base(&engine) else {
        return;
    };
    let secrets = [Secret {
        id: "token".to_owned(),
        value: b"s3cr3t-value".to_vec(),
    }];
    let dockerfile = format!(
        "FROM {base}\nRUN --mount=type=secret,id=token cat /run/secrets/token > /length; echo \"has $(cat /length)\"; cat /dev/null > /length\n"
    );
    let (ended, events) =
        fixture::build(&engine, EngineBuilder::BuildKit, &dockerfile, |request| {
            request.secrets = &secrets;
        });
    let _image = ended
        .map(|outcome| Image {
            engine: &engine,
            name: outcome.image,
        })
        .unwrap();
    assert!(
        fixture::output(&events).contains(&"has s3cr3t-value"),
        "{events:?}"
    );
    let required = "RUN --mount=type=secret,id=other,required=true true";
    let (ended, _) = fixture::build(
        &engine,
        EngineBuilder::BuildKit,
        &format!("FROM {base}\n{required}\n"),
        |request| {
            request.secrets = &secrets;
        },
    );
    assert!(
        matches!(ended, Err(BuildError::Refused { .. })),
        "{ended:?}"
    );
    let (ended, _) = fixture::build(&engine, EngineBuilder::Classic, &dockerfile, |request| {
        request.secrets = &secrets;
    });
    assert!(
        matches!(ended, Err(BuildError::Unsupported(_))),
        "{ended:?}"
    );
}
