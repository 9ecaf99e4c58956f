//! The name of an image, `registry/path:tag@digest`, by the grammar of distribution, normalised as Docker does.

use std::fmt::{self, Display};

/// The registry of names that name none.
const DEFAULT_DOMAIN: &str = "docker.io";
/// An older name of the same.
const OLD_DOMAIN: &str = "index.docker.io";
/// Where the images of the default registry lie that have no owner.
const DEFAULT_OWNER: &str = "library/";
/// The tag of names that have none.
const DEFAULT_TAG: &str = "latest";
/// Bytes of a path.
const MAX_NAME: usize = 255;
/// Bytes of a tag.
const MAX_TAG: usize = 128;
/// Digits of a digest, and most of any algorithm there is.
const DIGEST_DIGITS: std::ops::RangeInclusive<usize> = 32..=256;

/// Which image is meant: where it is kept, under which path, and which version of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageReference {
    domain: String,
    path: String,
    tag: Option<String>,
    digest: Option<String>,
}

impl ImageReference {
    /// Reads a name as a user writes it. The error says what is wrong with it.
    pub fn parse(text: &str) -> Result<ImageReference, &'static str> {
        let (named, digest) = match text.split_once('@') {
            Some((named, digest)) => (named, Some(digest)),
            None => (text, None),
        };
        if is_identifier(named) {
            return Err("it is the id of an image, which only an engine knows");
        }
        let (domain, rest) = split_domain(named);
        let (path, tag) = match rest.split_once(':') {
            Some((path, tag)) => (path, Some(tag)),
            None => (rest, None),
        };
        if path.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err("names of repositories are in lower case");
        }
        if !is_domain(domain) || !path.split('/').all(is_path_component) {
            return Err("it is no name of an image");
        }
        if tag.is_some_and(|tag| !is_tag(tag)) {
            return Err("what follows the colon is no tag");
        }
        if digest.is_some_and(|digest| !is_digest(digest)) {
            return Err("what follows the `@` is no digest");
        }
        let owner = match domain == DEFAULT_DOMAIN && !path.contains('/') {
            true => DEFAULT_OWNER,
            false => "",
        };
        if owner.len() + path.len() > MAX_NAME {
            return Err("it is longer than 255 characters");
        }
        Ok(ImageReference {
            domain: domain.to_owned(),
            path: format!("{owner}{path}"),
            tag: tag.map(str::to_owned),
            digest: digest.map(str::to_owned),
        })
    }

    /// The registry, with its port if the name has one.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// Whether it is the registry of names that name none.
    pub fn is_of_default_registry(&self) -> bool {
        self.domain == DEFAULT_DOMAIN
    }

    /// The repository, as the registry knows it.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The tag as written.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest as written.
    pub fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    /// What a registry is asked for: the digest, else the tag, else `latest`.
    pub fn version(&self) -> &str {
        let named = self.digest().or_else(|| self.tag());
        named.unwrap_or(DEFAULT_TAG)
    }

    /// The name without tag and digest, as short as users write it.
    pub fn familiar_name(&self) -> String {
        if !self.is_of_default_registry() {
            return format!("{}/{}", self.domain, self.path);
        }
        let path = self.path.strip_prefix(DEFAULT_OWNER);
        let path = path.filter(|path| !path.contains('/'));
        path.unwrap_or(&self.path).to_owned()
    }
}

impl Display for ImageReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.domain, self.path)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

/// The registry in front of a name, and the rest. What has neither dot nor port is a registry only as `localhost`, or
/// where it could be no path.
fn split_domain(named: &str) -> (&str, &str) {
    let (domain, rest) = match named.split_once('/') {
        Some((first, rest)) if names_registry(first) => (first, rest),
        _ => (DEFAULT_DOMAIN, named),
    };
    match domain {
        OLD_DOMAIN => (DEFAULT_DOMAIN, rest),
        _ => (domain, rest),
    }
}

fn names_registry(first: &str) -> bool {
    first == "localhost"
        || first.contains(['.', ':'])
        || first.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// A digest without its algorithm, or the id as engines print it.
fn is_identifier(named: &str) -> bool {
    let digits = named.strip_prefix("sha256:").unwrap_or(named);
    digits.len() == 64
        && digits
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// A host, by name or address, and maybe a port.
fn is_domain(domain: &str) -> bool {
    if let Some(rest) = domain.strip_prefix('[') {
        let Some((address, port)) = rest.split_once(']') else {
            return false;
        };
        let is_address = |byte: u8| byte.is_ascii_hexdigit() || byte == b':';
        return !address.is_empty()
            && address.bytes().all(is_address)
            && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port));
    }
    let (host, port) = match domain.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (domain, None),
    };
    host.split('.').all(is_host_component) && port.is_none_or(is_port)
}

fn is_port(port: &str) -> bool {
    !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_host_component(component: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    !component.is_empty()
        && component.bytes().all(inner)
        && !component.starts_with('-')
        && !component.ends_with('-')
}

/// Words of letters and digits with separators between them: a dot, one or two underscores, or any number of dashes.
fn is_path_component(component: &str) -> bool {
    let is_word = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let mut rest = component;
    loop {
        let word = rest.trim_start_matches(is_word);
        if word.len() == rest.len() {
            return false;
        }
        if word.is_empty() {
            return true;
        }
        let after = word.trim_start_matches('-');
        rest = match after.len() < word.len() {
            true => after,
            false => match ["__", "_", "."]
                .iter()
                .find_map(|one| word.strip_prefix(one))
            {
                Some(after) => after,
                None => return false,
            },
        };
    }
}

fn is_tag(tag: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let mut bytes = tag.bytes();
    tag.len() <= MAX_TAG
        && bytes.next().is_some_and(is_word)
        && bytes.all(|byte| is_word(byte) || matches!(byte, b'.' | b'-'))
}

/// An algorithm, a colon, and digits in hexadecimal.
fn is_digest(digest: &str) -> bool {
    let Some((algorithm, digits)) = digest.split_once(':') else {
        return false;
    };
    let is_part = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_alphabetic())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    algorithm.split(['+', '.', '-', '_']).all(is_part)
        && DIGEST_DIGITS.contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn names_are_normalised_as_docker_does() {
        let long = format!("a/{}", "b".repeat(240));
        for (text, expected) in [
            ("alpine", "docker.io/library/alpine latest"),
            ("alpine:3.20", "docker.io/library/alpine 3.20"),
            ("user/app", "docker.io/user/app latest"),
            ("docker.io/alpine", "docker.io/library/alpine latest"),
            ("index.docker.io/a/b", "docker.io/a/b latest"),
            ("docker.io/library/a", "docker.io/library/a latest"),
            ("localhost/a", "localhost/a latest"),
            ("localhost:5000/a:1", "localhost:5000/a 1"),
            ("127.0.0.1:5000/a/b/c", "127.0.0.1:5000/a/b/c latest"),
            ("[::1]:5000/a", "[::1]:5000/a latest"),
            ("[fe80::1]/a", "[fe80::1]/a latest"),
            ("r.example.com/A-b/c", "no"),
            (
                "r.example.com/a--b/c__d.e_f",
                "r.example.com/a--b/c__d.e_f latest",
            ),
            ("Host/a", "Host/a latest"),
            ("host/a", "docker.io/host/a latest"),
            (&long, &format!("docker.io/{long} latest")),
        ] {
            let parsed = ImageReference::parse(text);
            let told = parsed.map_or("no".to_owned(), |one| {
                format!("{}/{} {}", one.domain(), one.path(), one.version())
            });
            assert_eq!(told, expected, "{text}");
        }
    }

    #[test]
    fn a_digest_goes_before_a_tag() {
        let text = format!("r.example.com/a:1@{DIGEST}");
        let parsed = ImageReference::parse(&text).unwrap();
        assert_eq!((parsed.tag(), parsed.version()), (Some("1"), DIGEST));
        assert_eq!(parsed.to_string(), text);
        assert_eq!(parsed.familiar_name(), "r.example.com/a");
        let short = ImageReference::parse("alpine").unwrap();
        assert_eq!(short.familiar_name(), "alpine");
    }

    #[test]
    fn what_is_no_name_is_refused() {
        let id = DIGEST.trim_start_matches("sha256:");
        let long = "a".repeat(300);
        let tag = format!("a:{}", "t".repeat(129));
        for text in [
            "",
            ":",
            "/",
            "a/",
            "/a",
            "a//b",
            "a:",
            "a@",
            "a:b:c",
            "a b",
            "-a",
            "a-",
            "a___b",
            "a._b",
            "a..b",
            "../a",
            "./a",
            "a/../b",
            "A",
            "a/B",
            "é",
            "a?b",
            "a%2fb",
            "a\n",
            "a#b",
            "a@sha256:00",
            "a@sha256",
            "a@:00",
            "a:.b",
            "a:-b",
            "http://a/b",
            "user:pw@host/a",
            "host:port/a",
            "-host.x/a",
            "host-.x/a",
            "[::1/a",
            "[]/a",
            "[x]/a",
            ".x/a",
            DIGEST,
            id,
            &long,
            &tag,
        ] {
            assert!(ImageReference::parse(text).is_err(), "{text}");
        }
        let odd = format!("a@{DIGEST}@{DIGEST}");
        assert!(ImageReference::parse(&odd).is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text: String) {
            let _ = ImageReference::parse(&text);
        }

        #[test]
        fn what_is_read_is_read_again(text in "[a-zA-Z0-9.:/@_\\[\\]-]{0,40}") {
            if let Ok(parsed) = ImageReference::parse(&text) {
                let again = ImageReference::parse(&parsed.to_string());
                prop_assert_eq!(again.as_ref(), Ok(&parsed));
                let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte);
                prop_assert!(parsed.path().bytes().all(safe));
                prop_assert!(!parsed.path().split('/').any(|part| matches!(part, "" | "." | "..")));
            }
        }
    }
}
