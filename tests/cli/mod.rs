//! The command line: every command, option and exit code.

mod compile;
mod completions;
mod copy;
mod exits;
mod export;
mod failures;
mod fill;
mod get;
mod import;
mod inspect;
mod man;
mod new;
mod schemas;
mod set;
mod trace;
mod ui;
mod usage;
