//! A real OAuth server.
