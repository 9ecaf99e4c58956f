//! Interrupts: the first one asks to stop in good order, the second one ends the program.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use plimsoll_audit::Cancel;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

/// How often it is looked whether somebody has interrupted.
const PAUSE: Duration = Duration::from_millis(50);

/// Has an interrupt ask `cancel` to stop.
pub(crate) fn on_interrupt(cancel: &Cancel) -> Result<()> {
    let asked = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        // In this order: the second signal finds the flag set by the first.
        flag::register_conditional_default(signal, Arc::clone(&asked)).context("interrupts")?;
        flag::register(signal, Arc::clone(&asked)).context("interrupts")?;
    }
    let cancel = cancel.clone();
    thread::spawn(move || {
        while !asked.load(Ordering::Relaxed) {
            thread::sleep(PAUSE);
        }
        cancel.cancel();
    });
    Ok(())
}
