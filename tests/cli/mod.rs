//! The command line: every command, option and exit code.

mod compile;
mod completions;
mod exits;
mod failures;
mod get;
mod inspect;
mod man;
mod new;
mod schemas;
mod set;
mod trace;
mod usage;
