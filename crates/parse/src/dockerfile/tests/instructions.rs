//! The arguments and flags of each instruction.

use super::*;

#[test]
fn env() {
    check_one(
        "ENV A=1 \\\n  # note\n  B=\"b c\" \\\n  C=d\\ e",
        "ENV A=1|B=\"b c\"|C=d\\ e",
    );
    check_one("ENV A  b c=d \"e\"", "ENV A=b c=d \"e\"");
    check_one("ENV A=", "ENV A=");
    check_one("ENV A='x \\' B=1", "ENV A='x \\'|B=1");
    check_one("LABEL a.b=\"1\" \\\n      c=d", "LABEL a.b=\"1\"|c=d");
    check_error("FROM x\nENV A=1 B", "B", "no `=`");
    check_error("FROM x\nENV A", "ENV", "a name and a value");
    check_error("FROM x\nENV =1", "=1", "blank");
    let file = parse("FROM x\nENV A b");
    assert!(matches!(&file.instructions[1].body, Body::Env(pairs) if pairs[0].legacy));
}

#[test]
fn args() {
    check(
        "ARG A=1 B\nFROM x\nARG C=\"a b\" D=",
        &["ARG A=1|B", "FROM x", "ARG C=\"a b\"|D="],
    );
    check_error("FROM x\nARG =1", "=1", "blank");
    check_error("FROM x\nARG", "ARG", "at least one name");
}

#[test]
fn mounts() {
    let text =
        "FROM x\nRUN --mount=type=secret,id=k,dst=/k,required --mount=type=cache,target=$D a";
    check(
        text,
        &[
            "FROM x",
            "RUN --mount=type=secret,id=k,dst=/k,required --mount=type=cache,target=$D sh a",
        ],
    );
    let file = parse(text);
    let mounts: Vec<&Mount> = file.instructions[1].mounts().collect();
    assert_eq!(mounts[0].kind(), MountKind::Secret);
    assert_eq!(mounts[0].id().unwrap().span.slice(text), "k");
    assert_eq!(mounts[0].target().unwrap().span.slice(text), "/k");
    assert!(mounts[0].is_required() && mounts[0].is_read_only());
    assert_eq!(mounts[1].kind(), MountKind::Cache);
    assert_eq!(mounts[1].target().unwrap().as_str(), "$D");
    assert!(!mounts[1].is_read_only());
}

#[test]
fn mount_fields() {
    let mount = |value: &str| {
        let text = format!("FROM x\nRUN --mount={value} a");
        let file = parse(&text);
        file.instructions[1].mounts().next().cloned().unwrap()
    };
    assert_eq!(mount("target=/a").kind(), MountKind::Bind);
    assert!(mount("target=/a").is_read_only());
    assert!(!mount("target=/a,rw").is_read_only());
    assert!(mount("type=cache,target=/a,ro").is_read_only());
    assert!(!mount("target=/a,readonly=false").is_read_only());
    assert_eq!(
        mount("TYPE=Bind,src=../a,from=b")
            .source()
            .unwrap()
            .as_str(),
        "../a"
    );
    assert_eq!(
        mount("\\\"src=a,b\\\",dst=c").source().unwrap().as_str(),
        "a,b"
    );
    assert_eq!(mount("type=$T").kind(), MountKind::Other);
}

#[test]
fn mounts_as_buildkit_rejects_them() {
    check_error(
        "FROM x\nRUN --mount=type=bnd a",
        "bnd",
        "unsupported mount type",
    );
    check_error(
        "FROM x\nRUN --mount=type=cache,sharing=x a",
        "x",
        "unsupported mount sharing",
    );
    check_error(
        "FROM x\nRUN --mount=from=$A,target=/a a",
        "$A",
        "not expanded",
    );
    check_error(
        "FROM x\nRUN --mount=targt=/a a",
        "targt",
        "did you mean `target`",
    );
    check_error("FROM x\nRUN --mount=target a", "target", "needs a value");
}

#[test]
fn flags() {
    check_one(
        "COPY --from=b --chown=1:2 --chmod=644 --link --parents --exclude=*.a --exclude=*.b x y /z/",
        "COPY --from=b --chown=1:2 --chmod=644 --link --parents --exclude=*.a --exclude=*.b x|y -> /z/",
    );
    check_one(
        "ADD --checksum=sha256:1 --keep-git-dir=true --unpack=false https://a/b /c",
        "ADD --checksum=sha256:1 --keep-git-dir=true --unpack=false https://a/b -> /c",
    );
    check_one(
        "RUN --network=none --security=insecure a",
        "RUN --network=none --security=insecure sh a",
    );
    check_one("RUN --network=\"no\"'ne' a", "RUN --network=none sh a");
    check_one("RUN -- --a", "RUN sh --a");
    check_one("RUN a --b", "RUN sh a --b");
    check_one(
        "RUN \\\n  --mount=target=/a \\\n  b",
        "RUN --mount=target=/a sh b",
    );
    check_error(
        "FROM x\nCOPY --form=a b c",
        "--form=a",
        "did you mean `--from`",
    );
    check_error(
        "FROM x\nCOPY --from=a --from=b b c",
        "--from=b",
        "duplicate",
    );
    check_error("FROM x\nCOPY --from b c", "--from", "needs a value");
    check_error(
        "FROM x\nCOPY --link=maybe b c",
        "--link=maybe",
        "true or false",
    );
    check_error("FROM x\nUSER --a b", "--a", "has no flag");
    let file = parse("FROM x\nCOPY --link --parents=false a b");
    assert!(file.instructions[1].flag("link").unwrap().is_on());
    assert!(!file.instructions[1].flag("parents").unwrap().is_on());
}

#[test]
fn from() {
    check(
        "ARG T=1\nFROM --platform=$BUILDPLATFORM a/b:${T}@sha256:00 AS Build_1\n",
        &[
            "ARG T=1",
            "FROM --platform=$BUILDPLATFORM a/b:${T}@sha256:00 as build_1",
        ],
    );
    check_error("FROM", "FROM", "an image");
    check_error("FROM a b", "FROM", "an image");
    check_error("FROM a AS 1b", "1b", "cannot name a stage");
}

#[test]
fn onbuild_and_healthcheck() {
    check_one("ONBUILD COPY --from=a b c", "ONBUILD COPY --from=a b -> c");
    check_one(
        "HEALTHCHECK --interval=5s --start-interval=1s CMD curl x",
        "HEALTHCHECK --interval=5s --start-interval=1s sh curl x",
    );
    check_one("HEALTHCHECK cmd [\"a\"]", "HEALTHCHECK exec a");
    check_one("HEALTHCHECK NONE", "HEALTHCHECK none");
    check_error("FROM x\nHEALTHCHECK NONE a", "a", "no arguments");
    check_error("FROM x\nHEALTHCHECK curl", "HEALTHCHECK", "NONE or CMD");
    check_error("FROM x\nONBUILD FROM y", "FROM", "cannot be deferred");
    check_error(
        "FROM x\nONBUILD ONBUILD RUN a",
        "ONBUILD",
        "cannot be deferred",
    );
    check_error("FROM x\nONBUILD", "ONBUILD", "an instruction");
}

#[test]
fn json_form_falls_back_to_the_shell() {
    check_one("CMD [\"a\", \"b c\"]", "CMD exec a|b c");
    check_one("CMD ['a', 'b']", "CMD sh ['a', 'b']");
    check_one("CMD [\"a\" ] # b", "CMD sh [\"a\" ] # b");
    check_one("ENTRYPOINT []", "ENTRYPOINT exec ");
    check_one("RUN [ -f a ] && b", "RUN sh [ -f a ] && b");
    check_one("COPY [\"a b\", \"c\"]", "COPY a b -> c");
    check_one("COPY [a, b]", "COPY [a, -> b]");
    check_one("VOLUME [\"/a\"]", "VOLUME /a");
    check_one("VOLUME /a  /b", "VOLUME /a|/b");
    check_one("SHELL [\"/bin/bash\", \"-c\"]", "SHELL /bin/bash|-c");
    check_one("CMD [ \\\n \"a\", \\\n # c\n \"b\" ]", "CMD exec a|b");
    check_error("FROM x\nCMD [1]", "[1]", "strings only");
    check_error("FROM x\nSHELL bash", "SHELL", "a JSON array");
}

#[test]
fn json_words_map_to_their_bytes() {
    let text = "FROM x\nCMD [\"a\\\"b\", \"c\"]";
    let file = parse(text);
    let Body::Cmd(Command::Exec(argv)) = &file.instructions[1].body else {
        panic!("exec form expected");
    };
    assert_eq!(argv[0].as_str(), "a\"b");
    assert_eq!(argv[0].span.slice(text), "a\\\"b");
    assert_eq!(argv[0].raw.source_span(Span::new(2, 3)).slice(text), "b");
    assert_eq!(argv[1].span.slice(text), "c");
}

#[test]
fn simple_instructions() {
    check_one("MAINTAINER A <a@b.c>", "MAINTAINER A <a@b.c>");
    check_one("USER a:b", "USER a:b");
    check_one("WORKDIR /a b", "WORKDIR /a b");
    check_one("EXPOSE 80 443/tcp", "EXPOSE 80|443/tcp");
    check_one("STOPSIGNAL SIGINT", "STOPSIGNAL SIGINT");
    check_one("COPY \"a b\" c", "COPY \"a|b\" -> c");
    check_error("FROM x\nWORKDIR", "WORKDIR", "an argument");
    check_error("FROM x\nEXPOSE", "EXPOSE", "at least one");
    check_error("FROM x\nCOPY a", "COPY", "destination");
}
