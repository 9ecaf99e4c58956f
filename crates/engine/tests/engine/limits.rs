//! Which limits each builder keeps, read inside a step.

use std::num::{NonZeroU32, NonZeroU64};
use std::path::{Path, PathBuf};

use plimsoll_engine::{BuildError, BuildLimits, EngineBuilder};

use crate::fixture::{self, BUILDERS};

const MEMORY: u64 = 64 << 20;
/// Prints the limits of memory and processor, under either version of control groups.
const SHOW: &str = "RUN cd /sys/fs/cgroup; for file in memory/memory.limit_in_bytes memory.max \
                    cpu/cpu.cfs_quota_us cpu.max; do if [ -e $file ]; then cat $file; fi; done; cat /proc/self/cgroup";

#[test]
fn what_each_builder_keeps() {
    let Some(engine) = fixture::engine() else {
        return;
    };
    let Some(base) = fixture::base(&engine) else {
        return;
    };
    for builder in BUILDERS {
        let dockerfile = format!("FROM {base}\n{SHOW}\n");
        let (ended, events) = fixture::build(&engine, builder, &dockerfile, |request| {
            request.limits = BuildLimits {
                memory: NonZeroU64::new(MEMORY),
                milli_cpus: NonZeroU32::new(500),
                cgroup_parent: None,
            };
        });
        let outcome = ended.unwrap();
        let _ = engine.remove_image(&outcome.image, true);
        let shown = fixture::output(&events).join("\n");
        let keeps = shown.contains(&MEMORY.to_string()) && shown.contains("50000");
        assert_eq!(keeps, builder.keeps_limits(), "{builder:?}: {shown}");
    }
}

/// A control group of process ids that may have few of them, where this process may make one.
struct FewProcesses {
    name: String,
    folder: PathBuf,
}

impl FewProcesses {
    fn make(most: u32) -> Option<FewProcesses> {
        let name = fixture::unique("few");
        let folder = Path::new("/sys/fs/cgroup/pids").join(&name);
        std::fs::create_dir(&folder).ok()?;
        let group = FewProcesses { name, folder };
        std::fs::write(group.folder.join("pids.max"), most.to_string()).ok()?;
        Some(group)
    }
}

impl Drop for FewProcesses {
    fn drop(&mut self) {
        let hierarchies = std::fs::read_dir("/sys/fs/cgroup").into_iter().flatten();
        for hierarchy in hierarchies.flatten() {
            // The engine makes one of that name in each.
            let _ = std::fs::remove_dir(hierarchy.path().join(&self.name));
        }
    }
}

/// What bounds a step that forks: the control group it runs beneath.
#[test]
fn a_control_group_bounds_the_processes_of_a_step() {
    let Some(engine) = fixture::engine() else {
        return;
    };
    let Some(base) = fixture::base(&engine) else {
        return;
    };
    let Some(group) = FewProcesses::make(20) else {
        println!("skipped: no right to make a control group of version 1");
        return;
    };
    let parent = format!("/{}", group.name);
    let forks = "RUN i=0; while [ $i -lt 50 ]; do sleep 3 & i=$((i+1)); done; wait";
    for builder in BUILDERS {
        let dockerfile = format!("FROM {base}\n{forks}\n");
        let (ended, events) = fixture::build(&engine, builder, &dockerfile, |request| {
            request.limits.cgroup_parent = Some(&parent);
        });
        let told = fixture::output(&events).join("\n");
        let is_bounded = told.contains("can't fork");
        assert_eq!(is_bounded, builder.keeps_limits(), "{builder:?}: {told}");
        match ended {
            Ok(outcome) => drop(engine.remove_image(&outcome.image, true)),
            Err(BuildError::Refused { .. }) => {}
            Err(error) => panic!("{builder:?}: {error}"),
        }
    }
}

#[test]
fn memory_is_bounded_where_the_builder_keeps_it() {
    let Some(engine) = fixture::engine() else {
        return;
    };
    let Some(base) = fixture::base(&engine) else {
        return;
    };
    let dockerfile = format!("FROM {base}\nRUN x=x; while true; do x=$x$x; done\n");
    let (ended, _) = fixture::build(&engine, EngineBuilder::Classic, &dockerfile, |request| {
        request.limits.memory = NonZeroU64::new(MEMORY);
        request.limits.milli_cpus = NonZeroU32::new(500);
    });
    assert!(
        matches!(ended, Err(BuildError::Refused { .. })),
        "{ended:?}"
    );
}
