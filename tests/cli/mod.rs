//! The command line: every command, option and exit code.

mod compile;
mod exits;
mod get;
mod inspect;
mod new;
mod set;
mod trace;
mod ui;
mod usage;
