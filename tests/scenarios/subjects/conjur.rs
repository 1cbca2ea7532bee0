//! conjur, as the table sees it.
