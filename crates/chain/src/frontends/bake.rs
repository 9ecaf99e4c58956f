//! Bake files, in HCL and JSON: one build per target, what it inherits included.

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_model::RootPath;
use plimsoll_parse::data::{Document, Entry, Node};

use super::argument::Argument;
use super::bake_value::Scope;
use super::fields::{build, context, dockerfile, entries, host_access, secret_file};
use crate::invocation::{
    BuildArgument, BuildInvocation, ContextField, DockerfileBase, DockerfileField, HostAccess,
    Manifest, NamedContext, PathField, Tool,
};

const ASSUMPTION: &str =
    "bake reads paths from its working directory, taken to be the folder of this file";

/// How many bases of one target are read.
const MAX_BASES: usize = 64;

/// How many combinations of one matrix are read.
const MAX_COMBINATIONS: usize = 64;

/// Reads the file at `path` in `folder`.
pub(super) fn read(folder: &RootPath, path: &str, document: &Document) -> Manifest {
    let Some(root) = document.root() else {
        return Manifest::default();
    };
    let variables = by_name(root, "variable");
    let file = File {
        folder,
        root,
        targets: by_name(root, "target"),
        variables: &variables,
        is_json: path.ends_with(".json"),
    };
    let inherited = file.listed("target", "inherits");
    let grouped = file.listed("group", "targets");
    // A base of others that no group has and that says nothing of what to build is not built by itself.
    let is_base = |target: &&Entry| {
        let name = target.name();
        inherited.contains(name) && !grouped.contains(name) && file.says_nothing(target)
    };
    let targets = entries(root, "target").iter();
    let built = targets.filter(|target| !is_base(target));
    Manifest {
        invocations: built.flat_map(|target| file.target(target)).collect(),
        ..Manifest::default()
    }
}

struct File<'a> {
    folder: &'a RootPath,
    root: &'a Node,
    targets: BTreeMap<&'a str, &'a Node>,
    variables: &'a BTreeMap<&'a str, &'a Node>,
    is_json: bool,
}

impl<'a> File<'a> {
    fn scope(&self, matrix: Vec<(&'a str, &'a Node)>) -> Scope<'a> {
        Scope::new(self.variables, matrix, self.is_json)
    }

    /// The names that the blocks of a type list under `key`.
    fn listed(&self, block: &str, key: &str) -> BTreeSet<String> {
        let scope = self.scope(Vec::new());
        let blocks = entries(self.root, block).iter();
        let lists = blocks.flat_map(|block| block.value.get(key).map_or(&[][..], Node::items));
        lists
            .filter_map(|name| scope.argument(name)?.constant())
            .collect()
    }

    /// Whether neither a target nor its bases say what to build.
    fn says_nothing(&self, target: &'a Entry) -> bool {
        let scope = self.scope(Vec::new());
        ["context", "dockerfile", "dockerfile-inline"]
            .iter()
            .all(|key| self.field(&target.value, key, &scope).is_none())
    }

    /// The builds of a target, one per combination of its matrix.
    fn target(&self, target: &'a Entry) -> Vec<BuildInvocation> {
        let combinations = combinations(target.value.get("matrix"));
        let builds = combinations.into_iter().map(|matrix| {
            let scope = self.scope(matrix);
            self.build(target, &scope)
        });
        builds.collect()
    }

    fn build(&self, target: &'a Entry, scope: &Scope<'a>) -> BuildInvocation {
        let name = target.value.get("name");
        let name = name.and_then(|name| scope.argument(name)?.constant());
        let name = name.unwrap_or_else(|| target.name().to_owned());
        let value = |key: &str| scope.argument(self.field(&target.value, key, scope)?);
        let field = |key: &str| format!("target.{}.{key}", target.name());
        let context = match value("context") {
            Some(written) => self.context(&field("context"), &written),
            None => ContextField::Default(self.folder.clone()),
        };
        let inline = self.field(&target.value, "dockerfile-inline", scope);
        let dockerfile = match (inline, value("dockerfile")) {
            (Some(inline), _) => match inline.source_text() {
                Some(text) => DockerfileField::Inline(text.clone()),
                None => DockerfileField::None,
            },
            (None, Some(written)) => {
                let bases = vec![DockerfileBase::Context];
                dockerfile(&field("dockerfile"), &written, bases)
            }
            (None, None) => DockerfileField::Default,
        };
        BuildInvocation {
            name: Some(name),
            target: value("target").map(|target| target.value()),
            arguments: self.arguments(&target.value, scope),
            named_contexts: self.named_contexts(&target.value, &field("contexts"), scope),
            secret_files: self.secret_files(&target.value, &field("secret"), scope),
            host_access: self.host_access(&target.value, &field(""), scope),
            ..build(target.span(), Tool::Buildx, context, dockerfile)
        }
    }

    /// `network`, and the entitlements a target asks for.
    fn host_access(&self, target: &'a Node, name: &str, scope: &Scope<'a>) -> Vec<HostAccess> {
        let network = self.field(target, "network", scope);
        let network = network.and_then(|network| scope.argument(network));
        let network = network.filter(|network| network.head() == "host");
        let network = network.and_then(|network| host_access(&format!("{name}network"), &network));
        let entitlements = self.field(target, "entitlements", scope);
        let entitlements = entitlements.map_or(&[][..], Node::items).iter();
        let entitlements = entitlements.filter_map(|entitlement| {
            host_access(
                &format!("{name}entitlements"),
                &scope.argument(entitlement)?,
            )
        });
        network.into_iter().chain(entitlements).collect()
    }

    fn context(&self, name: &str, written: &Argument) -> ContextField {
        let written = written
            .strip_prefix("cwd://")
            .unwrap_or_else(|| written.clone());
        match context(name, &written, self.folder) {
            ContextField::Path(field) => ContextField::Path(assumed(field)),
            other => other,
        }
    }

    fn arguments(&self, target: &'a Node, scope: &Scope<'a>) -> Vec<BuildArgument> {
        let merged = self.merged(target, "args", scope).into_iter();
        let arguments = merged.map(|entry| BuildArgument {
            name: entry.name().to_owned(),
            span: entry.span(),
            value: scope.argument(&entry.value).map(|value| value.value()),
        });
        arguments.collect()
    }

    fn named_contexts(
        &self,
        target: &'a Node,
        field: &str,
        scope: &Scope<'a>,
    ) -> Vec<NamedContext> {
        let merged = self.merged(target, "contexts", scope).into_iter();
        let contexts = merged.filter_map(|entry| {
            let written = scope.argument(&entry.value)?;
            Some(NamedContext {
                name: entry.name().to_owned(),
                context: self.context(&format!("{field}.{}", entry.name()), &written),
            })
        });
        contexts.collect()
    }

    /// Secrets are strings as on the command line, or objects.
    fn secret_files(&self, target: &'a Node, field: &str, scope: &Scope<'a>) -> Vec<PathField> {
        let secrets = self.field(target, "secret", scope);
        let secrets = secrets.map_or(&[][..], Node::items).iter();
        let files = secrets.filter_map(|secret| match secret.get("src") {
            Some(file) => Some(scope.argument(file)?.path(field, self.folder)),
            None => secret_file(field, &scope.argument(secret)?, self.folder),
        });
        files.map(assumed).collect()
    }

    /// A target's field: its own, else that of the last base that has it.
    fn field(&self, target: &'a Node, key: &str, scope: &Scope<'a>) -> Option<&'a Node> {
        let mut seen = BTreeSet::new();
        let mut waiting = vec![target];
        while let Some(at) = waiting.pop() {
            if let Some(own) = at.get(key).filter(|own| !own.is_null()) {
                return Some(own);
            }
            waiting.extend(self.bases(at, scope, &mut seen));
        }
        None
    }

    /// The entries of a mapping in a target and its bases, a target's own over its bases'.
    fn merged(&self, target: &'a Node, key: &str, scope: &Scope<'a>) -> Vec<&'a Entry> {
        let mut seen = BTreeSet::new();
        let mut waiting = vec![target];
        let mut names = BTreeSet::new();
        let mut merged = Vec::new();
        while let Some(at) = waiting.pop() {
            let own = entries(at, key).iter().rev();
            merged.extend(own.filter(|entry| names.insert(entry.name())));
            waiting.extend(self.bases(at, scope, &mut seen));
        }
        merged.sort_by_key(|entry| entry.key.span);
        merged
    }

    /// The targets that one inherits from and that were not seen yet, the last, which wins, at the end.
    fn bases(
        &self,
        target: &'a Node,
        scope: &Scope<'a>,
        seen: &mut BTreeSet<String>,
    ) -> Vec<&'a Node> {
        let inherits = target.get("inherits").map_or(&[][..], Node::items).iter();
        let names = inherits.filter_map(|name| scope.argument(name)?.constant());
        names
            .filter(|name| seen.len() < MAX_BASES && seen.insert(name.clone()))
            .filter_map(|name| self.targets.get(name.as_str()).copied())
            .collect()
    }
}

/// The blocks of a type, the last of each name.
fn by_name<'a>(root: &'a Node, block: &str) -> BTreeMap<&'a str, &'a Node> {
    let blocks = entries(root, block).iter();
    blocks.map(|entry| (entry.name(), &entry.value)).collect()
}

fn assumed(field: PathField) -> PathField {
    PathField {
        assumption: Some(ASSUMPTION),
        ..field
    }
}

/// Every combination of a matrix's values; one without any where there is no matrix.
fn combinations(matrix: Option<&Node>) -> Vec<Vec<(&str, &Node)>> {
    let mut combinations = vec![Vec::new()];
    for axis in matrix.map_or(&[][..], Node::entries) {
        let values = axis.value.items();
        if values.is_empty() {
            continue;
        }
        let longer = combinations
            .iter()
            .flat_map(|combination: &Vec<(&str, &Node)>| {
                values.iter().map(move |value| {
                    let mut combination = combination.clone();
                    combination.push((axis.name(), value));
                    combination
                })
            });
        combinations = longer.take(MAX_COMBINATIONS).collect();
    }
    combinations
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use plimsoll_model::Kind;

    fn check_hcl(text: &str, expected: &[&str]) {
        check(Kind::Bake, "a/docker-bake.hcl", text, expected);
    }

    #[test]
    fn targets() {
        check_hcl(
            "variable \"DIR\" { default = \"é\" }\ntarget \"x\" {\n  context = \"../..\"\n  dockerfile = \"${DIR}/D\"\n  target = \"t\"\n  args = { A = DIR, B = null, C = upper(DIR) }\n  contexts = { r = \"..\", s = \"target:y\", i = \"docker-image://x\" }\n  secret = [\"type=file,id=k,src=../k\", { id = \"l\", src = \"l\" }, \"type=env,id=e\"]\n}\ntarget \"y\" {}\n",
            &[
                "x: buildx context a? + ../.. | dockerfile [context] é/D (DIR) | target t | arg A=é (DIR) | arg B=(environment) | arg C=?upper(DIR) | r: a? + .. | s: other | i: other | secret a? + ../k | secret a? + l",
                "y: buildx context a | dockerfile default",
            ],
        );
    }

    #[test]
    fn inheritance() {
        check_hcl(
            "target \"_base\" { args = { A = 1, B = 1 } }\ntarget \"mid\" {\n  inherits = [\"_base\"]\n  context = \"..\"\n  args = { B = 2 }\n}\ntarget \"x\" {\n  inherits = [\"mid\"]\n  dockerfile = \"D\"\n}\ntarget \"loop\" { inherits = [\"loop\"] }\n",
            &[
                "mid: buildx context a? + .. | dockerfile default | arg A=1 | arg B=2",
                "x: buildx context a? + .. | dockerfile [context] D | arg A=1 | arg B=2",
            ],
        );
        check_hcl(
            "group \"default\" { targets = [\"base\"] }\ntarget \"base\" {}\ntarget \"x\" {\n inherits = [\"base\"]\n context = \"c\"\n}\n",
            &[
                "base: buildx context a | dockerfile default",
                "x: buildx context a? + c | dockerfile default",
            ],
        );
    }

    #[test]
    fn matrices() {
        check_hcl(
            "target \"x\" {\n  name = \"x-${item.n}-${v}\"\n  matrix = { item = [{ n = \"a\", d = \"../p\" }, { n = \"b\", d = \"q\" }], v = [\"1\"] }\n  context = item.d\n  args = { V = v }\n}\n",
            &[
                "x-a-1: buildx context a? + ../p | dockerfile default | arg V=1",
                "x-b-1: buildx context a? + q | dockerfile default | arg V=1",
            ],
        );
    }

    #[test]
    fn variables() {
        check_hcl(
            "variable \"A\" { default = \"${B}/x\" }\nvariable \"B\" { default = \"..\" }\nvariable \"C\" {}\nvariable \"D\" { default = D }\ntarget \"x\" { context = A }\ntarget \"y\" { context = \"${C}.\" }\ntarget \"z\" { context = \"${D}\" }\ntarget \"q\" { context = A == \"\" ? \".\" : A }\n",
            &[
                "x: buildx context a? + ../x (A) | dockerfile default",
                "y: buildx context a? + . (C) | dockerfile default",
                "z: buildx context a? + ?D | dockerfile default",
                "q: buildx context a? + ?A == \"\" ? \".\" : A | dockerfile default",
            ],
        );
    }

    #[test]
    fn defaults_that_multiply_are_cut() {
        let mut text = String::from("target \"x\" { context = \"${A0}\" }\n");
        for level in 0..9 {
            let next = format!("${{A{}}}", level + 1).repeat(50);
            text.push_str(&format!(
                "variable \"A{level}\" {{ default = \"{next}\" }}\n"
            ));
        }
        check_hcl(&text, &["x: buildx context a? + ?A0 | dockerfile default"]);
    }

    #[test]
    fn json_strings_are_templates() {
        check(
            Kind::Bake,
            "docker-bake.json",
            "{\"variable\": {\"V\": {\"default\": \"..\"}}, \"target\": {\"x\": {\"context\": \"${V}/é\", \"args\": {\"A\": \"$x\"}}, \"y\": {\"context\": \"https://example.org/x.git#main:../y\"}}}",
            &[
                "x: buildx context .? + ../é (V) | dockerfile default | arg A=$x",
                "y: buildx context git https://example.org/x.git#main:../y in ../y | dockerfile default",
            ],
        );
    }

    #[test]
    fn inline_dockerfiles() {
        check_hcl(
            "target \"x\" {\n  dockerfile-inline = <<EOT\nFROM x\nCOPY . /\nEOT\n}\n",
            &["x: buildx context a | inline \"FROM x\\nCOPY . /\\n\""],
        );
    }
}
