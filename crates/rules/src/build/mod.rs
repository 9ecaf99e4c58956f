//! Rules about builds: what drives them, what they send, what reaches their instructions.

mod argument;
pub(crate) mod argument_becomes_option;
pub(crate) mod argument_chooses_base_image;
pub(crate) mod argument_chooses_copy_source;
pub(crate) mod argument_chooses_destination;
pub(crate) mod argument_chooses_download;
pub(crate) mod argument_chooses_mount_source;
pub(crate) mod argument_runs_as_command;
pub(crate) mod argument_runs_at_start;
pub(crate) mod argument_sets_program_variable;
pub(crate) mod argument_unquoted_in_command;
pub(crate) mod context_escapes_repository;
pub(crate) mod copies_git_directory;
pub(crate) mod copies_secret_file;
pub(crate) mod dockerfile_found_beside_context;
pub(crate) mod dockerfile_outside_repository;
mod escape;
mod exposure;
pub(crate) mod foreign_frontend;
pub(crate) mod git_context_escapes_checkout;
pub(crate) mod link_leaves_repository;
pub(crate) mod manifest_reads_outside_repository;
pub(crate) mod remote_dockerfile;
pub(crate) mod secret_in_build_arg;
pub(crate) mod secret_in_environment;
pub(crate) mod secret_mount_persisted;
mod taking;
