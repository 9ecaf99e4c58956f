//! Concrete values for the words that arguments land in.

use plimsoll_model::RootPath;
use plimsoll_simulate::expand::Expansion;

use super::origins::Origin;
use super::summary::{Attack, prefix_of};

/// A word with an argument in it: the text before and behind, as far as it is known.
pub(super) struct Landing {
    prefix: String,
    suffix: String,
    default: Option<String>,
}

impl Landing {
    pub(super) fn new(expansion: &Expansion, name: &str, origin: &Origin) -> Landing {
        let carries = |fragment: &&plimsoll_simulate::expand::Fragment| {
            fragment.variables.iter().any(|v| v == name)
        };
        let behind = expansion
            .fragments
            .iter()
            .skip_while(|fragment| !carries(fragment))
            .skip(1);
        let suffix = behind
            .filter_map(|fragment| fragment.text.as_deref())
            .collect();
        let default = expansion
            .fragments
            .iter()
            .find(carries)
            .and_then(|fragment| fragment.text.clone());
        Landing {
            prefix: prefix_of(expansion, name, origin),
            suffix,
            default,
        }
    }

    /// Whether an ADD would fetch it: the text before it is an address, or the value itself may be one.
    pub(super) fn may_be_address(&self) -> bool {
        let is_address = |text: &str| {
            text.starts_with("http://") || text.starts_with("https://") || text.starts_with("git@")
        };
        is_address(&self.prefix)
            || (self.prefix.is_empty()
                && self
                    .default
                    .as_deref()
                    .is_none_or(|text| text.is_empty() || is_address(text)))
    }

    /// The text before the value, where it ends the host of an address.
    pub(super) fn fixed_host(&self) -> Option<String> {
        let (_, rest) = self.prefix.split_once("://")?;
        rest.contains('/').then(|| self.prefix.clone())
    }

    /// The text before the value, where it ends the repository of an image: only a tag or digest is left to choose.
    pub(super) fn fixed_repository(&self) -> Option<String> {
        let last = self.prefix.rsplit('/').next().unwrap_or("");
        // `host:` before any slash may as well be a registry's port.
        let names_repository =
            last.contains('@') || (last.contains(':') && !self.suffix.contains('/'));
        names_repository.then(|| self.prefix.clone())
    }
}

/// A source that takes another file of the context than the one meant.
pub(super) fn copy_witness(landing: &Landing) -> Attack {
    let input = climbing(&landing.prefix, ".");
    let whole = format!("{}{input}{}", landing.prefix, landing.suffix);
    let resolved = RootPath::root().join(whole.trim_start_matches('/'));
    Attack {
        input,
        resolves_to: resolved.map_or_else(|| ".".to_owned(), |path| path.to_string()),
    }
}

/// A destination that overwrites something of the image's system.
pub(super) fn destination_witness(landing: &Landing) -> Attack {
    let input = if landing.prefix.is_empty() {
        "/etc".to_owned()
    } else {
        climbing(&landing.prefix, "etc")
    };
    let whole = format!("{}{input}{}", landing.prefix, landing.suffix);
    let resolved = RootPath::root().join(whole.trim_start_matches('/'));
    let resolves_to =
        resolved.map_or_else(|| "/etc".to_owned(), |path| format!("/{}", path.as_str()));
    Attack { input, resolves_to }
}

/// Out of the folders that `prefix` names, then `to`.
fn climbing(prefix: &str, to: &str) -> String {
    let whole_folders = prefix.ends_with('/') || prefix.is_empty();
    let depth = RootPath::root()
        .join(prefix.trim_start_matches('/'))
        .map_or(0, |path| path.depth());
    let ups = "../".repeat(depth);
    if whole_folders {
        format!("{ups}{to}")
    } else {
        format!("x/{ups}{to}")
    }
}

/// The name of something of the builder's that was not meant.
pub(super) fn name_witness(landing: &Landing) -> Attack {
    let input = "other";
    Attack {
        input: input.to_owned(),
        resolves_to: format!("{}{input}{}", landing.prefix, landing.suffix),
    }
}

/// An image of the attacker's.
pub(super) fn image_witness(landing: &Landing) -> Attack {
    let input = match (landing.fixed_repository(), landing.prefix.is_empty()) {
        (Some(_), _) => "other-tag",
        (None, true) => "registry.example/evil:latest",
        (None, false) => "evil:latest",
    };
    Attack {
        input: input.to_owned(),
        resolves_to: format!("{}{input}{}", landing.prefix, landing.suffix),
    }
}

/// An address of the attacker's.
pub(super) fn download_witness(landing: &Landing) -> Attack {
    let input = match (landing.fixed_host(), landing.prefix.is_empty()) {
        (Some(_), _) => "../other",
        (None, true) => "https://evil.example/payload",
        (None, false) => "@evil.example/payload",
    };
    Attack {
        input: input.to_owned(),
        resolves_to: format!("{}{input}{}", landing.prefix, landing.suffix),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn landing(prefix: &str, suffix: &str) -> Landing {
        Landing {
            prefix: prefix.to_owned(),
            suffix: suffix.to_owned(),
            default: None,
        }
    }

    #[test]
    fn copy_witnesses_climb_out_of_the_prefix() {
        let check = |prefix, suffix, input, resolved| {
            let attack = copy_witness(&landing(prefix, suffix));
            assert_eq!(
                (attack.input.as_str(), attack.resolves_to.as_str()),
                (input, resolved)
            );
        };
        check("", "", ".", ".");
        check("profiles/", "", "../.", ".");
        check("a/b/", "/config.json", "../../.", "config.json");
        check("conf-", "", "x/../.", ".");
    }

    #[test]
    fn destinations_reach_the_system() {
        let attack = destination_witness(&landing("/srv/", "/"));
        assert_eq!(
            (attack.input.as_str(), attack.resolves_to.as_str()),
            ("../etc", "/etc")
        );
    }

    #[test]
    fn fixed_parts_are_recognised() {
        assert!(landing("node:", "").fixed_repository().is_some());
        assert!(
            landing("docker.io/library/node:", "-slim")
                .fixed_repository()
                .is_some()
        );
        assert!(landing("registry:", "/image").fixed_repository().is_none());
        assert!(landing("docker.io/", "").fixed_repository().is_none());
        assert!(landing("https://host/x/", "").fixed_host().is_some());
        assert!(landing("https://host", "").fixed_host().is_none());
    }
}
