//! Findings and verdict to text, JSON, SARIF and GitHub annotations.
