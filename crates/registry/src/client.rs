//! Requests to a registry: who asks is shown to it and to nobody else, redirections are followed, waiting is bounded.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use plimsoll_parse::ImageReference;
use ureq::http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_RANGE, CONTENT_TYPE, LOCATION, RANGE, RETRY_AFTER,
};
use ureq::http::header::{HeaderName, HeaderValue, WWW_AUTHENTICATE};
use ureq::http::{HeaderMap, Response};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Body};

use crate::address::{Address, Origin};
use crate::blob::Expected;
use crate::challenge::Challenge;
use crate::credentials::{CredentialFiles, Credentials, Login, Secret};
use crate::error::RegistryError;
use crate::image::Image;
use crate::manifest::ACCEPTED;
use crate::platform::Platform;
use crate::token::{self, TokenRequest};

/// Bytes of a manifest, as registries have to accept them.
const MAX_MANIFEST: u64 = 4 << 20;
/// Bytes of what a token service answers.
const MAX_TOKEN: u64 = 64 << 10;
/// Bytes that are read of a refusal.
const MAX_REFUSAL: u64 = 64 << 10;
/// Redirections of one request.
const MAX_REDIRECTS: usize = 5;
/// How long a small answer may take.
const SMALL_ANSWER: Duration = Duration::from_secs(120);
/// Bytes in a second below which a blob takes too long, after the time of a small answer.
const SLOWEST: u64 = 16 << 10;
/// The host of the registry of names that name none.
const DEFAULT_HOST: &str = "registry-1.docker.io";
/// Reasons for a refusal that a registry may name (distribution, `registry/api/errcode` and `registry/api/v2`).
const CODES: [&str; 10] = [
    "BLOB_UNKNOWN",
    "DENIED",
    "MANIFEST_INVALID",
    "MANIFEST_UNKNOWN",
    "NAME_INVALID",
    "NAME_UNKNOWN",
    "TOOMANYREQUESTS",
    "UNAUTHORIZED",
    "UNAVAILABLE",
    "UNSUPPORTED",
];

/// How long the first `count` bytes of a blob may take.
pub(crate) fn slowest(count: u64) -> Duration {
    SMALL_ANSWER + Duration::from_secs(count / SLOWEST)
}

/// How long is waited for a registry.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// How often a request is made whose answer is that the registry is busy, or none.
    pub attempts: u32,
    /// Before the second attempt; doubled before each further one.
    pub backoff: Duration,
    /// The longest time that a busy registry may have us wait.
    pub longest_wait: Duration,
    /// The longest time that all waits for one image may take together.
    pub all_waits: Duration,
    /// How long a connection may be silent.
    pub silence: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            attempts: 5,
            backoff: Duration::from_millis(500),
            longest_wait: Duration::from_secs(60),
            all_waits: Duration::from_secs(600),
            silence: Duration::from_secs(60),
        }
    }
}

/// A registry that one image is asked of.
pub struct Registry {
    agent: Agent,
    home: Origin,
    reference: ImageReference,
    login: Login,
    /// What is sent with each request to it.
    authorization: Mutex<Option<Secret>>,
    patience: Patience,
    /// How long it was waited for so far.
    waited: Mutex<Duration>,
}

/// What is asked for.
struct Ask<'a> {
    target: String,
    accept: Option<&'a str>,
    from: u64,
    /// How long the body of the answer may take.
    limit: Duration,
    /// How long everything may take, if that is bounded.
    in_all: Option<Duration>,
}

/// An answer, and whether it is the registry's own and not that of whom it redirects to.
struct Answer {
    response: Response<Body>,
    is_from_home: bool,
}

/// Why there is no answer, and whether asking again could help.
struct NoAnswer {
    why: String,
    is_transient: bool,
}

impl Registry {
    /// Finds the registry of an image, and shows it the credentials that `files` have for it, if it asks for them.
    pub fn connect(
        reference: &ImageReference,
        files: &CredentialFiles,
        patience: Patience,
    ) -> Result<Arc<Registry>, RegistryError> {
        let host = match reference.is_of_default_registry() {
            true => DEFAULT_HOST,
            false => reference.domain(),
        };
        let origin = |is_secure| {
            let origin = Origin::of_registry(host, is_secure);
            origin.ok_or_else(|| RegistryError::Failed(format!("`{host}` is no registry")))
        };
        let mut registry = Registry {
            agent: agent(patience),
            home: origin(true)?,
            reference: reference.clone(),
            login: files.login(reference),
            authorization: Mutex::default(),
            patience,
            waited: Mutex::default(),
        };
        if registry.home.is_loopback() && !registry.speaks_tls() {
            registry.home = origin(false)?;
        }
        registry.introduce()?;
        Ok(Arc::new(registry))
    }

    /// The image, of an index the one for `platform`; without one, for Linux on this machine.
    pub fn image(
        self: &Arc<Registry>,
        platform: Option<&Platform>,
    ) -> Result<Image, RegistryError> {
        Image::find(self, platform)
    }

    pub(crate) fn reference(&self) -> &ImageReference {
        &self.reference
    }

    /// Whether somebody speaks TLS there, once and quickly asked. Somebody whose certificate is not trusted does too, and
    /// is not asked without.
    fn speaks_tls(&self) -> bool {
        let mut ask = Ask::small("/v2/".to_owned(), None, SMALL_ANSWER);
        ask.in_all = Some(self.patience.silence.min(Duration::from_secs(5)));
        match self.send(&Address::new(&self.home, &ask.target), &ask) {
            Ok(_) => true,
            Err(error) => error.why.contains("certificate"),
        }
    }

    /// Learns whether there is a registry, and what it asks for.
    fn introduce(&self) -> Result<(), RegistryError> {
        let ask = Ask::small("/v2/".to_owned(), None, SMALL_ANSWER);
        let Answer {
            response,
            is_from_home,
        } = self.answered(&ask)?;
        let (head, body) = response.into_parts();
        // A connection whose answer was heard to its end serves the next request.
        let _ = read(body, MAX_REFUSAL);
        match head.status.as_u16() {
            200..300 => Ok(()),
            401 if is_from_home => self.authorise(&challenges(&head.headers)),
            status => Err(RegistryError::Failed(format!(
                "{} answers with status {status}, as no registry does",
                self.home
            ))),
        }
    }

    /// The manifest of a tag or digest.
    pub(crate) fn manifest(&self, version: &str) -> Result<Vec<u8>, RegistryError> {
        let target = format!("/v2/{}/manifests/{version}", self.reference.path());
        let answer = self.get(&Ask::small(target, Some(ACCEPTED), SMALL_ANSWER))?;
        read(answer.response.into_body(), MAX_MANIFEST).map_err(|error| {
            let message = format!("`{}`: its manifest is not read: {error}", self.reference);
            RegistryError::Failed(message)
        })
    }

    /// The bytes of a blob behind the first `from`.
    pub(crate) fn blob(
        &self,
        expected: &Expected,
        from: u64,
    ) -> Result<Box<dyn Read + Send>, RegistryError> {
        let ask = Ask {
            target: format!("/v2/{}/blobs/{}", self.reference.path(), expected.digest),
            accept: None,
            from,
            in_all: None,
            limit: slowest(expected.size),
        };
        let answer = self.get(&ask)?;
        let begins = begin(&answer.response);
        let mut body = answer.response.into_body().into_reader();
        match (from, begins) {
            (0, Some(0)) => Ok(Box::new(body)),
            (from, Some(begin)) if from == begin => Ok(Box::new(body)),
            // It sends all of it again.
            (from, Some(0)) => match io::copy(&mut body.by_ref().take(from), &mut io::sink()) {
                Ok(skipped) if skipped == from => Ok(Box::new(body)),
                _ => Err(RegistryError::Failed("the beginning is missing".to_owned())),
            },
            _ => Err(RegistryError::Failed(format!(
                "{} sends another part than asked for",
                self.home
            ))),
        }
    }

    /// The answer to `ask`, if it is what was asked for. A token that is no longer taken is renewed once.
    fn get(&self, ask: &Ask<'_>) -> Result<Answer, RegistryError> {
        let mut answer = self.answered(ask)?;
        if answer.response.status() == 401 && answer.is_from_home {
            self.authorise(&challenges(answer.response.headers()))?;
            answer = self.answered(ask)?;
        }
        match answer.response.status().is_success() {
            true => Ok(answer),
            false => Err(self.refusal(answer)),
        }
    }

    /// Asks again while the answer is that the registry is busy, or none. What is told at the end says why.
    fn patiently(&self, ask: impl Fn() -> Result<Answer, NoAnswer>) -> Result<Answer, String> {
        let mut backoff = self.patience.backoff;
        for attempt in 1.. {
            let is_last = attempt >= self.patience.attempts;
            let wait = match ask() {
                Ok(answer) => match busy(&answer) {
                    Some(wait) if !is_last => wait,
                    _ => return Ok(answer),
                },
                Err(error) if error.is_transient && !is_last => None,
                Err(error) => return Err(error.why),
            };
            self.wait(wait.unwrap_or(backoff))?;
            backoff = (backoff * 2).min(self.patience.longest_wait);
        }
        Err("it is not asked".to_owned())
    }

    /// Waits, within what one wait and all waits for an image may take.
    fn wait(&self, wait: Duration) -> Result<(), String> {
        let seconds = wait.as_secs();
        if wait > self.patience.longest_wait {
            return Err(format!(
                "it is busy, and asks to wait for {seconds} seconds"
            ));
        }
        let mut waited = self.waited.lock().unwrap_or_else(PoisonError::into_inner);
        *waited += wait;
        if *waited > self.patience.all_waits {
            let all = self.patience.all_waits.as_secs();
            return Err(format!(
                "it is busy, and was waited for {all} seconds already"
            ));
        }
        drop(waited);
        thread::sleep(wait);
        Ok(())
    }

    /// Whatever is answered to `ask` by somebody who is not busy.
    fn answered(&self, ask: &Ask<'_>) -> Result<Answer, RegistryError> {
        self.patiently(|| self.followed(ask))
            .map_err(|why| self.away(&why))
    }

    fn away(&self, why: &str) -> RegistryError {
        RegistryError::Failed(format!("the registry {}: {why}", self.home))
    }

    /// The answer at the end of all redirections.
    fn followed(&self, ask: &Ask<'_>) -> Result<Answer, NoAnswer> {
        let mut address = Address::new(&self.home, &ask.target);
        for _ in 0..=MAX_REDIRECTS {
            let response = self.send(&address, ask)?;
            if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
                return Ok(Answer {
                    response,
                    is_from_home: address.origin == self.home,
                });
            }
            let location = response
                .headers()
                .get(LOCATION)
                .and_then(|value| value.to_str().ok());
            let next = location.and_then(|location| address.redirected(location));
            address = next.ok_or_else(|| {
                NoAnswer::last(
                    "it redirects to an address that is not followed: not encrypted, or none"
                        .to_owned(),
                )
            })?;
        }
        Err(NoAnswer::last(format!(
            "it redirects more than {MAX_REDIRECTS} times"
        )))
    }

    /// One request and its answer. Credentials go to the registry alone.
    fn send(&self, address: &Address, ask: &Ask<'_>) -> Result<Response<Body>, NoAnswer> {
        let mut request = self.agent.get(address.uri());
        if let Some(accept) = ask.accept {
            request = request.header(ACCEPT, accept);
        }
        if ask.from > 0 {
            request = request.header(RANGE, format!("bytes={}-", ask.from));
        }
        let authorization = self
            .authorization
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some(secret) = authorization.filter(|_| address.origin == self.home) {
            request = request.header(AUTHORIZATION, hidden(&secret)?);
        }
        let mut config = request
            .config()
            .timeout_recv_body(Some(ask.limit))
            .timeout_global(ask.in_all);
        if address.origin.is_loopback() {
            config = config.proxy(None);
        }
        config.build().call().map_err(NoAnswer::from)
    }

    /// Shows the registry what it asks for from now on.
    fn authorise(&self, challenges: &[Challenge]) -> Result<(), RegistryError> {
        let bearer = challenges
            .iter()
            .find(|one| matches!(one, Challenge::Bearer { .. }));
        let credentials = self.login.credentials.as_ref();
        let secret = match bearer.or(challenges.first()) {
            Some(Challenge::Bearer { realm, service, .. }) => match credentials {
                Some(Credentials::Registry(token)) => token::header(token.reveal()),
                _ => self.token(realm, service)?,
            },
            Some(Challenge::Basic) => match credentials.and_then(Credentials::basic) {
                Some(secret) => secret,
                None => return Err(self.denied("it asks who you are")),
            },
            None => return Err(self.denied("it asks for something that is not known")),
        };
        *self
            .authorization
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(secret);
        Ok(())
    }

    /// A token to read the repository with, from the service that the registry names.
    fn token(&self, realm: &str, service: &str) -> Result<Secret, RegistryError> {
        let home = Address::new(&self.home, "/");
        let address = home.token_service(realm).ok_or_else(|| {
            let why = "it names a token service to which no credentials are sent: not encrypted, or no address";
            self.away(why)
        })?;
        let scope = format!("repository:{}:pull", self.reference.path());
        let request = TokenRequest::new(service, &scope, self.login.credentials.as_ref());
        let asked = self.patiently(|| self.ask_for_token(&address, &request));
        let away = |why: String| {
            RegistryError::Failed(format!("the token service {}: {why}", address.origin))
        };
        let answer = asked.map_err(away)?;
        match answer.response.status().as_u16() {
            200..300 => {}
            400 | 401 | 403 => return Err(self.denied("its token service gives no token")),
            status => return Err(away(format!("it answers with status {status}"))),
        }
        let bytes = read(answer.response.into_body(), MAX_TOKEN)
            .map_err(|error| away(error.to_string()))?;
        token::bearer(&bytes).ok_or_else(|| away("its answer is not understood".to_owned()))
    }

    /// What the token service answers. It is followed nowhere else.
    fn ask_for_token(&self, address: &Address, request: &TokenRequest) -> Result<Answer, NoAnswer> {
        let response = match request {
            TokenRequest::Get {
                query,
                authorization,
            } => {
                let address = address.clone().with_query(query);
                let mut request = self.agent.get(address.uri());
                if let Some(secret) = authorization {
                    request = request.header(AUTHORIZATION, hidden(secret)?);
                }
                let config = request.config().timeout_recv_body(Some(SMALL_ANSWER));
                match address.origin.is_loopback() {
                    true => config.proxy(None).build().call(),
                    false => config.build().call(),
                }
            }
            TokenRequest::Post { form } => {
                let request = self.agent.post(address.uri());
                let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
                let config = request.config().timeout_recv_body(Some(SMALL_ANSWER));
                match address.origin.is_loopback() {
                    true => config.proxy(None).build().send(form.reveal()),
                    false => config.build().send(form.reveal()),
                }
            }
        };
        Ok(Answer {
            response: response?,
            is_from_home: false,
        })
    }

    /// That the registry does not let us, and what could help.
    fn denied(&self, why: &str) -> RegistryError {
        let domain = self.reference.domain();
        let help = match &self.login.credentials {
            Some(_) => format!("the credentials for {domain} do not let it be read"),
            None => format!("there are no credentials for {domain} (`docker login {domain}`)"),
        };
        let problems: String = self
            .login
            .problems
            .iter()
            .map(|problem| format!("; {problem}"))
            .collect();
        RegistryError::Denied(format!("`{}`: {why}; {help}{problems}", self.reference))
    }

    /// Why there is not what was asked for.
    fn refusal(&self, answer: Answer) -> RegistryError {
        let status = answer.response.status().as_u16();
        let said = read(answer.response.into_body(), MAX_REFUSAL).ok();
        let code = said.as_deref().and_then(code);
        let code = code.map_or(String::new(), |code| format!(" ({code})"));
        match status {
            404 => RegistryError::Absent(format!(
                "the registry {} has no such thing{code}",
                self.home
            )),
            401 | 403 if answer.is_from_home => {
                self.denied(&format!("it is not there, or not for you{code}"))
            }
            status => self.away(&format!("it answers with status {status}{code}")),
        }
    }
}

impl Ask<'_> {
    fn small(target: String, accept: Option<&str>, limit: Duration) -> Ask<'_> {
        Ask {
            target,
            accept,
            from: 0,
            limit,
            in_all: None,
        }
    }
}

impl NoAnswer {
    fn last(why: String) -> NoAnswer {
        NoAnswer {
            why,
            is_transient: false,
        }
    }
}

impl From<ureq::Error> for NoAnswer {
    /// In words of our own: some of the library's hold addresses.
    fn from(error: ureq::Error) -> NoAnswer {
        let (why, is_transient) = match error {
            ureq::Error::Io(error) => {
                let is_final = matches!(
                    error.kind(),
                    io::ErrorKind::ConnectionRefused | io::ErrorKind::InvalidData
                );
                (error.to_string(), !is_final)
            }
            ureq::Error::Timeout(_) => ("it does not answer in time".to_owned(), true),
            ureq::Error::HostNotFound => ("there is no such host".to_owned(), false),
            ureq::Error::ConnectionFailed => ("no connection can be made".to_owned(), true),
            ureq::Error::Rustls(error) => (format!("TLS: {error}"), false),
            ureq::Error::Tls(error) => (format!("TLS: {error}"), false),
            _ => ("its answer is not understood".to_owned(), false),
        };
        NoAnswer { why, is_transient }
    }
}

fn agent(patience: Patience) -> Agent {
    let tls = TlsConfig::builder().root_certs(roots()).build();
    let connect = patience.silence.min(Duration::from_secs(30));
    let config = Agent::config_builder()
        .tls_config(tls)
        .user_agent(concat!("plimsoll/", env!("CARGO_PKG_VERSION")))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_resolve(Some(connect))
        .timeout_connect(Some(connect))
        .timeout_send_request(Some(patience.silence))
        .timeout_send_body(Some(patience.silence))
        .timeout_recv_response(Some(patience.silence))
        .timeout_per_read(Some(patience.silence))
        .timeout_per_write(Some(patience.silence));
    config.build().new_agent()
}

/// The certificates that this machine trusts, else those that browsers do.
fn roots() -> RootCerts {
    let found = rustls_native_certs::load_native_certs().certs;
    if found.is_empty() {
        return RootCerts::WebPki;
    }
    let certificates = found
        .iter()
        .map(|one| Certificate::from_der(one).to_owned());
    RootCerts::from(certificates)
}

/// Whether somebody is too busy to answer, and how long to wait if that is said.
fn busy(answer: &Answer) -> Option<Option<Duration>> {
    let is_busy = matches!(
        answer.response.status().as_u16(),
        408 | 429 | 500 | 502 | 503 | 504
    );
    let said = text(answer.response.headers(), &RETRY_AFTER);
    let seconds = said
        .and_then(|said| said.trim().parse().ok())
        .map(Duration::from_secs);
    is_busy.then_some(seconds)
}

/// At which byte of a blob an answer begins; `None` where it does not say.
fn begin(response: &Response<Body>) -> Option<u64> {
    if response.status() != 206 {
        return Some(0);
    }
    let range = text(response.headers(), &CONTENT_RANGE)?;
    let (begin, _) = range.trim().strip_prefix("bytes ")?.split_once('-')?;
    begin.parse().ok()
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn challenges(headers: &HeaderMap) -> Vec<Challenge> {
    let values = headers.get_all(WWW_AUTHENTICATE).iter().take(8);
    let values = values.filter_map(|value| value.to_str().ok());
    values.flat_map(Challenge::parse_all).collect()
}

/// A header's value that the library does not show.
fn hidden(secret: &Secret) -> Result<HeaderValue, NoAnswer> {
    let value = HeaderValue::from_str(secret.reveal());
    let mut value =
        value.map_err(|_| NoAnswer::last("the credentials hold what no header can".to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}

/// All of a body that has at most `limit` bytes.
fn read(body: Body, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    body.into_reader().take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::other(format!("it has more than {limit} bytes")));
    }
    Ok(bytes)
}

/// The reason that a refusal names, of those there are. What else it says could be anything, our own words too.
fn code(said: &[u8]) -> Option<&'static str> {
    let said: serde_json::Value = serde_json::from_slice(said).ok()?;
    let named = said.pointer("/errors/0/code")?.as_str()?;
    CODES.into_iter().find(|code| *code == named)
}
