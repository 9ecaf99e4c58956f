//! Units linked by invocations; flows and witnesses.
//!
//! Each file is summarised once as a [`Unit`](unit::Unit); an [invocation](invocation::BuildInvocation) links the
//! ports of two units. Nothing here reads the world: paths are below the root, existence comes from the inventory.

pub mod invocation;
