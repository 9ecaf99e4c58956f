//! How values are followed to their uses.

use plimsoll_parse::shell::parse;

use super::super::variable_uses;
use super::{BASH, check, outline};

#[test]
fn paths() {
    check("echo x > \"$A\"", &["PathChoice A <$A> /root/.profile"]);
    check(
        "echo x >> /etc/\"$A\"",
        &["PathChoice A <$A> ../../../../../../root/.profile"],
    );
    check("echo x | tee \"/etc/x-$A\"", &[]);
    check(
        "dd if=/dev/zero of=\"$A\"",
        &["PathChoice A <$A> /root/.profile"],
    );
}

#[test]
fn values_are_followed() {
    check(
        "x=$A; y=v$x; eval \"$y\"",
        &["CommandInjection(Eval) A <$y> $(id)"],
    );
    check(
        "x=v$A; git clone \"$x\"",
        &["UrlChoice A <$x> .attacker.example/#"],
    );
    check(
        "export x=\"$A\" && eval $x",
        &["CommandInjection(Eval) A <$x> $(id)"],
    );
    check(
        "for i in $A b; do git clone \"https://example.com/$i\"; apt-get install \"$i\"; done",
        &["OptionInjection A <$i> -oDPkg::Pre-Invoke::=id"],
    );
    check(
        "read x <<< \"$A\"; eval $x",
        &["CommandInjection(Eval) A <$x> $(id)"],
    );
    check(
        "echo \"$A\" | while read x; do eval \"$x\"; done",
        &["CommandInjection(Eval) A <$x> $(id)"],
    );
    check(
        "x=$(echo \"$A\" | cut -d. -f1); eval \"$x\"",
        &["CommandInjection(Eval) A <$x> $(id)"],
    );
    check(
        "x=$(echo \"$A\" | tr -cd '0-9.'); eval \"$x\"; apt-get install $x",
        &[],
    );
    check("x=${A//[^a-z0-9]/}; eval $x", &[]);
    check("x=$(sha256sum \"$A\"); eval $x", &[]);
    check(
        "x=\"${x:-$A}\"; eval $x",
        &["CommandInjection(Eval) A <$x> $(id)"],
    );
    check(
        "f() { eval \"$1\"; }; f \"$A\"",
        &["CommandInjection(Eval) A <$1> $(id)"],
    );
    check(
        "f() { eval \"$A\"; }",
        &["CommandInjection(Eval) A <$A> $(id)"],
    );
    check(
        "set -- \"$A\"; eval \"$@\"",
        &["CommandInjection(Eval) A <$@> $(id)"],
    );
    check("A=1; eval $A", &[]);
    check(
        "[ -n \"$A\" ] || A=1; eval $A",
        &["CommandInjection(Eval) A <$A> $(id)"],
    );
    check("(A=1); eval $A", &["CommandInjection(Eval) A <$A> $(id)"]);
    check(
        "case \"$A\" in x) b=1;; y) b=2;; *) exit 1;; esac; eval $b",
        &[],
    );
    check("if x; then A=1; else A=2; fi; eval $A", &[]);
    check(
        "if x; then A=1; fi; eval $A",
        &["CommandInjection(Eval) A <$A> $(id)"],
    );
}

#[test]
fn transformed_values() {
    assert_eq!(
        outline("x=$A; echo \"${x@P}\"", BASH),
        ["CommandInjection(Prompt) A <${x@P}> $(id)"]
    );
    assert_eq!(outline("eval \"x ${A@Q}\"", BASH), Vec::<String>::new());
    assert_eq!(
        outline("eval \"x ${A@U}\"", BASH),
        ["CommandInjection(Eval) A <${A@U}> $(id)"]
    );
}

#[test]
fn steps_name_the_way() {
    let text = "x=$A\ny=\"$x\"\neval \"$y\"";
    let uses = variable_uses(&parse(text), BASH, &|name| name == "A").found;
    let steps: Vec<_> = uses[0].steps.iter().map(|span| span.slice(text)).collect();
    assert_eq!(steps, ["x=$A", "y=\"$x\""]);
    assert_eq!(uses[0].carriers, ["A", "x", "y"]);
    assert_eq!(uses[0].command_span.slice(text), "eval \"$y\"");
}
