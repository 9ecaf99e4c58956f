//! The only code that reads the world.
//!
//! A target is found its [root](plan), the root is walked and read beneath a capability that nothing leads out
//! of, and what was read arrives as a [`Collection`]. [`walk()`] is the same walk for those who want entries only.

mod cancel;
mod checkout;
mod collection;
mod discover;
mod follow;
mod further;
mod gather;
mod git_ignore;
mod git_revision;
mod git_standing;
pub mod history;
mod history_target;
mod image;
mod inside;
mod load;
mod names;
mod object_database;
mod operator_file;
mod place;
mod plan;
mod root;
mod seal;
mod standard_input;
mod target;
mod texts;
mod tree;
mod visit;
mod walk;
mod work_tree;

pub use cancel::Cancel;
pub use checkout::{Checkout, CheckoutError, check_out};
pub use collection::{CollectedTarget, Collection, NamedFile};
pub use discover::Narrowing;
pub use follow::{Followed, NotBeneath, Standing};
pub use history_target::KeptState;
pub use image::{ImageHolder, ImageLayout, ImageSource, ImageStore};
pub use inside::look_into;
pub use load::{Bounds, text};
pub use operator_file::read_operator_file;
pub use plan::{Collected, Options, Plan, collect, collect_at_revision, collect_each, plan};
pub use root::{Bytes, Root};
pub use seal::{
    Choice, HardLinks, Inspect, LinksOut, Look, SEALED_TIME, SealError, SealReason, Sealed,
    Sealing, seal,
};
pub use target::{NamedTarget, TargetError, TargetForm};
pub use visit::FileVisitor;
pub use walk::{GitRules, Note, OpenRoot, WalkOptions, Walked, walk};
pub use work_tree::WorkTree;
