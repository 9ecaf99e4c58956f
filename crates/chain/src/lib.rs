//! Units linked by invocations; flows and witnesses.
