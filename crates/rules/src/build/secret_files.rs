//! Secret-looking files below the root, judged by their names, their places and what they hold.

use plimsoll_model::{Confidence, EntryKind, Inventory, RootPath};
use plimsoll_secrets::{find_values, holds_credential};
use plimsoll_simulate::sensitive::{
    SensitiveClass, is_in_trial_folder, is_told_by_text, sensitive,
};

/// A file that may hold credentials.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SecretFile<'a> {
    /// Where it stands.
    pub(crate) path: &'a RootPath,
    /// What files of its name hold.
    pub(crate) class: SensitiveClass,
    /// How sure we are that it holds a credential that counts.
    pub(crate) certainty: Confidence,
    /// What speaks against it.
    doubt: Option<&'static str>,
}

impl SecretFile<'_> {
    /// The file with what it is, for a sentence.
    pub(crate) fn describe(&self) -> String {
        let class = self.class.describe();
        match self.doubt {
            Some(doubt) => format!("`{}` ({class}, {doubt})", self.path),
            None => format!("`{}` ({class})", self.path),
        }
    }
}

/// Whether a rule judges the file at `path` by its text.
pub fn is_judged_by_text(path: &RootPath) -> bool {
    is_told_by_text(path.as_str())
}

/// The secret-looking files of `inventory` that are not empty, in its order.
pub(crate) fn secret_files(inventory: &Inventory) -> Vec<SecretFile<'_>> {
    let entries = inventory.entries().iter();
    entries
        .filter(|entry| entry.kind == EntryKind::File && entry.size > 0)
        .filter_map(|entry| judged(&entry.path, inventory.text(&entry.path)))
        .collect()
}

fn judged<'a>(path: &'a RootPath, text: Option<&str>) -> Option<SecretFile<'a>> {
    let found = sensitive(path.as_str())?;
    let (mut certainty, mut doubt) = match text.map(|text| held(found.class, text)) {
        Some(Held::Public) => return None,
        Some(Held::Nothing) => (
            Confidence::Low,
            Some("in which nothing looks like a credential"),
        ),
        Some(Held::Credential) => (Confidence::High, None),
        Some(Held::Unknown) | None => (found.certainty, None),
    };
    if doubt.is_none() && is_in_trial_folder(path.as_str()) && !is_issued(text) {
        certainty = Confidence::Low;
        doubt = Some("of a test or an example");
    }
    Some(SecretFile {
        path,
        class: found.class,
        certainty,
        doubt,
    })
}

/// What a text holds.
enum Held {
    Credential,
    /// Certificates and public keys alone.
    Public,
    Nothing,
    /// Not to be told from the text.
    Unknown,
}

fn held(class: SensitiveClass, text: &str) -> Held {
    match class {
        SensitiveClass::PrivateKey if is_private_key(text) => Held::Credential,
        SensitiveClass::PrivateKey if text.contains("-----BEGIN ") => Held::Public,
        class if class == SensitiveClass::PrivateKey || !class.is_told_by_text() => Held::Unknown,
        _ if holds_credential(text) => Held::Credential,
        _ => Held::Nothing,
    }
}

fn is_private_key(text: &str) -> bool {
    [
        "PRIVATE KEY-----",
        "PRIVATE KEY BLOCK-----",
        "Private-Lines:",
    ]
    .iter()
    .any(|mark| text.contains(mark))
}

/// Whether `text` holds a credential in the form of one that a service issues: made up for no test.
fn is_issued(text: Option<&str>) -> bool {
    text.is_some_and(|text| {
        let mut values = find_values(text).into_iter();
        values.any(|found| {
            !matches!(
                found.provider,
                "private key" | "address with password" | "JWT"
            )
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, text: Option<&str>, expected: Option<Confidence>) {
        let path = RootPath::new(path).unwrap();
        let found = judged(&path, text).map(|file| file.certainty);
        assert_eq!(found, expected, "{path}: {text:?}");
    }

    #[test]
    fn names_are_held_against_what_the_file_holds() {
        use Confidence::{High, Low, Medium};
        check(".env", None, Some(High));
        check(".env", Some("DB_PASSWORD=hunter22"), Some(High));
        check(".env", Some("VITE_API_URL=http://localhost"), Some(Low));
        check(".env.local", Some("OPENAI_API_KEY=\nPORT="), Some(Low));
        check("tests/.env", Some("DB_PASSWORD=hunter22"), Some(Low));
        let issued = ["A=gh", "p_16C7e42F292c6912E7710c838347Ae178B4a"].concat();
        check("tests/.env", Some(&issued), Some(High));
        check(".npmrc", None, Some(Medium));
        check(".npmrc", Some("ignore-scripts=true"), Some(Low));
        check(".npmrc", Some("//r/:_authToken=${NPM_TOKEN}"), Some(Low));
        check(".npmrc", Some("//r/:_authToken=1234-abcd"), Some(High));
        check("ca.pem", Some("-----BEGIN CERTIFICATE-----"), None);
        let key = ["-----BEGIN PRIV", "ATE KEY-----"].concat();
        check("ca.pem", Some(&key), Some(High));
        check("config/master.key", Some("0123456789abcdef"), Some(High));
        check("example/cert.p12", None, Some(Low));
        check("cert.p12", None, Some(High));
        check("main.rs", None, None);
    }
}
