//! The daemon, as its clients and its operator see it.

mod audited;
mod commands;
mod login;
mod peers;
mod tokens;
