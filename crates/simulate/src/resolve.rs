//! Where a path leads on an inventory, through symbolic links, without touching a disk.
//!
//! A *host path* is resolved by a client before the build (context root, Dockerfile, bake and compose paths): nothing
//! confines it, so it may leave the root. A *context path* is resolved by a builder inside the context it was sent;
//! [`resolve_in_context`] says what each builder does with it.

mod chroot;
mod context_path;
mod host_path;
mod reading;
mod steps;

#[cfg(test)]
mod tests;

pub(crate) use chroot::{Chased, Chroot};
pub(crate) use context_path::leaves_lexically;
pub use context_path::{ContextResolution, ContextUse, resolve_in_context};
pub use host_path::{DotDot, HostResolution, Uncertainty, resolve_host_path, resolve_host_path_as};
pub use reading::{Disguise, Reading, other_readings};
pub use steps::LinkStep;
