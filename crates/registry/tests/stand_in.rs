//! What honest registries do not show: tokens that end, redirections, damage, and servers that mean harm.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "fixtures are known to be well-formed, and a skipped test says so"
)]

mod servers;

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use plimsoll_parse::ImageReference;
use plimsoll_registry::{CredentialFiles, Image, Patience, Registry, RegistryError};
use serde_json::json;
use tempfile::TempDir;

use self::servers::{
    AUTH, Asked, PASSWORD, Reply, StandIn, descriptor, digest, manifest, promise, reply,
};

const IDENTITY: &str = "identity-of-ali";
const TOKEN: &str = "token-for-ali";

const QUICK: Patience = Patience {
    attempts: 3,
    backoff: Duration::from_millis(5),
    longest_wait: Duration::from_secs(2),
    all_waits: Duration::from_millis(1_500),
    silence: Duration::from_millis(700),
};

fn image(port: u16, auth: &serde_json::Value) -> Result<Image, RegistryError> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("auth.json");
    std::fs::write(
        &path,
        json!({"auths": {format!("127.0.0.1:{port}"): auth}}).to_string(),
    )
    .unwrap();
    let files = CredentialFiles::new(vec![path], String::new().into());
    let reference = ImageReference::parse(&format!("127.0.0.1:{port}/a/b:v1")).unwrap();
    Registry::connect(&reference, &files, QUICK)?.image(None)
}

/// What the layer of the image holds, or the first thing that goes wrong; never a credential.
fn told_with(port: u16, auth: &serde_json::Value) -> String {
    let read = || {
        let image = image(port, auth).map_err(|error| format!("{error} {error:?}"))?;
        let layer = image.members().last().unwrap().clone();
        let (_, mut bytes) = image
            .open(&layer)
            .map_err(|error| format!("{error} {error:?}"))?;
        let mut text = String::new();
        bytes
            .read_to_string(&mut text)
            .map_err(|error| format!("{error} {error:?}"))?;
        Ok(text)
    };
    let told = read().unwrap_or_else(|error: String| format!("error: {error}"));
    for secret in [PASSWORD, AUTH, IDENTITY, TOKEN] {
        assert!(!told.contains(secret), "{told}");
    }
    told
}

fn told(port: u16) -> String {
    told_with(port, &json!({"auth": AUTH}))
}

#[track_caller]
fn check(told: &str, expected: &str) {
    assert!(told.contains(expected), "{told}");
}

const LAYER: &[u8] = b"the layer";

/// An honest registry's answer.
fn honest(asked: &Asked) -> Reply {
    let path = asked.target.as_str();
    if path == "/v2/" {
        return reply(200, &[], b"{}");
    }
    if path.starts_with("/v2/a/b/manifests/") {
        return reply(200, &[], &manifest(b"{}", &[LAYER]));
    }
    match path.strip_prefix("/v2/a/b/blobs/") {
        Some(blob) if blob == digest(b"{}") => reply(200, &[], b"{}"),
        Some(blob) if blob == digest(LAYER) => reply(200, &[], LAYER),
        _ => reply(404, &[], br#"{"errors": [{"code": "BLOB_UNKNOWN"}]}"#),
    }
}

/// A registry that is honest but for the layer.
fn with_layer(layer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> StandIn {
    StandIn::start(move |asked| match asked.target.ends_with(&digest(LAYER)) {
        true => layer(asked),
        false => honest(asked),
    })
}

/// A registry with a token service at the same port.
fn with_tokens(service: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> StandIn {
    StandIn::start(move |asked| {
        if asked.target.starts_with("/token") {
            return service(asked);
        }
        if asked
            .header("authorization")
            .is_some_and(|value| value.starts_with("Bearer token"))
        {
            return honest(asked);
        }
        let host = asked.header("host").unwrap();
        let challenge = format!("Bearer realm=\"http://{host}/token?x=1\",service=\"tests\"");
        reply(401, &[("WWW-Authenticate", &challenge)], b"{}")
    })
}

#[test]
fn a_token_is_asked_for_with_a_password() {
    let registry = with_tokens(|_| reply(200, &[], json!({"token": TOKEN}).to_string().as_bytes()));
    check(&told(registry.port), "the layer");
    let asked = registry.asked();
    let service: Vec<&Asked> = asked
        .iter()
        .filter(|one| one.target.starts_with("/token"))
        .collect();
    assert_eq!(service.len(), 1);
    assert_eq!(
        service[0].header("authorization"),
        Some(format!("Basic {AUTH}").as_str())
    );
    assert_eq!(
        service[0].target,
        "/token?x=1&service=tests&scope=repository%3Aa%2Fb%3Apull&account=ali"
    );
    // The password is for the service alone.
    let others = asked.iter().filter(|one| !one.target.starts_with("/token"));
    assert!(others.into_iter().all(|one| !one.headers.contains(AUTH)));
}

#[test]
fn a_token_is_asked_for_with_an_identity_token_or_with_nothing() {
    let answer = || {
        reply(
            200,
            &[],
            json!({"access_token": TOKEN}).to_string().as_bytes(),
        )
    };
    let registry = with_tokens(move |_| answer());
    check(
        &told_with(registry.port, &json!({"identitytoken": IDENTITY})),
        "the layer",
    );
    let posted = registry
        .asked()
        .into_iter()
        .find(|one| one.method == "POST")
        .unwrap();
    assert_eq!(posted.header("authorization"), None);
    let form = format!(
        "service=tests&scope=repository%3Aa%2Fb%3Apull&client_id=plimsoll&grant_type=refresh_token&refresh_token={IDENTITY}"
    );
    assert_eq!(posted.body, form);
    let registry = with_tokens(move |_| answer());
    check(&told_with(registry.port, &json!({})), "the layer");
    let asked = registry.asked();
    let service = asked
        .iter()
        .find(|one| one.target.starts_with("/token"))
        .unwrap();
    assert_eq!(service.header("authorization"), None);
    let registry = with_tokens(move |_| reply(500, &[], b""));
    check(
        &told_with(registry.port, &json!({"registrytoken": TOKEN})),
        "the layer",
    );
    assert!(
        !registry
            .asked()
            .iter()
            .any(|one| one.target.starts_with("/token"))
    );
}

#[test]
fn a_token_that_is_no_longer_taken_is_renewed() {
    let given = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&given);
    let registry = StandIn::start(move |asked| {
        if asked.target.starts_with("/token") {
            let next = count.fetch_add(1, Ordering::SeqCst) + 1;
            return reply(
                200,
                &[],
                json!({"token": format!("{TOKEN}-{next}")})
                    .to_string()
                    .as_bytes(),
            );
        }
        // The first token is no good for blobs.
        let needed = 1 + usize::from(asked.target.contains("/blobs/"));
        let expected = (needed..=2).map(|at| format!("Bearer {TOKEN}-{at}"));
        let shown = asked.header("authorization").unwrap_or_default();
        if expected.into_iter().any(|one| one == shown) {
            return honest(asked);
        }
        let challenge = format!(
            "Bearer realm=\"http://{}/token\"",
            asked.header("host").unwrap()
        );
        reply(401, &[("WWW-Authenticate", &challenge)], b"")
    });
    check(&told(registry.port), "the layer");
    assert_eq!(given.load(Ordering::SeqCst), 2);
}

#[test]
fn services_that_give_no_token_end_the_run() {
    let service = |answer: fn() -> Reply| told(with_tokens(move |_| answer()).port);
    check(
        &service(|| reply(401, &[], b"no")),
        "its token service gives no token",
    );
    check(
        &service(|| reply(200, &[], b"{}")),
        "its answer is not understood",
    );
    check(
        &service(|| reply(404, &[], b"{}")),
        "it answers with status 404",
    );
    check(
        &service(|| reply(302, &[("Location", "/elsewhere")], b"")),
        "it answers with status 302",
    );
    check(
        &service(|| Reply::Endless(promise(1 << 40))),
        "it has more than 65536 bytes",
    );
    check(
        &service(|| reply(200, &[], br#"{"token": "a\r\nX: y"}"#)),
        "the credentials hold what no header can",
    );
}

#[test]
fn no_password_goes_to_a_service_that_is_not_encrypted() {
    for realm in [
        "http://tokens.example.com/token",
        "ftp://localhost/x",
        "//localhost/token",
        "token",
        "",
    ] {
        let challenge = format!("Bearer realm=\"{realm}\",service=\"s\"");
        let registry =
            StandIn::start(move |_| reply(401, &[("WWW-Authenticate", &challenge)], b""));
        check(
            &told(registry.port),
            "a token service to which no credentials are sent",
        );
    }
}

#[test]
fn credentials_do_not_follow_a_redirection() {
    let store = StandIn::start(|_| reply(200, &[], LAYER));
    let to = store.port;
    let registry = StandIn::start(move |asked| {
        if asked.header("authorization") != Some(&format!("Basic {AUTH}")) {
            return reply(401, &[("WWW-Authenticate", "Basic realm=\"x\"")], b"");
        }
        match asked.target.ends_with(&digest(LAYER)) {
            true => reply(
                307,
                &[(
                    "Location",
                    &format!("http://localhost:{to}/blob?signature=x"),
                )],
                b"",
            ),
            false => honest(asked),
        }
    });
    check(&told(registry.port), "the layer");
    let asked = store.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].target, "/blob?signature=x");
    assert_eq!(asked[0].header("authorization"), None);
    assert!(!asked[0].headers.contains(AUTH));
}

#[test]
fn whoever_one_is_redirected_to_gets_no_credentials_by_asking() {
    let thief = StandIn::start(|asked| {
        let host = asked.header("host").unwrap().to_owned();
        let bearer = format!("Bearer realm=\"http://{host}/token\"");
        reply(
            401,
            &[
                ("WWW-Authenticate", "Basic realm=\"x\""),
                ("WWW-Authenticate", &bearer),
            ],
            b"",
        )
    });
    let to = thief.port;
    let registry = with_layer(move |_| {
        reply(
            307,
            &[("Location", &format!("http://127.0.0.1:{to}/blob"))],
            b"",
        )
    });
    check(&told(registry.port), "it answers with status 401");
    assert!(
        thief
            .asked()
            .iter()
            .all(|one| one.header("authorization").is_none() && one.target == "/blob")
    );
    // Not even when the first request of all is sent there.
    let registry = StandIn::start(move |_| {
        reply(
            307,
            &[("Location", &format!("http://127.0.0.1:{to}/blob"))],
            b"",
        )
    });
    check(
        &told(registry.port),
        "answers with status 401, as no registry does",
    );
    assert!(
        thief
            .asked()
            .iter()
            .all(|one| one.header("authorization").is_none())
    );
}

#[test]
fn redirections_lead_to_no_other_kind_of_address() {
    for location in [
        "http://blobs.example.com/x",
        "http://169.254.169.254/x",
        "ftp://127.0.0.1/x",
        "file:///etc/passwd",
        "http://ali:pw@127.0.0.1/x",
        "http:///x",
    ] {
        let registry = with_layer(move |_| reply(302, &[("Location", location)], b""));
        check(&told(registry.port), "an address that is not followed");
    }
    let registry = with_layer(|asked| reply(302, &[("Location", &asked.target)], b""));
    check(&told(registry.port), "redirects more than 5 times");
    let registry = with_layer(|_| reply(302, &[], b""));
    check(&told(registry.port), "an address that is not followed");
}

#[test]
fn a_blob_that_is_another_is_told() {
    check(
        &told(with_layer(|_| reply(200, &[], b"another")).port),
        "unexpected end of file",
    );
    check(
        &told(with_layer(|_| reply(200, &[], b"the LAYER")).port),
        "its digest is sha256:",
    );
    check(
        &told(with_layer(|_| reply(200, &[], b"the layer and more")).port),
        "more than its 9 bytes",
    );
    check(
        &told(with_layer(|_| Reply::Endless(promise(1 << 50))).port),
        "more than its 9 bytes",
    );
}

#[test]
fn a_blob_that_breaks_off_is_gone_on_with() {
    let broken = || Reply::Bytes([promise(LAYER.len() as u64), LAYER[..4].to_vec()].concat());
    // By a part of it.
    let registry = with_layer(move |asked| match asked.header("range") {
        None => broken(),
        Some("bytes=4-") => reply(206, &[("Content-Range", "bytes 4-8/9")], &LAYER[4..]),
        Some(other) => panic!("{other}"),
    });
    assert_eq!(told(registry.port), "the layer");
    // By somebody who sends it all again.
    let registry = with_layer(move |asked| match asked.header("range") {
        None => broken(),
        Some(_) => reply(200, &[], LAYER),
    });
    assert_eq!(told(registry.port), "the layer");
    // By somebody who sends another part.
    let registry = with_layer(move |asked| match asked.header("range") {
        None => broken(),
        Some(_) => reply(206, &[("Content-Range", "bytes 5-8/9")], &LAYER[5..]),
    });
    check(&told(registry.port), "sends another part than asked for");
    // Not for ever.
    let registry = with_layer(move |_| broken());
    check(&told(registry.port), "error: ");
    let layers = registry
        .asked()
        .into_iter()
        .filter(|one| one.target.ends_with(&digest(LAYER)));
    assert_eq!(layers.count(), 5);
}

#[test]
fn silence_ends() {
    let long = Duration::from_secs(20);
    let start = Instant::now();
    let half = [promise(LAYER.len() as u64), LAYER[..4].to_vec()].concat();
    let registry = with_layer(move |_| Reply::Silence(half.clone(), long));
    check(&told(registry.port), "error: ");
    let registry = StandIn::start(move |_| Reply::Silence(Vec::new(), long));
    check(&told(registry.port), "it does not answer in time");
    assert!(
        start.elapsed() < Duration::from_secs(15),
        "{:?}",
        start.elapsed()
    );
}

fn with_manifest(answer: impl Fn() -> Reply + Send + Sync + 'static) -> String {
    let registry = StandIn::start(move |asked| match asked.target.contains("/manifests/") {
        true => answer(),
        false => honest(asked),
    });
    told(registry.port)
}

#[test]
fn manifests_are_bounded_and_understood_or_not_taken() {
    let large = vec![b' '; (4 << 20) + 1];
    check(
        &with_manifest(move || reply(200, &[], &large)),
        "it has more than 4194304 bytes",
    );
    check(
        &with_manifest(|| Reply::Endless(promise(1 << 40))),
        "it has more than 4194304 bytes",
    );
    check(
        &with_manifest(|| reply(200, &[], br#"{"schemaVersion": 1, "fsLayers": []}"#)),
        "schema 1",
    );
    check(
        &with_manifest(|| reply(200, &[], b"<html>")),
        "its manifest is not understood",
    );
    check(
        &with_manifest(|| reply(404, &[], br#"{"errors": [{"code": "MANIFEST_UNKNOWN"}]}"#)),
        "(MANIFEST_UNKNOWN)",
    );
    let quoted = br#"{"errors": [{"code": "open sesame", "message": "open sesame"}]}"#;
    check(
        &with_manifest(|| reply(400, &[], quoted)),
        "it answers with status 400",
    );
}

#[test]
fn what_an_index_names_is_what_it_says() {
    let inner = manifest(b"{}", &[LAYER]);
    let check_index = |entry: serde_json::Value, expected: &str| {
        let inner = inner.clone();
        let index = json!({"schemaVersion": 2, "manifests": [entry]}).to_string();
        let registry = StandIn::start(move |asked| match asked.target.as_str() {
            "/v2/a/b/manifests/v1" => reply(200, &[], index.as_bytes()),
            target if target.contains("/manifests/") => reply(200, &[], &inner),
            _ => honest(asked),
        });
        check(&told(registry.port), expected);
    };
    check_index(descriptor(&inner), "the layer");
    let mut other = descriptor(&inner);
    other["size"] = json!(7);
    check_index(other.clone(), "another size");
    other = descriptor(&inner);
    other["digest"] = json!(digest(b"other"));
    check_index(other.clone(), "another digest");
    other["digest"] = json!("sha256:../../../../etc/passwd");
    check_index(other, "names no digest");
    let inner = json!({"schemaVersion": 2, "manifests": []}).to_string();
    let index =
        json!({"schemaVersion": 2, "manifests": [descriptor(inner.as_bytes())]}).to_string();
    let registry = StandIn::start(move |asked| match asked.target.as_str() {
        "/v2/a/b/manifests/v1" => reply(200, &[], index.as_bytes()),
        target if target.contains("/manifests/") => reply(200, &[], inner.as_bytes()),
        _ => honest(asked),
    });
    check(&told(registry.port), "another index");
}

/// How often the layer was asked for.
fn asked_for_layer(registry: &StandIn) -> usize {
    let asked = registry.asked();
    asked
        .iter()
        .filter(|one| one.target.ends_with(&digest(LAYER)))
        .count()
}

#[test]
fn a_busy_registry_is_asked_again() {
    let busy = |headers: &'static [(&'static str, &'static str)], status: u16, times: usize| {
        let left = AtomicUsize::new(times);
        let registry = with_layer(move |asked| {
            let is_busy = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            });
            match is_busy {
                Ok(_) => reply(
                    status,
                    headers,
                    br#"{"errors": [{"code": "TOOMANYREQUESTS"}]}"#,
                ),
                Err(_) => honest(asked),
            }
        });
        let told = told(registry.port);
        (told, asked_for_layer(&registry))
    };
    assert_eq!(busy(&[], 503, 2), ("the layer".to_owned(), 3));
    assert_eq!(
        busy(&[("Retry-After", "1")], 429, 1),
        ("the layer".to_owned(), 2)
    );
    let (told, count) = busy(&[], 429, 9);
    check(&told, "it answers with status 429 (TOOMANYREQUESTS)");
    assert_eq!(count, 3);
    let (told, count) = busy(&[("Retry-After", "3600")], 429, 9);
    check(&told, "asks to wait for 3600 seconds");
    assert_eq!(count, 1);
    let (told, count) = busy(&[("Retry-After", "1")], 429, 9);
    check(&told, "was waited for 1 seconds already");
    assert_eq!(count, 2);
    // What is no number of seconds is not waited for.
    assert_eq!(
        busy(&[("Retry-After", "99999999999999999999")], 503, 1).1,
        2
    );
}

#[test]
fn nobody_there_is_told_at_once() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let start = Instant::now();
    check(&told(port), "error: the registry 127.0.0.1:");
    assert!(start.elapsed() < Duration::from_secs(2));
    check(
        &told(StandIn::start(|_| reply(404, &[], b"")).port),
        "as no registry does",
    );
    check(
        &told(StandIn::start(|_| Reply::Bytes(b"SSH-2.0-x\r\n".to_vec())).port),
        "error: ",
    );
    let odd = "Negotiate";
    let registry = StandIn::start(move |_| reply(401, &[("WWW-Authenticate", odd)], b""));
    check(
        &told(registry.port),
        "it asks for something that is not known",
    );
}
