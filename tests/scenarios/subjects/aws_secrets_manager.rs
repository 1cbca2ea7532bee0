//! aws-secrets-manager, as the table sees it.
