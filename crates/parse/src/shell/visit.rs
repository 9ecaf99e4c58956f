//! Every simple command of a script, with where it stands.

use super::tree::{
    Case, Command, CommandKind, Connector, List, Pipeline, Redirection, Script, SimpleCommand,
    Statement,
};
use super::word::{PartKind, Word, WordPart};

/// A simple command, and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct CommandVisit<'a> {
    /// The command.
    pub command: &'a SimpleCommand,
    /// Its own redirections.
    pub redirections: &'a [Redirection],
    /// The pipeline it stands in.
    pub pipeline: &'a Pipeline,
    /// Its place in the pipeline, from 0.
    pub position: usize,
    /// What joins its pipeline to the one before.
    pub before: Option<Connector>,
    /// What joins its pipeline to the one behind.
    pub after: Option<Connector>,
    /// Whether it decides an `if`, `while` or `until`, so that its failure is not the script's.
    pub in_condition: bool,
    /// Whether it runs in a subshell.
    pub in_subshell: bool,
    /// Whether its output is substituted into a word.
    pub in_substitution: bool,
    /// Whether it may not run at all: in a branch, a loop, behind `&&` or `||`.
    pub conditional: bool,
    /// Whether it stands in the body of a function.
    pub in_function: bool,
}

impl<'a> CommandVisit<'a> {
    /// The command that reads this one's output.
    pub fn next_in_pipeline(&self) -> Option<&'a Command> {
        self.pipeline.commands.get(self.position + 1)
    }
}

/// Where a list stands.
#[derive(Clone, Copy, Default)]
struct Place {
    in_condition: bool,
    in_subshell: bool,
    in_substitution: bool,
    conditional: bool,
    in_function: bool,
}

/// Calls `visit` for each simple command in the order of the text, those inside substitutions before the command
/// whose words hold them.
pub fn for_each_command<'a>(script: &'a Script, visit: &mut impl FnMut(&CommandVisit<'a>)) {
    for_each_command_in(&script.body, visit);
}

/// [`for_each_command`] for a part of a script.
pub fn for_each_command_in<'a>(list: &'a List, visit: &mut impl FnMut(&CommandVisit<'a>)) {
    Walk { visit }.list(list, Place::default());
}

struct Walk<'v, V> {
    visit: &'v mut V,
}

impl<'a, V: FnMut(&CommandVisit<'a>)> Walk<'_, V> {
    fn list(&mut self, list: &'a List, place: Place) {
        for statement in &list.statements {
            self.statement(statement, place);
        }
    }

    fn statement(&mut self, statement: &'a Statement, place: Place) {
        let connectors: Vec<_> = statement.pipelines().map(|(before, _)| before).collect();
        for (at, (before, pipeline)) in statement.pipelines().enumerate() {
            let after = connectors.get(at + 1).copied().flatten();
            let place = Place {
                conditional: place.conditional || before.is_some(),
                in_subshell: place.in_subshell || statement.background,
                ..place
            };
            for position in 0..pipeline.commands.len() {
                self.command(pipeline, position, (before, after), place);
            }
        }
    }

    fn command(
        &mut self,
        pipeline: &'a Pipeline,
        position: usize,
        (before, after): (Option<Connector>, Option<Connector>),
        place: Place,
    ) {
        let Some(command) = pipeline.commands.get(position) else {
            return;
        };
        let place = Place {
            in_subshell: place.in_subshell || pipeline.commands.len() > 1,
            ..place
        };
        for redirection in &command.redirections {
            self.word(&redirection.target, place);
            if let Some(document) = &redirection.here_document {
                self.word(&document.body, place);
            }
        }
        let CommandKind::Simple(simple) = &command.kind else {
            self.compound(&command.kind, place);
            return;
        };
        for assignment in &simple.assignments {
            self.words(assignment.value.words(), place);
        }
        self.words(&simple.words, place);
        (self.visit)(&CommandVisit {
            command: simple,
            redirections: &command.redirections,
            pipeline,
            position,
            before,
            after,
            in_condition: place.in_condition,
            in_subshell: place.in_subshell,
            in_substitution: place.in_substitution,
            conditional: place.conditional,
            in_function: place.in_function,
        });
    }

    fn compound(&mut self, kind: &'a CommandKind, place: Place) {
        let branch = Place {
            conditional: true,
            ..place
        };
        let condition = Place {
            in_condition: true,
            ..place
        };
        match kind {
            CommandKind::Simple(_) | CommandKind::Opaque => {}
            CommandKind::Group(list) => self.list(list, place),
            CommandKind::Subshell(list) => self.list(
                list,
                Place {
                    in_subshell: true,
                    ..place
                },
            ),
            CommandKind::If(clause) => {
                for (at, (test, body)) in clause.branches.iter().enumerate() {
                    let conditional = condition.conditional || at > 0;
                    self.list(
                        test,
                        Place {
                            conditional,
                            ..condition
                        },
                    );
                    self.list(body, branch);
                }
                if let Some(otherwise) = &clause.otherwise {
                    self.list(otherwise, branch);
                }
            }
            CommandKind::While(clause) => {
                self.list(&clause.condition, condition);
                self.list(&clause.body, branch);
            }
            CommandKind::For(clause) => {
                self.words(clause.words.as_deref().unwrap_or_default(), place);
                self.list(&clause.body, branch);
            }
            CommandKind::ArithmeticFor(clause) => {
                self.word(&clause.expression, place);
                self.list(&clause.body, branch);
            }
            CommandKind::Case(case) => self.case(case, place, branch),
            CommandKind::Function(function) => self.function_body(function.body.as_deref(), branch),
            CommandKind::Test(words) => self.words(words, place),
            CommandKind::Arithmetic(word) => self.word(word, place),
        }
    }

    fn case(&mut self, case: &'a Case, place: Place, branch: Place) {
        self.word(&case.subject, place);
        for arm in &case.arms {
            self.words(&arm.patterns, branch);
            self.list(&arm.body, branch);
        }
    }

    fn function_body(&mut self, body: Option<&'a Command>, branch: Place) {
        if let Some(body) = body {
            self.compound(
                &body.kind,
                Place {
                    in_function: true,
                    ..branch
                },
            );
        }
    }

    fn words(&mut self, words: &'a [Word], place: Place) {
        for word in words {
            self.word(word, place);
        }
    }

    fn word(&mut self, word: &'a Word, place: Place) {
        self.parts(&word.parts, place);
    }

    fn parts(&mut self, parts: &'a [WordPart], place: Place) {
        let substitution = Place {
            in_substitution: true,
            in_subshell: true,
            ..place
        };
        for part in parts {
            match &part.kind {
                PartKind::DoubleQuoted(inner) => self.parts(inner, place),
                PartKind::Variable(expansion) => {
                    for word in [&expansion.subscript, &expansion.operand]
                        .into_iter()
                        .flatten()
                    {
                        self.word(word, place);
                    }
                }
                PartKind::CommandSubstitution(list) | PartKind::ProcessSubstitution(list) => {
                    self.list(list, substitution);
                }
                PartKind::Arithmetic(word) => self.word(word, place),
                PartKind::Literal(_)
                | PartKind::Escaped(_)
                | PartKind::SingleQuoted(_)
                | PartKind::Opaque => {}
            }
        }
    }
}
