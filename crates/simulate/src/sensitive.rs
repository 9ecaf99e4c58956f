//! Files that look secret or needless in a build context, told by their path alone.

mod tables;

use plimsoll_model::Confidence::{self, High, Medium};
use tables::{
    NEEDLESS_ENDINGS, NEEDLESS_FILES, NEEDLESS_FOLDERS, SECRET_EXTENSIONS, SECRET_NAMES,
    SECRET_PLACES, SPECIMEN, TRIAL_FOLDERS,
};

/// What a secret-looking file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SensitiveClass {
    /// Variables with values: `.env`.
    Environment,
    /// A private key: `id_rsa`, `*.key`.
    PrivateKey,
    /// A container of keys and certificates: `*.p12`, `*.jks`.
    KeyStore,
    /// A password manager's database: `*.kdbx`.
    PasswordStore,
    /// Tokens of package registries: `.npmrc`, `.pypirc`.
    PackageRegistry,
    /// Tokens of container registries: `.docker/config.json`.
    ContainerRegistry,
    /// Keys of a cloud: `.aws/credentials`, service accounts.
    Cloud,
    /// Access to a cluster: `.kube/config`.
    Cluster,
    /// Passwords of hosts and repositories: `.netrc`, `.git-credentials`.
    Login,
    /// State that repeats every secret of an infrastructure: `terraform.tfstate`.
    InfrastructureState,
    /// Commands as typed: `.bash_history`.
    History,
    /// A dump or file of a database.
    Database,
}

/// What a needless file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NeedlessClass {
    /// The history of the repository, with all it ever held.
    VersionControl,
    /// Packages that the build installs anew.
    Dependencies,
    /// What tools keep to be faster.
    Cache,
    /// What a build makes.
    BuildOutput,
    /// Logs and crash dumps.
    Log,
    /// Settings of an editor.
    Editor,
    /// Reports of a test run.
    TestReport,
    /// What an operating system scatters: `.DS_Store`.
    Desktop,
}

/// A secret-looking path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sensitive {
    /// What it holds.
    pub class: SensitiveClass,
    /// How sure the name makes us.
    pub certainty: Confidence,
}

/// A needless path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needless {
    /// What it is.
    pub class: NeedlessClass,
    /// Low where many builds do need such a folder.
    pub certainty: Confidence,
    /// The ignore pattern that leaves it out wherever it stands.
    pub pattern: &'static str,
}

impl SensitiveClass {
    /// A few words for a reader.
    pub const fn describe(self) -> &'static str {
        match self {
            SensitiveClass::Environment => "environment file",
            SensitiveClass::PrivateKey => "private key",
            SensitiveClass::KeyStore => "key store",
            SensitiveClass::PasswordStore => "password store",
            SensitiveClass::PackageRegistry => "package registry token",
            SensitiveClass::ContainerRegistry => "container registry token",
            SensitiveClass::Cloud => "cloud credential",
            SensitiveClass::Cluster => "cluster access",
            SensitiveClass::Login => "login",
            SensitiveClass::InfrastructureState => "infrastructure state",
            SensitiveClass::History => "command history",
            SensitiveClass::Database => "database",
        }
    }
}

impl SensitiveClass {
    /// Whether files of this class are text in which a credential is recognised where there is one.
    pub const fn is_told_by_text(self) -> bool {
        matches!(
            self,
            SensitiveClass::Environment
                | SensitiveClass::PrivateKey
                | SensitiveClass::PackageRegistry
                | SensitiveClass::Cloud
        )
    }
}

impl NeedlessClass {
    /// A few words for a reader.
    pub const fn describe(self) -> &'static str {
        match self {
            NeedlessClass::VersionControl => "version control",
            NeedlessClass::Dependencies => "installed dependencies",
            NeedlessClass::Cache => "cache",
            NeedlessClass::BuildOutput => "build output",
            NeedlessClass::Log => "log",
            NeedlessClass::Editor => "editor settings",
            NeedlessClass::TestReport => "test report",
            NeedlessClass::Desktop => "desktop file",
        }
    }
}

/// What the file at `path` holds, where its name tells of secrets.
pub fn sensitive(path: &str) -> Option<Sensitive> {
    let lower = path.to_ascii_lowercase();
    let mut reversed = lower.rsplit('/');
    let name = reversed.next().unwrap_or("");
    if is_specimen(name) {
        return None;
    }
    let found = |(_, class, certainty): &(&str, SensitiveClass, Confidence)| Sensitive {
        class: *class,
        certainty: *certainty,
    };
    let place = SECRET_PLACES.iter().find(|(place, ..)| {
        let before = lower.strip_suffix(place);
        before.is_some_and(|before| before.is_empty() || before.ends_with('/'))
    });
    let whole = || SECRET_NAMES.iter().find(|(whole, ..)| *whole == name);
    let ending = || {
        let endings = SECRET_EXTENSIONS.iter();
        endings.into_iter().find(|(ending, ..)| {
            name.strip_suffix(ending)
                .is_some_and(|stem| !stem.is_empty())
        })
    };
    if let Some(entry) = place.or_else(whole) {
        return Some(found(entry));
    }
    if is_environment_variant(name) {
        let (class, certainty) = (SensitiveClass::Environment, High);
        return Some(Sensitive { class, certainty });
    }
    if let Some(service) = service_account(name) {
        return Some(service);
    }
    if reversed.next() == Some(".ssh")
        && !matches!(name, "config" | "known_hosts" | "authorized_keys")
    {
        let (class, certainty) = (SensitiveClass::PrivateKey, Medium);
        return Some(Sensitive { class, certainty });
    }
    ending().map(found)
}

/// Whether the file at `path` has a secret-looking name and is text that tells what it really holds.
pub fn is_told_by_text(path: &str) -> bool {
    sensitive(path).is_some_and(|found| found.class.is_told_by_text())
}

/// Whether `path` stands in a folder of tests or examples, whose keys and passwords are mostly made up.
pub fn is_in_trial_folder(path: &str) -> bool {
    let mut folders = path.split('/');
    folders.next_back();
    folders.any(|folder| TRIAL_FOLDERS.contains(&folder.to_ascii_lowercase().as_str()))
}

/// `.env.production`, `production.env`.
fn is_environment_variant(name: &str) -> bool {
    name.starts_with(".env.") || (name.ends_with(".env") && !name.starts_with("example"))
}

/// `my-project-service-account.json`, `firebase-adminsdk-x.json`.
fn service_account(name: &str) -> Option<Sensitive> {
    let stem = name.strip_suffix(".json")?;
    let marks = [
        "service-account",
        "service_account",
        "adminsdk",
        "gcp-key",
        "gcloud-key",
    ];
    let is_marked =
        stem.starts_with("client_secret_") || marks.iter().any(|mark| stem.contains(mark));
    if !is_marked {
        return None;
    }
    let certainty = High;
    let class = SensitiveClass::Cloud;
    Some(Sensitive { class, certainty })
}

/// `.env.example`, `id_rsa.pub`, `env.sample.env`.
fn is_specimen(name: &str) -> bool {
    let mut parts = name.rsplit('.');
    let last = parts.next().unwrap_or("");
    // What stands before the first dot is a stem, not a mark.
    let last_is_mark = name.len() > last.len() && SPECIMEN.contains(&last);
    let marked_before = name
        .trim_start_matches('.')
        .split('.')
        .any(|part| ["example", "sample", "template"].contains(&part));
    last_is_mark || marked_before
}

/// Why the entry at `path` is needless in an image, by its own name; what a needless folder holds is needless with it.
pub fn needless(path: &str, is_folder: bool) -> Option<Needless> {
    let name = path.rsplit('/').next().unwrap_or("").to_ascii_lowercase();
    let found =
        |(_, class, certainty, pattern): &(&str, NeedlessClass, Confidence, &'static str)| {
            Needless {
                class: *class,
                certainty: *certainty,
                pattern,
            }
        };
    let whole = if is_folder {
        NEEDLESS_FOLDERS
    } else {
        NEEDLESS_FILES
    };
    let by_name = whole.iter().find(|(whole, ..)| *whole == name);
    let by_ending = || {
        let mut endings = NEEDLESS_ENDINGS.iter();
        endings
            .find(|(ending, ..)| !is_folder && name.len() > ending.len() && name.ends_with(ending))
    };
    by_name.or_else(by_ending).map(found)
}

#[cfg(test)]
mod tests {
    use super::SensitiveClass as S;
    use super::*;
    use plimsoll_model::Confidence::Low;

    #[test]
    fn secret_names_have_a_class_and_a_certainty() {
        let cases = [
            (".env", Some((S::Environment, High))),
            ("app/.env.production", Some((S::Environment, High))),
            ("config/production.env", Some((S::Environment, High))),
            (".env.example", None),
            (".env.sample", None),
            (".env.template", None),
            (".env.production.example", None),
            ("example.env", None),
            ("environment.ts", None),
            ("keys/id_rsa", Some((S::PrivateKey, High))),
            ("keys/id_rsa.pub", None),
            ("server.key", Some((S::PrivateKey, Medium))),
            ("ca.pem", Some((S::PrivateKey, Low))),
            (".npmrc", Some((S::PackageRegistry, Medium))),
            (
                "home/.docker/config.json",
                Some((S::ContainerRegistry, High)),
            ),
            ("config.json", None),
            (".aws/credentials", Some((S::Cloud, High))),
            ("my.aws/credentials", None),
            (".ssh/deploy", Some((S::PrivateKey, Medium))),
            (".ssh/known_hosts", None),
            ("acme-firebase-adminsdk-x1.json", Some((S::Cloud, High))),
            ("infra/prod.tfstate", Some((S::InfrastructureState, High))),
            ("ID_RSA", Some((S::PrivateKey, High))),
            (".key", None),
            ("src/main.rs", None),
        ];
        for (path, expected) in cases {
            let got = sensitive(path).map(|found| (found.class, found.certainty));
            assert_eq!(got, expected, "{path}");
        }
    }

    #[test]
    fn folders_of_tests_and_examples_are_told() {
        for path in ["test/a.env", "a/testdata/ca.key", "Examples/cert.p12"] {
            assert!(is_in_trial_folder(path), "{path}");
        }
        for path in ["test", "contest/a.env", "a/latest/.env", "example.env"] {
            assert!(!is_in_trial_folder(path), "{path}");
        }
    }

    #[test]
    fn needless_names_have_a_pattern() {
        let cases = [
            (".git", true, Some("**/.git")),
            (".git", false, None),
            ("a/node_modules", true, Some("**/node_modules")),
            ("a/debug.log", false, Some("**/*.log")),
            ("x~", false, Some("**/*~")),
            ("src", true, None),
        ];
        for (path, is_folder, expected) in cases {
            let got = needless(path, is_folder).map(|found| found.pattern);
            assert_eq!(got, expected, "{path}");
        }
    }
}
