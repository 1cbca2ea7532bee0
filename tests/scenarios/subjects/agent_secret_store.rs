//! agent-secret-store, as the table sees it.
