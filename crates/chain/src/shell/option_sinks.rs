//! Values that become options, or several arguments, of a command.

use super::environment::Carried;
use super::invocation::Invocation;
use super::options::{Options, Role};
use super::reparsed::{ReparsedOption, reparsed_option};
use super::uses::UseKind;
use super::walk::Walk;

impl Walk<'_> {
    /// Values that become options of a command of the table, or are split for another.
    pub(super) fn option_values(&mut self, invocation: &Invocation<'_, '_>) {
        let options = Options::read(invocation.name, invocation.arguments);
        if options.row.is_none() {
            self.unquoted(invocation);
        }
        for (at, argument) in invocation.arguments.iter().enumerate() {
            let role = options.role(at);
            let reparsed = reparsed_option(invocation.name, invocation.arguments, at, role);
            let values = argument.carried.iter();
            for carried in values.filter(|carried| !carried.taint.fetched) {
                let open = reparsed.filter(|_| !carried.taint.bounded);
                let witness = open.and_then(|option| option.witness(argument, carried));
                match (open, witness) {
                    (Some(option), Some(witness)) => {
                        self.reparsed_value(invocation, option, carried, witness);
                    }
                    _ => self.option_value(invocation, &options, role, carried),
                }
            }
        }
    }

    fn reparsed_value(
        &mut self,
        invocation: &Invocation<'_, '_>,
        option: &ReparsedOption,
        carried: &Carried,
        witness: &str,
    ) {
        let reason = format!("`{} {}`: {}", invocation.name, option.option, option.reader);
        self.option_use(invocation, carried, reason, witness);
    }

    fn option_use(
        &mut self,
        invocation: &Invocation<'_, '_>,
        carried: &Carried,
        reason: String,
        witness: &str,
    ) {
        let kind = UseKind::OptionInjection;
        self.report(carried, invocation.call(), kind, reason, witness.to_owned());
    }

    fn option_value(
        &mut self,
        invocation: &Invocation<'_, '_>,
        options: &Options,
        role: Role,
        carried: &Carried,
    ) {
        let Some(row) = options.row else {
            return;
        };
        let split = !carried.quoted && !carried.taint.bounded;
        let title = &options.title;
        if role == Role::Rest {
            if split {
                self.unquoted_value(invocation, carried);
            }
        } else if role == Role::Operand && carried.begins && !row.alone.is_empty() {
            let reason = format!(
                "`{title}` reads a value that begins like an option as one, and `{}` {}",
                row.alone, row.effect
            );
            self.option_use(invocation, carried, reason, row.alone);
        } else if split {
            let words = row.split_witness();
            let reason = format!(
                "the unquoted value is split into several arguments of `{title}`, and `{words}` {}",
                row.effect
            );
            self.option_use(invocation, carried, reason, &format!("x {words}"));
        }
    }

    /// Unquoted values in the arguments of a command we know nothing of.
    pub(super) fn unquoted(&mut self, invocation: &Invocation<'_, '_>) {
        for argument in invocation.arguments {
            let values = argument.carried.iter();
            for carried in values.filter(|c| !c.quoted && !c.taint.bounded && !c.taint.fetched) {
                self.unquoted_value(invocation, carried);
            }
        }
    }

    fn unquoted_value(&mut self, invocation: &Invocation<'_, '_>, carried: &Carried) {
        if self.runs_as_code(carried.span, invocation.span) {
            return;
        }
        let name = Some(invocation.name).filter(|name| !name.is_empty());
        let reason = match name {
            Some(name) => format!("the unquoted value is split into several arguments of `{name}`"),
            None => "the unquoted value is split into several arguments".to_owned(),
        };
        let call = (invocation.span, name);
        self.report(
            carried,
            call,
            UseKind::UnquotedPlain,
            reason,
            "x -x *".to_owned(),
        );
    }
}
