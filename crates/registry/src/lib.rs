//! The client of image registries: an image's documents and layers, with the user's Docker credentials.
//!
//! It only reads. An image arrives as the members of an OCI image layout, each a stream whose size and digest are
//! checked; nothing is kept on disk. The registry that the name says is contacted, the token service that it names, and
//! where it redirects to; credentials go to the first two.

mod address;
mod blob;
mod challenge;
mod client;
mod config_file;
mod credentials;
mod digest;
mod error;
mod helper;
mod image;
mod manifest;
mod platform;
mod token;

pub use challenge::Challenge;
pub use client::{Patience, Registry};
pub use credentials::CredentialFiles;
pub use error::RegistryError;
pub use image::Image;
pub use platform::Platform;
