//! Credentials recognised by code: where a pattern would say too little or cost too much.

mod address;
mod assignment;
mod aws;
mod files;
mod private_key;
mod sign_in;
mod tokens;

use std::ops::Range;

use crate::rule::{Detector, Rule};

use super::run::{Near, Run};

/// A detector's rule and where its keyword stands.
#[derive(Clone, Copy)]
struct Subject<'a> {
    rule: &'static Rule,
    near: Near<'a>,
    start: usize,
    end: usize,
}

/// Runs a rule's detector on a hit of one of its keywords.
pub(super) fn find(
    run: &mut Run<'_>,
    index: usize,
    rule: &'static Rule,
    detector: Detector,
    near: Near<'_>,
    word: &Range<usize>,
) {
    let position = near.origin + word.start as u64;
    if position < run.looked(index) {
        return;
    }
    let subject = Subject {
        rule,
        near,
        start: word.start,
        end: word.end,
    };
    if !run.may_spend(cost(detector)) {
        return;
    }
    let reached = match detector {
        Detector::PrivateKey => private_key::find(run, subject),
        Detector::WebToken => tokens::web_token(run, subject),
        Detector::BasicHeader => tokens::basic_header(run, subject),
        Detector::BearerHeader => sign_in::bearer_header(run, subject),
        Detector::AwsSecretBesideId => aws::secret_beside_id(run, subject),
        Detector::SignIn => sign_in::sign_in(run, subject),
        Detector::Address | Detector::DatabaseAddress => address::find(run, subject, detector),
        Detector::ConnectionString => address::connection_string(run, subject),
        Detector::Pgpass => files::pgpass(run, subject),
        Detector::Netrc => files::netrc(run, subject),
        Detector::Npmrc => files::npmrc(run, subject),
        Detector::DockerConfig => files::docker_config(run, subject),
        Detector::Kubeconfig => files::kubeconfig(run, subject),
        Detector::ServiceAccount => files::service_account(run, subject),
        Detector::PuttyKey => files::putty_key(run, subject),
        Detector::Assignment => assignment::find(run, subject),
    };
    if let Some(end) = reached {
        run.set_looked(index, near.origin + end as u64);
    }
}

/// About how many bytes a detector reads again.
fn cost(detector: Detector) -> usize {
    match detector {
        Detector::ServiceAccount => 32 << 10,
        Detector::PrivateKey | Detector::Kubeconfig | Detector::PuttyKey => 16 << 10,
        Detector::WebToken => 8 << 10,
        Detector::DockerConfig => 2 << 10,
        Detector::Assignment => 512,
        _ => 256,
    }
}
