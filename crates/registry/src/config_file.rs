//! The file in which Docker and Podman keep credentials, or say who keeps them.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::credentials::{Credentials, Keys, Secret};

/// As Docker writes it, with or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// `config.json` or `auth.json`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct ConfigFile {
    auths: Option<BTreeMap<String, Option<Auth>>>,
    #[serde(rename = "credHelpers")]
    helpers: Option<BTreeMap<String, String>>,
    #[serde(rename = "credsStore")]
    store: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Auth {
    auth: Option<Zeroizing<String>>,
    username: Option<String>,
    password: Option<Zeroizing<String>>,
    identitytoken: Option<Zeroizing<String>>,
    registrytoken: Option<Zeroizing<String>>,
}

impl ConfigFile {
    /// The error is the line that is not understood.
    pub(crate) fn parse(bytes: &[u8]) -> Result<ConfigFile, usize> {
        serde_json::from_slice(bytes).map_err(|error| error.line())
    }

    /// The helper that keeps the credentials of a registry: its own, else the one for all.
    pub(crate) fn helper(&self, keys: &Keys) -> Option<&str> {
        let helpers = self.helpers.as_ref();
        let own = helpers.and_then(|helpers| find(helpers, keys));
        let name = own.or(self.store.as_ref()).map(String::as_str);
        name.filter(|name| !name.is_empty())
    }

    /// What the file itself holds for a registry.
    pub(crate) fn credentials(&self, keys: &Keys) -> Result<Option<Credentials>, &'static str> {
        let auth = self.auths.as_ref().and_then(|auths| find(auths, keys));
        match auth {
            Some(Some(auth)) => auth.credentials(),
            _ => Ok(None),
        }
    }
}

impl Auth {
    fn credentials(&self) -> Result<Option<Credentials>, &'static str> {
        let filled =
            |text: &Option<Zeroizing<String>>| text.clone().filter(|text| !text.is_empty());
        let secret = |text: Zeroizing<String>| Secret::new(text.to_string());
        if let Some(token) = filled(&self.identitytoken) {
            return Ok(Some(Credentials::Identity(secret(token))));
        }
        if let Some(token) = filled(&self.registrytoken) {
            return Ok(Some(Credentials::Registry(secret(token))));
        }
        if let Some(pair) = filled(&self.auth) {
            return decoded(&pair).map(Some);
        }
        let user = self.username.clone().filter(|user| !user.is_empty());
        let both = user.zip(filled(&self.password));
        Ok(both.map(|(user, password)| Credentials::Password {
            user,
            password: secret(password),
        }))
    }
}

/// A user and a password as `auth` holds them.
fn decoded(pair: &str) -> Result<Credentials, &'static str> {
    const NO_PAIR: &str = "an `auth` is not the base64 of a user, a colon and a password";
    let bytes = Zeroizing::new(BASE64.decode(pair.trim()).map_err(|_| NO_PAIR)?);
    let text = std::str::from_utf8(&bytes).map_err(|_| NO_PAIR)?;
    let (user, password) = text.split_once(':').ok_or(NO_PAIR)?;
    Ok(Credentials::Password {
        user: user.to_owned(),
        // Old versions of Docker wrote them behind it.
        password: Secret::new(password.trim_matches('\0').to_owned()),
    })
}

/// The entry for a registry: the longest path first, and the very name that Docker gives it before other spellings.
fn find<'a, T>(entries: &'a BTreeMap<String, T>, keys: &Keys) -> Option<&'a T> {
    let named = |name: &String| {
        let found = entries.iter().find(|(key, _)| spelling(key) == *name);
        found.map(|(_, entry)| entry)
    };
    let (registry, paths) = keys.names.split_last()?;
    let own = || entries.get(&keys.server).or_else(|| named(registry));
    paths.iter().find_map(named).or_else(own)
}

/// A registry, and maybe a path in it, without what programs write around it.
fn spelling(key: &str) -> String {
    let schemes = ["https://", "http://"];
    let rest = schemes.iter().find_map(|scheme| key.strip_prefix(scheme));
    let key = match rest {
        Some(rest) => rest.split('/').next().unwrap_or_default(),
        None => key,
    };
    let key = key.trim_end_matches('/');
    let key = key
        .strip_suffix("/v1")
        .or_else(|| key.strip_suffix("/v2"))
        .unwrap_or(key);
    let (host, path) = key
        .split_once('/')
        .map_or((key, ""), |(host, path)| (host, path));
    let host = match host {
        "index.docker.io" | "registry-1.docker.io" => "docker.io",
        host => host,
    };
    match path {
        "" => host.to_owned(),
        path => format!("{host}/{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_parse::ImageReference;

    /// What the file has for the image, without a secret's own words: tests print.
    fn told(file: &str, image: &str) -> String {
        let keys = Keys::of(&ImageReference::parse(image).unwrap());
        let file = match ConfigFile::parse(file.as_bytes()) {
            Ok(file) => file,
            Err(line) => return format!("line {line}"),
        };
        if let Some(helper) = file.helper(&keys) {
            return format!("helper {helper} {}", keys.server);
        }
        match file.credentials(&keys) {
            Ok(None) => "none".to_owned(),
            Ok(Some(Credentials::Password { user, password })) => {
                format!("{user} {}", password.reveal().len())
            }
            Ok(Some(Credentials::Identity(token))) => format!("identity {}", token.reveal().len()),
            Ok(Some(Credentials::Registry(token))) => format!("registry {}", token.reveal().len()),
            Err(problem) => problem.to_owned(),
        }
    }

    #[test]
    fn entries_are_found_by_any_of_their_names() {
        // `me:pass`, and `you:` with a longer one.
        let check = |key: &str, image: &str, expected: &str| {
            let file = format!(r#"{{"auths": {{"{key}": {{"auth": "bWU6cGFzcw=="}}}}}}"#);
            assert_eq!(told(&file, image), expected, "{key} for {image}");
        };
        check("r.example.com", "r.example.com/a", "me 4");
        check("https://r.example.com", "r.example.com/a", "me 4");
        check("https://r.example.com/v2/", "r.example.com/a", "me 4");
        check("r.example.com/v1", "r.example.com/a", "me 4");
        check("r.example.com/a/b", "r.example.com/a/b/c", "me 4");
        check("r.example.com/a/b", "r.example.com/a/bc", "none");
        check("r.example.com:5000", "r.example.com/a", "none");
        check("r.example.com", "r.example.com:5000/a", "none");
        check("r.example.com", "evil.r.example.com/a", "none");
        check("r.example.com", "r.example.com.evil/a", "none");
        check("https://index.docker.io/v1/", "alpine", "me 4");
        check("docker.io", "a/b", "me 4");
        check("docker.io/a", "a/b", "me 4");
        check("docker.io/a", "b/b", "none");
    }

    #[test]
    fn the_longest_path_is_meant() {
        let file = r#"{"auths": {"r.example.com": {"username": "a", "password": "b"},
            "r.example.com/x": {"identitytoken": "abc"}}}"#;
        assert_eq!(told(file, "r.example.com/x/y"), "identity 3");
        assert_eq!(told(file, "r.example.com/y"), "a 1");
    }

    #[test]
    fn what_files_say_is_understood() {
        let check = |file: &str, expected: &str| {
            assert_eq!(told(file, "r.example.com/a"), expected, "{file}")
        };
        check("{}", "none");
        check(
            r#"{"auths": null, "credHelpers": null, "credsStore": null}"#,
            "none",
        );
        check(
            r#"{"auths": {"r.example.com": {}}, "HttpHeaders": {"x": 1}}"#,
            "none",
        );
        check(r#"{"auths": {"r.example.com": null}}"#, "none");
        check(
            r#"{"auths": {"r.example.com": {"registrytoken": "ab"}}}"#,
            "registry 2",
        );
        check(r#"{"credsStore": "pass"}"#, "helper pass r.example.com");
        check(
            r#"{"credsStore": "pass", "credHelpers": {"r.example.com": "own"}}"#,
            "helper own r.example.com",
        );
        check(r#"{"credHelpers": {"other.example.com": "own"}}"#, "none");
        check("[1]", "line 1");
        check("{\n\"auths\": {\"r.example.com\": \"hunter22\"}}", "line 2");
        let bad = "an `auth` is not the base64 of a user, a colon and a password";
        for auth in ["!", "bm9jb2xvbg==", "/w=="] {
            check(
                &format!(r#"{{"auths": {{"r.example.com": {{"auth": "{auth}"}}}}}}"#),
                bad,
            );
        }
    }

    #[test]
    fn a_helper_is_asked_for_the_default_registry_by_its_old_name() {
        let file = r#"{"credHelpers": {"docker.io": "hub"}}"#;
        assert_eq!(
            told(file, "alpine"),
            "helper hub https://index.docker.io/v1/"
        );
    }
}
