//! A token from a real OAuth server.
