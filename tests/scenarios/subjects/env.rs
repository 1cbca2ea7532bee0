//! env, as the table sees it.
