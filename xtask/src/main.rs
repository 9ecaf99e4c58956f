//! `cargo xtask`: the tasks of the project itself.

fn main() {}
