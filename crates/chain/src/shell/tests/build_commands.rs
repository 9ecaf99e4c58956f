//! Build commands of the kind that public Dockerfiles are made of.

#[path = "../../../../parse/src/shell/tests/run_lines.rs"]
mod run_lines;

use plimsoll_parse::shell::parse;

use self::run_lines::RUN_LINES;
use super::super::Allows;
use super::super::guards;
use super::{BASH, outline};

/// What is found in `text`, one line per use and per guard.
fn report(text: &str) -> String {
    let mut lines = outline(text, BASH);
    for guard in guards(&parse(text), BASH) {
        let allows = match &guard.allows {
            Allows::Enumerated(values) => values.join("|"),
            Allows::Pattern(_) => "a bounded pattern".to_owned(),
            Allows::Weak(reason) => reason.clone(),
            Allows::Anything => "anything".to_owned(),
        };
        lines.push(format!(
            "guard {} {:?} {allows}",
            guard.variable, guard.failing
        ));
    }
    lines.join("\n")
}

#[test]
fn build_commands() {
    let found = RUN_LINES.iter().map(|text| (text, report(text)));
    let found: Vec<String> = found
        .filter(|(_, report)| !report.is_empty())
        .map(|(text, report)| format!("$ {text}\n{report}\n"))
        .collect();
    insta::assert_snapshot!(found.concat(), @r#"
    $ curl -fsSL https://deb.example.com/setup_${NODE_MAJOR}.x | bash -
    OptionInjection NODE_MAJOR <${NODE_MAJOR}> x -o/root/.profile
    $ git clone --depth 1 --branch ${REF} https://github.com/example/project.git /src && cd /src && make -j"$(nproc)"
    OptionInjection REF <${REF}> x --upload-pack=id
    $ case "$TARGETARCH" in amd64) arch=x86_64 ;; arm64) arch=aarch64 ;; *) echo "unsupported: $TARGETARCH" >&2; exit 1 ;; esac; curl -fLO "https://example.com/tool-${arch}.tgz"
    guard TARGETARCH SkipsPart amd64
    guard TARGETARCH SkipsPart arm64
    guard TARGETARCH StopsScript amd64|arm64
    $ if [ "$NODE_ENV" = "production" ]; then npm ci --omit=dev; else npm install; fi
    guard NODE_ENV SkipsPart production
    $ addgroup -g ${GID:-1000} app && adduser -D -u ${UID:-1000} -G app app
    UnquotedPlain GID <${GID:-1000}> x -x *
    UnquotedPlain UID <${UID:-1000}> x -x *
    $ sed -i "s/@VERSION@/${VERSION}/g" /app/config.json && sed -i 's|^#\(x\)|\1|' /etc/y
    CommandInjection(OtherLanguage) VERSION <${VERSION}> x/;1eid #
    $ [ -n "$EXTRA_PACKAGES" ] && apt-get install -y $EXTRA_PACKAGES || true
    OptionInjection EXTRA_PACKAGES <$EXTRA_PACKAGES> -oDPkg::Pre-Invoke::=id
    $ go build -trimpath -ldflags "-s -w -X main.version=${VERSION} -X main.commit=$(git rev-parse HEAD)" -o /out/app ./cmd/app
    OptionInjection VERSION <${VERSION}> x -extld=/tmp/payload
    $ npm config set registry ${NPM_REGISTRY} && npm ci --cache .npm --prefer-offline && npm run build --if-present
    UnquotedPlain NPM_REGISTRY <${NPM_REGISTRY}> x -x *
    UrlChoice NPM_REGISTRY <${NPM_REGISTRY}> https://attacker.example/
    $ ver=${VERSION#v}; major=${ver%%.*}; [[ "$ver" =~ ^[0-9]+\.[0-9]+$ ]] || { echo bad >&2; exit 1; }
    guard ver StopsScript a bounded pattern
    $ mvn -B -Dmaven.test.skip=true ${MAVEN_ARGS} package && mv target/*.jar app.jar
    OptionInjection MAVEN_ARGS <${MAVEN_ARGS}> --file=/tmp/payload.xml
    "#);
}
