//! One table of scenarios that every backend goes through.
