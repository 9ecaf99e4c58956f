//! What runs as code, of shells and of other languages.

use super::super::Shell;
use super::{BASH, check, outline};

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
