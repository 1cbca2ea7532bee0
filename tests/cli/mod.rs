//! The command line: every command, option and exit code.

mod compile;
mod completions;
mod failures;
mod exits;
mod get;
mod inspect;
mod man;
mod new;
mod set;
mod trace;
mod usage;
