//! The daemon, as its clients and its operator see it.

mod tokens;
