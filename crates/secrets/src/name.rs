//! Whether a variable's name says that its value is a credential.

/// Whether a variable of this name holds a credential.
///
/// Judged by the whole words of the name, as BuildKit's `SecretsUsedInArgOrEnv` does, so that `KEYBOARD` or
/// `TOKENIZER` stay silent. What only describes a credential (`TOKEN_URL`, `KEY_FILE`, `PUBLIC_KEY`,
/// `TOKEN_LIMIT`) does not hold one.
pub fn is_credential_name(name: &str) -> bool {
    // The shell's working directory; a `pwd` in a file of settings is a password.
    if name == "PWD" {
        return false;
    }
    let words = words(name);
    let Some(last) = words.last().map(String::as_str) else {
        return false;
    };
    let is_harmless = words.iter().any(|word| HARMLESS.contains(&word.as_str()));
    if is_harmless || DESCRIBES.contains(&last) || is_way_to_sign_in(&words) {
        return false;
    }
    let joined = words.join("_");
    words.iter().any(|word| is_secret_word(word))
        || KEY_COMPOUNDS
            .iter()
            .any(|compound| contains_words(&joined, compound))
        || (words.len() > 1 && AUTH_ENDINGS.contains(&last))
}

/// Whether a variable that [`is_credential_name`] accepts may be a setting about a credential, and `value` is what
/// settings are given: behind the word that says credential follows another (`TOKEN_STRATEGY`), and the value is a small
/// number or one lower-case word.
pub fn is_setting(name: &str, value: &str) -> bool {
    let words = words(name);
    let Some(last) = words.last().map(String::as_str) else {
        return false;
    };
    let joined = words.join("_");
    let says_credential = is_secret_word(last)
        || AUTH_ENDINGS.contains(&last)
        || KEY_COMPOUNDS
            .iter()
            .any(|compound| joined.ends_with(compound));
    let value = value.trim().trim_matches(['"', '\'']);
    !says_credential && (is_small_number(value) || is_plain_word(value))
}

/// A number as people write limits and times: `30`, `3600`, `15m`, `7d`.
fn is_small_number(value: &str) -> bool {
    let unit = value.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = value.len() - unit.len();
    (1..=8).contains(&digits)
        && unit.len() <= 3
        && unit.bytes().all(|byte| byte.is_ascii_lowercase())
}

fn is_plain_word(value: &str) -> bool {
    value.len() <= 16
        && value
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'-' | b'_'))
}

/// A word that says it, alone or at its end (`PGPASSWORD`, `GITHUBTOKEN`).
fn is_secret_word(word: &str) -> bool {
    SECRET_WORDS.contains(&word) || GLUED.iter().any(|ending| word.ends_with(ending))
}

/// `API_KEY_AUTH`, `TOKEN_AUTH`: whether one signs in that way.
fn is_way_to_sign_in(words: &[String]) -> bool {
    let [.., before, last] = words else {
        return false;
    };
    last == "auth"
        && matches!(
            before.as_str(),
            "key" | "token" | "secret" | "password" | "passwd"
        )
}

/// Endings of a word that say "credential" without anything between.
const GLUED: [&str; 4] = ["password", "passwd", "token", "secret"];

/// Words that alone say "credential".
const SECRET_WORDS: [&str; 21] = [
    "bindpw",
    "rootpw",
    "requirepass",
    "masterauth",
    "password",
    "passwd",
    "passphrase",
    "pword",
    "pwd",
    "psw",
    "secret",
    "secrets",
    "token",
    "apikey",
    "credential",
    "credentials",
    "pat",
    "accesstoken",
    "authtoken",
    "secretkey",
    "privatekey",
];

/// Runs of words that say it together; `key` alone is too often a cache key, a sort key, a key name.
const KEY_COMPOUNDS: [&str; 17] = [
    "secret_key_base",
    "api_key",
    "access_key",
    "secret_key",
    "private_key",
    "signing_key",
    "encryption_key",
    "license_key",
    "account_key",
    "master_key",
    "auth_key",
    "deploy_key",
    "ssh_key",
    "service_key",
    "app_key",
    "storage_key",
    "subscription_key",
];

/// Last words that say it behind another word (`NPM_AUTH`, `DOCKER_AUTH`).
const AUTH_ENDINGS: [&str; 2] = ["auth", "pass"];

/// Last words that describe a credential instead of holding one.
const DESCRIBES: [&str; 100] = [
    "file",
    "path",
    "dir",
    "url",
    "uri",
    "endpoint",
    "host",
    "name",
    "id",
    "version",
    "type",
    "length",
    "size",
    "limit",
    "limits",
    "count",
    "ttl",
    "expiry",
    "expiration",
    "timeout",
    "lifetime",
    "issuer",
    "audience",
    "algorithm",
    "alg",
    "format",
    "prefix",
    "suffix",
    "header",
    "field",
    "enabled",
    "disabled",
    "required",
    "mode",
    "method",
    "provider",
    "budget",
    "ratio",
    "rotation",
    "policy",
    "mount",
    "location",
    "expire",
    "expires",
    "expired",
    "in",
    "minutes",
    "hours",
    "days",
    "seconds",
    "secs",
    "ms",
    "interval",
    "duration",
    "age",
    "lifespan",
    "helper",
    "hasher",
    "hashing",
    "backend",
    "cache",
    "arn",
    "help",
    "store",
    "manager",
    "driver",
    "class",
    "strategy",
    "kind",
    "source",
    "engine",
    "scope",
    "scopes",
    "role",
    "regex",
    "pattern",
    "rules",
    "validation",
    "validator",
    "validators",
    "strength",
    "reset",
    "rotate",
    "claim",
    "claims",
    "param",
    "parameter",
    "keyid",
    "template",
    "label",
    "description",
    "hint",
    "prompt",
    "placeholder",
    "env",
    "var",
    "variable",
    "namespace",
    "region",
    "usage",
];

/// Words that make the whole name harmless.
const HARMLESS: [&str; 8] = [
    "public",
    "pubkey",
    "max",
    "min",
    "num",
    "tokens",
    "tokenizer",
    "tokenizers",
];

/// The words of a name: split at `_`, `-`, `.` and between lower and upper case; lower-cased.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before_lower = false;
    for character in name.chars().take(256) {
        if !character.is_ascii_alphanumeric() {
            words.push(String::new());
            before_lower = false;
            continue;
        }
        if before_lower && character.is_ascii_uppercase() {
            words.push(String::new());
        }
        before_lower = character.is_ascii_lowercase();
        if let Some(word) = words.last_mut() {
            word.push(character.to_ascii_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn contains_words(joined: &str, run: &str) -> bool {
    joined.match_indices(run).any(|(at, _)| {
        let before = at == 0 || joined.as_bytes().get(at - 1) == Some(&b'_');
        let after = matches!(joined.as_bytes().get(at + run.len()), None | Some(b'_'));
        before && after
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_judged_by_whole_words() {
        let credentials = [
            "NPM_TOKEN",
            "GITHUB_PAT",
            "DB_PASSWORD",
            "DB_PSW",
            "OPENAI_API_KEY",
            "AWS_SECRET_ACCESS_KEY",
            "apiKey",
            "npmAuthToken",
            "SECRET",
            "POSTGRES_PASSWORD",
            "SSH_PRIVATE_KEY",
            "NPM_AUTH",
            "MYSQL_ROOT_PASS",
            "PGPASSWORD",
            "MYSQL_PWD",
            "GITHUBTOKEN",
            "clientsecret",
            "pwd",
            "SECRET_KEY_BASE",
            "NPM_AUTH_TOKEN",
        ];
        for name in credentials {
            assert!(is_credential_name(name), "{name}");
        }
        let harmless = [
            "KEYBOARD",
            "TOKENIZER_PATH",
            "USERNAME",
            "PUBLIC_KEY",
            "KEY_FILE",
            "POSTGRES_PASSWORD_FILE",
            "MAX_TOKENS",
            "TOKEN_URL",
            "SECRET_NAME",
            "CACHE_KEY",
            "PATH",
            "AUTHOR",
            "AUTH",
            "COMPASS",
            "PATCH_LEVEL",
            "TOKEN_TTL",
            "SORT_KEY",
            "PASSENGER_VERSION",
            "NEXT_PUBLIC_API_KEY",
            "ACCESS_TOKEN_EXPIRE_MINUTES",
            "JWT_ACCESS_TOKEN_EXPIRES",
            "TOKEN_EXPIRES_IN",
            "CREDENTIAL_HELPER",
            "PASSWORD_HASHER",
            "SECRET_BACKEND",
            "TOKEN_BACKEND",
            "API_KEY_AUTH",
            "HF_TOKEN_CACHE",
            "TOKEN_SECRET_ARN",
            "GITHUB_TOKEN_HELP",
            "PWD",
            "OLDPWD",
            "",
            "_",
        ];
        for name in harmless {
            assert!(!is_credential_name(name), "{name}");
        }
    }
    #[test]
    fn settings_are_told_by_name_and_value() {
        for (name, value) in [
            ("TOKEN_ROUNDS", "30"),
            ("TOKEN_REFRESH", "15m"),
            ("PASSWORD_SCHEME", "argon"),
            ("SECRET_LAYOUT", "\"flat\""),
        ] {
            assert!(is_setting(name, value), "{name}={value}");
        }
        for (name, value) in [
            ("PGPASSWORD", "postgres"),
            ("DB_PASSWORD", "123456"),
            ("SECRET_KEY_BASE", "hunter"),
            ("API_KEY", "abc"),
            ("TOKEN_PROD", "Zk3vQ8sT1wXy5bN7mR2p"),
            ("PASSWORD_ADMIN", "hunter22"),
        ] {
            assert!(!is_setting(name, value), "{name}={value}");
        }
    }
}
