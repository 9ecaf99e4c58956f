//! The two builders inside a Docker engine.

use std::fs::File;
use std::io::BufReader;
use std::num::{NonZeroU32, NonZeroU64};
use std::path::{Path, PathBuf};
use std::time::Duration;

use plimsoll_engine::{
    BuildError, BuildLimits, BuildRequest, ContainerRequest, Engine, EngineBuilder, EngineError,
};
use plimsoll_model::Builder;

use super::{Bench, Bounds, Failure, Job, MEMORY_LIMIT, OUTPUT_LIMIT, build_args};
use crate::context_tar::{Extra, Packing};
use crate::evidence::Search;
use crate::report::BuilderInfo;
use crate::workshop::{LABEL, Workshop};

/// How long a container of an attempt may run.
const RUN_LIMIT: Duration = Duration::from_secs(20);
/// Processes such a container may have.
const PROCESSES: u32 = 64;

/// One of an engine's builders.
pub(crate) struct EngineBench<'a> {
    engine: &'a Engine,
    builder: EngineBuilder,
    bounds: Bounds<'a>,
    folder: PathBuf,
    run: String,
    short: String,
    count: u32,
}

impl<'a> EngineBench<'a> {
    pub(crate) fn new(
        engine: &'a Engine,
        builder: EngineBuilder,
        workshop: &Workshop,
        bounds: Bounds<'a>,
    ) -> EngineBench<'a> {
        EngineBench {
            engine,
            builder,
            bounds,
            folder: workshop.path().to_owned(),
            run: workshop.id().to_owned(),
            short: workshop.short().to_owned(),
            count: 0,
        }
    }

    fn labels(&self) -> [(String, String); 1] {
        [(LABEL.to_owned(), self.run.clone())]
    }

    fn next_tag(&mut self) -> String {
        self.count += 1;
        let name = match self.builder {
            EngineBuilder::Classic => "classic",
            EngineBuilder::BuildKit => "buildkit",
        };
        format!("plimsoll-prove-{}:{name}-{}", self.short, self.count)
    }

    fn image(&self, job: &Job<'_>, tag: &str) -> Result<(), Failure> {
        let dockerfile = format!(".plimsoll-{}.Dockerfile", self.short);
        let context = packed(&self.folder, job, &dockerfile)?;
        let labels = self.labels();
        let mut request = BuildRequest::new(self.builder, Box::new(BufReader::new(context)));
        request.dockerfile = &dockerfile;
        request.tag = Some(tag);
        request.args = job.args;
        request.labels = &labels;
        request.limits = BuildLimits {
            memory: NonZeroU64::new(MEMORY_LIMIT),
            milli_cpus: NonZeroU32::new(1000),
            cgroup_parent: None,
        };
        request.no_cache = true;
        request.time_limit = self.bounds.time_limit;
        request.output_limit = OUTPUT_LIMIT;
        let built = self
            .engine
            .build(request, &mut |_| {}, self.bounds.is_cancelled);
        built.map(drop).map_err(failure)
    }

    fn look(&self, tag: &str, start: bool, search: &mut Search) -> Result<(), Failure> {
        let labels = self.labels();
        let request = ContainerRequest {
            image: tag,
            command: if start { &[] } else { &["none"] },
            labels: &labels,
            memory: Some(MEMORY_LIMIT),
            processes: Some(PROCESSES),
            ..ContainerRequest::default()
        };
        let id = self.engine.create_container(&request).map_err(away)?;
        let looked = self.look_into(&id, start, search);
        let removed = self.engine.remove_container(&id).map_err(away);
        looked.and(removed)
    }

    fn look_into(&self, id: &str, start: bool, search: &mut Search) -> Result<(), Failure> {
        if start {
            self.engine
                .start(id)
                .map_err(|error| Failure::Refused(error.to_string()))?;
            if self.engine.wait(id, RUN_LIMIT).is_err() {
                // It serves; that is what it was made for.
                let _ = self.engine.kill(id);
            }
        }
        let mut files = self.engine.reader().archive(id, "/").map_err(away)?;
        Ok(search.tar(&mut files)?)
    }

    /// Removes an image that a container may hold for another moment.
    fn remove(&self, tag: &str) {
        for _ in 0..20 {
            match self.engine.remove_image(tag, true) {
                Err(EngineError::Conflict(_)) => std::thread::sleep(Duration::from_millis(200)),
                _ => return,
            }
        }
    }
}

/// The context with the attempt's Dockerfile in it, as a file that is gone once it is closed.
pub(super) fn packed(folder: &Path, job: &Job<'_>, dockerfile: &str) -> std::io::Result<File> {
    let path = folder.join("context.tar");
    let mut file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .open(&path)?;
    let mut extra = job.packing.extra.to_vec();
    extra.push(Extra {
        path: dockerfile.to_owned(),
        bytes: job.probe.as_bytes().to_vec(),
        mode: 0o644,
    });
    let packing = Packing {
        context: job.packing.context,
        dockerfile: job.packing.dockerfile.clone(),
        builder: job.packing.builder,
        extra: &extra,
        replaced: job.packing.replaced,
    };
    packing.write(&mut file)?;
    std::fs::remove_file(path)?;
    Ok(file)
}

fn away(error: EngineError) -> Failure {
    Failure::Broken(error.to_string())
}

fn failure(error: BuildError) -> Failure {
    match error {
        BuildError::Refused { step, message } => Failure::Refused(match step {
            Some(step) => format!("{message} (at `{step}`)"),
            None => message,
        }),
        BuildError::TimedOut(_) | BuildError::OutputLimit(_) => Failure::Stopped(error.to_string()),
        BuildError::Cancelled => Failure::Interrupted,
        BuildError::Engine(_) | BuildError::Unsupported(_) => Failure::Broken(error.to_string()),
    }
}

impl Bench for EngineBench<'_> {
    fn builder(&self) -> Builder {
        match self.builder {
            EngineBuilder::Classic => Builder::Classic,
            EngineBuilder::BuildKit => Builder::Buildkit,
        }
    }

    fn info(&self) -> BuilderInfo {
        let seconds = self.bounds.time_limit.as_secs();
        let bounds = if self.builder.keeps_limits() {
            format!(
                "{seconds} s, {} MiB of memory, one processor, {} MiB of output",
                MEMORY_LIMIT >> 20,
                OUTPUT_LIMIT >> 20
            )
        } else {
            format!(
                "{seconds} s and {} MiB of output; it takes no limit of memory or processes",
                OUTPUT_LIMIT >> 20
            )
        };
        BuilderInfo {
            builder: self.builder(),
            version: format!(
                "in Docker engine {}",
                self.engine.reader().version().version
            ),
            bounds,
        }
    }

    fn has_image(&self, name: &str) -> bool {
        self.engine.reader().has_image(name).unwrap_or_default()
    }

    fn build(&mut self, job: &Job<'_>, search: &mut Search) -> Result<(), Failure> {
        let tag = self.next_tag();
        let built = self.image(job, &tag);
        let looked = built.and_then(|()| self.look(&tag, job.start, search));
        self.remove(&tag);
        looked
    }

    fn make_image(&mut self, name: &str, path: &str, bytes: &[u8]) -> Option<Result<(), Failure>> {
        if self.has_image(name) {
            let why = format!("`{name}` is there already");
            return Some(Err(Failure::Broken(why)));
        }
        let mut tar = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        let written = tar.append_data(&mut header, path, bytes);
        let tar = written.and_then(|()| tar.into_inner());
        let label = format!("LABEL {LABEL}={}", self.run);
        Some(tar.map_err(Failure::from).and_then(|tar| {
            let imported = self.engine.import(&mut tar.as_slice(), name, &[&label]);
            imported.map(drop).map_err(away)
        }))
    }

    fn remove_image(&mut self, name: &str) {
        self.remove(name);
    }

    fn command(&self, context: &str, dockerfile: &str, args: &[(String, String)]) -> Vec<String> {
        let which = match self.builder {
            EngineBuilder::Classic => "DOCKER_BUILDKIT=0 docker build",
            EngineBuilder::BuildKit => "DOCKER_BUILDKIT=1 docker build",
        };
        let (context, dockerfile) = (
            crate::repeat::quoted_path(context),
            crate::repeat::quoted_path(dockerfile),
        );
        vec![
            format!(
                "{which} --no-cache --network=none -t plimsoll-proof{} -f {dockerfile} {context}",
                build_args(args)
            ),
            "id=$(docker create plimsoll-proof none)".to_owned(),
            "docker export \"$id\" | tar -x -C \"$work\" --one-top-level=image; docker rm \"$id\""
                .to_owned(),
        ]
    }
}
