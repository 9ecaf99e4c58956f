//! Table tests and properties of the expansion.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// `A=a`, `E=` (empty), `P` a path, `S` with blanks, `Q` with quotes, `U` unknown; nothing else is set.
fn lookup(name: &str) -> Value {
    match name {
        "A" => Value::Known("a".to_owned()),
        "E" => Value::Known(String::new()),
        "P" => Value::Known("/usr/local/bin.tar.gz".to_owned()),
        "S" => Value::Known("x y".to_owned()),
        "Q" => Value::Known("\"$A\"".to_owned()),
        "U" => Value::Unknown,
        _ => Value::Unset,
    }
}

#[track_caller]
fn check(raw: &str, expected: &str) {
    let expansion = expand_text(raw, '\\', &lookup);
    assert_eq!(expansion.known().as_deref(), Some(expected), "{raw}");
    assert_eq!(expansion.errors, [], "{raw}");
}

#[track_caller]
fn check_refused(raw: &str, part: &str) {
    let expansion = expand_text(raw, '\\', &lookup);
    let messages: Vec<&str> = expansion
        .errors
        .iter()
        .map(|e| e.message.as_str())
        .collect();
    assert!(
        messages.len() == 1 && messages[0].contains(part),
        "{raw}: {messages:?}"
    );
    assert_eq!(expansion.known(), None);
}

/// Fragments as `text`, `text<NAME,NAME`, with `?` for unknown and quotes around quoted ones.
#[track_caller]
fn check_fragments(raw: &str, expected: &[&str]) {
    let expansion = expand_text(raw, '\\', &lookup);
    let shown: Vec<String> = expansion
        .fragments
        .iter()
        .map(|fragment| {
            let mut text = fragment.text.clone().unwrap_or_else(|| "?".to_owned());
            if fragment.quoted {
                text = format!("'{text}'");
            }
            match fragment.variables.is_empty() {
                true => text,
                false => format!("{text}<{}", fragment.variables.join(",")),
            }
        })
        .collect();
    assert_eq!(shown, expected, "{raw}");
}

#[test]
fn quotes_and_escapes() {
    check("", "");
    check("a b", "a b");
    check("'$A'\"$A\"$A\\$A", "$Aaa$A");
    check(r#""a\"b\\c\d""#, r#"a"b\c\d"#);
    check(r"a\ b\\c\", r"a b\c");
    check("it\\'s", "it's");
    check("$Q", "\"$A\"");
    check("c:\\\\x", "c:\\x");
    check_refused("'a", "single quote");
    check_refused("\"a", "double quote");
}

#[test]
fn plain_variables() {
    check("$A/${A}b/$N$E.", "a/ab/.");
    check("$", "$");
    check("5$ $.x", "5$ $.x");
    check("$1 $@ $$", "  ");
}

#[test]
fn defaults_and_alternates() {
    check("${A:-x}${A-x}", "aa");
    check("${E:-x}|${E-x}", "x|");
    check("${N:-x}|${N-x}", "x|x");
    check("${N:-${M:-$A}}", "a");
    check("${A:+x}|${A+x}", "x|x");
    check("${E:+x}|${E+x}", "|x");
    check("${N:+x}|${N+x}", "|");
    check("${N:-'a b'\"$A\"\\}}", "a ba}");
}

#[test]
fn required_variables() {
    check("${A:?no}${A?}${E?}", "aa");
    check_refused("${N?}", "N: is not allowed to be unset");
    check_refused("${E:?}", "E: is not allowed to be empty");
    check_refused("${N:?give $A}", "N: give a");
    check_refused("${N:-${M?}}", "M: is not");
    check_refused("${A^^}", "unsupported modifier");
    check_refused("${A:0:1}", "unsupported modifier");
}

#[test]
fn patterns() {
    check("${P#*/}|${P##*/}", "usr/local/bin.tar.gz|bin.tar.gz");
    check("${P%.*}|${P%%.*}", "/usr/local/bin.tar|/usr/local/bin");
    check("${P#/$N}", "usr/local/bin.tar.gz");
    check(
        "${P/\\//_}|${P//\\//_}",
        "_usr/local/bin.tar.gz|_usr_local_bin.tar.gz",
    );
    check("${N#a}${N/a/b}", "");
    check("${A/a/${S}}", "x y");
    check_refused("${A#\\a}", "invalid escape");
}

#[test]
fn an_escape_character_may_be_a_backtick() {
    let expansion = expand_text("c:\\$A`$A", '`', &lookup);
    assert_eq!(expansion.known().as_deref(), Some("c:\\a$A"));
}

#[test]
fn heredocs_keep_quotes() {
    let expansion = expand_heredoc("it's \"$A\" \\$A\n", &lookup);
    assert_eq!(expansion.known().as_deref(), Some("it's \"a\" $A\n"));
}

#[test]
fn fragments_tell_where_text_comes_from() {
    check_fragments("/x/$A.${E:-b}", &["/x/", "a<A", ".", "b"]);
    check_fragments("\"$A b\"", &["'a'<A", "' b'"]);
    check_fragments("$N", &["<N"]);
    check_fragments("${N:-/$A}", &["/", "a<A"]);
    check_fragments("${A/a/$S}", &["x y<A,S"]);
    check_fragments("${P%%.*}/x", &["/usr/local/bin<P", "/x"]);
    check_fragments("${A:+$S}", &["x y<S"]);
    check_fragments("'a'b", &["'a'", "b"]);
}

#[test]
fn unknown_values_stay_unknown() {
    check_fragments("a$U", &["a", "?<U"]);
    check_fragments("${U:-$A}", &["?<U,A"]);
    check_fragments("${U:+$A}", &["?<A"]);
    check_fragments("${U:?no}", &["?<U"]);
    check_fragments("${U#x}", &["?<U"]);
    check_fragments("${A#$U}", &["?<A"]);
    check_fragments("${A/a/$U}", &["?<A,U"]);
    check_fragments("${N:?$A}", &["?<N,A"]);
}

#[test]
fn what_precedes_a_variable_is_known() {
    let expansion = expand_text("/srv/$A/$S", '\\', &lookup);
    assert_eq!(expansion.literal_prefix(), "/srv/");
    assert_eq!(expansion.text_before("S").as_deref(), Some("/srv/a/"));
    assert_eq!(expansion.text_before("X"), None);
    assert_eq!(expansion.variables(), ["A", "S"]);
    assert_eq!(expand_text("$U/$A", '\\', &lookup).text_before("A"), None);
}

#[test]
fn words_split_behind_the_expansion() {
    let check = |raw: &str, expected: &[&str]| {
        let words = expand_text(raw, '\\', &lookup).split();
        let words: Vec<String> = words.iter().map(|word| word.known().unwrap()).collect();
        assert_eq!(words, expected, "{raw}");
    };
    check("80 443", &["80", "443"]);
    check("a$S.b", &["ax", "y.b"]);
    check("\"$S\" '1 2'3", &["x y", "1 23"]);
    check("a\\ b", &["a b"]);
    check("$N", &[]);
    check("  ", &[]);
    check("\"\" a", &["a"]);
    assert_eq!(expand_text("$U 1", '\\', &lookup).split().len(), 2);
}

#[test]
fn growth_is_bounded() {
    let big = Value::Known("x".repeat(MAX_GROWTH));
    let lookup = |name: &str| {
        if name == "B" {
            big.clone()
        } else {
            Value::Unset
        }
    };
    assert!(expand_text("$B", '\\', &lookup).known().is_some());
    assert!(expand_text("$B$B", '\\', &lookup).known().is_none());
    assert!(expand_text("${B//x/xx}", '\\', &lookup).known().is_none());
}

#[test]
fn which_words_expand() {
    assert_eq!(arguments(Keyword::Run), Expands::Never);
    assert_eq!(arguments(Keyword::Copy), Expands::Word);
    assert_eq!(arguments(Keyword::Expose), Expands::Words);
    assert_eq!(flag(Keyword::Copy, "from"), Expands::Never);
    assert_eq!(flag(Keyword::Copy, "chown"), Expands::Word);
    assert_eq!(heredoc(Keyword::Run), Expands::Never);
}

proptest! {
    #[test]
    fn any_word_is_expanded(raw in "[$\\{\\}:#%/A-Ua-c\"'\\\\` é?*+-]{0,40}") {
        let values: BTreeMap<&str, Value> = BTreeMap::new();
        let expansion = expand_text(&raw, '\\', &|name| values.get(name).cloned().unwrap_or_else(|| lookup(name)));
        for fragment in &expansion.fragments {
            prop_assert!(raw.get(fragment.span.start as usize..fragment.span.end as usize).is_some());
        }
        let _ = expansion.split();
    }

    #[test]
    fn text_without_syntax_is_itself(raw in "[a-z0-9 ./=,:é-]{0,40}") {
        let expansion = expand_text(&raw, '\\', &lookup);
        prop_assert_eq!(expansion.known(), Some(raw));
    }
}
