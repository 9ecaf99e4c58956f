//! Every check; one rule is one source file and one page.
