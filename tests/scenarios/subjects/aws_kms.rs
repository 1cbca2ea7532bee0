//! aws-kms, as the table sees it.
