//! The command line: every command, option and exit code.

mod compile;
mod copy;
mod exits;
mod export;
mod fill;
mod get;
mod import;
mod inspect;
mod new;
mod set;
mod trace;
mod usage;
