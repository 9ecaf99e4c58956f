//! Units linked by invocations; flows and witnesses.
//!
//! Each file is summarised once as a [`Unit`]; an [invocation](invocation::BuildInvocation) links two units to a
//! [`Build`]; composing a Dockerfile's [sinks](sink::ArgumentSink) with the builds that set its arguments gives
//! [flows](ArgumentFlow). Nothing here reads the world: paths are below the root, existence comes from the inventory.

#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod build;
mod chain;
pub mod dockerfile;
mod flow;
pub mod frontends;
pub mod invocation;
mod place;
mod projects;
mod reached;
pub mod shell;
pub mod sink;
mod unit;

pub use build::{Build, DockerfileUse, PlacedReference};
pub use chain::{Chain, LinkSettings};
pub use flow::{ArgumentFlow, ArgumentSource};
pub use place::{Outside, Place, Placed};
pub use reached::{DeadLink, LinkedFiles, TellingLinks, linked_files, named_files, telling_links};
pub use unit::{Embedding, Tree, Unit};
