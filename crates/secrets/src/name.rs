//! Whether a variable's name says that its value is a credential.

/// Whether a variable of this name holds a credential.
///
/// Judged by the whole words of the name, as BuildKit's `SecretsUsedInArgOrEnv` does, so that `KEYBOARD` or
/// `TOKENIZER` stay silent. What only describes a credential (`TOKEN_URL`, `KEY_FILE`, `PUBLIC_KEY`,
/// `TOKEN_LIMIT`) does not hold one.
pub fn is_credential_name(name: &str) -> bool {
    let words = words(name);
    let Some(last) = words.last().map(String::as_str) else {
        return false;
    };
    if words.iter().any(|word| HARMLESS.contains(&word.as_str())) || DESCRIBES.contains(&last) {
        return false;
    }
    let joined = words.join("_");
    words
        .iter()
        .any(|word| SECRET_WORDS.contains(&word.as_str()))
        || KEY_COMPOUNDS
            .iter()
            .any(|compound| contains_words(&joined, compound))
        || (words.len() > 1 && AUTH_ENDINGS.contains(&last))
}

/// Words that alone say "credential".
const SECRET_WORDS: [&str; 17] = [
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
const KEY_COMPOUNDS: [&str; 16] = [
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
const DESCRIBES: [&str; 42] = [
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
            "",
            "_",
        ];
        for name in harmless {
            assert!(!is_credential_name(name), "{name}");
        }
    }
}
