//! The facts of a provenance statement: what was asked, what it came to, what was built from what.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::policy::Network;
use crate::prepare::{Prepared, Source};
use crate::run::Built;
use crate::secret_words::is_secret_argument;

/// The schema of the facts.
pub const SCHEMA: &str = "plimsoll/build-facts/1";
/// What kind of build it was: the page that documents it says what the parameters mean.
pub const BUILD_TYPE: &str =
    "https://github.com/plimsoll-security/plimsoll/build-type/sealed-context/v1";

/// The facts, in the shape of an in-toto statement with an SLSA provenance predicate.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Facts {
    /// Always `plimsoll/build-facts/1`.
    pub schema: &'static str,
    /// The image.
    pub subject: Vec<Resource>,
    /// What was asked, and what it was made from.
    pub build_definition: BuildDefinition,
    /// Who built, when, and what else came of it.
    pub run_details: RunDetails,
}

/// SLSA's `buildDefinition`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BuildDefinition {
    /// Of what kind.
    pub build_type: &'static str,
    /// What somebody outside of the builder chose.
    pub external_parameters: Value,
    /// What the operator chose.
    pub internal_parameters: Value,
    /// What went in.
    pub resolved_dependencies: Vec<Resource>,
}

/// SLSA's `runDetails`.
#[derive(Clone, Debug, Serialize)]
pub struct RunDetails {
    /// Who built.
    pub builder: Value,
    /// Which run, and when.
    pub metadata: Value,
    /// What else came of it.
    pub byproducts: Vec<Resource>,
}

/// in-toto's resource descriptor.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Resource {
    /// What it is called.
    pub name: String,
    /// Where it is from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// Its digests by their names.
    pub digest: BTreeMap<String, String>,
}

impl Resource {
    fn new(name: impl Into<String>, algorithm: &str, digest: &str) -> Resource {
        let digest = digest.strip_prefix("sha256:").unwrap_or(digest);
        Resource {
            name: name.into(),
            uri: None,
            digest: [(algorithm.to_owned(), digest.to_owned())].into(),
        }
    }
}

/// What is said of a build besides what was prepared and done.
#[derive(Clone, Debug)]
pub struct About<'a> {
    /// What was built from.
    pub source: &'a Source,
    /// The image's tag.
    pub tag: Option<&'a str>,
    /// Ids of the secrets given.
    pub secrets: &'a [String],
    /// Who builds: the operator's name for this builder.
    pub builder_id: &'a str,
    /// SHA-256 of the log, where one was kept.
    pub log_digest: Option<String>,
}

impl Facts {
    /// The facts of a build that was done.
    pub fn new(prepared: &Prepared, built: &Built, about: &About<'_>) -> Facts {
        let image = &built.outcome.image;
        let invocation =
            sha256(format!("{} {} {image}", prepared.sealed.digest, built.started).as_bytes());
        let mut byproducts = vec![Resource::new(
            "context-manifest",
            "sha256",
            &prepared.sealed.digest,
        )];
        byproducts.extend(
            { about.log_digest.iter() }.map(|digest| Resource::new("log", "sha256", digest)),
        );
        Facts {
            schema: SCHEMA,
            subject: vec![Resource::new(about.tag.unwrap_or("image"), "sha256", image)],
            build_definition: BuildDefinition {
                build_type: BUILD_TYPE,
                external_parameters: external(prepared, about),
                internal_parameters: internal(prepared),
                resolved_dependencies: dependencies(prepared, built, about),
            },
            run_details: RunDetails {
                builder: json!({
                    "id": about.builder_id,
                    "version": {
                        "plimsoll": env!("CARGO_PKG_VERSION"),
                        "docker-engine": built.engine,
                    },
                }),
                metadata: json!({
                    "invocationId": invocation,
                    "startedOn": built.started.to_string(),
                    "finishedOn": built.finished.to_string(),
                }),
                byproducts,
            },
        }
    }
}

fn external(prepared: &Prepared, about: &About<'_>) -> Value {
    let plan = &prepared.plan;
    let arguments: BTreeMap<&str, Value> = plan
        .arguments
        .iter()
        .map(|(name, value)| {
            let shown = match is_secret_argument(name) {
                true => json!({"secret": true}),
                false => json!({"value": value}),
            };
            (name.as_str(), shown)
        })
        .collect();
    let path = |placed: &crate::plan::PlacedPath| {
        json!({
            "field": placed.field,
            "asked": placed.asked,
            "resolved": placed.path.to_string(),
        })
    };
    json!({
        "source": source(about.source),
        "revision": match about.source {
            Source::Revision { revision, .. } => json!(revision),
            Source::Folder(_) => Value::Null,
        },
        "manifest": plan.manifest.as_ref().map(ToString::to_string),
        "context": path(&plan.context),
        "dockerfile": path(&plan.dockerfile),
        "target": plan.target,
        "arguments": arguments,
        "secrets": about.secrets,
        "tag": about.tag,
    })
}

fn source(source: &Source) -> String {
    match source {
        Source::Folder(path) | Source::Revision { path, .. } => path.display().to_string(),
    }
}

fn internal(prepared: &Prepared) -> Value {
    let policy = &prepared.policy;
    json!({
        "builder": prepared.builder.as_str(),
        "network": match policy.network {
            Network::None => "none",
            Network::Default => "default",
        },
        "dockerfileInContext": prepared.dockerfile.to_string(),
        "frontendReplaced": prepared.frontend,
        "ignoreFile": prepared.plan.ignore.as_ref().map(|(path, _)| path.to_string()),
        "limits": {
            "seconds": policy.time_limit.as_secs(),
            "outputBytes": policy.output_limit,
            "contextBytes": policy.max_bytes,
            "contextEntries": policy.max_entries,
            "memoryBytes": policy.memory,
            "milliCpus": policy.milli_cpus,
            "cgroupParent": policy.cgroup_parent,
            "notKept": prepared.unkept_limits(),
        },
    })
}

fn dependencies(prepared: &Prepared, built: &Built, about: &About<'_>) -> Vec<Resource> {
    let mut all = vec![Resource::new("context", "sha256", &prepared.sealed.digest)];
    if let Some(checkout) = &prepared.checkout {
        let mut commit = Resource::new("source", "gitCommit", &checkout.commit);
        commit
            .digest
            .insert("gitTree".to_owned(), checkout.tree.clone());
        commit.uri = Some(source(about.source));
        all.push(commit);
    }
    let text = sha256(prepared.dockerfile_text.as_bytes());
    all.push(Resource::new("dockerfile", "sha256", &text));
    if let Some((path, text)) = &prepared.plan.ignore {
        let mut ignore = Resource::new("ignore-file", "sha256", &sha256(text.as_bytes()));
        ignore.uri = Some(path.to_string());
        all.push(ignore);
    }
    for base in &built.bases {
        let id = base.id.as_deref().unwrap_or_default();
        let mut image = Resource::new("base-image", "sha256", id);
        if id.is_empty() {
            image.digest.clear();
        }
        image.uri = Some(match base.digests.first() {
            Some(digest) => digest.clone(),
            None => base.name.clone(),
        });
        all.push(image);
    }
    all
}

/// SHA-256 in hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
