//! What commands print of what they were given.

use super::environment::{Carried, Taint, gather};
use super::options::{Options, Role};
use super::words::Argument;

/// The values that `name` prints.
pub(super) fn output(name: &str, arguments: &[Argument<'_>], input: &[Carried]) -> Vec<Carried> {
    match name {
        "echo" => echoed(arguments, 0),
        "printf" => printed(arguments),
        "cat" | "tee" | "head" | "tail" | "sort" | "uniq" | "sed" | "cut" | "awk" | "grep"
        | "egrep" | "fgrep" | "rev" | "fold" | "nl" | "dos2unix" | "envsubst" => {
            unbegun(name, input)
        }
        "tr" => translated(arguments, input),
        "basename" | "dirname" | "realpath" | "readlink" => echoed(arguments, 0),
        "curl" | "wget" => fetched(name, arguments),
        _ => Vec::new(),
    }
}

/// A filter may cut away what stood before a value, but `nl` and its like put something there.
fn unbegun(name: &str, input: &[Carried]) -> Vec<Carried> {
    let keeps = name != "nl";
    input
        .iter()
        .cloned()
        .map(|carried| Carried {
            begins: carried.begins && keeps,
            ..carried
        })
        .collect()
}

/// The arguments joined by blanks; the first one behind the options begins the output.
fn echoed(arguments: &[Argument<'_>], skip: usize) -> Vec<Carried> {
    let mut found = Vec::new();
    let mut begins = true;
    for argument in arguments.iter().skip(skip) {
        if begins
            && argument
                .static_text()
                .is_some_and(|text| text.starts_with('-'))
        {
            continue;
        }
        let values = argument.carried.iter().cloned().map(|carried| Carried {
            begins: begins && carried.begins,
            ..carried
        });
        gather(&mut found, values);
        begins = false;
    }
    found
}

/// `printf FORMAT ARGUMENTS`: `%q` quotes, `%d` and its like let numbers through only.
fn printed(arguments: &[Argument<'_>]) -> Vec<Carried> {
    let skip = usize::from(arguments.first().is_some_and(|first| first.text == "--"));
    let Some(format) = arguments.get(skip) else {
        return Vec::new();
    };
    let mut found: Vec<Carried> = format.carried.clone();
    let text = format.text.as_str();
    if format.is_static && !text.contains("%s") && !text.contains("%b") {
        return found;
    }
    let begins = text.starts_with("%s") || text.starts_with("%b");
    for (at, argument) in arguments.iter().skip(skip + 1).enumerate() {
        let values = argument.carried.iter().cloned().map(|carried| Carried {
            begins: carried.begins && begins && at == 0,
            ..carried
        });
        gather(&mut found, values);
    }
    found
}

/// `tr -cd SET` keeps nothing but the set.
fn translated(arguments: &[Argument<'_>], input: &[Carried]) -> Vec<Carried> {
    let Some(options) = arguments.first().and_then(Argument::static_text) else {
        return input.to_vec();
    };
    let is_option = options.starts_with('-') && !options.starts_with("--");
    let keeps_only = is_option && options.contains(['c', 'C']) && options.contains('d');
    let set = arguments.get(1).and_then(Argument::static_text);
    let harmless = |c: char| c.is_ascii_alphanumeric() || "._-+,:@%[]\\".contains(c);
    let Some(set) = set.filter(|set| keeps_only && set.chars().all(harmless)) else {
        return input.to_vec();
    };
    let named = [
        "[:space:]",
        "[:blank:]",
        "[:print:]",
        "[:graph:]",
        "[:punct:]",
    ];
    if named.iter().any(|class| set.contains(class)) {
        return input.to_vec();
    }
    let keeps_dash = set.starts_with('-') || set.ends_with('-');
    let bounded = |mut carried: Carried| {
        carried.taint.bounded = true;
        carried.begins &= keeps_dash;
        carried
    };
    input.iter().cloned().map(bounded).collect()
}

/// What is printed was fetched from where a value says.
fn fetched(name: &str, arguments: &[Argument<'_>]) -> Vec<Carried> {
    let options = Options::read(name, arguments);
    let mut found = Vec::new();
    for (at, argument) in arguments.iter().enumerate() {
        if !is_address(&options, arguments, at) {
            continue;
        }
        let chosen = argument.carried.iter().filter(|carried| {
            let before = argument.before(carried);
            carried.names_host || (!carried.taint.bounded && chooses_path(before, &carried.taint))
        });
        let values = chosen.cloned().map(|mut carried| {
            carried.taint.fetched = true;
            carried.taint.fixed_host = !carried.names_host;
            carried.begins = false;
            carried
        });
        gather(&mut found, values);
    }
    found
}

/// Whether an argument of curl or wget is what is fetched.
pub(super) fn is_address(options: &Options, arguments: &[Argument<'_>], at: usize) -> bool {
    match options.role(at) {
        Role::Operand | Role::Rest => true,
        Role::Value => {
            let before = at.checked_sub(1).and_then(|at| arguments.get(at));
            before.is_some_and(|before| before.text == "--url")
        }
        _ => false,
    }
}

/// Whether what follows `before` in an address still decides its host. What an unknown value holds counts as closed.
pub(super) fn chooses_host(before: &str) -> bool {
    let rest = before.split_once("://").map_or(before, |(_, rest)| rest);
    !rest.contains(['/', '?', '#', '\0'])
}

/// Hosts on which anybody may publish.
const SHARED_HOSTS: [&str; 11] = [
    "github.com",
    "raw.githubusercontent.com",
    "gist.githubusercontent.com",
    "codeload.github.com",
    "gitlab.com",
    "bitbucket.org",
    "codeberg.org",
    "cdn.jsdelivr.net",
    "unpkg.com",
    "s3.amazonaws.com",
    "storage.googleapis.com",
];

/// Whether a value behind `before` in an address may lead to any path: `..` goes up. Behind text that begins a part of
/// the path that matters only on a host where others publish too.
fn chooses_path(before: &str, taint: &Taint) -> bool {
    let Some((_, rest)) = before.split_once("://") else {
        return false;
    };
    let Some((host, path)) = rest.split_once('/') else {
        return false;
    };
    let in_path = !host.contains('\0') && !path.contains(['?', '#']);
    let begins_part = before.ends_with('/') && taint.begins;
    in_path && (begins_part || SHARED_HOSTS.contains(&host))
}
