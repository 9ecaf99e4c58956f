//! Build commands of the kind that public Dockerfiles are made of.

use plimsoll_parse::shell::parse;

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

/// Build commands of the kind that public Dockerfiles are made of.
const RUN_LINES: [&str; 41] = [
    "apt-get update && apt-get install -y --no-install-recommends curl ca-certificates && rm -rf /var/lib/apt/lists/*",
    "set -eux; apk add --no-cache --virtual .build-deps gcc musl-dev; pip install -r requirements.txt; apk del .build-deps",
    "curl -fsSL https://example.com/install.sh | sh -s -- --version \"${VERSION}\"",
    "curl -fsSL https://deb.example.com/setup_${NODE_MAJOR}.x | bash -",
    "wget -qO- \"https://example.com/v${VERSION}/tool-${TARGETARCH}.tar.gz\" | tar -xz -C /usr/local/bin --strip-components=1",
    "git clone --depth 1 --branch ${REF} https://github.com/example/project.git /src && cd /src && make -j\"$(nproc)\"",
    "case \"$TARGETARCH\" in amd64) arch=x86_64 ;; arm64) arch=aarch64 ;; *) echo \"unsupported: $TARGETARCH\" >&2; exit 1 ;; esac; curl -fLO \"https://example.com/tool-${arch}.tgz\"",
    "if [ \"$NODE_ENV\" = \"production\" ]; then npm ci --omit=dev; else npm install; fi",
    "arch=\"$(dpkg --print-architecture)\"; arch=\"${arch##*-}\"; wget -O /usr/local/bin/gosu \"https://example.com/gosu-$arch\"; chmod +x /usr/local/bin/gosu",
    "addgroup -g ${GID:-1000} app && adduser -D -u ${UID:-1000} -G app app",
    "for key in A1B2 C3D4; do gpg --batch --keyserver hkps://keys.example.com --recv-keys \"$key\" || exit 1; done",
    "echo 'deb http://deb.example.com/debian stable main' > /etc/apt/sources.list.d/x.list",
    "printf '%s\\n' \"server { listen ${PORT}; }\" >/etc/nginx/conf.d/default.conf",
    "python -c \"import sys; print(sys.version_info[:2])\"",
    "sed -i \"s/@VERSION@/${VERSION}/g\" /app/config.json && sed -i 's|^#\\(x\\)|\\1|' /etc/y",
    "find / -type f \\( -name '*.pyc' -o -name '*.pyo' \\) -exec rm -f {} + 2>/dev/null || true",
    "[ -n \"$EXTRA_PACKAGES\" ] && apt-get install -y $EXTRA_PACKAGES || true",
    "go build -trimpath -ldflags \"-s -w -X main.version=${VERSION} -X main.commit=$(git rev-parse HEAD)\" -o /out/app ./cmd/app",
    "CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -o /out/app .",
    "while ! nc -z db 5432; do sleep 1; done; ./migrate up",
    "mkdir -p /opt/{bin,lib,etc} && cp -r build/* /opt/ && ln -sf /opt/bin/x /usr/bin/x",
    "( cd /tmp && curl -O https://example.com/a.zip && unzip a.zip )",
    "{ echo 'install: --no-document'; echo 'update: --no-document'; } >> /usr/local/etc/gemrc",
    "export DEBIAN_FRONTEND=noninteractive; apt-get -yq install tzdata; unset DEBIAN_FRONTEND",
    "useradd --create-home --shell /bin/bash app; echo \"app ALL=(ALL) NOPASSWD:ALL\" >> /etc/sudoers",
    "cat <<EOF > /etc/app.conf\nport=${PORT}\nname=app\nEOF\nchmod 600 /etc/app.conf",
    "cat <<'EOF' >> ~/.bashrc\nexport PATH=\"$HOME/bin:$PATH\"\nEOF",
    "savedAptMark=\"$(apt-mark showmanual)\"; apt-mark auto '.*' > /dev/null; apt-mark manual $savedAptMark",
    "find /usr/local -type f -executable -exec ldd '{}' ';' | awk '/=>/ { print $(NF-1) }' | sort -u | xargs -r dpkg-query --search | cut -d: -f1 | sort -u | xargs -r apt-mark manual",
    "test \"$(sha256sum a.tgz | cut -d' ' -f1)\" = \"$SHA256\"",
    "echo \"${SHA256}  tool.tgz\" | sha256sum -c -",
    "bash -c 'set -o pipefail; curl -s https://example.com | tar xz'",
    "if ! command -v jq >/dev/null 2>&1; then apt-get install -y jq; fi",
    "npm config set registry ${NPM_REGISTRY} && npm ci --cache .npm --prefer-offline && npm run build --if-present",
    "pip install --no-cache-dir \"torch==${TORCH_VERSION}\" --extra-index-url \"https://download.example.com/whl/${CUDA}\"",
    "eval \"$(ssh-agent -s)\" && ssh-add /run/secrets/key",
    "ver=${VERSION#v}; major=${ver%%.*}; [[ \"$ver\" =~ ^[0-9]+\\.[0-9]+$ ]] || { echo bad >&2; exit 1; }",
    "mvn -B -Dmaven.test.skip=true ${MAVEN_ARGS} package && mv target/*.jar app.jar",
    "groupmod -o -g \"$PGID\" app\nusermod -o -u \"$PUID\" app\n",
    "true; # nothing to do\n:",
    "yum install -y https://example.com/epel.rpm && yum clean all && rm -rf /var/cache/yum",
];
