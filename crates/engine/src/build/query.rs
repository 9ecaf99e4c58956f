//! A build request as the query of `POST /build`.

use std::collections::BTreeMap;

use serde_json::json;

use super::{BuildRequest, EngineBuilder};

/// The period that processor quotas are of, in microseconds.
const PERIOD: u64 = 100_000;

/// The query of `request`.
pub(super) fn pairs(
    request: &BuildRequest<'_>,
    session: Option<&str>,
) -> Vec<(&'static str, String)> {
    let mut pairs = vec![
        ("dockerfile", request.dockerfile.to_owned()),
        // Containers of steps go away whether or not the build succeeds.
        ("rm", "1".to_owned()),
        ("forcerm", "1".to_owned()),
    ];
    pairs.extend(request.tag.map(|tag| ("t", tag.to_owned())));
    pairs.extend(request.target.map(|target| ("target", target.to_owned())));
    let network = request.network.map(str::to_owned);
    pairs.extend(network.map(|network| ("networkmode", network)));
    if !request.args.is_empty() {
        pairs.push(("buildargs", map(request.args)));
    }
    if !request.labels.is_empty() {
        pairs.push(("labels", map(request.labels)));
    }
    if request.no_cache {
        pairs.push(("nocache", "1".to_owned()));
    }
    if request.pull {
        pairs.push(("pull", "1".to_owned()));
    }
    match request.builder {
        EngineBuilder::BuildKit => pairs.push(("version", "2".to_owned())),
        EngineBuilder::Classic => pairs.extend(limits(request)),
    }
    pairs.extend(session.map(|session| ("session", session.to_owned())));
    pairs
}

fn limits(request: &BuildRequest<'_>) -> Vec<(&'static str, String)> {
    let mut pairs = Vec::new();
    if let Some(memory) = request.limits.memory {
        pairs.push(("memory", memory.to_string()));
        pairs.push(("memswap", memory.to_string()));
    }
    if let Some(cpus) = request.limits.milli_cpus {
        pairs.push(("cpuperiod", PERIOD.to_string()));
        let quota = u64::from(cpus.get()) * PERIOD / 1000;
        pairs.push(("cpuquota", quota.to_string()));
    }
    let parent = request.limits.cgroup_parent;
    pairs.extend(parent.map(|parent| ("cgroupparent", parent.to_owned())));
    pairs
}

fn map(pairs: &[(String, String)]) -> String {
    let map: BTreeMap<&String, &String> = pairs.iter().map(|(name, value)| (name, value)).collect();
    json!(map).to_string()
}
