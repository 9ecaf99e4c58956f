//! Tables of checks, sound and broken ones.

use plimsoll_parse::shell::parse;

use super::*;
use crate::shell::uses::variable_uses;

const PLAIN: Shell = Shell {
    bash: true,
    errexit: false,
    pipefail: false,
};

/// Whether the eval of `$A` (or what came of it) at the end of `text` is reached by harmless values only.
fn stopped(text: &str, shell: Shell) -> bool {
    let script = parse(text);
    let guards = guards(&script, shell);
    let uses = variable_uses(&script, shell, &|name| name == "A" || name == "B").found;
    let found = uses
        .iter()
        .rfind(|found| found.command.as_deref() == Some("eval"))
        .expect(text);
    guarding(found, &guards)
        .iter()
        .any(|guard| guard.stops(found))
}

#[track_caller]
fn stops(text: &str) {
    assert!(
        stopped(text, PLAIN),
        "{text}\n{:#?}",
        guards(&parse(text), PLAIN)
    );
}

#[track_caller]
fn lets_pass(text: &str) {
    assert!(
        !stopped(text, PLAIN),
        "{text}\n{:#?}",
        guards(&parse(text), PLAIN)
    );
}

#[test]
fn lists_of_values_stop() {
    stops("case \"$A\" in a|b|v1) ;; *) exit 1 ;; esac; eval $A");
    stops("case $A in a) ;; b) x=1 ;; *) echo bad >&2; exit 1 ;; esac && eval $A");
    stops("case \"$A\" in a) eval $A;; *) exit 1;; esac");
    stops("[ \"$A\" = a ] || exit 1; eval $A");
    stops("[ \"$A\" = a ] || [ b = \"$A\" ] || { echo no; exit 2; }; eval $A");
    stops("[ \"$A\" = a -o \"$A\" = b ] || exit 1; eval $A");
    stops("test \"x$A\" = xa && eval $A");
    stops("if [ \"$A\" != a ]; then exit 1; fi; eval $A");
    stops("if [ \"$A\" = a ]; then eval $A; fi");
    stops("if [ \"$A\" = a ]; then :; elif [ \"$A\" = b ]; then :; else exit 1; fi; eval $A");
    stops("[[ $A == a || $A == b ]] || exit 1; eval $A");
    stops("! [ \"$A\" = a ] && exit 1; eval $A");
    stops("die() { echo \"$1\" >&2; exit 1; }; [ \"$A\" = a ] || die no; eval $A");
    stops("set -e; [ \"$A\" = a ]; eval $A");
    stops("x=$A; case $x in a) ;; *) exit 1;; esac; eval $x");
    stops("case $A in a) ;; *) exit 1;; esac; x=$A; eval $x");
}

#[test]
fn bounded_patterns_stop() {
    stops("[[ \"$A\" =~ ^[0-9.]+$ ]] || exit 1; eval $A");
    stops("re='^[0-9.]+$'; [[ $A =~ $re ]] || exit 1; eval $A");
    stops("expr \"$A\" : '[0-9][0-9.]*$' >/dev/null || exit 1; eval $A");
    stops("case \"$A\" in *[!0-9.]*|'') exit 1 ;; esac; eval $A");
    stops("case \"$A\" in *[!0-9.]*) exit 1;; [0-9]*) ;; *) exit 1;; esac; eval $A");
    stops("[ \"$A\" -ge 1 ] || exit 1; eval $A");
    stops("[[ $A == +([0-9]) ]] || exit 1; eval $A");
}

#[test]
fn a_check_line_by_line_lets_code_pass() {
    lets_pass("echo \"$A\" | grep -Fxq abc || exit 1; eval $A");
    lets_pass("echo \"$A\" | grep -Eq '^[0-9]+(\\.[0-9]+)*$' || exit 1; eval $A");
    lets_pass("printf '%s' \"$A\" | grep -qE '^v?[0-9.]+$' || { echo >&2 bad; exit 1; }; eval $A");
    lets_pass("echo \"$A\" | grep -qxE '[a-z]+' || exit 1; eval $A");
    lets_pass("grep -Eq '^[a-z]+$' <<< \"$A\" || exit 1; eval $A");
    lets_pass("if echo \"$A\" | grep -q '[^0-9.]'; then exit 1; fi; eval $A");
    lets_pass("if ! echo \"$A\" | grep -Eq '^[0-9]+$'; then exit 1; fi; eval $A");
    for (code, expected) in [
        ("git fetch \"$A\"", true),
        ("git fetch $A", false),
        ("echo $A", false),
        ("sh -c \"x $A\"", false),
        ("sh <<E\nx $A\nE", false),
        ("curl \"https://$A\"", true),
    ] {
        let script = parse(&format!(
            "echo \"$A\" | grep -Eq '^[a-z]+$' || exit 1; {code}"
        ));
        let uses = variable_uses(&script, PLAIN, &|name| name == "A").found;
        let guards = guards(&script, PLAIN);
        let stopped = guarding(&uses[0], &guards)
            .iter()
            .any(|guard| guard.stops(&uses[0]));
        assert_eq!(stopped, expected, "{code}");
    }
}

#[test]
fn functions_check_their_arguments() {
    let check = "check() { case \"$1\" in a) ;; *) exit 1;; esac; }; ";
    stops(&format!("{check}check \"$A\"; eval \"$A\""));
    stops(&format!("{check}check \"$A\" && x; eval \"$A\""));
    stops("check() { [ \"$2\" = a ] || exit 1; x; }; check y \"$A\"; eval \"$A\"");
    lets_pass(&format!("{check}check \"$B\"; eval \"$A\""));
    lets_pass(&format!("{check}check x \"$A\"; eval \"$A\""));
    lets_pass(&format!("{check}check \"$A\" & eval \"$A\""));
    lets_pass(&format!("{check}(check \"$A\"); eval \"$A\""));
    lets_pass(&format!("{check}check $B \"$A\"; eval \"$A\""));
    lets_pass(&format!("{check}eval \"$A\"; check \"$A\""));
    lets_pass(&format!("{check}if x; then check \"$A\"; fi; eval \"$A\""));
    lets_pass("check() { shift; [ \"$1\" = a ] || exit 1; }; check \"$A\"; eval \"$A\"");
    lets_pass(
        "check() { [ -n \"$2\" ] || return; [ \"$1\" = a ] || exit 1; }; check \"$A\"; eval \"$A\"",
    );
    lets_pass("check() { [ \"$1\" = a ]; }; check \"$A\"; eval \"$A\"");
}

#[test]
fn plain_words_name_commands() {
    let class = "case \"$A\" in *[!a-z0-9-]*) exit 1;; esac; ";
    for code in [
        "eval \"$A\"",
        "eval $A",
        "eval \"x; $A\"",
        "eval \"if $A; then x; fi\"",
        "eval \"K=v $A\"",
        "eval \"x | '$A'\"",
        "y=$A; eval $y",
        "y=$A; eval \"x && sudo $y\"",
    ] {
        lets_pass(&format!("{class}{code}"));
    }
    for code in [
        "eval \"x $A\"",
        "eval \"x-$A\"",
        "eval \"x --y=$A\"",
        "eval \"x >&$A\"",
        "eval x \"$A\"",
        "y=v$A; eval \"$y\"",
    ] {
        stops(&format!("{class}{code}"));
    }
    lets_pass("case \"$A\" in *[!a-z0-9-]*) exit 1;; esac; eval \"$A\"");
    stops("case \"$A\" in *[!0-9.]*) exit 1;; esac; eval \"$A\"");
    stops("case \"$A\" in a|b) ;; *) exit 1;; esac; eval \"$A\"");
}

#[test]
fn handlers_decide_how_a_script_ends() {
    for (handler, kept) in [
        ("trap 'exit 0' EXIT", false),
        ("trap 'exit 0' ERR", false),
        ("trap \"$B\" EXIT", false),
        ("f() { x; exit 0; }; trap f EXIT", false),
        ("trap 'rm -rf /x' EXIT", true),
        ("f() { rm x; }; trap f EXIT INT", true),
        ("trap 'exit 0' INT", true),
        ("trap - EXIT", true),
    ] {
        let script = parse(&format!("{handler}; test \"$A\" = a"));
        let found = guards(&script, PLAIN);
        let holds = found
            .iter()
            .any(|guard| guard.holds_at_end && guard.failing == Failing::StopsScript);
        assert_eq!(holds, kept, "{handler} {found:#?}");
    }
    stops("trap 'exit 0' EXIT; [ \"$A\" = a ] || exit 1; eval $A");
}

#[test]
fn what_is_no_bound_lets_pass() {
    lets_pass("case \"$A\" in [0-9]*) ;; *) exit 1 ;; esac; eval $A");
    lets_pass("case \"$A\" in v*|a) ;; *) exit 1 ;; esac; eval $A");
    lets_pass("case \"$A\" in a) ;; b) ;; esac; eval $A");
    lets_pass("case \"$A\" in a) ;; *) echo bad ;; esac; eval $A");
    lets_pass("[ -n \"$A\" ] || exit 1; eval $A");
    lets_pass("[ \"$A\" != a ] || exit 1; eval $A");
    lets_pass("[ \"$A\" = a ]; eval $A");
    lets_pass("[ \"$A\" = a ] || true; eval $A");
    lets_pass("[ \"$A\" = a ] || echo bad; eval $A");
    lets_pass("[ \"$A\" = a ] || (exit 1); eval $A");
    lets_pass("[ $A = a ] || exit 1; eval $A");
    lets_pass("[ \"$B\" = a ] || exit 1; eval $A");
    lets_pass("[ \"$A\" = a ] && exit 1; eval $A");
    lets_pass("eval $A; [ \"$A\" = a ] || exit 1");
    lets_pass("[ \"$A\" = a ] || [ -n \"$B\" ] || exit 1; eval $A");
    lets_pass("if [ \"$A\" = a ]; then :; fi; eval $A");
    lets_pass("if x; then [ \"$A\" = a ] || exit 1; fi; eval $A");
    lets_pass("[[ $A =~ [0-9]+ ]] || exit 1; eval $A");
    lets_pass("[[ $A =~ ^a|b$ ]] || exit 1; eval $A");
    lets_pass("echo \"$A\" | grep -q '^[0-9]' || exit 1; eval $A");
    lets_pass("set -e; [ \"$A\" = a ] && true; eval $A");
    lets_pass("set -e; if [ \"$A\" = a ]; then x; fi; eval $A");
    lets_pass("case $A in a) ;; *) exit 1;; esac; A=$B; eval $A");
    lets_pass("[ \"$A\" -lt 1 ] && exit 1; eval $A");
    lets_pass("for i in 1; do [ \"$A\" = a ] || break; done; eval $A");
    lets_pass("(case $A in a) ;; *) exit 1;; esac); eval $A");
}

#[test]
fn options_are_stopped_by_the_first_character() {
    let cases = [
        ("[[ $A =~ ^[a-z][a-z-]*$ ]] || exit 1", true),
        ("[[ $A =~ ^[a-z-]+$ ]] || exit 1", false),
        ("[[ $A =~ ^[a-z] ]] || exit 1", true),
        ("[[ $A =~ [a-z]$ ]] || exit 1", false),
        ("case $A in -*) exit 1;; esac", true),
        ("case $A in -x*) exit 1;; esac", false),
        ("case $A in v*) ;; *) exit 1;; esac", true),
        (
            "case $A in -*) exit 1;; esac; [[ $A =~ ^[a-z-]+$ ]] || exit 1",
            true,
        ),
    ];
    for (check, expected) in cases {
        let script = parse(&format!("{check}; git fetch \"$A\""));
        let uses = variable_uses(&script, PLAIN, &|name| name == "A").found;
        let guards = guards(&script, PLAIN);
        let stopped = guarding(&uses[0], &guards)
            .iter()
            .any(|guard| guard.stops(&uses[0]));
        assert_eq!(stopped, expected, "{check}");
    }
}

/// `variable failing can_pass holds_at_end`
fn outline(text: &str, shell: Shell) -> Vec<String> {
    let guards = guards(&parse(text), shell);
    let line = |guard: &Guard| {
        format!(
            "{} {:?} {} {}",
            guard.variable, guard.failing, guard.can_pass, guard.holds_at_end
        )
    };
    guards.iter().map(line).collect()
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    assert_eq!(outline(text, PLAIN), expected, "{text}");
}

#[test]
fn checks_say_what_happens_to_other_values() {
    check("[ \"$A\" = a ] || exit 1; x", &["A StopsScript true true"]);
    check("x; [ \"$A\" = a ]", &["A StopsScript true true"]);
    check(
        "x && [ \"$A\" = a ] && y",
        &["A StopsScript true false", "A StopsScript true true"],
    );
    check("[ \"$A\" = a ] && y; z", &["A SkipsPart true false"]);
    check("[ \"$A\" = a ] || exit 0; x", &["A EndsQuietly true false"]);
    check("[ \"$A\" = a ] || exit; x", &["A EndsQuietly true false"]);
    check(
        "if [ \"$A\" = a ]; then x; fi; y",
        &["A SkipsPart true false"],
    );
}

#[test]
fn checks_without_effect_are_named() {
    check("[ \"$A\" = a ]; x", &["A ChangesNothing true false"]);
    check(
        "[ \"$A\" = a ] || true; x",
        &["A ChangesNothing true false"],
    );
    check(
        "[ \"$A\" = a ] || echo 'invalid A' >&2; x",
        &["A ChangesNothing true false"],
    );
    check(
        "[ \"$A\" = a ] || { echo 'Error: A'; printf 'error'; }; x",
        &["A ChangesNothing true false"],
    );
    check(
        "echo \"$A\" | grep -Eq '^[0-9]+$' || echo 'bad version'; x",
        &["A ChangesNothing true false"],
    );
    check(
        "case \"$A\" in a) ;; *) echo unsupported >&2 ;; esac; x",
        &["A ChangesNothing true false"],
    );
    check(
        "case \"$A\" in a) exit 1;; *) exit 2;; esac; x",
        &["A SkipsPart true false", "A StopsScript false false"],
    );
    check(
        "[ \"$A\" = a ] && exit 1 || exit 2; x",
        &["A SkipsPart true false", "A StopsScript false false"],
    );
    check(
        "if ! echo \"$A\" | grep -Eq '^[0-9]+$'; then echo 'invalid version'; fi; x",
        &["A ChangesNothing true false"],
    );
}

#[test]
fn what_may_be_meant_is_not_called_broken() {
    for text in [
        "[ \"$A\" = a ] || echo 'using the default'; x",
        "[ \"$A\" = a ] || echo 'Warning: unsupported' >&2; x",
        "[ -z \"$A\" ] || true; x",
        "{ [ \"$A\" = a ] && build; } || true; x",
        "echo \"$A\" | grep -E '^[0-9]+$' || true; x",
        "if [ \"$A\" = a ]; then echo production; fi; x",
        "case $A in a) x;; *) echo unsupported;; esac; y",
        "f() { [ \"$A\" = a ]; }; f || exit 1",
        "x || [ \"$A\" = a ]; y",
        "case $A in a) exit 0;; *) exit 1;; esac",
    ] {
        let found = guards(&parse(text), PLAIN);
        let broken = found
            .iter()
            .any(|g| g.failing == Failing::ChangesNothing || !g.can_pass);
        assert!(!broken, "{text} {found:#?}");
    }
    let errexit = Shell {
        errexit: true,
        ..PLAIN
    };
    assert_eq!(
        outline("[ \"$A\" = a ]; x", errexit),
        ["A StopsScript true true"]
    );
}
