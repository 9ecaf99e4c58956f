//! Config, ignores, baseline and thresholds to a verdict.
