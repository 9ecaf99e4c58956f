//! A rule's page as data: its sections, and the trees of its Bad and Good examples.
//!
//! A fence's info string gives `path=`, `link=TARGET`, `control=ARG:anyone`, `submitted`, `stored=PLACE`; consecutive fences
//! under one Bad or Good heading are one tree. `# ^ finding` on a line of its own marks the line above.

/// A parsed page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Second-level headings, in order.
    pub headings: Vec<String>,
    /// The trees.
    pub examples: Vec<Example>,
}

/// One tree of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// Whether the rule finds something in it.
    pub expectation: Expectation,
    /// Line of the page at which its first fence opens, from 1.
    pub line: usize,
    /// Its files and links.
    pub fences: Vec<Fence>,
}

/// What a tree's heading says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// The rule fires, once per marker.
    Bad,
    /// No rule of the default level fires.
    Good,
}

/// One file or link of a tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fence {
    /// Path below the root.
    pub path: String,
    /// The target, where it is a symbolic link.
    pub link: Option<String>,
    /// Build arguments and who sets them.
    pub control: Vec<(String, String)>,
    /// Whether the tree is audited as submitted by a stranger.
    pub submitted: bool,
    /// Where it is stored, if not in a file of the tree: `history`, `layer`, `image-configuration`.
    pub stored: Option<String>,
    /// The text, markers removed.
    pub text: String,
    /// Lines of `text` (from 1) that a marker points at.
    pub marked_lines: Vec<usize>,
}

/// Parses a rule's page.
pub fn parse_page(markdown: &str) -> Page {
    let mut page = Page::default();
    let mut expectation = None;
    let mut joins = false;
    let mut lines = markdown.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        if let Some(heading) = line.strip_prefix("## ") {
            page.headings.push(heading.trim().to_owned());
            expectation = expectation_of(heading.trim());
            joins = false;
        } else if let Some(info) = line.strip_prefix("```") {
            let fence = read_fence(info, &mut lines);
            let Some(expectation) = expectation else {
                continue;
            };
            if fence.path.is_empty() {
                continue;
            }
            match page.examples.last_mut() {
                Some(example) if joins => example.fences.push(fence),
                _ => page.examples.push(Example {
                    expectation,
                    line: at + 1,
                    fences: vec![fence],
                }),
            }
            joins = true;
        } else if !line.trim().is_empty() {
            // Prose between two fences starts another tree.
            joins = false;
        }
    }
    page
}

fn expectation_of(heading: &str) -> Option<Expectation> {
    match heading {
        "Bad" => Some(Expectation::Bad),
        "Good" => Some(Expectation::Good),
        _ => None,
    }
}

fn read_fence<'a>(info: &str, lines: &mut impl Iterator<Item = (usize, &'a str)>) -> Fence {
    let mut fence = Fence::default();
    for word in info.split_whitespace() {
        match word.split_once('=') {
            Some(("path", path)) => fence.path = path.to_owned(),
            Some(("stored", place)) => fence.stored = Some(place.to_owned()),
            Some(("link", target)) => fence.link = Some(target.to_owned()),
            Some(("control", pair)) => fence.control.extend(
                pair.split_once(':')
                    .map(|(name, control)| (name.to_owned(), control.to_owned())),
            ),
            _ if word == "submitted" => fence.submitted = true,
            _ => {}
        }
    }
    let mut count = 0;
    for (_, line) in lines.take_while(|(_, line)| !line.starts_with("```")) {
        if is_marker(line) {
            fence.marked_lines.push(count);
        } else {
            count += 1;
            fence.text.push_str(line);
            fence.text.push('\n');
        }
    }
    fence
}

/// `# ^ finding`, in the comment syntax of the fence's language.
fn is_marker(line: &str) -> bool {
    let line = line.trim();
    let body = line.strip_prefix('#').or_else(|| line.strip_prefix("//"));
    body.is_some_and(|body| {
        body.trim_start().starts_with('^') && body.trim_end().ends_with("finding")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consecutive_fences_are_one_tree() {
        let page = parse_page(
            "# t\n\n## Bad\n\n```yaml path=smithery.yaml\na: 1\n# ^ finding\n```\n```text path=x link=../y\n```\n\nOr:\n\n\
             ```dockerfile path=Dockerfile control=V:anyone submitted\nFROM x\n```\n\n## Good\n\n```text path=z\n```\n",
        );
        assert_eq!(page.headings, ["Bad", "Good"]);
        assert_eq!(page.examples.len(), 3);
        assert_eq!(page.examples[0].fences.len(), 2);
        assert_eq!(page.examples[0].fences[0].text, "a: 1\n");
        assert_eq!(page.examples[0].fences[0].marked_lines, [1]);
        assert_eq!(page.examples[0].fences[1].link.as_deref(), Some("../y"));
        assert!(page.examples[1].fences[0].submitted);
        assert_eq!(
            page.examples[1].fences[0].control,
            [("V".to_owned(), "anyone".to_owned())]
        );
        assert_eq!(page.examples[2].expectation, Expectation::Good);
    }
}
