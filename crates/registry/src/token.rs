//! Asking a token service, as distribution's token authentication has it: with a name and a password, an identity
//! token, or nothing.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::credentials::{Credentials, Secret};

/// How we call ourselves.
const CLIENT: &str = "plimsoll";
/// What need not be encoded in a query or a form.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// What to ask the service at a realm.
pub(crate) enum TokenRequest {
    /// Pairs for the query, and the header that shows who asks.
    Get {
        query: String,
        authorization: Option<Secret>,
    },
    /// A form, which holds the identity token.
    Post { form: Secret },
}

impl TokenRequest {
    pub(crate) fn new(
        service: &str,
        scope: &str,
        credentials: Option<&Credentials>,
    ) -> TokenRequest {
        let mut pairs = Vec::new();
        if !service.is_empty() {
            pairs.push(("service", service));
        }
        pairs.push(("scope", scope));
        if let Some(Credentials::Identity(token)) = credentials {
            pairs.push(("client_id", CLIENT));
            pairs.push(("grant_type", "refresh_token"));
            pairs.push(("refresh_token", token.reveal()));
            return TokenRequest::Post {
                form: Secret::new(encoded(&pairs)),
            };
        }
        if let Some(Credentials::Password { user, .. }) = credentials {
            pairs.push(("account", user));
        }
        TokenRequest::Get {
            query: encoded(&pairs),
            authorization: credentials.and_then(Credentials::basic),
        }
    }
}

fn encoded(pairs: &[(&str, &str)]) -> String {
    let pair =
        |(name, value): &(&str, &str)| format!("{name}={}", utf8_percent_encode(value, PLAIN));
    let pairs: Vec<String> = pairs.iter().map(pair).collect();
    pairs.join("&")
}

#[derive(Deserialize)]
struct Answer {
    token: Option<Zeroizing<String>>,
    access_token: Option<Zeroizing<String>>,
}

/// The header for requests with the token that a service gave.
pub(crate) fn bearer(answer: &[u8]) -> Option<Secret> {
    let answer: Answer = serde_json::from_slice(answer).ok()?;
    let mut tokens = [answer.token, answer.access_token].into_iter().flatten();
    let token = tokens.find(|token| !token.is_empty())?;
    Some(header(&token))
}

/// The header for requests with this token.
pub(crate) fn header(token: &str) -> Secret {
    Secret::new(format!("Bearer {token}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_asked_with_what_there_is() {
        let told = |credentials: Option<&Credentials>| match TokenRequest::new(
            "r & s",
            "repository:a/b:pull",
            credentials,
        ) {
            TokenRequest::Get {
                query,
                authorization,
            } => {
                let header = authorization.map(|header| header.reveal().to_owned());
                format!("GET {query} {}", header.unwrap_or_default())
            }
            TokenRequest::Post { form } => format!("POST {}", form.reveal()),
        };
        let asked = "service=r%20%26%20s&scope=repository%3Aa%2Fb%3Apull";
        assert_eq!(told(None), format!("GET {asked} "));
        let password = Credentials::Password {
            user: "me".to_owned(),
            password: Secret::new("pass".to_owned()),
        };
        assert_eq!(
            told(Some(&password)),
            format!("GET {asked}&account=me Basic bWU6cGFzcw==")
        );
        let identity = Credentials::Identity(Secret::new("a+b".to_owned()));
        assert_eq!(
            told(Some(&identity)),
            format!("POST {asked}&client_id=plimsoll&grant_type=refresh_token&refresh_token=a%2Bb")
        );
    }

    #[test]
    fn tokens_have_either_of_two_names() {
        let check = |answer: &str, expected: Option<&str>| {
            let header = bearer(answer.as_bytes());
            assert_eq!(header.as_ref().map(Secret::reveal), expected, "{answer}");
        };
        check(r#"{"token": "a"}"#, Some("Bearer a"));
        check(
            r#"{"access_token": "b", "expires_in": 60}"#,
            Some("Bearer b"),
        );
        check(r#"{"token": "", "access_token": "b"}"#, Some("Bearer b"));
        check(r#"{"token": ""}"#, None);
        check("{}", None);
        check("no", None);
    }
}
