//! Rules about manifests that run containers.

pub(crate) mod secret_in_deployment_file;
