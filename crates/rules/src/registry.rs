//! All rules, sorted by id; `cargo xtask new-rule` adds to this list.

use plimsoll_model::RuleInfo;

use crate::rule::Rule;
use crate::{build, deploy, image, source};

/// Every rule, sorted by id.
pub static ALL: &[&Rule] = &[
    &build::argument_becomes_option::RULE,
    &build::argument_chooses_base_image::RULE,
    &build::argument_chooses_copy_source::RULE,
    &build::argument_chooses_destination::RULE,
    &build::argument_chooses_download::RULE,
    &build::argument_chooses_mount_source::RULE,
    &build::argument_chooses_secret::RULE,
    &build::argument_runs_as_command::RULE,
    &build::argument_runs_at_start::RULE,
    &build::argument_sets_program_variable::RULE,
    &build::argument_unquoted_in_command::RULE,
    &build::build_takes_host_access::RULE,
    &build::context_escapes_repository::RULE,
    &build::copies_git_directory::RULE,
    &build::copies_secret_file::RULE,
    &build::dockerfile_found_beside_context::RULE,
    &build::dockerfile_outside_repository::RULE,
    &build::foreign_frontend::RULE,
    &build::git_context_escapes_checkout::RULE,
    &source::invalid_syntax::RULE,
    &build::link_leaves_repository::RULE,
    &build::manifest_reads_outside_repository::RULE,
    &build::missing_ignore_file::RULE,
    &build::remote_dockerfile::RULE,
    &build::secret_in_build_arg::RULE,
    &source::secret_in_ci_file::RULE,
    &deploy::secret_in_deployment_file::RULE,
    &build::secret_in_dockerfile::RULE,
    &source::secret_in_env_file::RULE,
    &build::secret_in_environment::RULE,
    &source::secret_in_file::RULE,
    &source::secret_in_git_history::RULE,
    &image::secret_in_image_configuration::RULE,
    &image::secret_in_image_layer::RULE,
    &source::secret_in_mcp_configuration::RULE,
    &build::secret_mount_persisted::RULE,
    &build::validation_never_built::RULE,
    &build::validation_without_effect::RULE,
];

/// The rule of that id, former ids included.
pub fn find(id: &str) -> Option<&'static Rule> {
    ALL.iter()
        .copied()
        .find(|rule| rule.info.id == id || rule.info.former_ids.contains(&id))
}

/// The metadata of every rule, sorted by id.
pub fn infos() -> impl Iterator<Item = &'static RuleInfo> {
    ALL.iter().map(|rule| &rule.info)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_page;

    #[test]
    fn rules_are_sorted_and_unique() {
        let ids: Vec<&str> = infos().map(|info| info.id).collect();
        assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
    }

    #[test]
    fn every_page_has_its_sections_and_examples() {
        for info in infos() {
            let page = parse_page(info.page);
            let expected = [
                "What it finds",
                "Why it matters",
                "Bad",
                "Good",
                "Fix",
                "Limits",
            ];
            assert_eq!(page.headings, expected, "{}", info.id);
            assert!(
                info.page.starts_with(&format!("# {}\n", info.id)),
                "{}",
                info.id
            );
            assert!(page.examples.len() >= 2, "{}", info.id);
        }
    }
}
