//! The daemon, as its clients and its operator see it.

mod audited;
mod clients;
mod commands;
mod login;
mod peers;
mod tokens;
mod watched;
