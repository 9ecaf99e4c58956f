//! Turns the rule data into static tables; a mistake in the data fails the build with its file and rule.

#[path = "build/check.rs"]
mod check;
#[path = "build/data.rs"]
mod data;
#[path = "build/form.rs"]
mod form;
#[path = "build/narrow.rs"]
mod narrow;
#[path = "build/sample.rs"]
mod sample;
#[path = "build/tables.rs"]
mod tables;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=data");
    println!("cargo::rerun-if-changed=src");
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
    let mut text = tables::written(&files, &mut mistakes);
    let engine = engine(Path::new(&home)).map_err(|e| failed("src", &e))?;
    text.push_str(&format!("const ENGINE: &str = \"{engine:016x}\";\n"));
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

/// A checksum of all that decides what is found: the data, the code, and what reads the data.
fn engine(home: &Path) -> std::io::Result<u64> {
    let mut folders = vec![home.join("data"), home.join("src"), home.join("build")];
    let mut files = vec![home.join("build.rs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    let mut sum = Fnv::default();
    for path in files {
        let name = path.strip_prefix(home).unwrap_or(&path);
        sum.add(name.to_string_lossy().as_bytes());
        sum.add(&fs::read(&path)?);
    }
    Ok(sum.0)
}

/// FNV-1a: nobody is to be kept from making two engines of one sum, but whoever forgets to count versions.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Fnv {
        Fnv(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    /// Adds `bytes` with their length behind, so that neighbours cannot run into each other.
    fn add(&mut self, bytes: &[u8]) {
        let length = (bytes.len() as u64).to_le_bytes();
        for byte in bytes.iter().chain(&length) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}
