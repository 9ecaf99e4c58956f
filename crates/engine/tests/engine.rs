//! The client against the engine of the machine.

#[path = "engine/builds.rs"]
mod builds;
#[path = "engine/fixture.rs"]
mod fixture;
#[path = "engine/images.rs"]
mod images;
#[path = "engine/limits.rs"]
mod limits;
#[path = "engine/stops.rs"]
mod stops;
