//! Findings about what is in no file of the tree: an older commit, a message, a layer or the configuration of an image.

use plimsoll_model::{HistoryHolder, HistoryPlace, ImagePlace, ReportFinding};

/// What paths are relative to where that is no root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Base {
    History,
    Image,
}

impl Base {
    pub(crate) fn id(self) -> &'static str {
        match self {
            Base::History => "HISTORY",
            Base::Image => "IMAGE",
        }
    }

    pub(crate) fn description(self) -> &'static str {
        match self {
            Base::History => {
                "The history of a repository: a path stood in the commit that the location names, and need not stand in the work tree"
            }
            Base::Image => {
                "An image that was searched: a path stands in the layer that the location names"
            }
        }
    }
}

/// Where something is that is in no file of the tree.
pub(crate) struct Elsewhere {
    pub(crate) base: Base,
    /// Below the base, and different for different places.
    pub(crate) path: String,
    /// What holds it.
    pub(crate) kind: &'static str,
    /// The holder's own name.
    pub(crate) name: String,
    pub(crate) full_name: String,
}

impl Elsewhere {
    /// `None` where the finding is in a file of a tree.
    pub(crate) fn of(finding: &ReportFinding) -> Option<Elsewhere> {
        let secret = finding.secret.as_ref()?;
        let path = &finding.location.root_path;
        match (&secret.history, &secret.image) {
            (Some(place), _) if !place.at_head => Some(in_history(path, place)),
            (_, Some(place)) => Some(in_image(path, place)),
            _ => None,
        }
    }
}

fn in_history(path: &str, place: &HistoryPlace) -> Elsewhere {
    let (kind, name, path) = match (place.holder, &place.commit) {
        (HistoryHolder::TagMessage, _) => {
            let path = format!("tag-message/{}", place.object);
            ("tag", &place.object, path)
        }
        (HistoryHolder::CommitMessage, commit) => {
            let commit = commit.as_ref().unwrap_or(&place.object);
            ("commit", commit, format!("commit-message/{commit}"))
        }
        (HistoryHolder::File, Some(commit)) => ("commit", commit, path.to_owned()),
        (HistoryHolder::File, None) => ("blob", &place.object, format!("blob/{}", place.object)),
    };
    Elsewhere {
        base: Base::History,
        full_name: format!("{kind} {name}: {path}"),
        path,
        kind,
        name: name.clone(),
    }
}

fn in_image(path: &str, place: &ImagePlace) -> Elsewhere {
    let (kind, name) = match &place.layer {
        Some(layer) => ("layer", layer),
        None => ("image-configuration", &place.image),
    };
    Elsewhere {
        base: Base::Image,
        path: path.to_owned(),
        kind,
        name: name.clone(),
        full_name: format!("{} {kind} {name}: {path}", place.image),
    }
}
