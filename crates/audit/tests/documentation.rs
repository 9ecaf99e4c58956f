//! What the book shows is accepted as it stands there.

use plimsoll_audit::rule_table;
use plimsoll_decide::Config;

/// The first fenced TOML of a page.
fn first_toml(page: &str) -> &str {
    let (_, rest) = page
        .split_once("```toml\n")
        .expect("the page shows a configuration");
    rest.split_once("```").map_or(rest, |(toml, _)| toml)
}

#[test]
fn the_documented_configuration_is_valid() {
    let page = include_str!("../../../docs/src/configuration.md");
    let config = Config::parse(first_toml(page), &rule_table());
    let config = config.map_err(|errors| format!("{errors:?}"));
    assert_eq!(config.map(|config| config.root), Ok(true));
}
