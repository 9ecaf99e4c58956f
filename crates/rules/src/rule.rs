//! What a rule is and how one runs.

use plimsoll_chain::{Build, Chain, Unit};
use plimsoll_model::{Finding, Inventory, RuleInfo};

use crate::build::argument::{Said, Subject};
use crate::held_secret::{HeldSecret, held_secrets};

/// A rule: its metadata and its check.
#[derive(Debug)]
pub struct Rule {
    /// All that deciding, reporting and explaining need.
    pub info: RuleInfo,
    /// What it looks at.
    pub check: Check,
}

/// The subject a rule is called with, once for each.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// Each audited file.
    Unit(fn(&Unit, &World<'_>, &mut Findings)),
    /// Each build that a file asks for, and the implicit build of each Dockerfile that no file builds.
    Build(fn(&Build, &World<'_>, &mut Findings)),
    /// The root as a whole, once.
    Root(fn(&World<'_>, &mut Findings)),
    /// Each way of a build argument into a sink.
    Flow(fn(&Subject<'_>) -> Option<Said>),
    /// Each credential that was seen in a file, in a history or in an image.
    Secret(fn(&HeldSecret<'_>, &World<'_>, &mut Findings)),
}

/// What a rule may look at besides its subject. Read-only.
#[derive(Clone, Copy, Debug)]
pub struct World<'a> {
    /// What exists below the root.
    pub inventory: &'a Inventory,
    /// The units and the builds that link them.
    pub chain: &'a Chain,
}

/// Where a rule puts what it finds.
#[derive(Debug, Default)]
pub struct Findings {
    found: Vec<Finding>,
    cut: Option<String>,
}

impl Findings {
    /// Adds a finding.
    pub fn push(&mut self, finding: Finding) {
        self.found.push(finding);
    }

    /// Notes that a bound was reached, so that not everything was looked at.
    pub fn cut(&mut self, reason: impl Into<String>) {
        self.cut = Some(reason.into());
    }

    /// The bound that was reached, in words.
    pub fn reason_cut(&self) -> Option<&str> {
        self.cut.as_deref()
    }

    /// All that was found, in the order of the subjects.
    pub fn into_vec(self) -> Vec<Finding> {
        self.found
    }
}

/// Runs one rule over every subject of its kind.
pub fn run(rule: &'static Rule, world: &World<'_>) -> Findings {
    let mut findings = Findings::default();
    match rule.check {
        Check::Unit(check) => world
            .chain
            .units()
            .iter()
            .for_each(|unit| check(unit, world, &mut findings)),
        Check::Build(check) => world
            .chain
            .builds()
            .iter()
            .for_each(|build| check(build, world, &mut findings)),
        Check::Root(check) => check(world, &mut findings),
        Check::Flow(check) => {
            let flows = world.chain.flows().iter();
            let subjects = flows.filter_map(|flow| Subject::of(flow, world));
            subjects.for_each(|subject| {
                let said = check(&subject);
                let finding = said.map(|said| subject.finding(&rule.info, &said));
                finding.into_iter().for_each(|found| findings.push(found));
            });
        }
        Check::Secret(check) => {
            held_secrets(world).for_each(|held| check(&held, world, &mut findings));
        }
    }
    findings
}
