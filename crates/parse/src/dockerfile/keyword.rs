//! The names of the instructions.

use std::fmt;

macro_rules! keywords {
    ($($variant:ident $name:literal),* $(,)?) => {
        /// The keyword of an instruction.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "named for the keywords")]
        pub enum Keyword {
            $($variant,)*
            /// None of the known ones.
            Unknown,
        }

        impl Keyword {
            /// All known keywords.
            pub const ALL: &[Keyword] = &[$(Keyword::$variant),*];

            /// The keyword in capitals; empty for an unknown one.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Keyword::$variant => $name,)*
                    Keyword::Unknown => "",
                }
            }
        }
    };
}

keywords! {
    Add "ADD",
    Arg "ARG",
    Cmd "CMD",
    Copy "COPY",
    Entrypoint "ENTRYPOINT",
    Env "ENV",
    Expose "EXPOSE",
    From "FROM",
    Healthcheck "HEALTHCHECK",
    Label "LABEL",
    Maintainer "MAINTAINER",
    Onbuild "ONBUILD",
    Run "RUN",
    Shell "SHELL",
    Stopsignal "STOPSIGNAL",
    User "USER",
    Volume "VOLUME",
    Workdir "WORKDIR",
}

impl Keyword {
    /// The keyword spelled `text`, in any case.
    pub fn parse(text: &str) -> Keyword {
        Keyword::ALL
            .iter()
            .copied()
            .find(|keyword| keyword.as_str().eq_ignore_ascii_case(text))
            .unwrap_or(Keyword::Unknown)
    }

    /// The keyword that `text` probably means.
    pub fn suggest(text: &str) -> Option<Keyword> {
        let names = Keyword::ALL.iter().map(|keyword| keyword.as_str());
        closest(&text.to_ascii_uppercase(), names).map(Keyword::parse)
    }
}

impl fmt::Display for Keyword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The longest misspelling worth a suggestion; bounds the work on hostile input.
const LONGEST_MISSPELLING: usize = 32;

/// The first of `candidates` within two edits of `text`, the nearest of them.
pub(crate) fn closest<'a>(
    text: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    if text.is_empty() || text.len() > LONGEST_MISSPELLING {
        return None;
    }
    candidates
        .map(|candidate| (edit_distance(text, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 2 && *distance < candidate.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Insertions, deletions and replacements between two short ASCII words.
fn edit_distance(a: &str, b: &str) -> usize {
    let b = b.as_bytes();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.bytes().enumerate() {
        let mut diagonal = i;
        let mut before = i + 1;
        for (cell, right) in row.iter_mut().skip(1).zip(b) {
            let replaced = diagonal + usize::from(left != *right);
            diagonal = *cell;
            before = replaced.min(before + 1).min(*cell + 1);
            *cell = before;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_read_in_any_case() {
        assert_eq!(Keyword::parse("fRoM"), Keyword::From);
        assert_eq!(Keyword::parse("FORM"), Keyword::Unknown);
    }

    #[test]
    fn misspellings_are_recognised() {
        let check = |text, expected| assert_eq!(Keyword::suggest(text), expected, "{text}");
        check("FORM", Some(Keyword::From));
        check("copyy", Some(Keyword::Copy));
        check("ENTRYPOIT", Some(Keyword::Entrypoint));
        check("apt-get", None);
        check("", None);
        check(&"R".repeat(1000), None);
    }
}
