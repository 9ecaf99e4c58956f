//! Folders of files to run in, and a whole run as one text.

use std::process::Output;

use tempfile::TempDir;

/// A folder of `files` outside any repository.
pub(crate) fn tree(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

/// Exit code, standard output and standard error.
pub(crate) fn shown(output: &Output) -> String {
    let code = output.status.code().unwrap();
    let out = String::from_utf8(output.stdout.clone()).unwrap();
    let err = String::from_utf8(output.stderr.clone()).unwrap();
    format!("exit {code}\n----- stdout\n{out}----- stderr\n{err}")
}
