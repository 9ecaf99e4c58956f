//! What a target's spelling means: a path, standard input, a git revision.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use plimsoll_model::{Kind, percent_encode_path};

use crate::image::ImageHolder;
use crate::place::encode_name;

/// Something to audit, as the operator named it.
#[derive(Clone, Debug)]
pub struct NamedTarget {
    /// As typed, for reports.
    pub typed: String,
    /// What it stands for.
    pub form: TargetForm,
    /// The kind to take a file for, whatever its name says.
    pub kind: Option<Kind>,
}

/// The forms of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetForm {
    /// A folder or file.
    Path(PathBuf),
    /// The repository at a path, with all of its history.
    History(PathBuf),
    /// An archive of images: of `docker save`, or of the OCI image layout.
    Archive(PathBuf),
    /// An image by its name.
    Image(String, ImageHolder),
    /// Standard input, of the kind given with the target.
    Stdin,
    /// A path as it was at a git revision.
    Revision {
        /// The path.
        path: PathBuf,
        /// The revision, as git spells them.
        revision: String,
    },
}

/// Why a target's spelling stands for nothing we can audit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum TargetError {
    #[error("standard input has no name to tell its kind: add `--as KIND`")]
    KindNeeded,
    #[error("`{typed}` names no image: write `image:NAME` or `registry:NAME`")]
    NoImage { typed: String },
    #[error("`{typed}` names no revision: write `git:PATH@REV`")]
    NoRevision { typed: String },
    #[error("`{typed}` is not a path: spell the address `{spelling}`")]
    ScpLike { typed: String, spelling: String },
    #[error(
        "`{typed}` is remote, which is not supported yet: clone it first, then check `git:PATH@REV`"
    )]
    Remote { typed: String },
    #[error(
        "targets that begin with `{form}` are not supported yet (a path of that name is `./{typed}`)"
    )]
    Unsupported { form: String, typed: String },
}

impl NamedTarget {
    /// Reads a target as typed. `kind` is what `--as` says.
    pub fn parse(typed: &OsStr, kind: Option<Kind>) -> Result<NamedTarget, TargetError> {
        let shown = percent_encode_path(&encode_name(typed.as_bytes()));
        let form = form(typed, &shown, kind)?;
        Ok(NamedTarget {
            typed: shown,
            form,
            kind,
        })
    }

    /// The path that names shown in reports begin with.
    pub(crate) fn base(&self) -> String {
        match &self.form {
            TargetForm::Path(path)
            | TargetForm::History(path)
            | TargetForm::Revision { path, .. } => {
                encode_name(path.as_os_str().as_bytes()).into_owned()
            }
            TargetForm::Archive(_) | TargetForm::Image(..) => self.typed.clone(),
            TargetForm::Stdin => "-".to_owned(),
        }
    }
}

fn form(typed: &OsStr, shown: &str, kind: Option<Kind>) -> Result<TargetForm, TargetError> {
    const NOT_YET: [&str; 3] = ["docker:", "host:", "mcp:"];
    let bytes = typed.as_bytes();
    if bytes == b"-" {
        return match kind {
            Some(_) => Ok(TargetForm::Stdin),
            None => Err(TargetError::KindNeeded),
        };
    }
    if let Some(rest) = bytes.strip_prefix(b"git:") {
        return revision_form(OsStr::from_bytes(rest), shown, |path| path.exists());
    }
    if let Some(path) = bytes.strip_prefix(b"archive:") {
        return Ok(TargetForm::Archive(OsStr::from_bytes(path).into()));
    }
    if let Some(reference) = bytes.strip_prefix(b"image:") {
        return image_form(reference, ImageHolder::Any, shown);
    }
    if let Some(reference) = bytes.strip_prefix(b"registry:") {
        return image_form(reference, ImageHolder::Registry, shown);
    }
    let unsupported = |form: &&str| bytes.starts_with(form.as_bytes());
    match NOT_YET.iter().find(|form| unsupported(form)) {
        Some(form) => Err(TargetError::Unsupported {
            form: (*form).to_owned(),
            typed: shown.to_owned(),
        }),
        None => Ok(TargetForm::Path(PathBuf::from(typed))),
    }
}

fn image_form(
    reference: &[u8],
    holder: ImageHolder,
    shown: &str,
) -> Result<TargetForm, TargetError> {
    match std::str::from_utf8(reference) {
        Ok(reference) if !reference.is_empty() && !reference.starts_with('-') => {
            Ok(TargetForm::Image(reference.to_owned(), holder))
        }
        _ => Err(TargetError::NoImage {
            typed: shown.to_owned(),
        }),
    }
}

/// `PATH@REV`: the revision begins behind the first `@` whose left side is a path that is there, else behind the first.
fn revision_form(
    text: &OsStr,
    shown: &str,
    exists: impl Fn(&Path) -> bool,
) -> Result<TargetForm, TargetError> {
    let typed = || shown.to_owned();
    let bytes = text.as_bytes();
    if bytes.windows(3).any(|window| window == b"://") {
        return Err(TargetError::Remote { typed: typed() });
    }
    let ats = || bytes.iter().enumerate().filter(|(_, byte)| **byte == b'@');
    let splits = || ats().map(|(at, _)| bytes.split_at(at));
    let there = splits().find(|(path, _)| exists(Path::new(OsStr::from_bytes(path))));
    if there.is_none()
        && let Some(spelling) = ssh_spelling(bytes)
    {
        let typed = typed();
        return Err(TargetError::ScpLike { typed, spelling });
    }
    let (path, rest) = there
        .or_else(|| splits().next())
        .ok_or_else(|| TargetError::NoRevision { typed: typed() })?;
    let revision = rest.get(1..).unwrap_or_default();
    let path = match path {
        b"" => PathBuf::from("."),
        path => PathBuf::from(OsStr::from_bytes(path)),
    };
    match std::str::from_utf8(revision) {
        Ok("") | Err(_) => Err(TargetError::NoRevision { typed: typed() }),
        Ok("--all") => Ok(TargetForm::History(path)),
        Ok(revision) => Ok(TargetForm::Revision {
            path,
            revision: revision.to_owned(),
        }),
    }
}

/// `user@host:path` as an address that cannot be mistaken for a path.
fn ssh_spelling(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let (host, path) = text.split_once(':')?;
    let is_host = !host.is_empty() && !host.contains('/') && !path.is_empty();
    let revision = path.find('@').map_or(path.len(), |at| at);
    let path = path.get(..revision)?.trim_start_matches('/');
    is_host.then(|| format!("ssh://{host}/{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(typed: &str, expected: Result<(&str, &str), &str>) {
        let exists = |path: &Path| ["repo", "odd@name", "."].contains(&path.to_str().unwrap());
        let found = revision_form(OsStr::new(typed), typed, exists);
        let found = match &found {
            Ok(TargetForm::Revision { path, revision }) => {
                Ok((path.to_str().unwrap(), revision.as_str()))
            }
            Ok(TargetForm::History(path)) => Ok((path.to_str().unwrap(), "--all")),
            Ok(_) => unreachable!("a revision"),
            Err(error) => Err(error.to_string()),
        };
        match (found, expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{typed}"),
            (Err(found), Err(expected)) => assert!(found.contains(expected), "{typed}: {found}"),
            (found, expected) => panic!("{typed}: {found:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn revisions_begin_behind_the_path() {
        check("repo@main", Ok(("repo", "main")));
        check("repo@main@{1}", Ok(("repo", "main@{1}")));
        check("odd@name@v1", Ok(("odd@name", "v1")));
        check("gone@v1@2", Ok(("gone", "v1@2")));
        check("@HEAD", Ok((".", "HEAD")));
        check("repo", Err("names no revision"));
        check("repo@", Err("names no revision"));
        check("repo@--all", Ok(("repo", "--all")));
        check("https://host/x@main", Err("clone it first"));
        check("git@host:org/x@main", Err("`ssh://git@host/org/x`"));
        check("host:x@main", Err("`ssh://host/x`"));
    }

    #[test]
    fn other_forms_are_refused_by_name() {
        let error = |typed: &str| {
            NamedTarget::parse(OsStr::new(typed), None)
                .unwrap_err()
                .to_string()
        };
        assert!(error("-").contains("--as KIND"));
        assert!(error("docker:x").contains("`docker:`"));
        assert!(error("image:").contains("names no image"));
        assert!(error("registry:-x").contains("names no image"));
        let path = NamedTarget::parse(OsStr::new("a/b"), None).unwrap();
        assert_eq!(path.form, TargetForm::Path("a/b".into()));
    }
}
