//! Values that are credentials by their own form, wherever they stand.

use std::sync::{LazyLock, OnceLock};

use plimsoll_model::Span;
use regex::Regex;

use crate::is_placeholder;

/// A credential found by its form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretMatch {
    /// Its bytes.
    pub span: Span,
    /// Who issues such credentials.
    pub provider: &'static str,
}

/// A provider's form. `literal` must occur for the pattern to be tried at all.
struct Form {
    provider: &'static str,
    literal: &'static str,
    pattern: &'static str,
}

/// Forms documented by their issuers: a fixed prefix and a body long enough that chance does not make one.
///
/// They are kept beside the scanner's because it weighs what it finds: an id, a key without a body and a password of words
/// in an address are no findings of it, and none of these may be shown (see `hidden.rs`).
const FORMS: [Form; 20] = [
    Form {
        provider: "AWS",
        literal: "A",
        pattern: r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b",
    },
    Form {
        provider: "GitHub",
        literal: "gh",
        pattern: r"\bgh[pousr]_[A-Za-z0-9]{36,255}\b",
    },
    Form {
        provider: "GitHub",
        literal: "github_pat_",
        pattern: r"\bgithub_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}\b",
    },
    Form {
        provider: "GitLab",
        literal: "glpat-",
        pattern: r"\bglpat-[A-Za-z0-9_-]{20,}",
    },
    Form {
        provider: "npm",
        literal: "npm_",
        pattern: r"\bnpm_[A-Za-z0-9]{36}\b",
    },
    Form {
        provider: "PyPI",
        literal: "pypi-",
        pattern: r"\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,}",
    },
    Form {
        provider: "Docker Hub",
        literal: "dckr_pat_",
        pattern: r"\bdckr_pat_[A-Za-z0-9_-]{27,}",
    },
    Form {
        provider: "OpenAI",
        literal: "sk-",
        pattern: r"\bsk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,74}T3BlbkFJ[A-Za-z0-9_-]{20,74}",
    },
    Form {
        provider: "Anthropic",
        literal: "sk-ant-",
        pattern: r"\bsk-ant-(?:api|admin)\d{2}-[A-Za-z0-9_-]{80,}",
    },
    Form {
        provider: "Hugging Face",
        literal: "hf_",
        pattern: r"\bhf_[A-Za-z]{34}\b",
    },
    Form {
        provider: "Slack",
        literal: "xox",
        pattern: r"\bxox[abpors]-[0-9]{8,}-[0-9A-Za-z-]{16,}",
    },
    Form {
        provider: "Stripe",
        literal: "k_live_",
        pattern: r"\b[sr]k_live_[A-Za-z0-9]{24,}\b",
    },
    Form {
        provider: "Google",
        literal: "AIza",
        pattern: r"\bAIza[A-Za-z0-9_-]{35}",
    },
    Form {
        provider: "SendGrid",
        literal: "SG.",
        pattern: r"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}",
    },
    Form {
        provider: "Fly.io",
        literal: "FlyV1 ",
        pattern: r"\bFlyV1 fm[12][a-z]?_[A-Za-z0-9+/=_-]{40,}",
    },
    Form {
        provider: "DigitalOcean",
        literal: "dop_v1_",
        pattern: r"\bdop_v1_[a-f0-9]{64}\b",
    },
    Form {
        provider: "private key",
        literal: "PRIVATE KEY-----",
        pattern: r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----",
    },
    Form {
        provider: "address with password",
        literal: "://",
        pattern: r"\b[a-zA-Z][a-zA-Z0-9+.-]{1,15}://([^\s:/@<>'\x22]{0,64}):([^\s/$<>{}'\x22]{3,128})@[a-zA-Z0-9.$%{\[-]",
    },
    // An image has no scheme. Behind a digest's `@` follows no `/`.
    Form {
        provider: "image name with password",
        literal: "@",
        pattern: concat!(
            r"(?im)(?:^\s*(?:#|//)\s*syntax\s*=|\x22syntax\x22\s*:\s*\x22|^\s*FROM\s+(?:--platform=\S+\s+)?)\s*",
            r"([^\s:/@<>'\x22]{0,64}):([^\s/@$<>{}'\x22]{3,128})@[^\s/@'\x22]+/",
        ),
    },
    Form {
        provider: "JWT",
        literal: "eyJ",
        pattern: r"\beyJ[A-Za-z0-9_-]{17,}\.eyJ[A-Za-z0-9_-]{17,}\.[A-Za-z0-9_-]{20,}",
    },
];

/// What examples of addresses have for a password, besides the user's name once more.
const STAND_IN_PASSWORDS: [&str; 6] = ["pass", "passwd", "password", "pwd", "secret", "user"];

/// Compiled on first need, so that a run that meets no literal compiles nothing.
static PATTERNS: LazyLock<Vec<OnceLock<Option<Regex>>>> =
    LazyLock::new(|| FORMS.iter().map(|_| OnceLock::new()).collect());

/// The credentials in `text`, in order, by form alone. An address's password is the match, not the address.
///
/// Linear in `text` per form whose literal occurs; the others cost one literal search.
pub fn find_values(text: &str) -> Vec<SecretMatch> {
    let mut matches: Vec<SecretMatch> = FORMS
        .iter()
        .zip(PATTERNS.iter())
        .filter(|(form, _)| text.contains(form.literal))
        .filter_map(|(form, cell)| {
            let compiled = cell.get_or_init(|| Regex::new(form.pattern).ok());
            compiled.as_ref().map(|pattern| (form, pattern))
        })
        .flat_map(|(form, pattern)| matches_of(form, pattern, text))
        .collect();
    matches.sort_by_key(|found| (found.span, found.provider));
    matches
}

fn matches_of(form: &Form, pattern: &Regex, text: &str) -> Vec<SecretMatch> {
    pattern
        .captures_iter(text)
        .filter(|captures| {
            let (user, password) = (captures.get(1), captures.get(2));
            password.is_none_or(|password| {
                let is_user = user.is_some_and(|user| user.as_str() == password.as_str());
                !is_user && !STAND_IN_PASSWORDS.contains(&password.as_str())
            })
        })
        .filter_map(|captures| captures.get(2).or_else(|| captures.get(0)))
        .filter(|found| !is_placeholder(found.as_str()))
        .map(|found| SecretMatch {
            span: Span::new(found.start(), found.end()),
            provider: form.provider,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Written split so that no scanner trips on this file.
    fn check(parts: &[&str], provider: &str) {
        let value = parts.concat();
        let text = format!("ENV X={value}\n");
        let found = find_values(&text);
        assert_eq!(found.len(), 1, "{text}");
        assert_eq!(found[0].provider, provider);
    }

    #[test]
    fn documented_forms_are_found() {
        check(&["AK", "IAQ3EGRZ5WV7TNK2JM"], "AWS");
        check(&["gh", "p_16C7e42F292c6912E7710c838347Ae178B4a"], "GitHub");
        check(&["np", "m_aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5"], "npm");
        check(&["glp", "at-Zk3vQ8sT1wXy5bN7mR2p"], "GitLab");
        check(&["-----BEGIN RSA PRIV", "ATE KEY-----"], "private key");
    }

    #[test]
    fn an_address_gives_its_password() {
        let text = ["postgres://app:", "s3cretpw", "@db/x"].concat();
        let found = find_values(&text);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].span.slice(&text), "s3cretpw");
        assert_eq!(find_values("postgres://app:${PW}@db/x"), []);
        assert_eq!(find_values("postgres://user:pass@localhost/x"), []);
        assert_eq!(find_values("postgres://postgres:postgres@db/x"), []);
        assert_eq!(find_values("https://example.com:8080/a@b"), []);
        assert_eq!(find_values("https://${HOST:-x}:${PORT:-80}/a@b"), []);
    }

    #[test]
    fn a_password_is_found_whatever_the_address_goes_on_with() {
        for (before, after) in [
            ("ADD https://u:", "@$X/y /z"),
            ("ENV U=https://u:", "@${HOST}/"),
            ("ENV U=https://u:", "@[::1]/x"),
            ("ENV U=https://$USER:", "@host/x"),
            ("ENV U=redis://:", "@cache:6379/0"),
            ("ENV U=HTTPS://u:", "@host/x"),
            ("# syntax=u:", "@evil.example/x\nFROM alpine\n"),
            ("#Syntax = u:", "@evil/x:1\n"),
            ("FROM --platform=linux/amd64 u:", "@evil/x:1\n"),
            ("{\"syntax\": \"u:", "@evil/x\"}"),
        ] {
            let text = [before, "hunter2secret", after].concat();
            let found = find_values(&text);
            let shown: Vec<_> = found.iter().map(|found| found.span.slice(&text)).collect();
            assert_eq!(shown, ["hunter2secret"], "{text}");
        }
        for text in [
            "# syntax=docker/dockerfile:1.7-labs@sha256:0123abcd\n",
            "# syntax=frontend:1.7-labs@sha256:0123abcd\n",
            "FROM alpine:3.20@sha256:0123abcd\n",
            "FROM registry:5000/alpine:3.20@sha256:0123abcd AS a/b\n",
        ] {
            assert_eq!(find_values(text), [], "{text}");
        }
    }

    #[test]
    fn what_is_hidden_is_known_to_the_scanner() {
        let scanner = crate::Scanner::new(crate::HashKey::new(b"test")).with_suppressed();
        for (parts, provider) in [
            (["AK", "IAQ3EGRZ5WV7TNK2JM"], "aws"),
            (["gh", "p_8tViZ1sMxLgpn3J1RJiuLyktiYJBiA0TESSq"], "github"),
            (["np", "m_aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5"], "npm"),
            (["glp", "at-Zk3vQ8sT1wXy5bN7mR2p"], "gitlab"),
            (["postgres://u:k29sQ7", "@x#Gh1x@db.internal/a"], "address"),
        ] {
            let text = parts.concat();
            let hidden = find_values(&text);
            assert_eq!(hidden.len(), 1, "{text}");
            let span = hidden[0].span;
            let found = scanner.scan(text.as_bytes());
            let same = found
                .iter()
                .find(|one| one.span == (u64::from(span.start)..u64::from(span.end)));
            assert_eq!(
                same.map(|one| one.rule.provider.id),
                Some(provider),
                "{found:?}"
            );
        }
    }

    #[test]
    fn every_pattern_compiles() {
        for form in &FORMS {
            assert!(Regex::new(form.pattern).is_ok(), "{}", form.provider);
        }
    }
}
