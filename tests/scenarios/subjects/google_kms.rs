//! google-kms, as the table sees it.
