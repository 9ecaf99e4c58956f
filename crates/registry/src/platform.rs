//! Which of an index's images is meant: the platform asked for, or one that runs what it runs, as Docker chooses.

use std::env::consts::ARCH;
use std::fmt::{self, Display};
use std::str::FromStr;

/// An operating system, an architecture and maybe a variant of it, spelled as images spell them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform {
    os: String,
    architecture: String,
    variant: String,
}

impl Platform {
    /// Linux on this machine's architecture.
    pub fn of_this_machine() -> Platform {
        Platform::new("linux", ARCH, "")
    }

    /// Architectures have several names, and variants that go without saying.
    pub(crate) fn new(os: &str, architecture: &str, variant: &str) -> Platform {
        let architecture = architecture.to_ascii_lowercase();
        let variant = variant.to_ascii_lowercase();
        let (architecture, variant) = match (architecture.as_str(), variant.as_str()) {
            ("x86_64" | "x86-64" | "amd64", "v1") => ("amd64", ""),
            ("x86_64" | "x86-64", variant) => ("amd64", variant),
            ("aarch64" | "arm64", "8" | "v8") => ("arm64", ""),
            ("aarch64", variant) => ("arm64", variant),
            ("i386" | "x86", _) => ("386", ""),
            ("armhf", _) => ("arm", "v7"),
            ("armel", _) => ("arm", "v6"),
            ("arm", "" | "7") => ("arm", "v7"),
            ("arm", "5") => ("arm", "v5"),
            ("arm", "6") => ("arm", "v6"),
            ("arm", "8") => ("arm", "v8"),
            ("powerpc64", variant) if cfg!(target_endian = "little") => ("ppc64le", variant),
            (architecture, variant) => (architecture, variant),
        };
        Platform {
            os: os.to_ascii_lowercase(),
            architecture: architecture.to_owned(),
            variant: variant.to_owned(),
        }
    }

    /// This platform, and those whose images run on it, the best first: older variants, and what a processor of 64 bits
    /// runs of 32 (containerd, `platforms/compare.go`).
    fn vector(&self) -> Vec<Platform> {
        let same =
            |architecture: &str, variant: &str| Platform::new(&self.os, architecture, variant);
        let level = |variant: &str| {
            variant
                .strip_prefix('v')
                .and_then(|level| level.parse::<u8>().ok())
        };
        match self.architecture.as_str() {
            "amd64" => {
                let newest = level(&self.variant).unwrap_or(1).min(9);
                let levels = (1..=newest)
                    .rev()
                    .map(|level| same("amd64", &format!("v{level}")));
                levels.chain([same("386", "")]).collect()
            }
            "arm" => arm(&self.os, level(&self.variant).unwrap_or(7)),
            "arm64" => {
                let newest = level(&self.variant).unwrap_or(8).min(9);
                let levels = (8..=newest)
                    .rev()
                    .map(|level| same("arm64", &format!("v{level}")));
                levels.chain(arm(&self.os, 8)).collect()
            }
            _ => vec![self.clone()],
        }
    }

    /// The place in `offered` of the best image for this platform.
    pub(crate) fn choose<'a>(
        &self,
        offered: impl Iterator<Item = Option<&'a Platform>>,
    ) -> Option<usize> {
        let vector = self.vector();
        let fits = |platform: &Platform| vector.iter().position(|one| one == platform);
        let ranked = offered
            .enumerate()
            .filter_map(|(at, platform)| Some((fits(platform?)?, at)));
        ranked.min().map(|(_, at)| at)
    }

    /// Whether an image of `other` is one for this platform.
    pub fn runs(&self, other: &Platform) -> bool {
        self.vector().contains(other)
    }
}

fn arm(os: &str, newest: u8) -> Vec<Platform> {
    let levels = (5..=newest.clamp(5, 8)).rev();
    levels
        .map(|level| Platform::new(os, "arm", &format!("v{level}")))
        .collect()
}

impl FromStr for Platform {
    type Err = String;

    fn from_str(text: &str) -> Result<Platform, String> {
        let parts: Vec<&str> = text.split('/').collect();
        let is_word = |part: &&str| {
            let letters =
                |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
            !part.is_empty() && part.len() <= 32 && part.bytes().all(letters)
        };
        match parts.as_slice() {
            _ if !parts.iter().all(is_word) => {
                Err("write `os/arch` or `os/arch/variant`".to_owned())
            }
            [os, architecture] => Ok(Platform::new(os, architecture, "")),
            [os, architecture, variant] => Ok(Platform::new(os, architecture, variant)),
            _ => Err("write `os/arch` or `os/arch/variant`, as `linux/arm64`".to_owned()),
        }
    }
}

impl Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        match self.variant.as_str() {
            "" => Ok(()),
            variant => write!(f, "/{variant}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn platform(text: &str) -> Platform {
        text.parse().unwrap()
    }

    #[test]
    fn the_best_image_that_runs_is_chosen() {
        let check = |wanted: &str, offered: &[&str], expected: Option<&str>| {
            let platforms: Vec<Platform> = offered.iter().map(|one| platform(one)).collect();
            let chosen = platform(wanted).choose(platforms.iter().map(Some));
            assert_eq!(
                chosen.map(|at| offered[at]),
                expected,
                "{wanted} of {offered:?}"
            );
        };
        let usual = [
            "linux/386",
            "linux/amd64",
            "linux/arm/v6",
            "linux/arm/v7",
            "linux/arm64/v8",
            "windows/amd64",
        ];
        check("linux/amd64", &usual, Some("linux/amd64"));
        check("linux/x86_64", &usual, Some("linux/amd64"));
        check(
            "linux/amd64",
            &["linux/arm64", "linux/386"],
            Some("linux/386"),
        );
        check("linux/amd64", &["linux/amd64/v3"], None);
        check(
            "linux/amd64/v3",
            &["linux/amd64", "linux/amd64/v2"],
            Some("linux/amd64/v2"),
        );
        check("linux/arm64", &usual, Some("linux/arm64/v8"));
        check(
            "linux/arm64",
            &["linux/arm/v6", "linux/arm/v7"],
            Some("linux/arm/v7"),
        );
        check("linux/arm", &usual, Some("linux/arm/v7"));
        check(
            "linux/arm/v6",
            &["linux/arm/v7", "linux/arm/v5"],
            Some("linux/arm/v5"),
        );
        check("linux/riscv64", &usual, None);
        check("linux/amd64", &["unknown/unknown"], None);
        check(
            "linux/amd64",
            &["linux/amd64", "linux/amd64"],
            Some("linux/amd64"),
        );
        assert_eq!(platform("linux/amd64").choose([None].into_iter()), None);
    }

    #[test]
    fn platforms_are_spelled_with_slashes() {
        assert_eq!(platform("Linux/ARM64/v8").to_string(), "linux/arm64");
        for text in [
            "",
            "linux",
            "linux/",
            "/amd64",
            "a/b/c/d",
            "linux/amd 64",
            "linux/a\n",
        ] {
            assert!(text.parse::<Platform>().is_err(), "{text:?}");
        }
    }
}
