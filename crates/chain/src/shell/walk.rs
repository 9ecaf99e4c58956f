//! The walk of a script in the order it runs.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use plimsoll_model::Span;
use plimsoll_parse::SourceText;
use plimsoll_parse::shell::{
    Assignment, AssignmentValue, Case, Command, CommandKind, Connector, For, If, List, PartKind,
    Pipeline, Redirection, RedirectionKind, Script, SimpleCommand, Statement, While, Word,
    WordPart, parse_source,
};

use super::environment::{Branch, Carried, Environment, Taint, gather, merge};
use super::uses::{Shell, UseKind, Uses, VariableUse};
use super::words::Argument;

/// How many lists may be entered inside each other, called functions and nested scripts included.
const MAXIMUM_DEPTH: usize = 96;
/// How many calls of functions are followed.
const MAXIMUM_CALLS: usize = 256;
/// How many scripts inside words are read.
const MAXIMUM_SCRIPTS: usize = 256;
/// How many of those may stand inside each other.
const MAXIMUM_NESTED_SCRIPTS: usize = 8;
/// How many uses of one script are recorded; one with more repeats itself.
pub(super) const MAXIMUM_USES: usize = 1_000;
/// How many commands, parts of words and values in them are looked at.
const MAXIMUM_WORK: usize = 200_000;
/// How many bytes of a script inside a word cost as much as one command.
const BYTES_PER_WORK: usize = 16;

/// One walk.
pub(super) struct Walk<'d> {
    pub(super) shell: Shell,
    pub(super) environment: Environment<'d>,
    functions: BTreeMap<String, Rc<Command>>,
    called: BTreeSet<String>,
    calls: usize,
    scripts: usize,
    nested_scripts: usize,
    depth: usize,
    /// What is left of the work.
    work: usize,
    /// Whether a bound was reached.
    pub(super) cut: bool,
    uses: Vec<VariableUse>,
    seen: BTreeSet<(Span, Span, UseKind, String)>,
    /// The values, each with its command, that were found to be parsed as code.
    code: BTreeSet<(Span, Span)>,
}

impl<'d> Walk<'d> {
    pub(super) fn new(shell: Shell, declared: &'d dyn Fn(&str) -> bool) -> Walk<'d> {
        Walk {
            shell,
            environment: Environment::new(declared),
            functions: BTreeMap::new(),
            called: BTreeSet::new(),
            calls: 0,
            scripts: 0,
            nested_scripts: 0,
            depth: 0,
            work: MAXIMUM_WORK,
            cut: false,
            uses: Vec::new(),
            seen: BTreeSet::new(),
            code: BTreeSet::new(),
        }
    }

    /// Walks all of `script`, then the functions nothing called.
    pub(super) fn script(mut self, script: &Script) -> Uses {
        self.list(&script.body, &[]);
        let functions = std::mem::take(&mut self.functions);
        for (name, body) in &functions {
            if !self.called.contains(name) {
                self.environment.begin();
                self.command(body, &[]);
                self.environment.end();
            }
        }
        Uses {
            found: self.uses,
            cut: self.cut,
        }
    }

    /// Pays for work to be done; whether it may be. Where it may not, the walk comes to its end.
    pub(super) fn spend(&mut self, cost: usize) -> bool {
        let left = self.work.checked_sub(cost);
        self.work = left.unwrap_or(0);
        self.cut |= left.is_none();
        left.is_some()
    }

    /// Records a use, once.
    pub(super) fn report(
        &mut self,
        carried: &Carried,
        (command_span, command): (Span, Option<&str>),
        kind: UseKind,
        reason: String,
        witness: String,
    ) {
        if self.uses.len() >= MAXIMUM_USES {
            self.work = 0;
            self.cut = true;
            return;
        }
        let variable = carried.taint.variable.clone();
        if !self
            .seen
            .insert((carried.span, command_span, kind, variable.clone()))
        {
            return;
        }
        if matches!(kind, UseKind::CommandInjection(_)) {
            self.code.insert((carried.span, command_span));
        }
        self.uses.push(VariableUse {
            variable,
            span: carried.span,
            command_span,
            command: command.map(str::to_owned),
            kind,
            reason,
            quoted: carried.quoted,
            names_command: false,
            witness,
            steps: carried.taint.steps.clone(),
            carriers: carried.taint.carriers.clone(),
        });
    }

    /// Says of the use recorded last that the value stands where a command's name is expected.
    pub(super) fn names_command(&mut self, carried: &Carried, call: Span) {
        if let Some(found) = self.uses.last_mut()
            && found.span == carried.span
            && found.command_span == call
            && matches!(found.kind, UseKind::CommandInjection(_))
        {
            found.names_command = true;
        }
    }

    /// Whether a value is known to be parsed as code by a command.
    pub(super) fn runs_as_code(&self, span: Span, command_span: Span) -> bool {
        self.code.contains(&(span, command_span))
    }

    /// Statements one after another; what they print.
    pub(super) fn list(&mut self, list: &List, input: &[Carried]) -> Vec<Carried> {
        let mut output = Vec::new();
        if self.depth >= MAXIMUM_DEPTH {
            self.cut = true;
            return output;
        }
        self.depth += 1;
        for statement in &list.statements {
            gather(&mut output, self.statement(statement, input));
        }
        self.depth -= 1;
        output
    }

    /// Statements whose assignments end with them.
    pub(super) fn subshell(&mut self, list: &List, input: &[Carried]) -> Vec<Carried> {
        self.environment.begin();
        let output = self.list(list, input);
        self.environment.end();
        output
    }

    fn statement(&mut self, statement: &Statement, input: &[Carried]) -> Vec<Carried> {
        let mut output = self.pipeline(&statement.first, input);
        if statement.rest.is_empty() {
            return output;
        }
        self.environment.begin();
        for (connector, pipeline) in &statement.rest {
            if *connector == Connector::And {
                gather(&mut output, self.pipeline(pipeline, input));
                continue;
            }
            self.environment.begin();
            gather(&mut output, self.pipeline(pipeline, input));
            let branch = self.environment.end();
            self.environment.join(vec![branch], false);
        }
        let rest = self.environment.end();
        self.environment.join(vec![rest], false);
        output
    }

    fn pipeline(&mut self, pipeline: &Pipeline, input: &[Carried]) -> Vec<Carried> {
        if let [command] = pipeline.commands.as_slice() {
            return self.command(command, input);
        }
        let mut passed = input.to_vec();
        for command in &pipeline.commands {
            self.environment.begin();
            passed = self.command(command, &passed);
            self.environment.end();
        }
        passed
    }

    fn command(&mut self, command: &Command, input: &[Carried]) -> Vec<Carried> {
        if !self.spend(1 + input.len()) {
            return Vec::new();
        }
        let redirected = self.redirections(command);
        let input = redirected.as_deref().unwrap_or(input);
        match &command.kind {
            CommandKind::Simple(simple) => self.simple(simple, command, input),
            CommandKind::Group(list) => self.list(list, input),
            CommandKind::Subshell(list) => self.subshell(list, input),
            CommandKind::If(clause) => self.branches(clause, input),
            CommandKind::While(clause) => self.while_loop(clause, input),
            CommandKind::For(clause) => self.for_loop(clause, input),
            CommandKind::ArithmeticFor(clause) => {
                self.arithmetic(&clause.expression, command.span);
                self.branch(&clause.body, input)
            }
            CommandKind::Case(case) => self.case(case, input),
            CommandKind::Function(function) => {
                let cost = command.span.len() / BYTES_PER_WORK;
                if let Some(body) = &function.body
                    && self.spend(cost)
                {
                    self.functions
                        .insert(function.name.clone(), Rc::new((**body).clone()));
                }
                Vec::new()
            }
            CommandKind::Test(words) => {
                self.test(words, command.span);
                Vec::new()
            }
            CommandKind::Arithmetic(expression) => {
                self.arithmetic(expression, command.span);
                Vec::new()
            }
            CommandKind::Opaque => Vec::new(),
        }
    }

    /// What redirections feed the command; `None` where none does.
    fn redirections(&mut self, command: &Command) -> Option<Vec<Carried>> {
        let mut input = None;
        for redirection in &command.redirections {
            let fed = match (&redirection.here_document, redirection.kind) {
                (Some(document), _) => self.argument(&document.body).carried,
                (None, RedirectionKind::HereString) => self.argument(&redirection.target).carried,
                _ => self.redirection_target(redirection, command.span),
            };
            if redirection.is_standard_input() {
                input = Some(fed);
            }
        }
        input
    }

    fn redirection_target(&mut self, redirection: &Redirection, span: Span) -> Vec<Carried> {
        let target = self.argument(&redirection.target);
        let writes = matches!(
            redirection.kind,
            RedirectionKind::Write
                | RedirectionKind::Append
                | RedirectionKind::WriteBoth
                | RedirectionKind::ReadWrite
        );
        if writes {
            self.written_path(&target, 0, (span, None));
        }
        // `< <(…)`: the file is what the substitution prints.
        target.content
    }

    fn branch(&mut self, list: &List, input: &[Carried]) -> Vec<Carried> {
        self.environment.begin();
        let output = self.list(list, input);
        let branch = self.environment.end();
        self.environment.join(vec![branch], false);
        output
    }

    fn branches(&mut self, clause: &If, input: &[Carried]) -> Vec<Carried> {
        let mut output = Vec::new();
        let mut branches = Vec::new();
        for (condition, body) in &clause.branches {
            self.list(condition, input);
            gather(&mut output, self.alternative(body, input, &mut branches));
        }
        if let Some(otherwise) = &clause.otherwise {
            gather(
                &mut output,
                self.alternative(otherwise, input, &mut branches),
            );
        }
        self.environment.join(branches, clause.otherwise.is_some());
        output
    }

    /// Walks one of several branches; one that ends the script assigns nothing to what follows.
    fn alternative(
        &mut self,
        list: &List,
        input: &[Carried],
        branches: &mut Vec<Branch>,
    ) -> Vec<Carried> {
        self.environment.begin();
        let output = self.list(list, input);
        let branch = self.environment.end();
        if !leaves(list) {
            branches.push(branch);
        }
        output
    }

    fn while_loop(&mut self, clause: &While, input: &[Carried]) -> Vec<Carried> {
        self.list(&clause.condition, input);
        self.branch(&clause.body, input)
    }

    fn for_loop(&mut self, clause: &For, input: &[Carried]) -> Vec<Carried> {
        let taints = match &clause.words {
            Some(words) => {
                let arguments = self.arguments(words);
                let carried = arguments.iter().flat_map(|argument| &argument.carried);
                carried
                    .map(|carried| held(carried, clause.name_span))
                    .collect()
            }
            None => self.environment.get("@"),
        };
        self.environment.add(&clause.name, taints);
        self.branch(&clause.body, input)
    }

    fn case(&mut self, case: &Case, input: &[Carried]) -> Vec<Carried> {
        self.argument(&case.subject);
        let mut output = Vec::new();
        let mut branches = Vec::new();
        let mut exhaustive = false;
        for arm in &case.arms {
            exhaustive |= arm.patterns.iter().any(is_star);
            gather(
                &mut output,
                self.alternative(&arm.body, input, &mut branches),
            );
        }
        self.environment.join(branches, exhaustive);
        output
    }

    fn test(&mut self, words: &[Word], span: Span) {
        const NUMERIC: [&str; 6] = ["-eq", "-ne", "-lt", "-le", "-gt", "-ge"];
        let arguments = self.arguments(words);
        for (at, argument) in arguments.iter().enumerate() {
            let beside = [at.wrapping_sub(1), at + 1].map(|at| arguments.get(at));
            let numeric = beside.into_iter().flatten().any(|beside| {
                beside
                    .static_text()
                    .is_some_and(|text| NUMERIC.contains(&text))
            });
            if numeric {
                self.arithmetic_values(argument, (span, Some("[[")));
            }
        }
    }

    fn simple(
        &mut self,
        simple: &SimpleCommand,
        command: &Command,
        input: &[Carried],
    ) -> Vec<Carried> {
        if simple.words.is_empty() {
            for assignment in &simple.assignments {
                self.assign(assignment);
            }
            return Vec::new();
        }
        self.environment.begin();
        for assignment in &simple.assignments {
            self.assign(assignment);
            let taints = self.environment.get(&assignment.name);
            self.assigned_for_command(assignment, taints, command.span);
        }
        let for_command_only = self.environment.end();
        let arguments = self.arguments(&simple.words);
        if for_command_only.is_empty() {
            return self.invoke(&arguments, command, input);
        }
        self.environment.begin();
        self.environment.join(vec![for_command_only], true);
        let output = self.invoke(&arguments, command, input);
        self.environment.end();
        output
    }

    fn assign(&mut self, assignment: &Assignment) {
        let mut taints = Vec::new();
        for word in assignment.value.words() {
            let argument = self.argument(word);
            let values = argument.carried.iter();
            merge(
                &mut taints,
                values.map(|carried| held(carried, assignment.span)),
            );
        }
        let replaces = !assignment.append && matches!(assignment.value, AssignmentValue::Scalar(_));
        if replaces || (!assignment.append && self.environment.get(&assignment.name).is_empty()) {
            self.environment.set(&assignment.name, taints);
        } else {
            self.environment.add(&assignment.name, taints);
        }
    }

    /// Calls a function of the script, where `name` is one.
    pub(super) fn call(
        &mut self,
        name: &str,
        arguments: &[Argument<'_>],
        input: &[Carried],
    ) -> Option<Vec<Carried>> {
        let body = self.functions.get(name)?.clone();
        self.called.insert(name.to_owned());
        if self.calls >= MAXIMUM_CALLS || self.depth >= MAXIMUM_DEPTH {
            self.cut = true;
            return Some(Vec::new());
        }
        self.calls += 1;
        self.depth += 1;
        self.environment.begin();
        self.set_positional(arguments);
        let output = self.command(&body, input);
        let mut assigned = self.environment.end();
        assigned.retain(|name, _| !is_positional(name));
        self.environment.join(vec![assigned], true);
        self.depth -= 1;
        Some(output)
    }

    /// Makes `arguments` the positional parameters.
    pub(super) fn set_positional(&mut self, arguments: &[Argument<'_>]) {
        let mut all = Vec::new();
        for at in 0..9.max(arguments.len()).min(64) {
            let carried = arguments
                .get(at)
                .map_or(&[][..], |argument| &argument.carried);
            let taints: Vec<Taint> = carried
                .iter()
                .map(|carried| held(carried, carried.span))
                .collect();
            merge(&mut all, taints.iter().cloned());
            self.environment.set(&(at + 1).to_string(), taints);
        }
        self.environment.set("@", all.clone());
        self.environment.set("*", all);
    }

    /// Walks a script that a word holds, in an environment of its own.
    pub(super) fn inner_script(
        &mut self,
        source: &SourceText,
        positional: Option<&[Argument<'_>]>,
        shell: Shell,
    ) -> Vec<Carried> {
        if !self.spend(source.as_str().len() / BYTES_PER_WORK) {
            return Vec::new();
        }
        let too_many =
            self.scripts >= MAXIMUM_SCRIPTS || self.nested_scripts >= MAXIMUM_NESTED_SCRIPTS;
        if too_many || self.depth >= MAXIMUM_DEPTH {
            self.cut = true;
            return Vec::new();
        }
        self.scripts += 1;
        self.nested_scripts += 1;
        let script = parse_source(source);
        let outer = std::mem::replace(&mut self.shell, shell);
        self.environment.begin();
        if let Some(positional) = positional {
            self.set_positional(positional);
        }
        let output = self.list(&script.body, &[]);
        self.environment.end();
        self.shell = outer;
        self.nested_scripts -= 1;
        output
    }
}

/// What a variable holds that was assigned `carried`.
pub(super) fn held(carried: &Carried, span: Span) -> Taint {
    let mut taint = carried.taint.clone().stepped(span);
    taint.begins = carried.begins;
    taint.names_host = carried.names_host;
    taint
}

fn is_positional(name: &str) -> bool {
    name == "@" || name == "*" || name.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_star(pattern: &Word) -> bool {
    matches!(pattern.parts.as_slice(), [WordPart { kind: PartKind::Literal(text), .. }] if text == "*")
}

/// Whether a list plainly ends the script.
fn leaves(list: &List) -> bool {
    list.statements.iter().any(|statement| {
        let [command] = statement.first.commands.as_slice() else {
            return false;
        };
        match &command.kind {
            CommandKind::Simple(simple) if statement.rest.is_empty() => simple
                .name()
                .is_some_and(|name| name == "exit" || name == "return"),
            CommandKind::Group(inner) if statement.rest.is_empty() => leaves(inner),
            _ => false,
        }
    })
}
