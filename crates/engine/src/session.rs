//! The session through which BuildKit asks for build secrets: a server of ours on a connection the engine upgraded.
//!
//! Only two questions are answered: whether we are there, and what a secret of this build is. Everything else BuildKit
//! may ask a client for (registry credentials, files, agents of SSH) is not there to be asked.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use h2::server::SendResponse;
use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderMap, HeaderValue, UPGRADE};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::task::JoinHandle;

use crate::build::Secret;
use crate::http;
use crate::random::random_hex;
use crate::trace::{bytes_field, encoded};
use crate::{EngineError, EngineReader};

/// The question for a secret.
const GET_SECRET: &str = "/moby.buildkit.secrets.v1.Secrets/GetSecret";
/// The question whether we are there.
const CHECK: &str = "/grpc.health.v1.Health/Check";
/// The longest question.
const QUESTION_LIMIT: usize = 64 << 10;

/// The status "not found" of gRPC.
const NOT_FOUND: &str = "5";
/// The status "unimplemented" of gRPC.
const UNIMPLEMENTED: &str = "12";

type Secrets = Arc<BTreeMap<String, Vec<u8>>>;

/// An open session; it ends when this is dropped.
pub(crate) struct Session {
    /// Names it to the build.
    pub(crate) id: String,
    server: JoinHandle<()>,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Session {
    /// Offers `secrets` to a build that names the session.
    pub(crate) async fn open(
        engine: &EngineReader,
        secrets: &[Secret],
    ) -> Result<Session, EngineError> {
        // Whoever knows it could attach to the session.
        let id = random_hex(16).map_err(EngineError::Input)?;
        let target = engine.target("/session", &[]);
        let mut request = http::request(Method::POST, &target, "text/plain", http::whole(""))?;
        let headers = request.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("h2c"));
        let exposed =
            HeaderValue::from_str(&id).map_err(|error| EngineError::Answer(error.to_string()))?;
        headers.insert("x-docker-expose-session-uuid", exposed);
        headers.insert(
            "x-docker-expose-session-name",
            HeaderValue::from_static("build"),
        );
        headers.append(
            "x-docker-expose-session-grpc-method",
            HeaderValue::from_static(GET_SECRET),
        );
        let response = http::succeeded(http::send(&engine.address, request).await?).await?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(EngineError::Answer("it opens no session".to_owned()));
        }
        let upgraded = hyper::upgrade::on(response).await.map_err(http::broken)?;
        let secrets = secrets
            .iter()
            .map(|secret| (secret.id.clone(), secret.value.clone()));
        let secrets: Secrets = Arc::new(secrets.collect());
        let server = tokio::spawn(async move {
            // A connection that breaks ends the session; the build says so itself.
            let _ = serve(TokioIo::new(upgraded), secrets).await;
        });
        Ok(Session { id, server })
    }
}

async fn serve<T>(connection: T, secrets: Secrets) -> Result<(), h2::Error>
where
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let mut connection = h2::server::handshake(connection).await?;
    while let Some(asked) = connection.accept().await {
        let (request, respond) = asked?;
        let secrets = Arc::clone(&secrets);
        tokio::spawn(async move {
            let _ = answer(request, respond, &secrets).await;
        });
    }
    Ok(())
}

async fn answer(
    request: Request<h2::RecvStream>,
    mut respond: SendResponse<Bytes>,
    secrets: &BTreeMap<String, Vec<u8>>,
) -> Result<(), h2::Error> {
    let path = request.uri().path().to_owned();
    let question = question(request.into_body()).await?;
    let reply = match path.as_str() {
        // The one field of the answer, 1, says "serving".
        CHECK => Ok(vec![1 << 3, 1]),
        GET_SECRET => secret(&question, secrets).ok_or((NOT_FOUND, "no such secret")),
        _ => Err((UNIMPLEMENTED, "not offered")),
    };
    let mut head = Response::new(());
    let grpc = HeaderValue::from_static("application/grpc");
    head.headers_mut().insert(CONTENT_TYPE, grpc);
    let mut stream = respond.send_response(head, false)?;
    let (status, message) = match reply {
        Ok(reply) => {
            stream.send_data(framed(&reply), false)?;
            ("0", "")
        }
        Err(said) => said,
    };
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static(status));
    trailers.insert("grpc-message", HeaderValue::from_static(message));
    stream.send_trailers(trailers)
}

/// The message inside a request's body.
async fn question(mut body: h2::RecvStream) -> Result<Bytes, h2::Error> {
    let mut bytes = BytesMut::new();
    while let Some(data) = body.data().await {
        let data = data?;
        body.flow_control().release_capacity(data.len())?;
        if bytes.len() + data.len() <= QUESTION_LIMIT {
            bytes.extend_from_slice(&data);
        }
    }
    // Five bytes of framing: a flag and the length.
    let from = bytes.len().min(5);
    Ok(bytes.split_off(from).freeze())
}

/// The reply to a question for a secret.
fn secret(question: &[u8], secrets: &BTreeMap<String, Vec<u8>>) -> Option<Vec<u8>> {
    let id = std::str::from_utf8(bytes_field(question, 1)?).ok()?;
    secrets.get(id).map(|value| encoded(1, value))
}

fn framed(message: &[u8]) -> Bytes {
    let mut bytes = BytesMut::with_capacity(message.len() + 5);
    bytes.extend_from_slice(&[0]);
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(message);
    bytes.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_secrets_of_the_build_are_answered() {
        let secrets = BTreeMap::from([("token".to_owned(), b"value".to_vec())]);
        assert_eq!(
            secret(&encoded(1, b"token"), &secrets),
            Some(encoded(1, b"value"))
        );
        assert_eq!(secret(&encoded(1, b"other"), &secrets), None);
        assert_eq!(secret(&[], &secrets), None);
    }
}
