//! The command line: every command, option and exit code.

mod exits;
mod get;
mod inspect;
mod set;
mod usage;
