//! Rules about images: their layers and their configuration.

use plimsoll_model::ImagePlace;

pub(crate) mod secret_in_image_configuration;
pub(crate) mod secret_in_image_layer;

/// The instruction behind a layer or a field, for a sentence.
fn made_by(place: &ImagePlace) -> String {
    place
        .created_by
        .as_ref()
        .map(|instruction| format!(" (made by `{instruction}`)"))
        .unwrap_or_default()
}
