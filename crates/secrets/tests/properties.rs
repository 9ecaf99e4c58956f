//! What holds for any input: no panic, spans in range, a stream gives what the whole gives.

use plimsoll_secrets::{HashKey, Match, Outcome, Scanner};
use proptest::prelude::*;

fn scanner() -> Scanner {
    Scanner::new(HashKey::new(b"test")).with_suppressed()
}

fn streamed(bytes: &[u8], piece: usize) -> Outcome {
    let scanner = scanner();
    let mut stream = scanner.stream();
    for piece in bytes.chunks(piece.max(1)) {
        stream.push(piece);
    }
    stream.finish()
}

/// Pieces that the engine takes an interest in, joined at random.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "ghp_",
        "8tViZ1sMxLgpn3J1RJiuLyktiYJBiA0TESSq",
        "password",
        "=",
        ": ",
        "\"",
        "'",
        "token",
        "eyJhbGciOiJIUzI1NiJ9",
        ".",
        "://",
        "user:",
        "@",
        "\n",
        "AKIA",
        "Q3EGRZ5WV7TNK2JM",
        "aws_secret_access_key",
        "-----BEG",
        "IN PRIVATE KEY-----",
        "-----END",
        "\\u0067",
        "%67%68%70",
        "Z2hwXzh0Vmla",
        "machine ",
        "login ",
        " ",
        "\\n",
        "{",
        "}",
        "k29sQ7Gh1x",
        "<",
        ">",
        "\u{e9}",
        "\"auths\"",
        "\"auth\"",
        "client-key-data",
        "\"service_account\"",
        "datadog",
        "api_key",
        "6f0cbd58c65b9a9e6731e1a5ee04acf4",
        "fm2_",
        "lJPE",
        "pypi-AgEIcHlwaS5vcmc",
        "\\x67",
        "=>",
        ":=",
        ",",
        "value",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_bytes_are_scanned(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        for found in scanner().scan(&bytes) {
            prop_assert!(found.span.start < found.span.end && found.span.end <= bytes.len() as u64);
        }
    }

    #[test]
    fn any_pieces_are_scanned(text in pieces()) {
        for found in scanner().scan(text.as_bytes()) {
            prop_assert!(found.span.start < found.span.end && found.span.end <= text.len() as u64);
        }
        prop_assert_eq!(streamed(text.as_bytes(), 7), scanner().outcome(text.as_bytes()));
    }
}

#[test]
fn a_stream_gives_what_the_whole_gives() {
    let token = ["gh", "p_8tViZ1sMxLgpn3J1RJiuLyktiYJBiA0TESSq"].concat();
    let encoded = [
        "Z2hwXzh0VmlaMXNNeExncG4zSjFSSml1THlrdGlZSkJpQTB",
        "URVNTcQ==",
    ]
    .concat();
    let filler = "let x = compute(y); // nothing to see in this line of text\n";
    let mut text = String::new();
    for number in 0..9 {
        for _ in 0..number * 331 + 4000 {
            text.push_str(filler);
        }
        text.push_str(&format!(
            "TOKEN={token}\ndata: {encoded}\nDB_PASSWORD=k29sQ7Gh1x\n"
        ));
    }
    let whole = scanner().outcome(text.as_bytes());
    assert!(
        whole
            .matches
            .iter()
            .filter(|found| found.suppressed.is_none())
            .count()
            >= 27,
        "{}",
        whole.matches.len()
    );
    for piece in [1 << 20, 65_536, 10_007, 499] {
        assert_eq!(streamed(text.as_bytes(), piece), whole, "pieces of {piece}");
    }
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let whole = scanner().outcome(&wide);
    assert!(
        whole
            .matches
            .iter()
            .filter(|found| found.suppressed.is_none())
            .count()
            >= 27
    );
    assert_eq!(streamed(&wide, 10_007), whole);
}

#[test]
fn a_long_encoded_run_is_read_piece_by_piece() {
    let token = ["gh", "p_8tViZ1sMxLgpn3J1RJiuLyktiYJBiA0TESSq"].concat();
    let plain = format!(
        "{}{token} {}",
        "nothing here. ".repeat(3000),
        "and nothing here. ".repeat(3000)
    );
    let digits: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut run = String::new();
    for three in plain.as_bytes().chunks(3) {
        let number = three
            .iter()
            .fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte))
            << (8 * (3 - three.len()));
        for place in 0..=three.len() {
            run.push(char::from(
                digits[(number >> (18 - 6 * place) & 63) as usize],
            ));
        }
    }
    let found = scanner().scan(run.as_bytes());
    let found = found
        .iter()
        .find(|found| found.suppressed.is_none())
        .unwrap();
    assert_eq!(found.rule.id, "github-personal-access-token");
    assert_eq!(found.encodings.len(), 1);
    assert_eq!(
        streamed(run.as_bytes(), 4096),
        scanner().outcome(run.as_bytes())
    );
}

/// Passwords as they stand in addresses, unescaped.
fn passwords() -> impl Strategy<Value = String> {
    "[A-Za-z][A-Za-z0-9@#?,;:!$._-]{6,40}[A-Za-z0-9]{2}"
}

fn digits(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

proptest! {
    #[test]
    fn no_part_of_an_address_password_is_told(password in passwords()) {
        let text = format!("url: postgres://deploy:{password}@db.acme.io/x?y\n");
        let start = text.find(&password).unwrap() as u64;
        let matches = scanner().scan(text.as_bytes());
        let [found] = matches.as_slice() else {
            panic!("{text} gives {matches:?}");
        };
        prop_assert!(found.rule.id.starts_with("address-"), "{text} gives {matches:?}");
        prop_assert_eq!(&found.span, &(start..start + password.len() as u64));
        prop_assert_eq!(&found.covers, &found.span);
        let facts: Vec<(&str, &str)> =
            found.facts.iter().map(|fact| (fact.name, fact.value.as_str())).collect();
        prop_assert_eq!(facts, [("host", "db.acme.io"), ("user", "deploy")]);
    }

    #[test]
    fn a_token_is_found_between_any_bytes(
        before in prop::collection::vec(any::<u8>(), 0..300),
        after in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let token = ["gh", "p_8tViZ1sMxLgpn3J1RJiuLyktiYJBiA0TESSq"].concat();
        let bytes = [&before, b" ".as_slice(), token.as_bytes(), b"\n".as_slice(), &after].concat();
        // Text of two bytes a character is another matter.
        prop_assume!(!before.starts_with(b"\xff\xfe") && !before.starts_with(b"\xfe\xff"));
        let start = before.len() as u64 + 1;
        let span = start..start + token.len() as u64;
        let found = scanner().scan(&bytes);
        prop_assert!(found.iter().any(|one| one.span == span && one.suppressed.is_none()), "{:?}", found);
    }
}

#[test]
fn encodings_within_encodings_have_an_end() {
    let token = ["gh", "p_8tViZ1sMxLgpn3J1RJiuLyktiYJBiA0TESSq"].concat();
    let mut text = format!("token {token}");
    for depth in 1..8 {
        text = digits(&text);
        let outcome = scanner().outcome(text.as_bytes());
        assert_eq!(outcome.matches.is_empty(), depth > 3, "{depth}");
        assert_eq!(outcome.left_out > 0, depth > 3, "{depth}");
    }
}

#[test]
fn stand_ins_crowd_out_no_secret() {
    let token = ["gh", "p_8tViZ1sMxLgpn3J1RJiuLyktiYJBiA0TESSq"].concat();
    let mut text = "DB_PASSWORD=\"changeme\"\n".repeat(25_000);
    text.push_str(&token);
    let outcome = scanner().outcome(text.as_bytes());
    let is_token = |found: &Match| found.rule.id == "github-personal-access-token";
    assert!(outcome.matches.last().is_some_and(is_token));
    assert!(outcome.left_out > 0 && outcome.matches.len() < 25_000);
}

#[test]
fn input_made_to_cost_hides_nothing_unsaid() {
    for text in [
        "ghp_",
        "password=",
        "://a:b",
        "eyJ",
        "AKIA",
        "-----BEGIN PRIVATE KEY-----",
        "\"auths\" \"auth\":",
        "machine a login b ",
        "datadog key ",
        "\\u0041",
        "%2d",
        "5c7530303431",
        "aGVsbG8gd29ybGQ",
        "\u{fffd}://",
    ] {
        let token = ["gh", "p_8tViZ1sMxLgpn3J1RJiuLyktiYJBiA0TESSq"].concat();
        for separator in ["", "\n"] {
            let costly = format!("{text}{separator}").repeat((1 << 17) / text.len());
            let outcome = scanner().outcome(format!("{costly}\n{token}").as_bytes());
            // Work that is not counted would keep this from ending; what is left out for it is said.
            let is_token = |one: &Match| one.span.start == costly.len() as u64 + 1;
            assert!(
                outcome.left_out > 0 || outcome.matches.iter().any(is_token),
                "{text}"
            );
        }
    }
}
