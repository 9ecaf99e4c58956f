//! The value of a credential, for the one output that may show it.

/// What a credential is. It can be neither printed nor written into a report: whoever shows it has to ask for it by name.
///
/// ```compile_fail
/// let raw = plimsoll_model::RawSecret::new(b"x");
/// format!("{raw:?}");
/// ```
///
/// ```compile_fail
/// let raw = plimsoll_model::RawSecret::new(b"x");
/// raw.to_string();
/// ```
///
/// ```compile_fail
/// fn report(_: &impl serde::Serialize) {}
/// report(&plimsoll_model::RawSecret::new(b"x"));
/// ```
#[expect(
    missing_debug_implementations,
    reason = "what derives Debug must not hold one"
)]
pub struct RawSecret(Box<[u8]>);

impl RawSecret {
    /// Keeps a value.
    pub fn new(bytes: &[u8]) -> RawSecret {
        RawSecret(bytes.into())
    }

    /// The value, as it stands in the file.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}
