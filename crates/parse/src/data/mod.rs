//! One spanned tree for every data format: YAML, JSON with comments, TOML and HCL.
//!
//! The parsers never fail: what they could not read is a [`SyntaxError`] beside the tree built so far. Their bounds
//! are counts of bytes, nodes and depth, so the same bytes always give the same tree.

mod alignment;
mod budget;
mod hcl;
mod hcl_expression;
mod hcl_scan;
mod json;
mod merge;
mod recovery;
mod toml;
mod tree;
mod yaml;

#[cfg(test)]
mod tests;

pub use hcl::{hcl_template, parse_hcl};
pub use json::parse_json;
pub use toml::parse_toml;
pub use tree::{
    Document, Entry, Expression, ExpressionKind, Form, Node, Scalar, TemplatePart, Value,
};
pub use yaml::parse_yaml;
