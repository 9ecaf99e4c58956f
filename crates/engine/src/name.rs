//! Names that stand in the path of a request: none leads to another place of the engine's interface.

use crate::EngineError;

/// The longest name.
const LONGEST: usize = 512;

/// Whether `name` can be the name or the id of an image. What is none is never asked for.
pub fn is_image_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-/:@".contains(c);
    let dots = name.split('/').any(|part| matches!(part, "" | "." | ".."));
    name.len() <= LONGEST && name.chars().all(allowed) && !name.starts_with('-') && !dots
}

/// The path of an image, followed by `behind`.
pub(crate) fn image_path(name: &str, behind: &str) -> Result<String, EngineError> {
    match is_image_name(name) {
        true => Ok(format!("/images/{name}{behind}")),
        false => Err(EngineError::Name(name.to_owned())),
    }
}

/// The path of a container, followed by `behind`.
pub(crate) fn container_path(id: &str, behind: &str) -> Result<String, EngineError> {
    match is_image_name(id) && !id.contains(['/', ':', '@']) {
        true => Ok(format!("/containers/{id}{behind}")),
        false => Err(EngineError::Name(id.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_images() {
        for (name, expected) in [
            ("alpine", true),
            ("host:5000/a/b:1@sha256:00", true),
            ("sha256:00ff", true),
            ("../containers/x", false),
            ("a/../../containers/x", false),
            ("a/.", false),
            ("..", false),
            ("", false),
            ("a//b", false),
            ("a b", false),
            ("-x", false),
            ("a?b", false),
            ("a%2fb", false),
        ] {
            assert_eq!(is_image_name(name), expected, "{name}");
            assert_eq!(image_path(name, "/json").is_ok(), expected, "{name}");
        }
        assert!(!is_image_name(&"x".repeat(LONGEST + 1)));
    }

    #[test]
    fn names_of_containers() {
        for (id, expected) in [
            ("00ff", true),
            ("a_b-c.d", true),
            ("..", false),
            ("a/json", false),
            ("../images/x", false),
        ] {
            assert_eq!(container_path(id, "/json").is_ok(), expected, "{id}");
        }
    }
}
