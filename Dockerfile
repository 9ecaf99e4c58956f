# The image that runs Plimsoll: one static program on nothing.
FROM rust:1.95.0-alpine3.23@sha256:606fd313a0f49743ee2a7bd49a0914bab7deedb12791f3a846a34a4711db7ed2 AS build

RUN apk add --no-cache musl-dev
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY .cargo .cargo
COPY crates crates
COPY xtask xtask
RUN cargo build --locked --profile dist --package plimsoll

FROM scratch
COPY --from=build /src/target/dist/plimsoll /usr/bin/plimsoll
USER 10001:10001
WORKDIR /src
ENTRYPOINT ["/usr/bin/plimsoll"]
