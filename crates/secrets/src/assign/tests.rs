//! The syntaxes of assignments, each as people write it.

use super::*;

#[track_caller]
fn check(text: &str, expected: Option<&str>) {
    let bytes = text.as_bytes();
    let word = text.to_ascii_lowercase().find("token").unwrap();
    let found = assigned_at(bytes, word..word + 5);
    let value = found.map(|found| text.get(found.value).unwrap());
    assert_eq!(value, expected, "{text}");
}

#[test]
fn every_syntax_is_read() {
    for text in [
        "A_TOKEN=v4lue",
        "export A_TOKEN=v4lue\n",
        "A_TOKEN = v4lue",
        "A_TOKEN=\"v4lue\"",
        "A_TOKEN='v4lue' next",
        "token: v4lue",
        "token: \"v4lue\"",
        "  \"token\": \"v4lue\",",
        "{\\\"token\\\": \\\"v4lue\\\"}",
        "token = \"v4lue\"",
        "token := \"v4lue\"",
        "'token' => 'v4lue',",
        ":token => 'v4lue'",
        "<token>v4lue</token>",
        "<a token=\"v4lue\"/>",
        "<add key=\"Token\" value=\"v4lue\" />",
        "<name>token</name>\n  <value>v4lue</value>",
        "setenv(\"A_TOKEN\", \"v4lue\", 1)",
        "define('TOKEN', 'v4lue');",
        "os.environ['TOKEN'] = 'v4lue'",
        "process.env.TOKEN = `v4lue`",
        "X-Token: v4lue",
        "-H 'X-Token: v4lue'",
        "Auth-Token: Bearer v4lue",
        "cmd --token v4lue --x",
        "cmd --token=v4lue",
        "cmd --token \"v4lue\"",
        "ENV A_TOKEN v4lue",
        "ENV A_TOKEN=v4lue B=c",
        "ARG TOKEN=v4lue",
        "- name: TOKEN\n  value: v4lue",
        "- name: TOKEN\n  value: \"v4lue\"",
        "{\"name\": \"TOKEN\", \"value\": \"v4lue\"}",
        "{ name = \"TOKEN\", value = \"v4lue\" }",
        "const token: &str = \"v4lue\";",
        "token: string = 'v4lue';",
        "var token string = \"v4lue\"",
        "String token = \"v4lue\";",
        "char token[] = \"v4lue\";",
        "#define TOKEN \"v4lue\"",
        "token = String::from(\"v4lue\")",
        "token := []byte(\"v4lue\")",
        "TOKEN = (\n    \"v4lue\"\n)",
        "process.env.TOKEN || \"v4lue\"",
        "env.TOKEN ?? 'v4lue'",
        "{ name: A_TOKEN, value: \"v4lue\" }",
        "A_TOKEN:\n  value: v4lue",
        "variable \"token\" {\n  default = \"v4lue\"\n}",
        "token <- \"v4lue\"",
        "<token><![CDATA[v4lue]]></token>",
        "token=b'v4lue'",
        "token = f\"v4lue\"",
        "$env:TOKEN = \"v4lue\"",
        "set TOKEN=v4lue",
        "set -x TOKEN v4lue",
        "https://a/b?token=v4lue&x=1",
        "token: |\n    v4lue\n",
        "token: >-\n    v4lue\n",
        "token =\n    \"v4lue\";",
        "${TOKEN:-v4lue}",
        "os.getenv(\"TOKEN\", \"v4lue\")",
        "if token == \"v4lue\" {",
        "\\nTOKEN=v4lue\\n",
        "--set a.token=v4lue",
        "token=\"\"\"v4lue\"\"\"",
        "TOKEN ?= v4lue",
        "token ||= 'v4lue'",
    ] {
        check(text, Some("v4lue"));
    }
}

#[test]
fn what_assigns_nothing_is_left() {
    for text in [
        "a token for you",
        "token",
        "token;",
        "get_token()",
        "token: \n  next: x",
        "Token::new(x)",
        "x != token && y",
        "the token \"v4lue\"",
        "<token/>",
    ] {
        check(text, None);
    }
}

#[test]
fn names_that_speak_of_credentials() {
    for name in [
        "DD_API_KEY",
        "githubPat",
        "GH_PAT",
        "pat",
        "x.auth",
        "PASSWD",
        "ACCOUNT_SID",
    ] {
        assert!(speaks_of_credential(name.as_bytes()), "{name}");
    }
    for name in ["path", "PATH", "compatible", "region", "user"] {
        assert!(!speaks_of_credential(name.as_bytes()), "{name}");
    }
}

#[test]
fn calls_have_their_first_argument() {
    for (text, expected) in [
        ("use_token('v4lue')", Some("v4lue")),
        ("a.token( \"v4lue\", 1)", Some("v4lue")),
        ("new Token(\n  'v4lue'\n)", Some("v4lue")),
        ("token(v4lue)", None),
        ("token()", None),
        ("token 'v4lue'", None),
    ] {
        let word = text.to_ascii_lowercase().find("token").unwrap();
        let found = called_with(text.as_bytes(), word..word + 5);
        let value = found.map(|found| text.get(found.value).unwrap());
        assert_eq!(value, expected, "{text}");
    }
}
