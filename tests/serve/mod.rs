//! The daemon, as its clients and its operator see it.

mod audited;
mod bad_days;
mod clients;
mod commands;
mod hostile;
mod lifecycle;
mod login;
mod network;
mod peers;
mod tokens;
mod watched;
mod withdrawn;
