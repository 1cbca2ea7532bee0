//! Google Secret Manager and KMS: the backends, and the vendor's clients as judges.
