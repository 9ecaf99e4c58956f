//! `plimsoll build`: what a hosting platform puts before its builder.

mod log;

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use plimsoll_audit::{NamedTarget, TargetForm};
use plimsoll_build::{
    About, Asked, Cancel, Facts, Policy, PrepareError, Prepared, Refusal, Request, RunError,
    SecretFile, Source, prepare,
};
use plimsoll_collect::read_operator_file;
use plimsoll_engine::{Engine, EngineAddress, Secret, is_image_name};
use plimsoll_model::escape_text;

use crate::arguments::BuildArguments;
use crate::kept_file::{self, KeptFile};
use crate::output::Output;
use log::Log;

/// The build was refused, and nothing was handed to a builder.
const REFUSED: u8 = 1;
/// A larger secret is none.
const MAX_SECRET: usize = 1 << 20;

pub(crate) fn run(arguments: &BuildArguments, output: &Output) -> Result<u8> {
    let cancel = Cancel::new();
    crate::interrupt::on_interrupt(&cancel)?;
    let secret_files = secret_files(arguments)?;
    let request = request(arguments, &secret_files)?;
    let prepared = match prepare(&request, &cancel) {
        Ok(prepared) => prepared,
        Err(PrepareError::Refused(refusals)) => return Ok(refused(&refusals, output)),
        Err(error) => return Err(error.into()),
    };
    warn_of_limits(&prepared, output);
    if let Some(path) = &arguments.seal {
        keep_sealed(&prepared, path)?;
    }
    if arguments.print {
        let sealed = arguments.seal.as_deref().unwrap_or(Path::new("sealed.tar"));
        let sealed = sealed.to_string_lossy();
        let command = prepared.command(&sealed, arguments.tag.as_deref(), &secret_files);
        output.data(&format!("{command}\n"))?;
        return Ok(0);
    }
    build(
        arguments,
        &request,
        &prepared,
        &secret_files,
        &cancel,
        output,
    )
}

fn build(
    arguments: &BuildArguments,
    request: &Request,
    prepared: &Prepared,
    secret_files: &[SecretFile],
    cancel: &Cancel,
    output: &Output,
) -> Result<u8> {
    let sealed = &prepared.sealed;
    output.note(&format!(
        "sealed {} files, {} folders and {} links, {} bytes: sha256:{}",
        sealed.files, sealed.folders, sealed.links, sealed.bytes, sealed.digest
    ));
    let secrets = read_secrets(secret_files)?;
    let host = std::env::var("DOCKER_HOST").ok();
    let address = EngineAddress::from_docker_host(host.as_deref())?;
    let engine = Engine::connect(&address)?;
    let mut log = Log::new(arguments.log.as_deref(), output)?;
    let tag = arguments.tag.as_deref();
    let built = prepared.build(
        &engine,
        tag,
        &secrets,
        &mut |event| log.tell(&event),
        cancel,
    );
    let log_digest = log.finish()?;
    let built = match built {
        Ok(built) => built,
        Err(RunError::Refused(refusals)) => return Ok(refused(&refusals, output)),
        Err(error) => return Err(error.into()),
    };
    if let Some(path) = &arguments.facts {
        let about = About {
            source: &request.source,
            tag,
            secrets: &request.secrets,
            builder_id: &arguments.builder_id,
            log_digest,
        };
        let facts = Facts::new(prepared, &built, &about);
        let text = serde_json::to_string_pretty(&facts).context("the facts")?;
        kept_file::keep(path, &format!("{text}\n"))?;
    }
    output.data(&format!("{}\n", built.outcome.image))?;
    Ok(0)
}

/// A limit that nobody keeps is told, since it looks like one that holds.
fn warn_of_limits(prepared: &Prepared, output: &Output) {
    let unkept = prepared.unkept_limits();
    if !unkept.is_empty() {
        let keys: Vec<String> = unkept.iter().map(|key| format!("`{key}`")).collect();
        output.note(&format!(
            "warning: BuildKit does not keep {} of the policy: use --builder classic, or bound the engine itself",
            keys.join(", ")
        ));
    }
}

fn refused(refusals: &[Refusal], output: &Output) -> u8 {
    for refusal in refusals {
        output.refused(refusal.reason.code(), &refusal.to_string());
    }
    REFUSED
}

fn request(arguments: &BuildArguments, secrets: &[SecretFile]) -> Result<Request> {
    let policy = match &arguments.policy {
        None => Policy::default(),
        Some(path) => {
            let shown = path.display().to_string();
            let bytes = read_operator_file(path).with_context(|| shown.clone())?;
            let text = String::from_utf8(bytes).with_context(|| shown.clone())?;
            Policy::parse(&text).with_context(|| shown)?
        }
    };
    let policy = match arguments.timeout {
        None => policy,
        Some(seconds) => Policy {
            time_limit: std::time::Duration::from_secs(seconds),
            ..policy
        },
    };
    if let Some(tag) = &arguments.tag {
        check_tag(tag)?;
    }
    let target = NamedTarget::parse(&arguments.source, None)?;
    let source = match target.form {
        TargetForm::Path(path) => Source::Folder(path),
        TargetForm::Revision { path, revision } => Source::Revision { path, revision },
        _ => bail!(
            "`{}` is no repository: name a folder, or `git:PATH@REV`",
            target.typed
        ),
    };
    Ok(Request {
        source,
        asked: Asked {
            manifest: arguments.manifest.clone(),
            name: arguments.name.clone(),
            dockerfile: arguments.dockerfile.clone(),
            target: arguments.target.clone(),
            arguments: build_arguments(&arguments.build_args)?,
        },
        secrets: secrets.iter().map(|secret| secret.id.clone()).collect(),
        builder: arguments.builder,
        policy,
        today: TimeZone::UTC.to_datetime(Timestamp::now()).date(),
    })
}

fn build_arguments(written: &[String]) -> Result<Vec<(String, String)>> {
    // By its number: what is written may be a secret.
    let pair = |(text, number): (&String, usize)| match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => bail!(
            "--build-arg number {number}: write NAME=VALUE; nothing is taken from the environment"
        ),
    };
    written.iter().zip(1..).map(pair).collect()
}

/// `id=…,src=…` each.
fn secret_files(arguments: &BuildArguments) -> Result<Vec<SecretFile>> {
    // By its number: what is written may be the secret.
    let mistake = |number: usize| format!("--secret number {number}: write id=NAME,src=FILE");
    let read = |(text, number): (&String, usize)| {
        let mut secret = SecretFile {
            id: String::new(),
            file: String::new(),
        };
        for part in text.split(',') {
            match part.split_once('=') {
                Some(("id", value)) => secret.id = value.to_owned(),
                Some(("src" | "source", value)) => secret.file = value.to_owned(),
                Some(("type", "file")) => {}
                _ => bail!(mistake(number)),
            }
        }
        if secret.id.is_empty() || secret.file.is_empty() {
            bail!(mistake(number));
        }
        Ok(secret)
    };
    arguments.secrets.iter().zip(1..).map(read).collect()
}

fn read_secrets(files: &[SecretFile]) -> Result<Vec<Secret>> {
    let read = |secret: &SecretFile| {
        let value = read_operator_file(Path::new(&secret.file))
            .with_context(|| format!("the secret {}", secret.id))?;
        if value.len() > MAX_SECRET {
            bail!("the secret {} is larger than {MAX_SECRET} bytes", secret.id);
        }
        Ok(Secret {
            id: secret.id.clone(),
            value,
        })
    };
    files.iter().map(read).collect()
}

fn check_tag(tag: &str) -> Result<()> {
    if !is_image_name(tag) || tag.contains('@') {
        bail!("--tag {}: this is no name of an image", escape_text(tag));
    }
    Ok(())
}

fn keep_sealed(prepared: &Prepared, path: &Path) -> Result<()> {
    let kept = KeptFile::create(path)?;
    std::io::copy(&mut prepared.archive()?, &mut kept.file())
        .with_context(|| format!("writing {}", path.display()))?;
    kept.keep()
}
