//! Running a build: the request, its limits, and stopping it.

use std::time::Duration;

use http_body_util::BodyExt;
use hyper::Method;
use hyper::body::Incoming;
use tokio::runtime::Runtime;

use super::account::Account;
use super::query;
use super::{BuildError, BuildEvent, BuildOutcome, BuildRequest, EngineBuilder};
use crate::http::{self, Body};
use crate::json_stream::JsonLines;
use crate::session::Session;
use crate::transfer::{self, Pump};
use crate::{EngineError, EngineReader};

/// How often the caller is asked whether to stop.
const LOOK: Duration = Duration::from_millis(50);
/// What the messages around a byte of output may add to it, before the stream is taken for hostile.
const OVERHEAD: u64 = 16;
/// What a build may say about itself beside its output.
const CHATTER: u64 = 64 << 20;

/// Builds. Where it ends early the connection is dropped, at which the engine stops the build.
pub(crate) fn build(
    engine: &EngineReader,
    mut request: BuildRequest<'_>,
    tell: &mut dyn FnMut(BuildEvent),
    is_cancelled: &dyn Fn() -> bool,
) -> Result<BuildOutcome, BuildError> {
    if !request.secrets.is_empty() && !request.builder.takes_secrets() {
        let why = "the classic builder takes no build secrets: use BuildKit";
        return Err(BuildError::Unsupported(why));
    }
    let before = match request.builder {
        EngineBuilder::Classic => Some(engine.images(None)?),
        EngineBuilder::BuildKit => None,
    };
    let mut account = Account::new(request.builder);
    let mut context = std::mem::replace(&mut request.context, Box::new(std::io::empty()));
    let (body, pump, failure) = transfer::body();
    let ended = std::thread::scope(|scope| {
        let pumping: Pump = pump;
        scope.spawn(move || pumping.run(&mut *context));
        let driven = Drive {
            engine,
            request: &request,
            account: &mut account,
        };
        driven.run(body, tell, is_cancelled)
    });
    if let Some(error) = failure.take() {
        return Err(EngineError::Input(error).into());
    }
    if ended.is_err()
        && let Some(before) = before
    {
        crate::engine::remove_unfinished(engine, &before, &account.made);
    }
    ended
}

struct Drive<'a, 'b> {
    engine: &'a EngineReader,
    request: &'a BuildRequest<'b>,
    account: &'a mut Account,
}

impl Drive<'_, '_> {
    fn run(
        mut self,
        body: Body,
        tell: &mut dyn FnMut(BuildEvent),
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<BuildOutcome, BuildError> {
        let runtime: Runtime = http::runtime()?;
        let limit = self.request.time_limit;
        runtime.block_on(async {
            tokio::select! {
                ended = self.exchange(body, tell) => ended,
                () = tokio::time::sleep(limit) => Err(BuildError::TimedOut(limit)),
                () = cancelled(is_cancelled) => Err(BuildError::Cancelled),
            }
        })
    }

    async fn exchange(
        &mut self,
        body: Body,
        tell: &mut dyn FnMut(BuildEvent),
    ) -> Result<BuildOutcome, BuildError> {
        let session = if self.request.secrets.is_empty() {
            None
        } else {
            Some(Session::open(self.engine, self.request.secrets).await?)
        };
        let id = session.as_ref().map(|session| session.id.as_str());
        let target = self
            .engine
            .target("/build", &query::pairs(self.request, id));
        let request = http::request(Method::POST, &target, "application/x-tar", body)?;
        let response = http::send(&self.engine.address, request).await?;
        let response = http::succeeded(response).await.map_err(refused)?;
        self.listen(response.into_body(), tell).await
    }

    async fn listen(
        &mut self,
        mut body: Incoming,
        tell: &mut dyn FnMut(BuildEvent),
    ) -> Result<BuildOutcome, BuildError> {
        let limit = self.request.output_limit;
        let mut received = 0_u64;
        let mut lines = JsonLines::default();
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(http::broken)?.into_data() else {
                continue;
            };
            received += data.len() as u64;
            let values = lines
                .push(&data)
                .map_err(|_| BuildError::OutputLimit(limit))?;
            for value in values {
                self.account.take(&value, tell);
            }
            let most = limit.saturating_mul(OVERHEAD).saturating_add(CHATTER);
            if self.account.output() > limit || received > most {
                return Err(BuildError::OutputLimit(limit));
            }
        }
        if let Some(value) = lines.take() {
            self.account.take(&value, tell);
        }
        self.account.end(tell)
    }
}

/// An answer that is an error before the build began: the request itself was refused.
fn refused(error: EngineError) -> BuildError {
    match error {
        EngineError::Refused { message, .. }
        | EngineError::NotFound(message)
        | EngineError::Conflict(message) => BuildError::Refused {
            step: None,
            message,
        },
        error => BuildError::Engine(error),
    }
}

async fn cancelled(is_cancelled: &dyn Fn() -> bool) {
    while !is_cancelled() {
        tokio::time::sleep(LOOK).await;
    }
}
