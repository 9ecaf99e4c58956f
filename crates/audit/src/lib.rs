//! The pipeline as one library call.
