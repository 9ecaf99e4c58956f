//! Dockerfiles to measure on: the ordinary kinds, varied by number.

/// The Dockerfile of that number.
pub(super) fn text(number: usize) -> String {
    match number % 4 {
        0 => node(number),
        1 => python(number),
        2 => go(number),
        _ => debian(number),
    }
}

fn node(number: usize) -> String {
    format!(
        "# syntax=docker/dockerfile:1\nFROM node:22-alpine AS build\nARG VERSION={number}\nWORKDIR /app\n\
         COPY package.json package-lock.json ./\nRUN npm ci --omit=dev && npm cache clean --force\nCOPY . .\n\
         RUN npm run build -- --release=\"$VERSION\"\n\nFROM node:22-alpine\nENV NODE_ENV=production\nWORKDIR /app\n\
         COPY --from=build /app/dist ./dist\nUSER node\nEXPOSE 8080\nCMD [\"node\", \"dist/main.js\"]\n"
    )
}

fn python(number: usize) -> String {
    format!(
        "FROM python:3.12-slim\nARG PIP_INDEX_URL\nENV PYTHONUNBUFFERED=1 \\\n    PORT={port}\nWORKDIR /srv\n\
         RUN apt-get update \\\n    # the compiler is for wheels without a binary\n    && apt-get install -y --no-install-recommends gcc libpq-dev \\\n    \
         && rm -rf /var/lib/apt/lists/*\nCOPY requirements.txt .\nRUN pip install --no-cache-dir -r requirements.txt\n\
         COPY . .\nHEALTHCHECK CMD curl -f http://localhost:$PORT/health || exit 1\n\
         CMD gunicorn --bind 0.0.0.0:$PORT app:main\n",
        port = 8000 + number
    )
}

fn go(number: usize) -> String {
    format!(
        "ARG GO_VERSION=1.23\nFROM golang:${{GO_VERSION}}-bookworm AS build\nWORKDIR /src\nCOPY go.mod go.sum ./\n\
         RUN --mount=type=cache,target=/go/pkg/mod go mod download\nCOPY . .\nARG REVISION\n\
         RUN CGO_ENABLED=0 go build -ldflags \"-X main.revision=${{REVISION:-{number}}}\" -o /out/server ./cmd/server\n\n\
         FROM gcr.io/distroless/static-debian12:nonroot\nCOPY --from=build /out/server /server\nENTRYPOINT [\"/server\"]\n"
    )
}

fn debian(number: usize) -> String {
    format!(
        "FROM debian:bookworm\nMAINTAINER team-{number}@example.com\n\
         RUN apt-get update && apt-get install -y curl wget git\n\
         RUN curl -fsSL https://example.com/tool-{number}.tar.gz | tar -xz -C /usr/local\n\
         ADD https://example.com/config-{number}.json /etc/tool/config.json\nRUN <<EOF\nset -e\nuseradd --create-home app\n\
         for name in a b c; do\n  mkdir -p \"/data/$name\"\ndone\nEOF\nUSER app\nVOLUME /data\nENTRYPOINT /usr/local/bin/tool\n"
    )
}
