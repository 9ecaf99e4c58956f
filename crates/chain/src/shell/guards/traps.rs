//! Handlers that decide how a script ends, whatever its checks said.

use std::collections::BTreeMap;
use std::rc::Rc;

use plimsoll_parse::shell::{
    Command, CommandKind, List, Script, SimpleCommand, Word, for_each_command, for_each_command_in,
    parse,
};

use super::{Failing, Guard};

/// Where a handler may end the script well, a failing check no longer fails the script.
pub(super) fn heed_handlers(
    script: &Script,
    functions: &BTreeMap<String, Rc<Command>>,
    guards: &mut [Guard],
) {
    let mut ends_well = false;
    for_each_command(script, &mut |visit| {
        ends_well |= sets_ending_handler(visit.command, functions);
    });
    for guard in guards.iter_mut().filter(|_| ends_well) {
        guard.holds_at_end = false;
        if guard.failing == Failing::StopsScript && guard.can_pass {
            guard.failing = Failing::EndsQuietly;
        }
    }
}

/// `trap HANDLER EXIT`, with a handler that may set the status.
fn sets_ending_handler(command: &SimpleCommand, functions: &BTreeMap<String, Rc<Command>>) -> bool {
    if command.name().as_deref() != Some("trap") {
        return false;
    }
    let mut words = command.words.iter().skip(1).map(Word::static_text);
    let Some(handler) = words.next() else {
        return false;
    };
    let at_end = words.any(|signal| {
        signal.is_none_or(|signal| matches!(signal.as_str(), "EXIT" | "exit" | "0" | "ERR"))
    });
    at_end && handler.is_none_or(|handler| may_end(&parse(&handler).body, Some(functions)))
}

/// Whether a list may end the script itself; functions are looked into once.
fn may_end(list: &List, functions: Option<&BTreeMap<String, Rc<Command>>>) -> bool {
    let mut ends = false;
    for_each_command_in(list, &mut |visit| {
        let Some(name) = visit.command.name() else {
            ends |= !visit.command.words.is_empty();
            return;
        };
        ends |= matches!(
            name.as_str(),
            "exit" | "exec" | "kill" | "eval" | "." | "source"
        );
        if let Some(body) = functions.and_then(|functions| functions.get(&name)) {
            ends |= match &body.kind {
                CommandKind::Group(list) => may_end(list, None),
                _ => true,
            };
        }
    });
    ends
}
