//! What is no Dockerfile, and bounds.

use super::*;

#[test]
fn an_instruction_has_one_error() {
    let text = "FROM a\nENV T=1 # ignore this one\nENV\n";
    let spans: Vec<&str> = parse(text)
        .errors
        .iter()
        .map(|e| e.span.slice(text))
        .collect();
    assert_eq!(spans, ["#", "ENV"]);
}

#[test]
fn unknown_instructions_are_kept() {
    let text = "FORM a\nFROM b\nRUM c d";
    assert_eq!(show(text), [" ? a", "FROM b", " ? c d"]);
    let messages: Vec<String> = parse(text).errors.into_iter().map(|e| e.message).collect();
    assert_eq!(
        messages,
        [
            "unknown instruction `FORM` (did you mean FROM?)",
            "unknown instruction `RUM` (did you mean RUN?)"
        ]
    );
}

#[test]
fn order_of_instructions() {
    check_error("RUN a\nFROM x", "RUN", "before the first FROM");
    check_error("", "", "no FROM");
    check_error("ARG A\n# note\n", "", "no FROM");
}

#[test]
fn long_lines_are_read_and_reported() {
    let text = format!("FROM x\nRUN {}", "a ".repeat(40_000));
    let file = parse(&text);
    assert_eq!(file.instructions.len(), 2);
    assert_eq!(file.errors.len(), 1);
}

#[test]
fn repeated_openings_are_read() {
    const SIZE: usize = 64 << 10;
    for unit in [
        "a ",
        "\\\n",
        "a \\\n",
        "\"",
        "'",
        "$",
        "${a:-",
        "<<E ",
        "\\",
        "--a ",
        "#\n",
        "A=\"$B\" ",
        "[",
        "\n",
        "RUN a\n",
        "<<a\n",
        "{\"a\":",
    ] {
        for head in [
            "FROM x\nRUN ",
            "FROM x\nENV ",
            "FROM x\nCOPY [\"",
            "FROM x\nRUN <<E ",
            "",
        ] {
            let text = format!("{head}{}", unit.repeat(SIZE / unit.len()));
            let file = parse(&text);
            assert!(file.instructions.len() <= text.len());
        }
    }
}

#[test]
fn errors_are_bounded() {
    let file = parse(&format!("FROM x\n{}", "RUM --mount=a\n".repeat(5000)));
    assert_eq!(file.instructions.len(), 5001);
    assert_eq!(file.errors.len(), MAX_ERRORS);
}
