//! What findings about a path that leaves the repository have in common.

use plimsoll_chain::invocation::PathField;
use plimsoll_chain::{Build, Outside, Placed, Unit};
use plimsoll_model::{
    BuilderOutcome, Confidence, Control, Edit, Finding, Fix, FlowStep, Label, RuleInfo, Safety,
    Severity, Witness, WitnessKind,
};

use crate::rule::World;

/// A path field that leads out of the repository.
pub(crate) struct Escape<'a> {
    /// The manifest.
    pub(crate) unit: &'a Unit,
    /// The field.
    pub(crate) field: &'a PathField,
    /// Where it leads.
    pub(crate) outside: &'a Outside,
    /// What was assumed.
    pub(crate) assumptions: &'a [String],
    /// Who controls the field.
    pub(crate) control: Control,
}

impl<'a> Escape<'a> {
    /// The escape of `placed`, a path of `build`; `None` where it has no field or stays inside.
    pub(crate) fn of(build: &Build, placed: &'a Placed, world: &World<'a>) -> Option<Escape<'a>> {
        let plimsoll_chain::Place::Outside(outside) = &placed.place else {
            return None;
        };
        Some(Escape {
            unit: world.chain.unit(build.unit)?,
            field: placed.field.as_ref()?,
            outside,
            assumptions: &placed.assumptions,
            control: build.control,
        })
    }

    /// The field's place.
    pub(crate) fn label(&self) -> Label {
        self.unit.label(self.field.value.span)
    }

    /// "`smithery.yaml` sets `build.dockerBuildPath` to `../`, which leads 1 directory above the repository".
    pub(crate) fn clause(&self) -> String {
        let path = &self.unit.artifact.path;
        let folder = self.folder();
        let folder = folder.map_or(String::new(), |folder| format!(" in the folder `{folder}`"));
        let written = format!(
            "`{path}` sets `{}` to `{}`{folder}",
            self.field.name, self.field.value.raw
        );
        let links = match self.outside.links.as_slice() {
            [] => String::new(),
            [step, ..] => format!(", through the link `{}` -> `{}`,", step.link, step.target),
        };
        format!(
            "{written}, which leads{links} {}",
            destination(self.outside)
        )
    }

    /// The folder that the value is below, where another place of the file names it.
    fn folder(&self) -> Option<String> {
        let value = &self.field.value;
        let text = value.text().filter(|_| !value.raw.is_empty())?;
        let folder = text.strip_suffix(&value.raw)?.strip_suffix('/')?;
        (!folder.is_empty()).then(|| folder.to_owned())
    }

    /// ", assuming that …", or nothing.
    pub(crate) fn assumed(&self) -> String {
        if self.assumptions.is_empty() {
            return String::new();
        }
        format!(" (assuming that {})", self.assumptions.join(" and "))
    }

    /// A finding whose severity is lowered for who controls the field.
    pub(crate) fn finding(&self, info: &'static RuleInfo, message: String) -> Finding {
        let mut finding = Finding::at(info, self.label(), message);
        finding.severity = Severity::Critical.for_control(self.control);
        if !self.assumptions.is_empty() {
            finding.confidence = Confidence::Medium;
        }
        finding.identity = vec![self.field.name.clone(), self.field.value.raw.clone()];
        finding
    }

    /// The steps from the field through every link.
    pub(crate) fn steps(&self, what: &str) -> Vec<FlowStep> {
        let step = |at, message| FlowStep {
            at,
            message,
            control: self.control,
        };
        let first = format!(
            "`{}` names the {what}: `{}`",
            self.field.name, self.field.value.raw
        );
        let links = self.outside.links.iter().map(|link| {
            step(
                Label::whole(&link.link),
                format!("`{}` is a link to `{}`", link.link, link.target),
            )
        });
        std::iter::once(step(self.label(), first))
            .chain(links)
            .collect()
    }

    /// The witness, with `outcome` for each of the build's builders.
    pub(crate) fn witness(&self, build: &Build, outcome: BuilderOutcome) -> Witness {
        Witness {
            kind: WitnessKind::PathEscape,
            input: self
                .field
                .value
                .text()
                .unwrap_or_else(|| self.field.value.raw.clone()),
            resolves_to: self.outside.resolves_to.clone(),
            levels: self.outside.levels,
            builders: build
                .builders
                .iter()
                .map(|builder| (*builder, outcome))
                .collect(),
            reaches: self.outside.reaches.clone(),
        }
    }

    /// Replaces the field's value by `text`; `None` where the value is written in another way than it reads.
    pub(crate) fn replacement(&self, title: &str, text: &str) -> Option<Fix> {
        let value = &self.field.value;
        if value.span.slice(&self.unit.artifact.text) != value.raw || self.folder().is_some() {
            return None;
        }
        let path = self.unit.artifact.path.clone();
        let edit = Edit {
            path,
            span: value.span,
            text: text.to_owned(),
            create: false,
        };
        Some(Fix {
            title: title.to_owned(),
            safety: Safety::Unsafe,
            edits: vec![edit],
        })
    }
}

/// "1 directory above the repository (`..`)", "to `/etc`, outside the repository".
fn destination(outside: &Outside) -> String {
    let to = &outside.resolves_to;
    match outside.levels {
        0 => format!("to `{to}`, outside the repository"),
        1 => format!("1 directory above the repository's root (`{to}`)"),
        levels => format!("{levels} directories above the repository's root (`{to}`)"),
    }
}
