//! Tables and properties of what scripts do with variables.

use plimsoll_parse::shell::parse;
use proptest::prelude::*;

use super::*;

const BASH: Shell = Shell {
    bash: true,
    errexit: false,
    pipefail: false,
};

/// `KIND variable <text of the use> => witness`, one line per use; lower-case names are not tracked.
fn outline(text: &str, shell: Shell) -> Vec<String> {
    let declared = |name: &str| name.starts_with(|c: char| c.is_ascii_uppercase());
    let uses = variable_uses(&parse(text), shell, &declared);
    let line = |found: &VariableUse| {
        format!(
            "{:?} {} <{}> {}",
            found.kind,
            found.variable,
            found.span.slice(text),
            found.witness
        )
    };
    uses.iter().map(line).collect()
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    assert_eq!(outline(text, Shell::default()), expected, "{text}");
}

#[test]
fn code_of_a_shell() {
    check("eval \"x=$A\"", &["CommandInjection(Eval) A <$A> $(id)"]);
    check("eval 'x=$A'", &[]);
    check(
        "eval 'git fetch $A'",
        &["OptionInjection A <$A> --upload-pack=id"],
    );
    check(
        "URL=https://$A/x; curl \"$URL\"; URL=https://x.example/$A; curl \"$URL\"",
        &["UrlChoice A <$URL> .attacker.example/#"],
    );
    check(
        "sh -c \"echo '$A'\"",
        &["CommandInjection(ShellArgument) A <$A> ';id;'"],
    );
    check(
        "bash -exc \"make $A\"",
        &["CommandInjection(ShellArgument) A <$A> $(id)"],
    );
    check(
        "/bin/bash -o pipefail -c \"x $A\"",
        &["CommandInjection(ShellArgument) A <$A> $(id)"],
    );
    check(
        "sh -c 'echo \"$1\"; eval \"$1\"' _ \"$A\"",
        &["CommandInjection(Eval) A <$1> $(id)"],
    );
    check("sh -c 'echo \"$1\"' _ \"$A\"", &[]);
    check(
        "su app -c \"x $A\"",
        &["CommandInjection(ShellArgument) A <$A> $(id)"],
    );
    check(
        "ssh host \"x $A\"",
        &["CommandInjection(ShellArgument) A <$A> $(id)"],
    );
    check(
        "trap \"rm $A\" EXIT",
        &["CommandInjection(Trap) A <$A> $(id)"],
    );
    check(
        "echo \"$A\" | sh",
        &["CommandInjection(PipedToShell) A <$A> $(id)"],
    );
    check(
        "sh <<< \"x $A\"",
        &["CommandInjection(PipedToShell) A <$A> $(id)"],
    );
    check(
        "bash <<E\nx $A\nE",
        &["CommandInjection(HereDocument) A <$A> $(id)"],
    );
    check("bash <<'E'\nx $A\nE", &[]);
    check(
        "echo x | xargs -I{} sh -c \"y {} $A\"",
        &["CommandInjection(ShellArgument) A <$A> $(id)"],
    );
    check(
        "echo \"$A\" | xargs -I{} sh -c 'y {}'",
        &["CommandInjection(ShellArgument) A <$A> $(id)"],
    );
    check(
        "find . -exec sh -c \"x $A\" \\;",
        &["CommandInjection(ShellArgument) A <$A> $(id)"],
    );
    check(
        "sudo -u root env X=1 bash -c \"x $A\"",
        &["CommandInjection(ShellArgument) A <$A> $(id)"],
    );
    check("$A x", &["CommandInjection(CommandWord) A <$A> sh -c id"]);
    check(
        "\"$A\" x",
        &["CommandInjection(CommandWord) A <$A> /tmp/payload"],
    );
    check(
        "sudo $A",
        &["CommandInjection(CommandWord) A <$A> sh -c id"],
    );
    check("python\"$A\" x", &[]);
    check(
        ". \"$A\"",
        &["CommandInjection(ScriptFile) A <$A> /tmp/payload"],
    );
    check("sh install.sh \"$A\"", &[]);
}

#[test]
fn code_of_other_languages() {
    check(
        "python -c \"print('$A')\"",
        &["CommandInjection(OtherLanguage) A <$A> ');__import__('os').system('id')#"],
    );
    check("python3 -c 'import sys' \"$A\"", &[]);
    check(
        "node -e \"x($A)\"",
        &["CommandInjection(OtherLanguage) A <$A> require('child_process').execSync('id')"],
    );
    check(
        "perl -pi -e \"s/x/$A/\" f",
        &["CommandInjection(OtherLanguage) A <$A> system('id');"],
    );
    check(
        "sed -i \"s/@V@/$A/g\" f",
        &["CommandInjection(OtherLanguage) A <$A> x/;1eid #"],
    );
    check(
        "sed -e 's|x|'\"$A\"'|' f",
        &["CommandInjection(OtherLanguage) A <$A> x|;1eid #"],
    );
    check(
        "sed -i s/x/y/ \"$A\"",
        &["OptionInjection A <$A> --expression=1eid"],
    );
    check(
        "awk \"/$A/ {print}\" f",
        &["CommandInjection(OtherLanguage) A <$A> system(\"id\")"],
    );
    check("awk -v x=\"$A\" '{print x}' f", &[]);
    check(
        "php -r \"$A\"",
        &["CommandInjection(OtherLanguage) A <$A> system('id');"],
    );
}

#[test]
fn what_is_fetched() {
    check(
        "curl -fsSL \"$A\" | sh",
        &[
            "OptionInjection A <$A> -o/root/.profile",
            "UrlChoice A <$A> https://attacker.example/payload",
            "FetchedAndRun A <$A> https://attacker.example/payload",
        ],
    );
    check(
        "curl -fsSL \"https://$A/x\" | bash -s -- y",
        &[
            "UrlChoice A <$A> attacker.example/#",
            "FetchedAndRun A <$A> https://attacker.example/payload",
        ],
    );
    check("curl -fsSL \"https://example.com/$A\" | bash", &[]);
    check(
        "bash <(curl \"https://$A\")",
        &[
            "UrlChoice A <$A> attacker.example/#",
            "FetchedAndRun A <$A> https://attacker.example/payload",
        ],
    );
    check(
        "sh -c \"$(curl -fsSL \"https://$A\")\"",
        &[
            "UrlChoice A <$A> attacker.example/#",
            "FetchedAndRun A <$(curl -fsSL \"https://$A\")> https://attacker.example/payload",
        ],
    );
    check(
        "npm i -g \"pnpm@$A\"",
        &["UrlChoice A <$A> https://attacker.example/payload.tgz"],
    );
    check(
        "go install \"$A\"",
        &[
            "OptionInjection A <$A> -toolexec=/tmp/payload",
            "UrlChoice A <$A> attacker.example/payload@latest",
        ],
    );
    check("wget -qO \"$A\" https://example.com/x", &[]);
}

#[test]
fn options() {
    check(
        "git clone \"$A\" /src",
        &[
            "OptionInjection A <$A> --upload-pack=id",
            "UrlChoice A <$A> https://attacker.example/payload",
        ],
    );
    check(
        "git clone -- \"$A\" /src",
        &["UrlChoice A <$A> https://attacker.example/payload"],
    );
    check("git clone --depth 1 -b \"$A\" https://example.com/x", &[]);
    check(
        "git clone --depth 1 -b $A https://example.com/x",
        &["OptionInjection A <$A> x --upload-pack=id"],
    );
    check(
        "git -C /src fetch origin \"$A\"",
        &["OptionInjection A <$A> --upload-pack=id"],
    );
    check("git checkout \"$A\"", &[]);
    check("git checkout $A", &["UnquotedPlain A <$A> x -x *"]);
    check("pip install \"x==$A\"", &[]);
    check(
        "pip install x==$A",
        &["OptionInjection A <$A> x --index-url=https://attacker.example/simple"],
    );
    check(
        "python3 -m pip install x==$A",
        &["OptionInjection A <$A> x --index-url=https://attacker.example/simple"],
    );
    check(
        "apt-get install -y --no-install-recommends $A",
        &["OptionInjection A <$A> -oDPkg::Pre-Invoke::=id"],
    );
    check(
        "timeout 10 apt-get install \"$A\"",
        &["OptionInjection A <$A> -oDPkg::Pre-Invoke::=id"],
    );
    check(
        "echo \"$A\" | xargs apt-get install -y",
        &["OptionInjection A <$A> -oDPkg::Pre-Invoke::=id"],
    );
    check(
        "go build -ldflags \"-X main.v=$A\" ./cmd",
        &["OptionInjection A <$A> x -extld=/tmp/payload"],
    );
    check("go build -o \"$A\" .", &[]);
    check("tar -xzf \"$A\" -C /x", &[]);
    check("tar xzf \"$A\"", &[]);
    check("tar xf x.tar -I \"$A\"", &["OptionInjection A <$A> id"]);
    check(
        "chown -R \"$A:$B\" /x",
        &["OptionInjection A <$A> --reference=/tmp/planted"],
    );
    check("find /x -name \"$A\"", &[]);
    check(
        "find /x -name $A",
        &["OptionInjection A <$A> x . -exec id ;"],
    );
    check("echo $A", &["UnquotedPlain A <$A> x -x *"]);
    check("mkdir -p \"$A\"", &[]);
    check(
        "[[ $A == x ]]; case $A in x) ;; esac; x=$A; export y=$A",
        &[],
    );
    check("cp \"${A:+--x}\" y; rm \"${#A}\"", &[]);
}

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
fn arithmetic_is_code_in_bash_only() {
    for text in [
        "echo $(( A + 1 ))",
        "echo $(( $A + 1 ))",
        "[[ $A -eq 1 ]]",
        "(( A > 1 ))",
        "let \"x=$A\"",
        "echo \"${x[$A]}\"",
    ] {
        let found = outline(text, BASH);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(
            found[0].starts_with("CommandInjection(Arithmetic) A"),
            "{text}: {found:?}"
        );
    }
    check("echo $(( A + 1 ))", &[]);
    assert_eq!(outline("[ \"$A\" -eq 1 ]", BASH), Vec::<String>::new());
}

#[test]
fn steps_name_the_way() {
    let text = "x=$A\ny=\"$x\"\neval \"$y\"";
    let uses = variable_uses(&parse(text), BASH, &|name| name == "A");
    let steps: Vec<_> = uses[0].steps.iter().map(|span| span.slice(text)).collect();
    assert_eq!(steps, ["x=$A", "y=\"$x\""]);
    assert_eq!(uses[0].carriers, ["A", "x", "y"]);
    assert_eq!(uses[0].command_span.slice(text), "eval \"$y\"");
}

fn shell_like() -> impl Strategy<Value = String> {
    let token = proptest::sample::select(vec![
        "eval ",
        "sh -c ",
        "bash ",
        "git clone ",
        "curl ",
        "sed ",
        "xargs ",
        "find ",
        "-exec ",
        "echo ",
        "read ",
        "export ",
        "set -- ",
        "f ",
        "f() ",
        "{ ",
        "} ",
        "$A",
        "\"$A\"",
        "${A:-$B}",
        "$(",
        ")",
        "`",
        "'",
        "\"",
        "|",
        "&&",
        "||",
        ";",
        "\n",
        "if ",
        "then ",
        "else ",
        "fi ",
        "case $A in ",
        "a) ",
        "*) ",
        ";; ",
        "esac ",
        "exit 1",
        "[ ",
        "] ",
        "[[ ",
        "]] ",
        "=~ ",
        "= ",
        "^[0-9]+$",
        "grep -Eq ",
        "test ",
        "!",
        "x=",
        "$((",
        "))",
        "<<E\n",
        "\nE\n",
        "-",
        "-- ",
        "é",
        "a",
        " ",
        " ",
        "while ",
        "do ",
        "done ",
        "true",
        "expr ",
        " : ",
        "'^a$'",
        "set -e;",
        "[!0-9]",
        "\\(",
        "*",
    ]);
    proptest::collection::vec(token, 0..50).prop_map(|tokens| tokens.concat())
}

proptest! {
    #[test]
    fn never_panics_and_keeps_spans(text in shell_like(), bash: bool, errexit: bool) {
        let shell = Shell { bash, errexit, pipefail: false };
        for found in variable_uses(&parse(&text), shell, &|name| name == "A" || name == "B") {
            for span in found.steps.iter().chain([&found.span, &found.command_span]) {
                prop_assert!(text.get(span.start as usize..span.end as usize).is_some());
            }
            prop_assert!(!found.witness.is_empty());
        }
    }
}
