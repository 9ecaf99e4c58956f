//! One exchange with the engine over a connection of its own, and the machinery that drives it.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::net::UnixStream;
use tokio::runtime::{Builder, Runtime};

use crate::{EngineAddress, EngineError};

/// How long an answer that is not a stream may take.
pub(crate) const CALL_LIMIT: Duration = Duration::from_secs(60);
/// The longest answer that is held in memory.
const ANSWER_LIMIT: usize = 64 << 20;

/// The body of a request.
pub(crate) type Body = BoxBody<Bytes, std::io::Error>;

/// What need not be encoded in a query.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');
/// What need not be encoded in a path: names of images hold slashes and colons.
const PLAIN_IN_PATHS: &AsciiSet = &PLAIN.remove(b'/').remove(b':').remove(b'@');

/// A runtime for one exchange; dropping it closes the connection.
pub(crate) fn runtime() -> Result<Runtime, EngineError> {
    let built = Builder::new_current_thread().enable_all().build();
    built.map_err(|error| EngineError::Away(format!("no runtime: {error}")))
}

/// `path` followed by `pairs` as a query.
pub(crate) fn target(path: &str, pairs: &[(&str, String)]) -> String {
    let mut target = utf8_percent_encode(path, PLAIN_IN_PATHS).to_string();
    for (index, (name, value)) in pairs.iter().enumerate() {
        target.push(if index == 0 { '?' } else { '&' });
        target.push_str(name);
        target.push('=');
        target.extend(utf8_percent_encode(value, PLAIN));
    }
    target
}

/// A body that is there already.
pub(crate) fn whole(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into())
        .map_err(|never| match never {})
        .boxed()
}

/// A request to the engine. Nothing is added to it: no credentials, no proxy.
pub(crate) fn request(
    method: Method,
    target: &str,
    content: &str,
    body: Body,
) -> Result<Request<Body>, EngineError> {
    let request = Request::builder()
        .method(method)
        .uri(target)
        .header(HOST, "engine")
        .header(CONTENT_TYPE, content)
        .body(body);
    request.map_err(|error| {
        // The query holds build arguments, and those secrets.
        let path = target.split('?').next().unwrap_or_default();
        EngineError::Answer(format!("`{path}` cannot be asked: {error}"))
    })
}

/// Sends `request` over a new connection and returns the head of the answer.
pub(crate) async fn send(
    address: &EngineAddress,
    request: Request<Body>,
) -> Result<Response<Incoming>, EngineError> {
    let socket = UnixStream::connect(address.path())
        .await
        .map_err(|error| EngineError::Away(format!("{}: {error}", address.path().display())))?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(socket))
        .await
        .map_err(broken)?;
    tokio::spawn(connection.with_upgrades());
    sender.send_request(request).await.map_err(broken)
}

/// A connection that broke, in words.
pub(crate) fn broken(error: hyper::Error) -> EngineError {
    use std::error::Error;
    let cause = error.source().map(|cause| format!(": {cause}"));
    EngineError::Away(format!("{error}{}", cause.unwrap_or_default()))
}

/// The answer, if the engine did what was asked; else what it said.
pub(crate) async fn succeeded(
    response: Response<Incoming>,
) -> Result<Response<Incoming>, EngineError> {
    let status = response.status();
    if status.is_success() || status == StatusCode::SWITCHING_PROTOCOLS {
        return Ok(response);
    }
    let bytes = collected(response.into_body(), 1 << 20)
        .await
        .unwrap_or_default();
    let message = message(&bytes);
    Err(match status {
        StatusCode::NOT_FOUND => EngineError::NotFound(message),
        StatusCode::CONFLICT => EngineError::Conflict(message),
        _ => EngineError::Refused {
            status: status.as_u16(),
            message,
        },
    })
}

/// What an error's body says.
fn message(bytes: &[u8]) -> String {
    let parsed = serde_json::from_slice::<serde_json::Value>(bytes).ok();
    let said = parsed
        .as_ref()
        .and_then(|value| value.get("message")?.as_str());
    match said {
        Some(said) => said.to_owned(),
        None => String::from_utf8_lossy(bytes).trim().to_owned(),
    }
}

/// The whole body, which may have `limit` bytes.
pub(crate) async fn collected(mut body: Incoming, limit: usize) -> Result<Bytes, EngineError> {
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(broken)?.into_data() else {
            continue;
        };
        if bytes.len() + data.len() > limit {
            return Err(EngineError::Answer(format!("more than {limit} bytes")));
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes.freeze())
}

/// Asks and waits for the whole answer, at most `limit` long.
pub(crate) fn call(
    address: &EngineAddress,
    request: Request<Body>,
    limit: Duration,
) -> Result<Bytes, EngineError> {
    let runtime = runtime()?;
    runtime.block_on(async {
        let asked = async {
            let response = succeeded(send(address, request).await?).await?;
            collected(response.into_body(), ANSWER_LIMIT).await
        };
        let answer = tokio::time::timeout(limit, asked).await;
        answer.unwrap_or(Err(EngineError::TimedOut(limit.as_secs())))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_cannot_leave_their_place() {
        let target = target("/images/a/b:1?x/json", &[("t", "a&b=c #".to_owned())]);
        assert_eq!(target, "/images/a/b:1%3Fx/json?t=a%26b%3Dc%20%23");
    }

    #[test]
    fn errors_do_not_show_the_query() {
        let long = target("/build", &[("buildargs", "hunter22".repeat(1 << 14))]);
        let error = request(Method::POST, &long, "application/x-tar", whole("")).unwrap_err();
        let shown = error.to_string();
        assert!(shown.contains("`/build` cannot be asked"), "{shown}");
        assert!(!shown.contains("hunter22"));
    }

    #[test]
    fn errors_are_what_the_engine_says() {
        assert_eq!(message(br#"{"message":"no such image"}"#), "no such image");
        assert_eq!(message(b"page not found\n"), "page not found");
    }
}
