//! Certificates of a test's own authority.
