//! Turns the rule data into static tables; a mistake in the data fails the build with its file and rule.

#[path = "build/check.rs"]
mod check;
#[path = "build/data.rs"]
mod data;
#[path = "build/form.rs"]
mod form;
#[path = "build/narrow.rs"]
mod narrow;
#[path = "build/tables.rs"]
mod tables;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=data");
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=build.rs");
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(mistakes) => {
            for mistake in mistakes {
                println!("cargo::error={mistake}");
            }
            ExitCode::FAILURE
        }
    }
}

/// Reads, checks and writes; all mistakes at once.
fn run() -> Result<(), Vec<String>> {
    let failed = |what: &str, error: &dyn std::fmt::Display| vec![format!("{what}: {error}")];
    let home = env::var("CARGO_MANIFEST_DIR").map_err(|e| failed("CARGO_MANIFEST_DIR", &e))?;
    let out = env::var("OUT_DIR").map_err(|e| failed("OUT_DIR", &e))?;
    let mut mistakes = Vec::new();
    let mut files = Vec::new();
    for path in data_files(&Path::new(&home).join("data")).map_err(|e| failed("data", &e))? {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let text = fs::read_to_string(&path).map_err(|e| failed(&stem, &e))?;
        match toml::from_str::<data::File>(&text) {
            Ok(file) => files.push((stem.into_owned(), file)),
            Err(error) => mistakes.push(format!("data/{stem}.toml: {error}").replace('\n', " ")),
        }
    }
    check::files(&files, &mut mistakes);
    let text = tables::written(&files, &mut mistakes);
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    fs::write(Path::new(&out).join("tables.rs"), text).map_err(|e| failed("tables.rs", &e))
}

/// The data files, in order of their names.
fn data_files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}
