//! That work, depth and what is kept are bounded.

use plimsoll_parse::shell::parse;

use super::super::{Shell, VariableUse, guards, variable_uses};
use super::BASH;

#[test]
fn reaching_a_bound_is_told() {
    let check = |text: &str, expected: bool| {
        let uses = variable_uses(&parse(text), Shell::default(), &|name| name == "A");
        let start: String = text.chars().take(40).collect();
        assert_eq!(uses.cut, expected, "{start}");
    };
    check("eval \"$A\"; f() { echo \"$A\"; }; f", false);
    check(&"eval \"$A\"\n".repeat(1_001), true);
    check(&format!("x {}", "y ".repeat(3_000)), true);
    check(&"f() { f; }; f\n".repeat(2), true);
    check(&"sh -c 'x'\n".repeat(300), true);
    check(&"x=$A$x\n".repeat(100), false);
}

#[test]
fn work_and_depth_are_bounded() {
    let scripts = [
        "f() { f; eval \"$A\"; }; f".to_owned(),
        "f() { g; g; }; g() { f; f; }; f; f".to_owned(),
        "eval ".repeat(5_000),
        format!("{}x{}", "$(".repeat(60), ")".repeat(60)),
        format!(
            "{}eval \"$A\"; {}",
            "if x; then ".repeat(60),
            "fi; ".repeat(60)
        ),
        format!("x{}", " && [ \"$A\" = a ]".repeat(5_000)),
        "X=$A; A=$X; ".repeat(5_000),
        format!("{}true", "[ \"$A\" = a ] || exit 1; ".repeat(5_000)),
        format!("eval '{}'", "eval \"$A\"; ".repeat(2_000)),
    ];
    for text in scripts {
        let script = parse(&text);
        variable_uses(&script, BASH, &|name| name == "A");
        guards(&script, BASH);
    }
}

/// How much is kept of the uses of a script.
fn size(uses: &[VariableUse]) -> usize {
    let of = |found: &VariableUse| {
        let names: usize = found.carriers.iter().map(String::len).sum();
        names + found.steps.len() + found.reason.len() + found.witness.len()
    };
    uses.iter().map(of).sum()
}

#[test]
fn what_is_kept_is_bounded() {
    let doubled: String = (1..40)
        .map(|at| format!("A{at}=$A{}$A{}; ", at - 1, at - 1))
        .collect();
    let printed = "x=$(echo \"$x$x$x\" \"$x\"; echo $x); ".repeat(30);
    let long = "n".repeat(10_000);
    let scripts = [
        ("f() { f \"$1$1\"; }; f $X".to_owned(), 1),
        (format!("A0=$X; {doubled}eval $A39"), 1),
        (format!("x=$X; {printed}eval \"$x\""), 40),
        (
            format!("x=$X; set -- {}; eval \"$@\"", "$x ".repeat(5_000)),
            1_000,
        ),
        (format!("eval \"{}\"", "$X".repeat(50_000)), 1_000),
        ("$X ".repeat(50_000), 1_000),
        ("eval $X; ".repeat(50_000), 1_000),
        (
            format!(
                "f() {{ g() {{ {} }}; g; }}; {}",
                "eval $X; ".repeat(5_000),
                "f; ".repeat(500)
            ),
            1_000,
        ),
        (format!("{long}=$X; {long} {}", "$X ".repeat(2_000)), 1_000),
    ];
    for (text, most) in scripts {
        let start = text.get(..40.min(text.len()));
        let script = parse(&text);
        let uses = variable_uses(&script, BASH, &|name| name == "X").found;
        assert!(uses.len() <= most, "{start:?}: {} uses", uses.len());
        assert!(
            size(&uses) <= 400 * most.max(4),
            "{start:?}: {}",
            size(&uses)
        );
        assert!(guards(&script, BASH).len() <= 512);
    }
}
