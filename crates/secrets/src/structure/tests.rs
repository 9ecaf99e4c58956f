//! What made-up credentials say of themselves.

use super::*;
use crate::rule::Structure;
use proptest::prelude::*;

#[track_caller]
fn check(structure: Structure, value: &str, expected: &[(&str, &str)]) {
    let read = read(structure, value.as_bytes());
    let facts: Vec<(&str, &str)> = read
        .facts
        .iter()
        .map(|fact| (fact.name, fact.value.as_str()))
        .collect();
    assert_eq!(facts, expected, "{value}");
}

#[test]
fn aws_key_ids_name_their_account() {
    // The pair is from the publication that explains the format.
    check(
        Structure::AwsKeyId,
        &["ASI", "AY34FZKBOKMUTVV7A"].concat(),
        &[
            ("kind", "temporary key with a session token"),
            ("account", "609629065308"),
        ],
    );
    check(
        Structure::AwsKeyId,
        &["ASI", "A2345"].concat(),
        &[("kind", "temporary key with a session token")],
    );
    check(Structure::AwsKeyId, "x", &[]);
}

#[test]
fn modes_and_kinds() {
    check(
        Structure::LiveOrTest,
        &["sk_te", "st_abc"].concat(),
        &[("mode", "test")],
    );
    check(
        Structure::LiveOrTest,
        &["sk_li", "ve_abc"].concat(),
        &[("mode", "live")],
    );
    check(
        Structure::SlackToken,
        &["xox", "b-123456789012-abc"].concat(),
        &[("kind", "bot"), ("workspace", "123456789012")],
    );
    check(Structure::Base64Text, "YWxpY2U6cHc=", &[("user", "alice")]);
    check(
        Structure::AzureSas,
        "https://a/b?sv=1&se=2027-01-01T00%3A00%3A00Z&sp=rw&sr=c&sig=x",
        &[
            ("expires", "2027-01-01T00:00:00Z"),
            ("permissions", "rw"),
            ("resources", "c"),
        ],
    );
}

#[test]
fn tokens_of_json_say_their_claims() {
    // {"alg":"HS256"} . {"iss":"acme","exp":1772323200,"scope":"read"}
    let token = [
        "eyJhbGciOiJIUzI1NiJ9",
        "eyJpc3MiOiJhY21lIiwiZXhwIjoxNzcyMzIzMjAwLCJzY29wZSI6InJlYWQifQ",
        "c2ln",
    ]
    .join(".");
    check(
        Structure::Jwt,
        &token,
        &[
            ("algorithm", "HS256"),
            ("issuer", "acme"),
            ("scope", "read"),
            ("expires", "2026-03-01"),
        ],
    );
}

proptest! {
    #[test]
    fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for structure in [
            Structure::Jwt, Structure::PypiMacaroon, Structure::FlyMacaroon, Structure::AwsKeyId, Structure::AwsBedrockKey,
            Structure::GitlabRoutable, Structure::LiveOrTest, Structure::SlackToken, Structure::AzureSas, Structure::Base64Text,
        ] {
            let _ = read(structure, &bytes);
        }
        let _ = message_pack::read(&bytes);
    }

    #[test]
    fn macaroons_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let body: String = bytes.iter().map(|byte| char::from(DIGITS[usize::from(byte & 63)])).collect();
        let _ = read(Structure::PypiMacaroon, format!("pypi-AgEI{body}").as_bytes());
        let _ = read(Structure::FlyMacaroon, format!("fm2_lJPE{body}").as_bytes());
    }
}
