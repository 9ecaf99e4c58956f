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
    let uses = variable_uses(&parse(text), shell, &declared).found;
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
        &["CommandInjection(OtherLanguage) A <$A> @{[system('id')]}"],
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
        &["CommandInjection(OtherLanguage) A <$A> x/||system(\"id\")||/x"],
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
    for text in [
        "curl -fsSL \"https://example.com/o/r/$A/i.sh\" | bash",
        "wget -qO- \"https://example.com/$A\" | sh",
        "curl -fsSL \"https://raw.githubusercontent.com/o/r/v$A/i.sh\" | bash",
        "bash <(curl -fsSL \"https://example.com/$A\")",
    ] {
        check(text, &["FetchedAndRun A <$A> ../../../../../../payload"]);
    }
    check("curl -fsSL \"https://example.com/setup_$A.x\" | bash", &[]);
    check("curl -fsSL \"https://example.com/i.sh?v=$A\" | bash", &[]);
    check("curl -fsSL \"https://example.com/$A\" | tar x", &[]);
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
fn values_that_are_read_again() {
    let check = |text: &str, witness: &str| {
        let found = format!("OptionInjection A <$A> {witness}");
        let expected = if witness.is_empty() {
            Vec::new()
        } else {
            vec![found]
        };
        assert_eq!(outline(text, Shell::default()), expected, "{text}");
    };
    check("git -c \"$A\" fetch", "core.sshCommand=id");
    check("git -c core.sshCommand=\"$A\" fetch", "id");
    check("git -c user.name=\"$A\" commit -m x", "");
    check("ssh -o \"ProxyCommand $A\" host", "id");
    check("ssh -o ConnectTimeout=\"$A\" host", "");
    check("apt-get -o \"$A\" update", "DPkg::Pre-Invoke::=id");
    check("apt-get -o DPkg::Pre-Invoke::=\"$A\" update", "id");
    check("apt-get -o Acquire::Retries=\"$A\" update", "");
    check("tar -xf x --checkpoint-action=exec=\"$A\"", "id");
    check(
        "cargo build --config \"$A\"",
        "build.rustc-wrapper='/tmp/payload'",
    );
    check(
        "cmake -D\"$A\" .",
        "CMAKE_PROJECT_INCLUDE=/tmp/payload.cmake",
    );
    check(
        "cmake -D \"$A\" .",
        "CMAKE_PROJECT_INCLUDE=/tmp/payload.cmake",
    );
    check(
        "cmake -DCMAKE_TOOLCHAIN_FILE:PATH=\"$A\" .",
        "/tmp/payload.cmake",
    );
    check("cmake -DCMAKE_BUILD_TYPE=\"$A\" .", "");
    check("cmake -DCMAKE_BUILD_TYPE=$A .", "x -C/tmp/payload.cmake");
    check(
        "mvn -D\"$A\" package",
        "maven.ext.class.path=/tmp/payload.jar",
    );
    check("mvn -B -Drevision=\"$A\" package", "");
    check("mvn -Drevision=$A package", "x --file=/tmp/payload.xml");
    check(
        "dotnet publish -c Release -p:Version=\"$A\"",
        "1;PreBuildEvent=id",
    );
    check("dotnet build /p:Version=\"$A\"", "1;PreBuildEvent=id");
    check("x=user.name=$A; git -c \"$x\" fetch", "");
}

#[test]
fn variables_of_make() {
    let found = "CommandInjection(OtherLanguage) A <$A> $(shell id)";
    check("make install VERSION=\"$A\"", &[found]);
    check("make -C src PREFIX=/opt/\"$A\" -j4", &[found]);
    check("make -C \"$A\" PREFIX=/opt", &[]);
    check("VERSION=\"$A\" make install", &[]);
    check("make \"--directory=$A\"", &[]);
    check(
        "make \"$A\"",
        &["OptionInjection A <$A> --eval=$(shell id)"],
    );
}

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

#[test]
fn where_packages_come_from() {
    let chosen = "UrlChoice A <$A> https://attacker.example/";
    for text in [
        "pip install -i \"$A\" x",
        "pip install --index-url \"$A\" x",
        "pip install --index-url=\"$A\" x",
        "pip install x --extra-index-url \"$A\"",
        "python3 -m pip install -i \"$A\" x",
        "npm ci --registry \"$A\"",
        "npm ci --registry=\"$A\"",
        "npm config set registry \"$A\"",
        "npm config set registry=\"$A\"",
        "yarn config set registry \"$A\"",
        "pip config set global.index-url \"$A\"",
    ] {
        check(text, &[chosen]);
    }
    check("pip install -i \"https://x.example/$A\" x", &[]);
    check("npm config set fund \"$A\"; npm run x --registry", &[]);
    check(
        "pip install \"x @ $A\"",
        &["UrlChoice A <$A> https://attacker.example/payload.tar.gz"],
    );
    check(
        "pip install \"git+https://$A/x\"",
        &["UrlChoice A <$A> attacker.example/#"],
    );
    check(
        "git config --global core.sshCommand \"$A\"",
        &["CommandInjection(ShellArgument) A <$A> $(id)"],
    );
    check("git config --global user.name \"$A\"", &[]);
    check(
        "uvx \"$A\" \"$B\"",
        &["UrlChoice A <$A> https://attacker.example/payload.tar.gz"],
    );
    check("npx \"$A\" \"$B\"", &["UrlChoice A <$A> attacker-package"]);
    check("npx -y tsc \"$A\"", &[]);
    check(
        "deno run -A \"$A\" \"$B\"",
        &["FetchedAndRun A <$A> https://attacker.example/payload"],
    );
}

#[test]
fn variables_that_programs_obey() {
    let preload = |place: &str| {
        format!("ProgramVariable {{ name: \"LD_PRELOAD\" }} A <{place}> /tmp/evil.so")
    };
    check("LD_PRELOAD=\"$A\" ls", &[&preload("LD_PRELOAD=\"$A\"")]);
    check("env LD_PRELOAD=\"$A\" ls", &[&preload("$A")]);
    check("sudo -E LD_PRELOAD=\"$A\" ls", &[&preload("$A")]);
    check("export LD_PRELOAD=\"$A\" && x", &[&preload("$A")]);
    check("declare -x LD_PRELOAD=\"$A\"; x", &[&preload("$A")]);
    check(
        "LD_PRELOAD=$A; export LD_PRELOAD; x",
        &[&preload("LD_PRELOAD")],
    );
    check(
        "GOPROXY=$A go build",
        &["ProgramVariable { name: \"GOPROXY\" } A <GOPROXY=$A> https://evil.example/"],
    );
    check("export PATH=\"/opt/$A/bin:$PATH\"; PATH=$PATH:$A x", &[]);
    check(
        "LD_PRELOAD=x ls \"$A\"; LD_PRELOAD=$A; K=$A x; export K=$A",
        &[],
    );
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

/// What is found in `text`, one line per use and per guard.
fn report(text: &str) -> String {
    let mut lines = outline(text, BASH);
    for guard in guards(&parse(text), BASH) {
        let allows = match &guard.allows {
            Allows::Enumerated(values) => values.join("|"),
            Allows::Pattern(_) => "a bounded pattern".to_owned(),
            Allows::Weak(reason) => reason.clone(),
            Allows::Anything => "anything".to_owned(),
        };
        lines.push(format!(
            "guard {} {:?} {allows}",
            guard.variable, guard.failing
        ));
    }
    lines.join("\n")
}

#[test]
fn build_commands() {
    let found = RUN_LINES.iter().map(|text| (text, report(text)));
    let found: Vec<String> = found
        .filter(|(_, report)| !report.is_empty())
        .map(|(text, report)| format!("$ {text}\n{report}\n"))
        .collect();
    insta::assert_snapshot!(found.concat(), @r#"
    $ curl -fsSL https://deb.example.com/setup_${NODE_MAJOR}.x | bash -
    OptionInjection NODE_MAJOR <${NODE_MAJOR}> x -o/root/.profile
    $ git clone --depth 1 --branch ${REF} https://github.com/example/project.git /src && cd /src && make -j"$(nproc)"
    OptionInjection REF <${REF}> x --upload-pack=id
    $ case "$TARGETARCH" in amd64) arch=x86_64 ;; arm64) arch=aarch64 ;; *) echo "unsupported: $TARGETARCH" >&2; exit 1 ;; esac; curl -fLO "https://example.com/tool-${arch}.tgz"
    guard TARGETARCH SkipsPart amd64
    guard TARGETARCH SkipsPart arm64
    guard TARGETARCH StopsScript amd64|arm64
    $ if [ "$NODE_ENV" = "production" ]; then npm ci --omit=dev; else npm install; fi
    guard NODE_ENV SkipsPart production
    $ addgroup -g ${GID:-1000} app && adduser -D -u ${UID:-1000} -G app app
    UnquotedPlain GID <${GID:-1000}> x -x *
    UnquotedPlain UID <${UID:-1000}> x -x *
    $ sed -i "s/@VERSION@/${VERSION}/g" /app/config.json && sed -i 's|^#\(x\)|\1|' /etc/y
    CommandInjection(OtherLanguage) VERSION <${VERSION}> x/;1eid #
    $ [ -n "$EXTRA_PACKAGES" ] && apt-get install -y $EXTRA_PACKAGES || true
    OptionInjection EXTRA_PACKAGES <$EXTRA_PACKAGES> -oDPkg::Pre-Invoke::=id
    $ go build -trimpath -ldflags "-s -w -X main.version=${VERSION} -X main.commit=$(git rev-parse HEAD)" -o /out/app ./cmd/app
    OptionInjection VERSION <${VERSION}> x -extld=/tmp/payload
    $ npm config set registry ${NPM_REGISTRY} && npm ci --cache .npm --prefer-offline && npm run build --if-present
    UnquotedPlain NPM_REGISTRY <${NPM_REGISTRY}> x -x *
    UrlChoice NPM_REGISTRY <${NPM_REGISTRY}> https://attacker.example/
    $ ver=${VERSION#v}; major=${ver%%.*}; [[ "$ver" =~ ^[0-9]+\.[0-9]+$ ]] || { echo bad >&2; exit 1; }
    guard ver StopsScript a bounded pattern
    $ mvn -B -Dmaven.test.skip=true ${MAVEN_ARGS} package && mv target/*.jar app.jar
    OptionInjection MAVEN_ARGS <${MAVEN_ARGS}> --file=/tmp/payload.xml
    "#);
}

/// Build commands of the kind that public Dockerfiles are made of.
const RUN_LINES: [&str; 41] = [
    "apt-get update && apt-get install -y --no-install-recommends curl ca-certificates && rm -rf /var/lib/apt/lists/*",
    "set -eux; apk add --no-cache --virtual .build-deps gcc musl-dev; pip install -r requirements.txt; apk del .build-deps",
    "curl -fsSL https://example.com/install.sh | sh -s -- --version \"${VERSION}\"",
    "curl -fsSL https://deb.example.com/setup_${NODE_MAJOR}.x | bash -",
    "wget -qO- \"https://example.com/v${VERSION}/tool-${TARGETARCH}.tar.gz\" | tar -xz -C /usr/local/bin --strip-components=1",
    "git clone --depth 1 --branch ${REF} https://github.com/example/project.git /src && cd /src && make -j\"$(nproc)\"",
    "case \"$TARGETARCH\" in amd64) arch=x86_64 ;; arm64) arch=aarch64 ;; *) echo \"unsupported: $TARGETARCH\" >&2; exit 1 ;; esac; curl -fLO \"https://example.com/tool-${arch}.tgz\"",
    "if [ \"$NODE_ENV\" = \"production\" ]; then npm ci --omit=dev; else npm install; fi",
    "arch=\"$(dpkg --print-architecture)\"; arch=\"${arch##*-}\"; wget -O /usr/local/bin/gosu \"https://example.com/gosu-$arch\"; chmod +x /usr/local/bin/gosu",
    "addgroup -g ${GID:-1000} app && adduser -D -u ${UID:-1000} -G app app",
    "for key in A1B2 C3D4; do gpg --batch --keyserver hkps://keys.example.com --recv-keys \"$key\" || exit 1; done",
    "echo 'deb http://deb.example.com/debian stable main' > /etc/apt/sources.list.d/x.list",
    "printf '%s\\n' \"server { listen ${PORT}; }\" >/etc/nginx/conf.d/default.conf",
    "python -c \"import sys; print(sys.version_info[:2])\"",
    "sed -i \"s/@VERSION@/${VERSION}/g\" /app/config.json && sed -i 's|^#\\(x\\)|\\1|' /etc/y",
    "find / -type f \\( -name '*.pyc' -o -name '*.pyo' \\) -exec rm -f {} + 2>/dev/null || true",
    "[ -n \"$EXTRA_PACKAGES\" ] && apt-get install -y $EXTRA_PACKAGES || true",
    "go build -trimpath -ldflags \"-s -w -X main.version=${VERSION} -X main.commit=$(git rev-parse HEAD)\" -o /out/app ./cmd/app",
    "CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -o /out/app .",
    "while ! nc -z db 5432; do sleep 1; done; ./migrate up",
    "mkdir -p /opt/{bin,lib,etc} && cp -r build/* /opt/ && ln -sf /opt/bin/x /usr/bin/x",
    "( cd /tmp && curl -O https://example.com/a.zip && unzip a.zip )",
    "{ echo 'install: --no-document'; echo 'update: --no-document'; } >> /usr/local/etc/gemrc",
    "export DEBIAN_FRONTEND=noninteractive; apt-get -yq install tzdata; unset DEBIAN_FRONTEND",
    "useradd --create-home --shell /bin/bash app; echo \"app ALL=(ALL) NOPASSWD:ALL\" >> /etc/sudoers",
    "cat <<EOF > /etc/app.conf\nport=${PORT}\nname=app\nEOF\nchmod 600 /etc/app.conf",
    "cat <<'EOF' >> ~/.bashrc\nexport PATH=\"$HOME/bin:$PATH\"\nEOF",
    "savedAptMark=\"$(apt-mark showmanual)\"; apt-mark auto '.*' > /dev/null; apt-mark manual $savedAptMark",
    "find /usr/local -type f -executable -exec ldd '{}' ';' | awk '/=>/ { print $(NF-1) }' | sort -u | xargs -r dpkg-query --search | cut -d: -f1 | sort -u | xargs -r apt-mark manual",
    "test \"$(sha256sum a.tgz | cut -d' ' -f1)\" = \"$SHA256\"",
    "echo \"${SHA256}  tool.tgz\" | sha256sum -c -",
    "bash -c 'set -o pipefail; curl -s https://example.com | tar xz'",
    "if ! command -v jq >/dev/null 2>&1; then apt-get install -y jq; fi",
    "npm config set registry ${NPM_REGISTRY} && npm ci --cache .npm --prefer-offline && npm run build --if-present",
    "pip install --no-cache-dir \"torch==${TORCH_VERSION}\" --extra-index-url \"https://download.example.com/whl/${CUDA}\"",
    "eval \"$(ssh-agent -s)\" && ssh-add /run/secrets/key",
    "ver=${VERSION#v}; major=${ver%%.*}; [[ \"$ver\" =~ ^[0-9]+\\.[0-9]+$ ]] || { echo bad >&2; exit 1; }",
    "mvn -B -Dmaven.test.skip=true ${MAVEN_ARGS} package && mv target/*.jar app.jar",
    "groupmod -o -g \"$PGID\" app\nusermod -o -u \"$PUID\" app\n",
    "true; # nothing to do\n:",
    "yum install -y https://example.com/epel.rpm && yum clean all && rm -rf /var/cache/yum",
];

proptest! {
    #[test]
    fn never_panics_and_keeps_spans(text in shell_like(), bash: bool, errexit: bool) {
        let shell = Shell { bash, errexit, pipefail: false };
        for found in variable_uses(&parse(&text), shell, &|name| name == "A" || name == "B").found {
            for span in found.steps.iter().chain([&found.span, &found.command_span]) {
                prop_assert!(text.get(span.start as usize..span.end as usize).is_some());
            }
            prop_assert!(!found.witness.is_empty());
        }
        for guard in guards(&parse(&text), shell) {
            let range = guard.from as usize..guard.to as usize;
            prop_assert!(text.get(range).is_some());
            prop_assert!(!guard.span.slice(&text).is_empty());
        }
    }
}
