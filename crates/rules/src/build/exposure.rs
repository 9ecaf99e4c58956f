//! What findings about exposed credentials have in common.

use plimsoll_model::{Access, Builder, BuilderOutcome, Reach, ReachedThing, Witness, WitnessKind};

/// The advice that shows the secret mount to use for the variable `name`.
pub(crate) fn secret_mount(name: &str) -> String {
    format!(
        "`RUN --mount=type=secret,id={id},env={name} …` and `--secret id={id},env={name}` on the build's command line",
        id = name.to_ascii_lowercase()
    )
}

/// A witness that the credential `name` can be read in `place`. Never holds a value.
pub(crate) fn witness(name: &str, place: &str) -> Witness {
    Witness {
        kind: WitnessKind::SecretExposure,
        input: name.to_owned(),
        resolves_to: place.to_owned(),
        levels: 0,
        builders: [
            (Builder::Buildkit, BuilderOutcome::Reaches),
            (Builder::Classic, BuilderOutcome::Reaches),
        ]
        .into(),
        reaches: vec![Reach {
            what: ReachedThing::Image,
            access: Access::Read,
        }],
    }
}
