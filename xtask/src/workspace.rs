//! Where the project lies, and what a task may read of it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The folder of the root manifest.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("this package lies in a folder of the workspace")
}

/// Every file of the project with its text, sorted, by its path from the root; files that are not text are left out.
pub(crate) fn texts() -> Result<Vec<(String, String)>> {
    let mut texts = Vec::new();
    for path in files(root())? {
        let relative = path.strip_prefix(root())?.to_string_lossy().into_owned();
        let bytes = fs::read(&path).with_context(|| format!("reading {relative}"))?;
        if let Ok(text) = String::from_utf8(bytes) {
            texts.push((relative, text));
        }
    }
    Ok(texts)
}

/// Every regular file below `folder`, sorted; what git ignores here is left out by name.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    const LEFT_OUT: [&str; 5] = [".git", "target", "corpus", "artifacts", "book"];
    let mut found = Vec::new();
    let mut pending = vec![folder.to_path_buf()];
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("{}", folder.display()))? {
            let entry = entry?;
            let kind = entry.file_type()?;
            let left_out = LEFT_OUT.iter().any(|name| entry.file_name() == *name);
            if kind.is_dir() && !left_out {
                pending.push(entry.path());
            } else if kind.is_file() && !left_out {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}
