//! Where a request goes, and where it may be sent on to.

use std::fmt::{self, Display};
use std::net::Ipv4Addr;

use ureq::http::Uri;

/// Bytes of an address.
const MAX_LENGTH: usize = 16 << 10;

/// Who answers: the scheme, the host and the port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    is_secure: bool,
    host: String,
    port: u16,
}

impl Origin {
    /// The registry that names of images call `domain`.
    pub(crate) fn of_registry(domain: &str, is_secure: bool) -> Option<Origin> {
        let scheme = scheme(is_secure);
        Some(Address::parse(&format!("{scheme}://{domain}/"))?.origin)
    }

    /// Whether it is this machine: there, and only there, connections need no encryption.
    pub(crate) fn is_loopback(&self) -> bool {
        let address = self.host.parse::<Ipv4Addr>();
        self.host == "localhost"
            || self.host == "[::1]"
            || address.is_ok_and(|one| one.is_loopback())
    }

    /// Whether what was asked of us may be asked of `next`: encrypted, or never having left this machine.
    fn may_lead_to(&self, next: &Origin) -> bool {
        next.is_secure || !self.is_secure && self.is_loopback() && next.is_loopback()
    }
}

impl Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.host)?;
        match (self.is_secure, self.port) {
            (true, 443) | (false, 80) => Ok(()),
            (_, port) => write!(f, ":{port}"),
        }
    }
}

fn scheme(is_secure: bool) -> &'static str {
    match is_secure {
        true => "https",
        false => "http",
    }
}

/// Where one request goes. Queries may be signed, which makes them credentials: an address cannot be shown, its origin
/// can.
#[derive(Clone)]
pub(crate) struct Address {
    pub(crate) origin: Origin,
    /// The path and the query.
    target: String,
}

impl Address {
    pub(crate) fn new(origin: &Origin, target: &str) -> Address {
        Address {
            origin: origin.clone(),
            target: target.to_owned(),
        }
    }

    /// An absolute address. One that names a user is none.
    pub(crate) fn parse(text: &str) -> Option<Address> {
        if text.len() > MAX_LENGTH {
            return None;
        }
        let uri: Uri = text.parse().ok()?;
        let is_secure = match uri.scheme_str()? {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let authority = uri.authority()?.as_str();
        let default = if is_secure { 443 } else { 80 };
        // A port that is none would be taken for the default one.
        let port = match authority.strip_prefix(uri.host()?)? {
            "" => default,
            port => port.strip_prefix(':')?.parse().ok()?,
        };
        let host = uri.host().filter(|host| !host.is_empty())?;
        Some(Address {
            origin: Origin {
                is_secure,
                host: host.to_ascii_lowercase(),
                port,
            },
            target: uri
                .path_and_query()
                .map_or("/", |target| target.as_str())
                .to_owned(),
        })
    }

    /// Where a redirection of this address to `location` leads; `None` where it may not lead.
    pub(crate) fn redirected(&self, location: &str) -> Option<Address> {
        let next = if location.contains("://") && !location.starts_with('/') {
            Address::parse(location)?
        } else if location.starts_with("//") {
            Address::parse(&format!("{}:{location}", scheme(self.origin.is_secure)))?
        } else if location.starts_with('/') {
            Address::parse(&format!("{}{location}", self.base()))?
        } else {
            let path = self.target.split('?').next().unwrap_or_default();
            let folder = path
                .rfind('/')
                .and_then(|slash| path.get(..=slash))
                .unwrap_or("/");
            Address::parse(&format!("{}{folder}{location}", self.base()))?
        };
        self.origin.may_lead_to(&next.origin).then_some(next)
    }

    /// The token service at `realm`, which a registry at `self` names; `None` where credentials may not go.
    pub(crate) fn token_service(&self, realm: &str) -> Option<Address> {
        let service = Address::parse(realm)?;
        self.origin.may_lead_to(&service.origin).then_some(service)
    }

    /// With further pairs in its query.
    pub(crate) fn with_query(mut self, query: &str) -> Address {
        self.target
            .push(if self.target.contains('?') { '&' } else { '?' });
        self.target.push_str(query);
        self
    }

    /// As it is sent.
    pub(crate) fn uri(&self) -> String {
        format!("{}{}", self.base(), self.target)
    }

    fn base(&self) -> String {
        // Without the port that goes without saying: where a query is signed, so is the name of the host.
        format!("{}://{}", scheme(self.origin.is_secure), self.origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_this_machine_is_spoken_to_in_the_clear() {
        for (domain, expected) in [
            ("localhost", true),
            ("localhost:5000", true),
            ("127.0.0.1:5000", true),
            ("127.9.9.9", true),
            ("[::1]:5000", true),
            ("128.0.0.1", false),
            ("localhost.example.com", false),
            ("127.0.0.1.example.com", false),
            ("[::2]", false),
            ("0.0.0.0:5000", false),
        ] {
            let origin = Origin::of_registry(domain, true).unwrap();
            assert_eq!(origin.is_loopback(), expected, "{domain}");
            assert_eq!(origin.to_string(), domain);
        }
    }

    #[test]
    fn redirections_keep_what_was_encrypted_so() {
        let check = |from: &str, location: &str, expected: Option<&str>| {
            let next = Address::parse(from).unwrap().redirected(location);
            let uri = next.map(|next| next.uri());
            assert_eq!(uri.as_deref(), expected, "{from} to {location}");
        };
        let secure = "https://r.example.com/v2/a/blobs/b?x=1";
        check(
            secure,
            "https://cdn.example.com/b?sig=1",
            Some("https://cdn.example.com/b?sig=1"),
        );
        check(secure, "/other", Some("https://r.example.com/other"));
        check(secure, "c", Some("https://r.example.com/v2/a/blobs/c"));
        check(
            secure,
            "//cdn.example.com/b",
            Some("https://cdn.example.com/b"),
        );
        check(secure, "http://cdn.example.com/b", None);
        check(secure, "http://r.example.com/b", None);
        check(secure, "http://localhost/b", None);
        check(secure, "ftp://r.example.com/b", None);
        check(secure, "file:///etc/passwd", None);
        check(secure, "https://user:pw@r.example.com/b", None);
        check(secure, "https://r.example.com:99999/b", None);
        let local = "http://127.0.0.1:5000/v2/";
        check(
            local,
            "http://localhost:5001/b",
            Some("http://localhost:5001/b"),
        );
        check(
            local,
            "https://r.example.com/b",
            Some("https://r.example.com/b"),
        );
        check(local, "http://r.example.com/b", None);
        check(local, "//r.example.com/b", None);
    }

    proptest! {
        #[test]
        fn no_location_makes_it_panic_or_unsafe(location: String) {
            let from = Address::parse("https://r.example.com/v2/").unwrap();
            if let Some(next) = from.redirected(&location) {
                prop_assert!(next.origin.is_secure);
            }
        }
    }
}
