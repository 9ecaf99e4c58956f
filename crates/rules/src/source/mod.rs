//! Rules about the files themselves.

pub(crate) mod invalid_syntax;
pub(crate) mod secret_in_ci_file;
pub(crate) mod secret_in_env_file;
pub(crate) mod secret_in_file;
pub(crate) mod secret_in_git_history;
pub(crate) mod secret_in_mcp_configuration;
