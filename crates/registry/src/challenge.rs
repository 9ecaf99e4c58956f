//! What a registry asks for before it answers: the header `WWW-Authenticate` (RFC 9110, 11.6.1).

/// Challenges of one answer that are looked at.
const MAX_CHALLENGES: usize = 16;
/// Parameters of one challenge that are looked at.
const MAX_PARAMETERS: usize = 32;

/// One way of showing who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Challenge {
    /// A name and a password with every request.
    Basic,
    /// A token that a service gives.
    Bearer {
        /// Where the service answers.
        realm: String,
        /// What the service calls the registry.
        service: String,
        /// What the token should be for.
        scope: String,
    },
}

impl Challenge {
    /// The challenges in a header's value that we know how to answer. What is malformed ends the reading.
    pub fn parse_all(value: &str) -> Vec<Challenge> {
        let mut reader = Reader(value);
        let mut challenges = Vec::new();
        while challenges.len() < MAX_CHALLENGES {
            reader.skip(|letter| letter == ',' || is_space(letter));
            let scheme = reader.token();
            if scheme.is_empty() {
                break;
            }
            let parameters = reader.parameters();
            let named = |name: &str| {
                let found = parameters
                    .iter()
                    .find(|(known, _)| known.eq_ignore_ascii_case(name));
                found.map(|(_, value)| value.clone())
            };
            if scheme.eq_ignore_ascii_case("basic") {
                challenges.push(Challenge::Basic);
            } else if scheme.eq_ignore_ascii_case("bearer")
                && let Some(realm) = named("realm")
            {
                challenges.push(Challenge::Bearer {
                    realm,
                    service: named("service").unwrap_or_default(),
                    scope: named("scope").unwrap_or_default(),
                });
            }
        }
        challenges
    }
}

struct Reader<'a>(&'a str);

impl<'a> Reader<'a> {
    fn skip(&mut self, skipped: impl Fn(char) -> bool) {
        self.0 = self.0.trim_start_matches(skipped);
    }

    fn token(&mut self) -> &'a str {
        let end = self
            .0
            .find(|letter| !is_token(letter))
            .unwrap_or(self.0.len());
        let (token, rest) = self.0.split_at_checked(end).unwrap_or_default();
        self.0 = rest;
        token
    }

    /// Pairs of a name and a value, up to the scheme of the next challenge.
    fn parameters(&mut self) -> Vec<(&'a str, String)> {
        let mut parameters = Vec::new();
        while parameters.len() < MAX_PARAMETERS {
            self.skip(|letter| letter == ',' || is_space(letter));
            let before = self.0;
            let name = self.token();
            self.skip(is_space);
            let Some(rest) = self.0.strip_prefix('=').filter(|_| !name.is_empty()) else {
                self.0 = before;
                break;
            };
            self.0 = rest;
            self.skip(is_space);
            let Some(value) = self.value() else {
                self.0 = "";
                break;
            };
            parameters.push((name, value));
        }
        parameters
    }

    /// A token or a quoted text; `None` where the quotation does not end.
    fn value(&mut self) -> Option<String> {
        let Some(quoted) = self.0.strip_prefix('"') else {
            return Some(self.token().to_owned());
        };
        let mut value = String::new();
        let mut letters = quoted.char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '"' => {
                    self.0 = quoted.get(at + 1..).unwrap_or_default();
                    return Some(value);
                }
                '\\' => value.push(letters.next()?.1),
                letter => value.push(letter),
            }
        }
        None
    }
}

fn is_space(letter: char) -> bool {
    matches!(letter, ' ' | '\t')
}

fn is_token(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~/:".contains(letter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told(value: &str) -> Vec<String> {
        let challenges = Challenge::parse_all(value);
        let one = |challenge: &Challenge| match challenge {
            Challenge::Basic => "basic".to_owned(),
            Challenge::Bearer {
                realm,
                service,
                scope,
            } => format!("{realm} {service} {scope}"),
        };
        challenges.iter().map(one).collect()
    }

    #[test]
    fn challenges_are_read() {
        let check = |value: &str, expected: &[&str]| assert_eq!(told(value), expected, "{value}");
        check("Basic realm=\"x\"", &["basic"]);
        check("basic", &["basic"]);
        check(
            "Bearer realm=\"https://t.example.com/token\",service=\"r\",scope=\"repository:a/b:pull,push\"",
            &["https://t.example.com/token r repository:a/b:pull,push"],
        );
        check(
            "bearer  Realm = \"https://t\" , SERVICE=r",
            &["https://t r "],
        );
        check("Bearer realm=\"a\\\"b\"", &["a\"b  "]);
        check("Digest realm=x, nonce=\"y\", Basic realm=z", &["basic"]);
        check(
            "Basic realm=\"a\", Bearer realm=\"https://t\"",
            &["basic", "https://t  "],
        );
        check("Negotiate, Basic realm=x", &["basic"]);
        check("Bearer service=\"r\"", &[]);
        check("Bearer realm=\"never ends", &[]);
        check("", &[]);
        check("=,=", &[]);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(value: String, rest in "[a-zA-Z=\", \\\\é]{0,60}") {
            for value in [value, rest.clone(), format!("Bearer {rest}")] {
                prop_assert!(Challenge::parse_all(&value).len() <= MAX_CHALLENGES);
            }
        }
    }
}
