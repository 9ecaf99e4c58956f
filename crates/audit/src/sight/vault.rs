//! The values of credentials, kept for the one run that is to show them.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use plimsoll_model::{RawSecret, RawTicket};

/// More values are not shown.
const MAX_VALUES: usize = 100_000;
/// Of a longer one the beginning is kept.
const MAX_VALUE: usize = 16 << 10;

/// Values by their tickets. It tells nothing of itself.
#[derive(Clone, Default)]
pub(crate) struct Vault(Arc<Mutex<Vec<RawSecret>>>);

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault")
    }
}

impl Vault {
    /// Keeps a value, and gives what it is found by.
    pub(super) fn keep(&self, value: &[u8]) -> Option<RawTicket> {
        let mut values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if values.len() >= MAX_VALUES {
            return None;
        }
        let ticket = RawTicket(u32::try_from(values.len()).ok()?);
        values.push(RawSecret::new(value.get(..MAX_VALUE).unwrap_or(value)));
        Some(ticket)
    }

    /// The value of a ticket.
    pub(crate) fn value(&self, ticket: RawTicket) -> Option<RawSecret> {
        let values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let value = values.get(ticket.0 as usize)?;
        Some(RawSecret::new(value.expose()))
    }
}
