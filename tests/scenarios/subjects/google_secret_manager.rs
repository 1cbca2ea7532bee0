//! google-secret-manager, as the table sees it.
