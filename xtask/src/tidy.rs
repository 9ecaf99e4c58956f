//! `cargo xtask tidy`: the project's conventions that neither rustfmt nor clippy knows.

mod citations;
mod manifests;
pub(crate) mod rules;
mod sources;
mod words;

use anyhow::{Result, bail};

use crate::workspace;

/// Every file of the project: its path from the root and its text.
type Texts = [(String, String)];

/// Checks everything and names every breach.
pub(crate) fn run() -> Result<()> {
    let breaches = breaches()?;
    for breach in &breaches {
        println!("{breach}");
    }
    if !breaches.is_empty() {
        bail!("{} breaches of the project's conventions", breaches.len());
    }
    Ok(())
}

fn breaches() -> Result<Vec<String>> {
    let texts = workspace::texts()?;
    let mut breaches = Vec::new();
    sources::check(&texts, &mut breaches);
    words::check(&texts, &mut breaches);
    citations::check(workspace::root(), &texts, &mut breaches);
    manifests::check(&texts, &mut breaches);
    rules::check(&texts, &mut breaches);
    Ok(breaches)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_project_is_tidy() {
        let breaches = super::breaches().unwrap();
        assert!(breaches.is_empty(), "\n{}", breaches.join("\n"));
    }
}
