//! The build as a call of the docker command, for whoever would rather make it themselves.

use std::fmt::Write;

use plimsoll_model::Builder;

use crate::policy::Network;
use crate::prepare::Prepared;
use crate::secret_words::is_secret_argument;

/// A build secret and the file it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretFile {
    /// The id that a mount names.
    pub id: String,
    /// The operator's file.
    pub file: String,
}

impl Prepared {
    /// The call that builds the archive `sealed`, in the shell's words.
    pub fn command(&self, sealed: &str, tag: Option<&str>, secrets: &[SecretFile]) -> String {
        let buildkit = u8::from(self.builder == Builder::Buildkit);
        let mut out = format!("DOCKER_BUILDKIT={buildkit} docker build");
        if self.policy.network == Network::None {
            out.push_str(" --network=none");
        }
        let mut option = |name: &str, value: &str| {
            let _ = write!(out, " {name} {}", quoted(value));
        };
        option("--file", self.dockerfile.as_str());
        if let Some(tag) = tag {
            option("--tag", tag);
        }
        if let Some(target) = &self.plan.target {
            option("--target", target);
        }
        for (name, value) in self.engine_arguments() {
            // Without a value the docker command takes it from the environment: the printed line is no place for secrets.
            match is_secret_argument(&name) {
                true => option("--build-arg", &name),
                false => option("--build-arg", &format!("{name}={value}")),
            }
        }
        for secret in secrets {
            option("--secret", &format!("id={},src={}", secret.id, secret.file));
        }
        if self.builder == Builder::Classic {
            if let Some(memory) = self.policy.memory {
                option("--memory", &memory.to_string());
                option("--memory-swap", &memory.to_string());
            }
            if let Some(cpus) = self.policy.milli_cpus {
                option("--cpu-period", "100000");
                option("--cpu-quota", &(u64::from(cpus.get()) * 100).to_string());
            }
            if let Some(parent) = &self.policy.cgroup_parent {
                option("--cgroup-parent", parent);
            }
        }
        let _ = write!(out, " - < {}", quoted(sealed));
        out
    }

    /// The arguments that go to the engine.
    pub(crate) fn engine_arguments(&self) -> Vec<(String, String)> {
        let mut arguments = self.plan.arguments.clone();
        if let Some(namespace) = &self.policy.cache_namespace {
            arguments.push(("BUILDKIT_CACHE_MOUNT_NS".to_owned(), namespace.clone()));
        }
        arguments
    }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted() {
        for (word, expected) in [
            ("a=b", "a=b"),
            ("a b", "'a b'"),
            ("$(x)", "'$(x)'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(word), expected);
        }
    }
}
