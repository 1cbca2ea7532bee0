//! azure-key-vault, as the table sees it.
